#!/bin/bash
# What would be done and why, before it is done; and a plan that was looked at is done as it stands, or not at all.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx jq
named_start example.jp
nginx_start
pebble_start nonce_reject=0
registered_fqdns example.jp nowhere.example.jp
wanted() { settings "defaults: {challenge: {webroot: $webroot}}" 'certificates:' "$@"; }
wanted '- {name: www, names: [www.example.jp]}' '- {name: bad, names: [nowhere.example.jp]}'
register
before=$(asked)
plan() { t "$1" plan --json && cp "$work/out" "$work/plan.json"; }
action() { json_is ".certificates[] | select(.name == \"$1\") | [.action, .reason]" "[\"$2\",\"$3\"]"; }

step "what never was"
t 0 plan
out_has 'www: would be issued anew' www.example.jp 'bad: would be issued anew'
plan 0
is schema "$(jq -r .schema "$work/out")" tegata.plan.v1
action www new missing
is "requests" "$(asked)" "$before"
gone "$state/live/www"

step "what is there, and what waits"
t 8 run
before=$(asked)
t 0 plan
out_has 'www: kept; to be renewed from' 'bad: to be ordered' 'but not before'
plan 0
action www kept not-due
action bad wait missing

step "one that is named"
t 0 plan www
out_has 'www: kept'
out_lacks bad
t 2 plan none-such

step "other names, another key, what the list does not cover, a deploy that is owed"
wanted '- {name: www, names: [example.jp]}'
t 0 plan
out_has 'www: would be issued anew: its names changed' '+: example.jp' '-: www.example.jp'
plan 0
json_is '.certificates[0] | [.added, .removed]' '[["example.jp"],["www.example.jp"]]'
wanted '- {name: www, names: [www.example.jp], key: rsa2048}'
plan 0
action www new key-changed
wanted '- {name: www, names: [www.example.jp, a.example.jp]}'
t 4 plan
cat "$work/out" "$work/err" >"$work/both"
file_has "$work/both" a.example.jp
plan 4
json_is '.certificates[0].action' '"refused"'
wanted "- {name: www, names: [www.example.jp], deploy: {shell: 'test ! -e $work/broken'}}"
t 0 plan
out_has 'www: kept' 'deploy owed'
is "requests" "$(asked)" "$before"

step "a plan is done as it stands: its certificates, and no others"
wanted '- {name: www, names: [www.example.jp, example.jp]}'
plan 0
t 0 run --plan "$work/plan.json"
is "the names" "$(sans "$(live www cert)")" 'example.jp www.example.jp'

step "and not once more, as the world has moved on; nothing is done then"
before=$(asked)
t 4 run --plan "$work/plan.json"
err_has 'the plan no longer says what would be done' www
is "requests" "$(asked)" "$before"
wanted '- {name: www, names: [www.example.jp, example.jp]}'
plan 0
t 0 renew --force
before=$(asked)
t 4 run --plan "$work/plan.json"
wanted '- {name: other, names: [www.example.jp]}'
t 4 run --plan "$work/plan.json"
is "requests" "$(asked)" "$before"

step "what is no plan"
echo '{}' >"$work/no.json"
t 2 run --plan "$work/no.json"
err_has "$work/no.json" 'tegata plan --json'
"$program" --config-dir "$conf" --state-dir "$state" run --plan "$work/none.json" >"$work/out" 2>"$work/err"
[ $? -ne 0 ] || fail "a plan that is not there was done"
err_has "$work/none.json"
is "requests" "$(asked)" "$before"
finish
