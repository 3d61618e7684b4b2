#!/bin/bash
# Revoked by the CA: a real OCSP responder is asked once a day, and what it says of a live certificate is acted on in the same run.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx curl jq
named_start example.jp
nginx_start
pebble_start nonce_reject=0 ocsp=http://127.0.0.1:8888/
registered_fqdns example.jp
cat >"$work/hook" <<-END
	#!/bin/sh
	echo "\$TEGATA_LEVEL \$TEGATA_EVENT \$TEGATA_CERT_NAME \$TEGATA_TEXT" >>"$work/told"
END
chmod 755 "$work/hook"
: >"$work/told"
settings "notify: {run: $work/hook, events: [revoked]}" 'certificates:' \
	"- {name: www, names: [www.example.jp], challenge: {webroot: $webroot}}"
register
ca_admin intermediates/0 -o "$work/issuer.pem"
ca_admin intermediate-keys/0 -o "$work/issuer.key"
t 0 run

number() { serial "$(live "${1-www}" cert)" | cut -d = -f 2; }
# index LINE...: what the responder knows: V or R, the end, revocation with its reason, serial
index() {
	[ -z "${responder-}" ] || stopped "$responder"
	printf '%s\n' "$@" | sed 's/|/\t/g' >"$work/index"
	openssl ocsp -index "$work/index" -port 8888 -rsigner "$work/issuer.pem" -rkey "$work/issuer.key" -CA "$work/issuer.pem" \
		-nmin 60 -ignore_err >"$logs/ocsp" 2>&1 &
	responder=$!
	pids+=("$responder")
	# Not by a connection: it waits for a request on each, and for one only at a time.
	until_true "the OCSP responder waits" grep -q 'waiting for OCSP client' "$logs/ocsp"
}
good() { echo "V|301231235959Z||$1|unknown|/CN=www"; }
revoked() { echo "R|301231235959Z|$(date -u +%y%m%d%H%M%SZ),$2|$1|unknown|/CN=www"; }
quiet() { is "what it says" "$(out)$(err)" ''; }
next_check() { echo $(($(noted www .revocation.next_at) - EPOCHSECONDS)); }
time_to_ask() { note www ".revocation.next_at = 0 | $1"; }

step "nobody answers: a record, and not a word"
before=$(asked POST)
t 0 run
quiet
is "signed requests to the CA" "$(asked POST)" "$before"
[ "$(noted www .revocation.error)" != null ] || fail "no error is noted"
t 0 run -v
err_lacks 'whether it was revoked'

step "a certificate of some minutes that the responder does not know yet: silent, asked again in an hour"
index "$(good 01)"
time_to_ask .
t 0 run
quiet
is "its status" "$(noted www .revocation.status)" unknown
[ "$(next_check)" -le 3600 ] && [ "$(next_check)" -gt 3000 ] || fail "it is asked again in $(next_check) seconds"
t 0 status --json
json_is '.certificates[0].revocation' '"unknown"'

step "good: kept, and not asked again for a day"
index "$(good "$(number)")"
time_to_ask .
t 0 run
quiet
is "its status" "$(noted www .revocation.status)" good
is "its error" "$(noted www .revocation.error)" null
[ "$(next_check)" -gt 86000 ] || fail "it is asked again in $(next_check) seconds"
t 0 status --json
json_is '[.certificates[0] | .state, .revocation]' '["valid","good"]'
index "$(revoked "$(number)" superseded)"
t 0 run
quiet
is "live generation" "$(readlink "$(live www)")" ../generations/www/000001

step "revoked: a warning, an event and a new certificate in the same run"
old=$(number)
time_to_ask .
t 0 run --json
err_has www 'revoked' "$(tr A-F a-f <<<"$old")" 'reason 4'
json_is '[.certificates[0] | .outcome, .reason]' '["issued","revoked"]'
is "live generation" "$(readlink "$(live www)")" ../generations/www/000002
[ "$(number)" != "$old" ] || fail "it is the same certificate"
holds_together www
is "what was told" "$(cat "$work/told")" "error revoked www www: the CA revoked the certificate with serial $(tr A-F a-f <<<"$old"); another is in its place"
t 11 rollback www
err_has 'has been revoked' --force

step "the new one is asked about at the next run, and the old one's end is no news any more"
index "$(revoked "$old" superseded)" "$(good "$(number)")"
t 0 run
quiet
is "its status" "$(noted www .revocation.status)" good
is "how often it was told" "$(wc -l <"$work/told")" 1
t 0 status
out_lacks REVOKED

step "revoked for its key: nothing of the old key is left, though the settings would keep it"
sed -i 's/- {name: www,/& reuse_key: true,/' "$conf/tegata.yaml"
t 0 renew --force
cmp -s "$state/generations/www/000002/privkey.pem" "$(live www privkey)" || fail "the key is not kept"
index "$(revoked "$(number)" keyCompromise)"
t 0 run
err_has 'reason 1'
is "live generation" "$(readlink "$(live www)")" ../generations/www/000004
cmp -s "$state/generations/www/000002/privkey.pem" "$(live www privkey)" && fail "the key is the one that leaked"
finish
