#!/bin/bash
# Certificate profiles, where the CA has some: six days, renewed at half of them.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx jq
named_start example.jp
nginx_start
pebble_start nonce_reject=0
registered_fqdns example.jp
wanted() { settings 'certificates:' "- {name: www, names: [www.example.jp], challenge: {webroot: $webroot}, acme_profile: $1}"; }
wanted shortlived
register

if [ "${E2E_PEBBLE-}" != current ]; then
	step "a CA without profiles: told before anything is ordered"
	t 3 run
	err_has acme_profile shortlived none
	is "orders" "$(orders)" 0
	finish
fi

step "the one that was asked for"
t 0 run
holds_together www
seconds() { date -d "$(openssl x509 -in "$(live www cert)" -noout "-$1" | cut -d = -f 2)" +%s; }
life=$(($(seconds enddate) - $(seconds startdate)))
[ "$life" -le 518400 ] && [ "$life" -ge 500000 ] || fail "it lives $life seconds"
t 0 run
t 0 plan --json
json_is '.certificates[0].action' '"kept"'
note www '.ari = {}'
t 0 plan --json
left=$(($(seconds enddate) - $(date -d "$(jq -r '.certificates[0].renew_at' "$work/out")" +%s)))
[ "$left" -le $((life / 2)) ] && [ "$left" -ge $((life * 7 / 16 - 1)) ] || fail "it would be renewed $left seconds before its end"

step "one that the CA does not offer: its own are named, nothing is ordered"
before=$(orders)
wanted longlived
t 3 renew --force
err_has longlived shortlived default
is "orders" "$(orders)" "$before"
holds_together www

step "as a flag"
t 0 certonly -n -d example.jp --webroot -w "$webroot" --preferred-profile shortlived
file_has "$conf/conf.d/example.jp.yaml" 'acme_profile: shortlived'
finish
