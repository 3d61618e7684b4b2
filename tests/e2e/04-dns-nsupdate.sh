#!/bin/bash
# dns-01 through bind9 by the shipped hook: a wildcard and its base in one certificate, two values at one name.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nsupdate dig
named_start example.jp
pebble_start
settings 'certificates:' "- {names: [example.jp, \"*.example.jp\"], challenge: $(nsupdate_challenge)}"
registered_fqdns '*.example.jp' new.example.jp
register

step "wildcard and base"
t 0 run
holds_together example.jp
is "the names" "$(sans "$(live example.jp cert)")" '*.example.jp example.jp'

step "both values were published before one was taken away, and only they were"
grep -oE '(adding an RR|deleting an RR|deleting rrset) at .*TXT' "$logs/named" | sed 's/ at.*//' | uniq -c | tr -s ' ' >"$work/order"
is "what bind9 did" "$(cat "$work/order")" ' 2 adding an RR
 2 deleting an RR'
is "what is left" "$(dns _acme-challenge.example.jp TXT)" '"left alone"'
[ "$(asked 'POST /chalZ')" -ge 2 ] || fail "fewer than two challenges were answered"

step "a server that refuses the update: the CA is not told, the hook's words are in the message"
sed 's/secret .*/secret "d3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmc=";/' "$work/tsig.key" >"$work/wrong.key"
before=$(asked 'POST /chalZ')
# With a name that the CA has not seen: those that it knows it may take as they are.
settings 'certificates:' '- name: example.jp' '  names: [example.jp, "*.example.jp", new.example.jp]' '  challenge:' \
	"    {type: dns-01, hook: nsupdate, env: {TEGATA_NSUPDATE_SERVER: 127.0.0.1, TEGATA_NSUPDATE_KEY_FILE: $work/wrong.key}}"
t 8 run
err_has 'nsupdate' 'did not take the update'
is "challenges answered" "$(asked 'POST /chalZ')" "$before"
is "the live generation" "$(readlink "$state/live/example.jp")" ../generations/example.jp/000001

step "http-01 for a wildcard is told before anything is sent"
before=$(asked)
settings 'certificates:' '- {names: ["*.example.jp"], name: star, challenge: {webroot: /nonexistent}}'
t 3 run
err_has 'wildcard' 'dns-01'
is "requests" "$(asked)" "$before"
finish
