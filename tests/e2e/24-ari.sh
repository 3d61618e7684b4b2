#!/bin/bash
# Renewal information (RFC 9773): what the CA suggests is done, asked for no more often than it wants, and never in the way.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx curl jq
named_start example.jp
nginx_start
pebble_start nonce_reject=0
registered_fqdns example.jp
settings 'certificates:' "- {name: www, names: [www.example.jp], challenge: {webroot: $webroot}}"
register
t 0 run
info() { asked 'GET .*/renewalInfo/'; }

if [ "${E2E_PEBBLE-}" != current ]; then
	step "a CA that does not offer it is asked for its directory once a day at most, and the share of the life decides"
	before=$(asked)
	t 0 run
	is "requests" "$(($(asked) - before))" 0
	is "what is noted" "$(noted www .ari.not_offered)" true
	note www '.ari.next_at = 0'
	t 0 run
	t 0 run
	is "requests" "$(($(asked) - before))" 1
	t 0 plan --json --ari
	json_is '.certificates[0].renew_because' '"share"'
	json_is '.certificates[0].explanation_url' null
	finish
fi

# suggest NAME ANSWER: what Pebble will say of the certificate in place; "at NAME -3600 +3600" makes a window from now.
suggest() {
	jq -n --rawfile certificate "$(live "$1" cert)" --arg ari "$2" '{Certificate: $certificate, ARIResponse: $ari}' >"$work/suggestion"
	ca_admin set-renewal-info/ --data-binary @"$work/suggestion" -o /dev/null
}
window() {
	jq -cn --argjson now "$EPOCHSECONDS" --argjson from "$1" --argjson to "$2" --arg why "${3-}" \
		'{suggestedWindow: {start: ($now + $from | todate), end: ($now + $to | todate)}} + if $why == "" then {} else {explanationURL: $why} end'
}
# As if the CA's Retry-After had gone by.
time_to_ask() { note www '.ari.next_at = 0'; }
generation() { is "the live generation" "$(readlink "$state/live/www")" "../generations/www/00000$1"; }

step "the first visit asks, the next does not until the CA's Retry-After has gone by"
t 0 run
is "asked" "$(info)" 1
before=$(asked)
t 0 run
is "requests" "$(asked)" "$before"
[ "$(noted www .ari.next_at)" -gt $((EPOCHSECONDS + 60)) ] || fail "it would be asked again at once"
t 0 plan --json
json_is '.certificates[0].renew_because' '"ca"'

step "a window to come: kept, its explanation is shown; plan asks only when told to, and keeps nothing"
suggest www "$(window 86400 90000 https://ca.example.jp/why)"
t 0 plan --json
json_is '.certificates[0].explanation_url' null
is "asked" "$(info)" 1
time_to_ask
t 0 plan --ari
out_has 'www: kept' https://ca.example.jp/why "the CA's suggestion"
is "asked" "$(info)" 2
is "what is noted" "$(noted www .ari.next_at)" 0
t 0 run
err_has https://ca.example.jp/why
generation 1
t 0 status
out_has https://ca.example.jp/why
t 0 plan --json
at=$(jq -r '.certificates[0].renew_at' "$work/out")
is "it is the same time at every look" "$(t 0 plan --json; jq -r '.certificates[0].renew_at' "$work/out")" "$at"
[ "$(date -d "$at" +%s)" -ge "$(noted www .ari.start)" ] && [ "$(date -d "$at" +%s)" -lt "$(noted www .ari.end)" ] || fail "$at is not in the window"

step "a window that makes no sense, an answer that is none, no answer: nothing happens, and it is noted why"
for answer in "$(window 3600 -3600)" "$(window 3600 3600)" '{"suggestedWindow": {"start": "soon", "end": "later"}}' '{}' '[' ; do
	suggest www "$answer"
	time_to_ask
	t 0 run -q
	is "what it says" "$(out)$(err)" ''
	[ "$(noted www .ari.error)" != null ] || fail "no error is noted for $answer"
	[ "$(noted www .ari.next_at)" -gt $((EPOCHSECONDS + 3600)) ] || fail "it would be asked again at once"
done
generation 1

step "a window in the past: renewed at once, and the order says what it replaces"
suggest www "$(window -7200 -3600 https://ca.example.jp/incident)"
time_to_ask
t 0 run
generation 2
holds_together www
is "replaced" "$(asked 'has been marked as replaced')" 1
note www ".early_at = 0" # as if that had been yesterday
suggest www "$(window -7200 -3600)"
t 0 run
generation 3
is "replaced" "$(asked 'has been marked as replaced')" 2

step "one that was replaced already: the CA refuses that word, and gets the order without it"
t 0 rollback www 1
before=$(orders)
t 0 renew www --force -v
generation 4
is "orders" "$(($(orders) - before))" 1
is "replaced" "$(asked 'has been marked as replaced')" 2

step "a CA that is gone keeps nothing back"
time_to_ask
pebble_stop
t 0 run
[ "$(noted www .ari.error)" != null ] || fail "no error is noted"
finish
