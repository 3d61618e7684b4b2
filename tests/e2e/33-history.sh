#!/bin/bash
# Generations: which are kept, going back to one, and how long that holds.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx jq
named_start example.jp
nginx_start
pebble_start nonce_reject=0
registered_fqdns example.jp
settings 'certificates:' '- name: www' '  names: [www.example.jp]' "  challenge: {webroot: $webroot}" '  keep: 3' \
	"  deploy: {shell: 'echo \"\$TEGATA_GENERATION \$TEGATA_REASON\" >>$work/deployed'}"
register
generation() { is "the live generation" "$(readlink "$state/live/www")" "../generations/www/00000$1"; }
deployed() { is "what was deployed last" "$(tail -n 1 "$work/deployed")" "$1"; }

step "nothing yet"
t 0 history www
out_has www
t 2 history none-such
err_has none-such
t 2 rollback www
t 2 rollback

step "the newest three are kept"
t 0 run
for ((i = 0; i < 4; i++)); do t 0 renew --force; done
is "generations" "$(ls "$state/generations/www" | tr '\n' ' ')" '000003 000004 000005 '
t 0 history www
out_has '* 5' '  4' '  3' "$(serial "$state/generations/www/000003/cert.pem" | cut -d = -f 2 | tr A-F a-f)"
t 0 history www --json
json_is '.generations | map(.generation)' '[5,4,3]'
json_is '.generations | map(.live)' '[true,false,false]'

step "one back, without a word to the CA, and deployed"
before=$(asked)
t 0 rollback www
generation 4
holds_together www
deployed '4 rollback'
is "requests" "$(asked)" "$before"
t 0 status
out_has rollback
before=$(asked POST)
t 0 run
generation 4
is "signed requests" "$(asked POST)" "$before"

step "to one by its number; numbers that are not there"
t 0 rollback www 3
generation 3
deployed '3 rollback'
t 2 rollback www 3
t 2 rollback www 1
err_has 'no generation 1' 'tegata history www'
t 2 rollback www x
generation 3

step "one that does not hold together is no way back"
: >"$state/generations/www/000004/privkey.pem"
t 0 history www
out_has 'cannot be gone back to'
"$program" --config-dir "$conf" --state-dir "$state" rollback www 4 >"$work/out" 2>"$work/err"
[ $? -ne 0 ] || fail "it went back to a broken generation"
generation 3

step "until somebody asks for a new one; its number was never used"
t 0 renew www
generation 3
t 0 renew www --force
generation 6
deployed '6 forced'
holds_together www
t 0 run
generation 6
finish
