#!/bin/bash
# Several chains: the preferred one by its root's common name, the first and a warning when there is none; and what is trusted here.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx curl jq
named_start example.jp
nginx_start
pebble_start nonce_reject=0 alternate=2
registered_fqdns example.jp
wanted() { settings "${2-}" 'certificates:' "- {name: www, names: [www.example.jp], challenge: {webroot: $webroot}${1:+, preferred_chain: $1}}"; }
cn() { openssl x509 -noout -"$1" -nameopt multiline | sed -n 's/^ *commonName *= //p'; }
for i in 0 1 2; do
	ca_admin "roots/$i" -o "$work/root.$i"
	root[i]=$(cn subject <"$work/root.$i")
done
intermediate=$(ca_admin intermediates/0 | cn subject)
# The root above is the one that the first certificate of the chain was signed for, and stands behind all of it.
leads_to() {
	is "the chain's last issuer" "$(cn issuer <"$(live www chain)")" "${root[$1]}"
	cp "$work/root.$1" "$work/root.pem"
	holds_together www
	t 0 status
	out_has "chain       $intermediate < ${root[$1]}"
	out_lacks 'no root of this machine'
	t 0 status --json
	json_is '[.certificates[0] | .intermediate, .top_issuer, .root]' "[\"$intermediate\",\"${root[$1]}\",\"${root[$1]}\"]"
	cp "$work/root.0" "$work/root.pem"
}

step "without a preference it is the CA's first, and no other is fetched"
wanted
register
t 0 run
is "what it warns of" "$(err)" ''
leads_to 0
is "alternates fetched" "$(asked 'POST /certZ/.*/alternate/')" 0

step "the preferred one, which this machine does not trust, is taken all the same"
wanted "${root[2]}"
before=$(asked POST)
t 0 run
is "signed requests for a preference that changed" "$(asked POST)" "$before"
t 0 renew --force
err_has 'www' "${root[2]}"
leads_to 2

step "the first may be preferred too"
wanted "${root[0]}"
t 0 renew --force
is "what it warns of" "$(err)" ''
leads_to 0

step "one that the CA does not offer: its first, and a warning that names both"
wanted "Root of Nobody"
t 0 renew --force
err_has 'no chain up to "Root of Nobody"' preferred_chain "${root[0]}"
leads_to 0

step "no root here stands above it: told at issuance, by status, and to whom it may concern, once"
cat >"$work/hook" <<-END
	#!/bin/sh
	echo "\$TEGATA_LEVEL \$TEGATA_EVENT \$TEGATA_CERT_NAME \$TEGATA_TEXT" >>"$work/told"
END
chmod 755 "$work/hook"
cp "$ca" "$work/root.pem"
wanted '' "notify: {run: $work/hook}"
t 0 renew --force
err_has www 'trust' "${root[0]}"
t 0 status
out_has "chain       $intermediate < ${root[0]}" "no root of this machine's trust store anchors it"
t 0 status --json
json_is '.certificates[0].root' null
t 0 run
is "how often it was told" "$(wc -l <"$work/told")" 1
file_has "$work/told" 'warning untrusted-chain www '
finish
