#!/bin/bash
# Was it revoked? A real responder (openssl ocsp) is asked once a day: good is kept, revoked is told and replaced at once,
# and a responder that is down is nobody's trouble.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx curl jq
named_start example.jp
nginx_start
pebble_start nonce_reject=0 ocsp=http://127.0.0.1:8888/
registered_fqdns example.jp
cat >"$work/tell" <<-END
	#!/bin/sh
	echo "\$TEGATA_EVENT \$TEGATA_LEVEL \$TEGATA_CERT_NAME" >>"$work/told"
END
chmod 755 "$work/tell"
settings "notify: [{run: $work/tell}]" 'certificates:' \
	"- {name: www, names: [www.example.jp], challenge: {webroot: $webroot}, reuse_key: true}"
register
ca_admin intermediates/0 -o "$work/intermediate.pem"
ca_admin intermediate-keys/0 -o "$work/intermediate.key"
number() { serial "$1" | cut -d = -f 2; }
spki() { openssl x509 -in "$(live www cert)" -noout -pubkey; }
time_to_ask() { note www '.revocation.next_at = 0'; }

# responder LINE...: one that knows these: "V" or "R REASON", and a serial number
responder_pid=
responder() {
	[ -z "$responder_pid" ] || stopped "$responder_pid"
	: >"$work/index"
	local end
	end=$(date -u -d '60 days' +%y%m%d%H%M%SZ)
	while [ $# -gt 0 ]; do
		case $1 in
		V) printf 'V\t%s\t\t%s\tunknown\t/CN=x\n' "$end" "$2" ;;
		*) printf 'R\t%s\t%s,%s\t%s\tunknown\t/CN=x\n' "$end" "$(date -u +%y%m%d%H%M%SZ)" "$1" "$2" ;;
		esac >>"$work/index"
		shift 2
	done
	openssl ocsp -index "$work/index" -port 8888 -rsigner "$work/intermediate.pem" -rkey "$work/intermediate.key" \
		-CA "$work/intermediate.pem" -nmin 10 >"$logs/ocsp" 2>&1 &
	responder_pid=$!
	pids+=("$responder_pid")
	# A connection without a request would keep it for itself.
	until_true "the responder waits" grep -q 'waiting for OCSP' "$logs/ocsp"
}

step "a responder that is down: a record, and not a word"
t 0 run
t 0 run -q
is "what it says" "$(out)$(err)" ''
[ "$(noted www .revocation.error)" != null ] || fail "no error is noted"
[ "$(noted www .revocation.next_at)" -gt "$EPOCHSECONDS" ] || fail "it would be asked at each run"

step "unknown, as a fresh one may be"
responder
time_to_ask
t 0 run
is "what it says" "$(out)$(err)" ''
is "what is noted" "$(noted www .revocation.status)" unknown
[ "$(noted www .revocation.next_at)" -le $((EPOCHSECONDS + 3600)) ] || fail "it would be asked only tomorrow"

step "good: kept, and asked once a day"
responder V "$(number "$(live www cert)")"
time_to_ask
t 0 run
is "what is noted" "$(noted www .revocation.status)" good
[ "$(noted www .revocation.next_at)" -gt $((EPOCHSECONDS + 300)) ] || fail "it would be asked again at once"
stopped "$responder_pid"
responder_pid=
t 0 run
is "what is noted" "$(noted www .revocation.status)" good
gone "$work/told"

step "revoked: told, and another one at the same run"
old=$(number "$(live www cert)")
key=$(spki)
responder superseded "$old"
time_to_ask
t 0 plan
t 0 run
err_has 'has revoked this certificate' "$(echo "$old" | tr A-F a-f)"
is "the live generation" "$(readlink "$state/live/www")" ../generations/www/000002
is "the key, which is to be kept" "$(spki)" "$key"
is "what was told" "$(cat "$work/told")" 'revoked error www'
t 11 rollback www
err_has 'has been revoked' --force
t 0 run
is "what was told" "$(cat "$work/told")" 'revoked error www'
is "the live generation" "$(readlink "$state/live/www")" ../generations/www/000002

step "revoked because the key leaked: another key, whatever the settings say"
responder keyCompromise "$(number "$(live www cert)")"
note www '.early_at = 0' # as if the last one had been revoked yesterday
time_to_ask
t 0 run
is "the live generation" "$(readlink "$state/live/www")" ../generations/www/000003
[ "$(spki)" != "$key" ] || fail "the key is the one that leaked"

step "revoked by us: nothing is ordered"
t 0 revoke -n --cert-name www --reason superseded
responder superseded "$(number "$(live www cert)")"
time_to_ask
t 0 run
is "the live generation" "$(readlink "$state/live/www")" ../generations/www/000003
t 0 status
out_has REVOKED
finish
