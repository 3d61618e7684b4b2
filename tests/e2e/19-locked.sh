#!/bin/bash
# Two at once on one state folder: the second says who holds it and touches nothing, or waits; reading commands go on.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx flock
named_start example.jp
nginx_start
pebble_start
registered_fqdns example.jp
mkfifo "$work/fifo"
cat >"$work/hook" <<-END
	#!/bin/sh
	: >"$work/blocked"
	read -r word <"$work/fifo"
END
chmod 755 "$work/hook"
settings 'certificates:' "- {name: www, names: [www.example.jp], challenge: {webroot: $webroot}, deploy: $work/hook}"
register
tegata=("$program" --config-dir "$conf" --state-dir "$state")
free() { flock -n "$state/lock" true; }
locked() { ! free; }
"${tegata[@]}" run >"$work/first.out" 2>"$work/first.err" </dev/null &
first=$!
until_true "the deploy hook works" test -e "$work/blocked"
before=$(asked)
t 5 run
err_has "(process $first, \"tegata run\", holds $state/lock)"
t 5 renew --force
t 5 deploy
t 5 register -n -m admin@example.jp --agree-tos --eab-kid "$kid" --eab-hmac-key-file "$work/hmac"
t 0 status
out_has www
t 0 check
is "requests" "$(asked)" "$before"

step "--wait: for as long as it is told, saying once for whom; a signal ends it"
t 5 run --wait=1
err_has "(process $first, \"tegata run\", holds $state/lock); waiting for up to 1 second"
is "how often it was said" "$(grep -c waiting "$work/err")" 1
t 5 run --wait=0
err_lacks waiting
t 2 run --wait=soon
t 2 status --wait
t 0 entitlements add --dry-run --wait www.example.jp
"${tegata[@]}" run --wait >"$work/out" 2>"$work/err" </dev/null &
second=$!
until_true "it waits" grep -q 'waiting for up to 600 seconds' "$work/err"
began=$EPOCHSECONDS
kill -TERM "$second"
wait "$second"
is "the exit status" "$?" 12
[ $((EPOCHSECONDS - began)) -le 5 ] || fail "it took $((EPOCHSECONDS - began)) seconds to end"

step "and goes on with what is there by then"
"${tegata[@]}" run --wait >"$work/out" 2>"$work/err" </dev/null &
second=$!
until_true "it waits" grep -q 'waiting for' "$work/err"
registered_fqdns example.jp new.example.jp
printf '%s\n' "- {name: new, names: [new.example.jp], challenge: {webroot: $webroot}}" >>"$conf/tegata.yaml"
sed -i "s|, deploy: $work/hook||" "$conf/tegata.yaml"
echo go >"$work/fifo"
wait "$first" || fail "the first ended with $?"
wait "$second" || fail "the second ended with $?"
holds_together new
is "orders" "$(orders)" 2

step "a stranger has it"
flock --close "$state/lock" sleep 60 &
stranger=$!
pids+=("$stranger")
until_true "it is locked" locked
t 5 run
err_has "somebody is at work there (process $stranger, \"flock\", holds $state/lock)"
stopped "$stranger"

step "the lock goes with the process, however it ends; what it had written is believed by nobody"
until_true "it is free" free
echo "$$ revoke" >"$state/lock"
t 0 run
t 0 run --wait
is "what was said" "$(err)" ''
finish
