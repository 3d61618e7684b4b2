#!/bin/bash
# kill -9 at any moment: the next run finishes the order that was begun, with the same key, and no challenge is left behind.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx pgrep
named_start example.jp
nginx_start
pebble_start nonce_reject=0
moments=(1 2 3 4 5 6 7)
names=()
for moment in "${moments[@]}"; do names+=("m$moment.example.jp"); done
registered_fqdns "${names[@]}" stopped.example.jp dropped.example.jp
settings
register
wanted() { settings 'certificates:' "- {name: www, names: [$1], challenge: {webroot: $webroot}}"; }

background() {
	"$program" --config-dir "$conf" --state-dir "$state" run >"$work/out" 2>"$work/err" </dev/null &
	background_pid=$!
}
killed() {
	kill -KILL "$background_pid"
	wait "$background_pid" 2>/dev/null
}
looked_at() { [ "$(asked 'set \(IN\)\?VALID by')" -ge "$(asked 'POST /chalZ')" ]; }
clean() {
	empty_folder "$webroot"
	empty_folder "$state/journal"
}

for moment in "${moments[@]}"; do
	step "killed after $moment signed requests"
	wanted "m$moment.example.jp"
	before=$(asked 'POST') placed=$(orders)
	background
	for ((i = 0; i < 2000; i++)); do
		[ $(($(asked 'POST') - before)) -lt "$moment" ] && kill -0 "$background_pid" 2>/dev/null || break
	done
	killed
	# What is being validated is left to end: the next run takes the challenge away before anything else.
	until_true "Pebble has looked at the challenges it was told of" looked_at
	t 0 run
	holds_together www
	is "the names" "$(sans "$(live www cert)")" "m$moment.example.jp"
	clean
	# The answer to the first request may never have been read; from the second on, the order is known.
	[ $(($(orders) - placed)) -le $((moment == 1 ? 2 : 1)) ] || fail "$(($(orders) - placed)) orders"
done

step "killed while the CA validates: the order goes on, and says so"
mapfile -t nginx_pids < <(pgrep -P "$nginx_pid"; echo "$nginx_pid")
kill -STOP "${nginx_pids[@]}"
wanted stopped.example.jp
before=$(asked 'POST /chalZ') placed=$(orders)
told() { [ "$(asked 'POST /chalZ')" -gt "$before" ]; }
background
until_true "the CA is told of the challenge" told
killed
[ -n "$(find "$state/journal" -type f)" ] || fail "nothing is remembered"
t 0 status
out_has 'in flight'
kill -CONT "${nginx_pids[@]}"
validated() { grep -q 'set VALID' <(tail -n 20 "$pebble_log"); }
until_true "the CA has seen the challenge" validated
t 0 run --json
jq -e '.certificates[0].resumed' "$work/out" >/dev/null || fail "it was not resumed"
is "orders" "$(($(orders) - placed))" 1
holds_together www
clean

step "nobody wants it any more: it is dropped, with its key"
kill -STOP "${nginx_pids[@]}"
wanted dropped.example.jp
before=$(asked 'POST /chalZ')
background
until_true "the CA is told of the challenge" told
killed
kill -CONT "${nginx_pids[@]}"
wanted stopped.example.jp
t 0 run
clean
t 0 renew www --force
is "folders of generations" "$(find "$state/generations/www" -mindepth 1 -maxdepth 1 | wc -l)" \
	"$(find "$state/generations/www" -mindepth 2 -name meta.json | wc -l)"
finish
