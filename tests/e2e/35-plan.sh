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
err_has 'tegata: www: a.example.jp is not registered'
plan 4
json_is '.certificates[0].action' '"refused"'
wanted "- {name: www, names: [www.example.jp], deploy: {shell: 'test ! -e $work/broken'}}"
t 0 plan
out_has 'www: kept' 'deploy owed'
t 0 run
wanted '- {name: www, names: [www.example.jp]}'
note www ".revocation = {serial: \"$(serial "$(live www cert)" | cut -d = -f 2 | tr A-F a-f)\", status: \"revoked\", next_at: (now + 3600 | floor)}"
t 0 plan
out_has 'www: would be renewed: the live one was revoked' 'names: www.example.jp'
plan 0
action www renew revoked
json_is '.certificates[0] | [.generation, .added, .removed, .asked_ca, .in_flight]' '[1,[],[],null,false]'
note www '.revocation.status = "good"'
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
for text in '{}' '[]' '{"schema":"tegata.plan.v2","certificates":[]}' '{"schema":"tegata.plan.v1","certificates":{}}'; do
	echo "$text" >"$work/no.json"
	t 2 run --plan "$work/no.json"
	err_has "$work/no.json" 'tegata plan --json'
done
for text in '' '{"schema":' "$(head -c 400 "$work/plan.json")"; do
	printf '%s' "$text" >"$work/no.json"
	t 2 run --plan "$work/no.json"
	err_has "reading the plan $work/no.json"
done
for path in none.json www; do
	t 2 run --plan "$work/$path"
	err_has "$work/$path"
done
# Made by somebody else: what stands in it is shown, and never taken for anything else.
for list in '[null]' '[1]' '[{"name":7}]' '[{"name":"../../etc"}]' '[{"name":"www","action":"\u001b[2Jgone"}]'; do
	echo "{\"schema\":\"tegata.plan.v1\",\"certificates\":$list}" >"$work/no.json"
	t 4 run --plan "$work/no.json"
	if LC_ALL=C grep -q "$(printf '\033')" "$work/err"; then fail "control characters reach the terminal"; fi
done
echo '{"schema":"tegata.plan.v1","certificates":[]}' >"$work/no.json"
t 0 run --plan "$work/no.json"
is "requests" "$(asked)" "$before"
finish
