#!/bin/bash
# After a failure: one order, then silence until its time has come, the same exit status, and nothing else held up.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx jq
named_start example.jp blocked.jp
nginx_start
pebble_start nonce_reject=0
registered_fqdns example.jp nowhere.example.jp extra.example.jp more.example.jp blocked.jp
wanted() { settings 'defaults:' "  challenge: {webroot: $webroot}" 'certificates:' "- {name: bad, names: [$1]}" "${@:2}"; }
wanted nowhere.example.jp
register

# waits SECONDS WHY: so long from the failure, and up to a tenth more
waits() {
	local wait
	wait=$(($(noted bad .retry_at) - $(noted bad .last_error_at)))
	[ "$wait" -ge "$1" ] && [ "$wait" -le $(($1 + $1 / 10)) ] || fail "it waits $wait seconds, not $1"
	is "why it waits" "$(noted bad .retry_why)" "$2"
}
quiet() { is "what it says" "$(out)$(err)" ''; }

step "one order; then not a word and not a request, and the same exit status"
t 8 run
err_has nowhere.example.jp 'next try'
is "orders" "$(orders)" 1
before=$(asked)
t 8 run
quiet
t 8 run -q
quiet
is "requests" "$(asked)" "$before"
waits 60 ladder
t 8 run --json
json_is '.certificates[0].outcome' '"waiting"'
json_is '.certificates[0].wait_why' '"ladder"'
json_is '.certificates[0].error.kind' '"challenge"'

step "status says what failed, when it is tried again and why then"
t 0 status
out_has nowhere.example.jp 'next try' 'tried less and less often'
t 0 status --json
json_is '.certificates[0].failures' 1
json_is '.certificates[0].wait_why' '"ladder"'

step "another certificate goes on meanwhile"
wanted nowhere.example.jp '- {name: good, names: [www.example.jp]}'
t 8 run
holds_together good
is "orders" "$(orders)" 2

step "other names are tried at once, and begin afresh"
wanted 'nowhere.example.jp, extra.example.jp'
t 8 run
is "orders" "$(orders)" 3
is "failures" "$(noted bad .failures)" 1

step "when its time has come it is tried once, and waits longer"
for wait in 600 6000; do
	note bad '.retry_at = (now | floor)'
	before=$(orders)
	t 8 run
	is "orders" "$(($(orders) - before))" 1
	waits "$wait" ladder
	t 8 run
	quiet
	is "orders" "$(($(orders) - before))" 1
done

step "a clock that was ahead holds nothing back"
note bad '.retry_at = (now | floor) + 90000 | .last_error_at = (now | floor) + 86400'
before=$(orders)
t 8 run
is "orders" "$(($(orders) - before))" 1

step "after five failed validations of a name it is left alone for a day, in other certificates too, whoever asks"
is "failed validations" "$(jq '[.failed[] | select(.name == "nowhere.example.jp")] | length' "$state/validations.json")" 5
before=$(asked)
t 8 renew bad
wanted 'nowhere.example.jp, extra.example.jp' '- {name: other, names: [nowhere.example.jp, more.example.jp]}'
t 8 run
t 0 plan
out_has 'failed its validation too often'
is "orders and their like" "$(asked)" "$before"
t 8 renew other --force
[ "$(asked)" -gt "$before" ] || fail "--force does not force it"

step "what does not mend itself waits for a day at once"
wanted blocked.jp
t 7 run
wait=$(($(noted bad .retry_at) - $(noted bad .last_error_at)))
[ "$wait" -ge 82800 ] && [ "$wait" -le 84600 ] || fail "it waits $wait seconds"
is "why it waits" "$(noted bad .retry_why)" daily
t 7 run
quiet

step "it is mended: everything of it is forgotten"
wanted extra.example.jp
t 0 run
holds_together bad
is "failures" "$(noted bad .failures)" 0
t 0 status
out_lacks 'next try' 'last try'
finish
