#!/bin/bash
# Many at once on one state folder, with several certificates due: one of them works, the others say who holds the lock and
# end, or wait. What a hook leaves behind does not hold the lock.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/torture/lib.sh"
need named nginx python3 flock
if is_long; then crowd=1000 waiting=200; else crowd=120 waiting=30; fi
certificates=4
named_start example.jp
nginx_start
pebble_start
tegata=("$program" --config-dir "$conf" --state-dir "$state")
names=()
for ((i = 1; i <= 3 * certificates; i++)); do names+=("n$i.example.jp"); done
registered_fqdns "${names[@]}"

# due FIRST [DEPLOY]: settings that want certificates FIRST.. and all before them.
due() {
	local i lines=()
	for ((i = 1; i < $1 + certificates; i++)); do
		lines+=("- {name: n$i, names: [n$i.example.jp], challenge: {webroot: $webroot}${2:+, deploy: $2}}")
	done
	settings 'certificates:' "${lines[@]}"
}

# ended FOLDER STATUS: how many ended so.
ended() { grep -lx "$2" "$1"/*.status | wc -l; }

due 1
register

step "$crowd runs: whoever comes first works, those who come meanwhile are told who it is, those who come later find nothing to do"
"$faults/crowd.py" "$crowd" "$work/crowd" "${tegata[@]}" run
done=$(ended "$work/crowd" 0) kept_out=$(ended "$work/crowd" 5)
[ "$done" -ge 1 ] || fail "nobody worked"
if [ $((done + kept_out)) -ne "$crowd" ]; then
	cat "$work"/crowd/*.status | sort | uniq -c
	fail "$((crowd - done - kept_out)) ended otherwise than with 0 or 5"
fi
is "orders" "$(orders)" "$certificates"
told=$(grep -lE "another tegata is at work \(process [0-9]+, \"tegata run\", holds $state/lock\)" "$work"/crowd/* | wc -l)
# Somebody whom the kernel names before it has written what it does, or who is gone before it can be named.
[ $((kept_out - told)) -le $((crowd / 20)) ] || fail "only $told of $kept_out were told who works"
is "told that the lock is held" "$(grep -l "holds $state/lock" "$work"/crowd/* | wc -l)" "$kept_out"
for ((i = 1; i <= certificates; i++)); do holds_together "n$i"; done
crowd_orders=$(orders)

step "$waiting runs with --wait: one works, the others wait and find nothing to do"
due $((1 + certificates))
"$faults/crowd.py" "$waiting" "$work/waiting" "${tegata[@]}" run --wait=300
if [ "$(ended "$work/waiting" 0)" -ne "$waiting" ]; then
	cat "$work"/waiting/*.status | sort | uniq -c
	fail "not all of them ended well"
fi
is "orders" "$(orders)" $((2 * certificates))
waited=$(grep -l 'waiting for up to 300 seconds' "$work"/waiting/* | wc -l)
[ "$waited" -ge 1 ] || fail "nobody waited"
for ((i = 1; i <= 2 * certificates; i++)); do holds_together "n$i"; done

step "a hook leaves a daemon behind: the next run gets the lock"
cat >"$work/hook" <<-END
	#!/bin/bash
	setsid sleep 300 </dev/null >/dev/null 2>&1 &
	echo \$! >>"$work/daemons"
END
chmod 755 "$work/hook"
due $((1 + 2 * certificates)) "$work/hook"
t 0 run
is "orders" "$(orders)" $((3 * certificates))
while read -r daemon; do
	pids+=("$daemon")
	kill -0 "$daemon" 2>/dev/null || fail "the daemon $daemon is gone"
done <"$work/daemons"
flock -n "$state/lock" true || fail "the lock is held"
t 0 run
is "what was said" "$(out)$(err)" ''
figure crowd "$crowd runs at once: $crowd_orders orders for $certificates certificates, $kept_out told who holds the lock (5), $((done - 1)) found nothing to do"
figure crowd "$waiting with --wait: $waited waited, all ended well, one order per certificate"
figure crowd "$(wc -l <"$work/daemons") daemons left by hooks, the lock free"
finish
