#!/bin/bash
# shellcheck disable=SC2154,SC2034 # the report's values are set by their names; lib.sh reads the last command
# The power fails: from the recorded writes everything is built that a disk may hold then, with what was not synced lost, cut or
# kept in another order. tegata finds its way in each: live files are one whole set, no key is lost, the next run succeeds.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/torture/lib.sh"
. "$(dirname "$0")/scenarios.sh"
need python3

looked=0 distinct=0 tried=0 stale=0
# record SCENARIO MAX: its states in $work/states
record() {
	local counts
	put_back "$1"
	mark
	last_command="calls ${action[*]}"
	"$calls" -d -o "$work/record" -r "$work/report" -- "${action[@]}" >"$work/out" 2>"$work/err" </dev/null || fail "exit status $?"
	ca_at_rest
	account_key >"$work/account.key"
	cat "$(live www privkey)" >"$work/new.key" 2>/dev/null
	rm -rf "$work/states"
	python3 "$faults/power.py" "$prepared/$1" "$work/record" "$world" "$work/states" "$2" "$seed" >"$work/counts" ||
		fail "the states cannot be built"
	read -r -a counts <"$work/counts"
	looked=$((looked + counts[0])) distinct=$((distinct + counts[1]))
}

# What had been sent when the power failed is not made undone by it: then its key has to be there.
keys_are_there() {
	case $2 in
	*account*) [ "$(account_key)" = "$(cat "$work/account.key")" ] || fail "the account's key is lost: $1" ;;
	esac
	case $2 in
	*finalize*)
		[ "$scenario" = rollback ] || grep -qrxF -f <(sed -n 2p "$work/new.key") "$state/generations" || fail "the certificate's key is lost: $1"
		;;
	esac
}

# The CA has gone on since: with an order of which this state knows, and a key that was made after it. That could not have been;
# it is told, and the run after it orders anew.
gone_on() {
	[ -e "$state/journal/www.json" ] && [ "${next[0]}" = run ] || return
	"$program" --config-dir "$conf" --state-dir "$state" run >"$work/out" 2>"$work/err" </dev/null
	got=$?
	[ "$got" -eq 0 ] || [ "$got" -eq 11 ] || fail "exit status $got"
	minutes_later
}

found_again() {
	local point="$1, state $2 (after call $3, $4)" key
	find "$world" -mindepth 1 -maxdepth 1 -exec rm -rf {} +
	cp -a "$work/states/$2/." "$world"
	[ -z "${E2E_VERBOSE-}" ] || echo "   $SECONDS s: $point"
	tried=$((tried + 1))
	last_command="$point"
	# A link that points nowhere is as bad as none.
	if [ -L "$state/live/www" ]; then live_is_whole; fi
	[ "$1" != renew ] && [ "$1" != names ] && [ "$1" != rollback ] || there "$state/live/www"
	keys_are_there "$point" "$5"
	t 0 status
	mark
	key=$(account_key)
	case $5 in
	*finalize*) ;;
	*) gone_on ;;
	esac
	go_on "$1"
	# The file of a challenge is taken away without waiting for the disk, and may be back: its word has been used up.
	stale=$((stale + $(find "$webroot" -type f -printf . -delete | wc -c)))
	tidy
	arrived "$1"
	[ "$1" = register ] || live_is_whole
	[ "$1" = register ] || [ "$(account_key)" = "$key" ] || fail "the account's key is lost: $point"
	[ "$(since 'Added order')" -le 1 ] || fail "$(since 'Added order') orders: $point"
}

seed=${TORTURE_SEED:-$((${EPOCHREALTIME/[.,]/} % 100000))}
step "the seed is $seed (TORTURE_SEED)"
prepare
for scenario in "${scenarios[@]}"; do
	case $scenario in deploy | revoke | certonly) continue ;; esac
	step "$scenario"
	action "$scenario"
	record "$scenario" "$(is_long && echo 0 || echo 2)"
	while IFS=$'\t' read -r number point model sent <&7; do
		found_again "$scenario" "$number" "$point" "$model" "$sent"
	done 7<"$work/states/list"
done
figure power "$looked states after $distinct different cuts of power, $tried tried: 0 corrupt, 0 lost keys, 0 not healed ($stale old challenge files back)"
finish
