#!/bin/bash
# shellcheck disable=SC2154 # the report's values are set by their names
# SIGKILL before every call that changes something, of whatever tegata does: the next run goes on, nothing is lost, and the live
# files are one whole set at every instant.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/torture/lib.sh"
. "$(dirname "$0")/scenarios.sh"

# Has nothing been lost, and does the next run succeed?
survived() {
	local scenario=$1 key=$2 orders issued accounts
	ca_at_rest
	[ ! -e "$state/live/www" ] || live_is_whole
	go_on "$scenario"
	tidy
	arrived "$scenario"
	[ ! -e "$state/live/www" ] || live_is_whole
	orders=$(since 'Added order') issued=$(since 'Issued certificate') accounts=$(since 'accounts in memory')
	case $scenario in
	first | certonly | renew | names) ;;
	*) is "orders" "$orders" 0 ;;
	esac
	[ "$orders" -le 2 ] || fail "$orders orders"
	[ "$issued" -le 1 ] || fail "a certificate was issued again: the first one's key is lost"
	[ "$orders" -lt 2 ] || extra=$((extra + 1))
	[ "$orders" -le 1 ] || [ "$issued" -eq 1 ] || fail "$orders orders, $issued certificates"
	if [ "$scenario" = register ]; then
		is "accounts made with these credentials" "$accounts" 1
	else
		is "accounts made" "$accounts" 0
		[ "$(account_key)" = "$key" ] || fail "the account's key is lost"
	fi
}

kills=0 extra=0 looks=0 sets=
# killed_at SCENARIO N KIND: 1 when it had ended before.
killed_at() {
	local key
	put_back "$1"
	key=$(account_key)
	mark
	under_fault -n "$2" -a "$3"
	looks=$((looks + report_looks))
	if [ "$report_hit" = 0 ]; then
		[ "$got" -eq 0 ] || fail "exit status $got without a kill"
		return 1
	fi
	last_point="$1, call $2 of $report_calls ($report_call $report_path), $3"
	[ -z "${E2E_VERBOSE-}" ] || echo "   $SECONDS s: $last_point"
	[ "$got" -eq 137 ] || fail "exit status $got where it was killed: $last_point"
	kills=$((kills + 1))
	survived "$1" "$key"
}

kinds=(kill alone)
every_point() {
	local n before=$kills missed=0
	# How often the CA has to be asked differs, and so does the number of calls.
	for ((n = 1; n < 2000 && missed < 12; n++)); do
		if killed_at "$1" "$n" "${kinds[(n + seed) % 2]}"; then missed=0; else missed=$((missed + 1)); fi
	done
	sets+="$1 $((kills - before)), "
}

# A few, each scenario's at other places in other runs.
some_points() {
	local n i
	put_back "$1"
	under_fault
	[ "$got" -eq 0 ] || fail "exit status $got without a kill"
	for ((i = 0; i < $2; i++)); do
		n=$((1 + RANDOM % report_calls))
		killed_at "$1" "$n" "${kinds[RANDOM % 2]}" || :
	done
}

# By itself, as fast as it goes: somebody reads the live files all the time while they are renewed.
watched_outside() {
	local i
	put_back renew
	mkfifo "$work/going"
	"$watcher" "$state/live/www" <"$work/going" >"$work/watched" 2>&1 &
	local pid=$!
	exec 8>"$work/going"
	for ((i = 0; i < $1; i++)); do t 0 renew --force; done
	exec 8>&-
	wait "$pid" || fail "the live files: $(cat "$work/watched")"
	watched=$(tail -n 1 "$work/watched")
}

seed=${TORTURE_SEED:-$((${EPOCHREALTIME/[.,]/} % 100000))}
RANDOM=$seed
step "the seed is $seed (TORTURE_SEED)"
prepare
if [ -n "${TORTURE_POINT-}" ]; then # as it is told when one fails: "first 80 alone"
	read -r scenario point kind <<<"$TORTURE_POINT"
	action "$scenario"
	killed_at "$scenario" "$point" "$kind"
	finish
fi
for scenario in "${scenarios[@]}"; do
	step "$scenario"
	action "$scenario"
	if is_long; then every_point "$scenario"; else some_points "$scenario" 2; fi
done
step "watched from outside"
watched_outside "$(is_long && echo 100 || echo 5)"
figure kill "$kills kills${sets:+ (${sets%, })}: 0 lost keys, 0 locks held, 0 credentials burnt, $extra with one extra order"
figure kill "live files looked at $looks times, before every call, and from outside ($watched): 0 missing or mismatched"
finish
