#!/bin/bash
# A CA with three chains: the one up to the root that is preferred, what is told when there is none, and whom this machine trusts.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx curl jq
named_start example.jp
nginx_start
pebble_start nonce_reject=0 alternate=2
registered_fqdns example.jp
for i in 0 1 2; do ca_admin "roots/$i" -o "$work/root$i.pem"; done
cat "$work"/root?.pem >"$work/root.pem"
common_name() { openssl x509 -in "$1" -noout "${2:--subject}" -nameopt multiline | sed -n 's/^ *commonName *= //p'; }
# The issuer of the last certificate of the chain.
top() {
	awk '/BEGIN/ { text = "" } { text = text $0 "\n" } END { printf "%s", text }' "$(live "${1-www}" chain)" >"$work/last.pem"
	common_name "$work/last.pem" -issuer
}
wanted() { settings 'certificates:' "- {name: www, names: [www.example.jp], challenge: {webroot: $webroot}${1-}}"; }
wanted
register

step "the first chain, unless another is preferred"
t 0 run
is "what it says" "$(err | grep -v 'begins the paid term of example.jp')" ''
is "its root" "$(top)" "$(common_name "$work/root0.pem")"
is "asked for" "$(asked 'POST /certZ')" 1
for i in 1 2 0; do
	wanted ", preferred_chain: \"$(common_name "$work/root$i.pem")\""
	t 0 renew --force
	is "its root" "$(top)" "$(common_name "$work/root$i.pem")"
	openssl verify -CAfile "$work/root$i.pem" -untrusted "$(live www chain)" "$(live www cert)" >"$work/verify" 2>&1 || fail "$(cat "$work/verify")"
done

step "status names intermediate and root"
t 0 status
out_has "$(common_name "$(live www chain)")" "$(common_name "$work/root0.pem")"
t 0 status --json
json_is '.certificates[0].root' "\"$(common_name "$work/root0.pem")\""

step "a root that none of them has: the first one, and a warning"
wanted ', preferred_chain: "No Such Root"'
t 0 renew --force
err_has 'No Such Root' preferred_chain "$(common_name "$work/root0.pem")"
is "its root" "$(top)" "$(common_name "$work/root0.pem")"

step "as a flag"
t 0 certonly -n -d example.jp --webroot -w "$webroot" --preferred-chain "$(common_name "$work/root2.pem")"
is "its root" "$(top example.jp)" "$(common_name "$work/root2.pem")"
rm "$conf/conf.d/example.jp.yaml"

step "no root of this machine's trust store stands above it: in place all the same, with a warning, and told once"
cp "$work/root1.pem" "$work/root.pem"
printf '#!/bin/sh\necho "$TEGATA_LEVEL $TEGATA_EVENT $TEGATA_CERT_NAME" >>%s/told\n' "$work" >"$work/tell"
chmod 755 "$work/tell"
wanted
echo "notify: $work/tell" >>"$conf/tegata.yaml"
t 0 renew --force
err_has 'no root certificate in the trust store of this machine' "$(common_name "$work/root0.pem")"
t 0 status
out_has 'trust store'
t 0 status --json
json_is '.certificates[0].root' null
t 0 run
is "what was told" "$(cat "$work/told")" 'warning untrusted-chain www'

step "a root that this machine trusts by now ends it at the next certificate"
cp "$work/root0.pem" "$work/root.pem"
t 0 renew --force
is "what it warns of" "$(grep warning "$work/err")" ''
t 0 status --json
json_is '.certificates[0].root' "\"$(common_name "$work/root0.pem")\""
finish
