#!/bin/bash
# shellcheck disable=SC2154,SC2034 # the report's values are set by their names; lib.sh reads the last command
# Every call that changes a file fails, as a disk fails that is full, broken, read-only or somebody else's: what is live stays,
# tegata says which file it was, and the next run heals it. What was only interrupted or cut short succeeds.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/torture/lib.sh"
. "$(dirname "$0")/scenarios.sh"

# A file under its final name, as people know it
known_name() { sed -E 's|/\.([^/]*)\.tmp-[0-9]*$|/\1|' <<<"$1"; }

# What is only for people (who holds the lock), and empty folders of challenges that stay: it goes on without a word.
may_be_silent() {
	case $report_call:$report_path in
	flock:*) false ;;
	*:*/lock | unlinkat:*/acme-challenge | unlinkat:*/.well-known) ;;
	*) false ;;
	esac
}

# is_told POINT LASTING: the message has the file, or the folder that it is in; of an error that stays, any of those it meets.
is_told() {
	local path=${report_path##* -> } name
	[ -n "$2" ] && grep -qF -e "$world/" "$work/fault.err" && return
	name=$(known_name "$path")
	grep -qF -e "$name" "$work/fault.err" && return
	[ "$report_call" = fsync ] && grep -qF -e "$path/" "$work/fault.err" && return
	case $report_call in # of a file in a folder that is being made or removed
	mkdir* | unlink* | rmdir) grep -qF -e "${name%/*}" "$work/fault.err" && return ;;
	esac
	case $name in # the name is the CA's word: people know the folder
	*/acme-challenge/*) grep -qF -e "${name%/*}" "$work/fault.err" && return ;;
	esac
	fail "$name is not named: $1"
}

tries=0 refused=0 went_on=0 passed=0
# failed_at SCENARIO N ERROR [-p]
failed_at() {
	local point key
	case $3 in EINTR | short) set -- "$1" "$2" "$3" ;; esac # for ever interrupted is tried for ever
	point="$1, call $2, $3 ${4-}"
	put_back "$1"
	key=$(account_key)
	mark
	under_fault -f -n "$2" -a "$3" ${4:+"$4"}
	[ "$report_hit" = 1 ] || return 0
	point+=" ($report_call $report_path)"
	[ -z "${E2E_VERBOSE-}" ] || echo "   $SECONDS s: $point: $got"
	tries=$((tries + 1))
	case $3 in
	EINTR | short)
		[ "$got" -eq 0 ] || fail "exit status $got where it must go on: $point"
		passed=$((passed + 1))
		arrived "$1"
		return
		;;
	esac
	if [ "$got" -eq 0 ]; then
		may_be_silent || is_told "$point, and status 0" "${4-}"
		went_on=$((went_on + 1))
	else
		[ "$got" -lt 20 ] || fail "exit status $got: $point"
		is_told "$point" "${4-}"
		refused=$((refused + 1))
	fi
	ca_at_rest
	[ ! -e "$state/live/www" ] || live_is_whole
	minutes_later
	go_on "$1"
	tidy
	arrived "$1"
	live_is_whole
	[ "$1" = register ] || [ "$(account_key)" = "$key" ] || fail "the account's key is lost: $point"
	[ "$(since 'Issued certificate')" -le 1 ] || fail "a certificate was issued again: $point"
}

# The calls of a scenario, with what each can end with: $work/calls
note_calls() {
	put_back "$1"
	under_fault -f -o "$work/calls.json"
	[ "$got" -eq 0 ] || fail "exit status $got without a fault"
	jq -r '"\(.n) \(.errors)"' "$work/calls.json" >"$work/calls"
}

# At every call one error of those that it can end with, in turn, once or to stay; interruptions and short writes everywhere.
every_point() {
	local n errors each lasting
	while read -r n errors <&7; do
		for each in EINTR short; do
			case " $errors " in *" $each "*) failed_at "$1" "$n" "$each" ;; esac
		done
		read -r -a lasting <<<"$(sed 's/EINTR\|short//g' <<<"$errors")"
		[ "${#lasting[@]}" -gt 0 ] || continue
		failed_at "$1" "$n" "${lasting[(n / 2 + seed) % ${#lasting[@]}]}" "$([ $(((n + seed) % 2)) = 0 ] || echo -p)"
	done 7<"$work/calls"
}

some_points() {
	local i n errors some
	mapfile -t some < <(shuf -n "$2" --random-source=<(yes "$seed$1") "$work/calls")
	for ((i = 0; i < ${#some[@]}; i++)); do
		read -r n errors <<<"${some[i]}"
		read -r -a errors <<<"$errors"
		failed_at "$1" "$n" "${errors[RANDOM % ${#errors[@]}]}" "$([ $((i % 2)) = 0 ] || echo -p)"
	done
}

# A file system that is as good as full, a little less each time: no call is left out for which there may be no room.
full=0
full_disk() {
	local free
	for ((free = 0; free <= $2; free += $3)); do
		put_back "$1"
		mark
		dd if=/dev/zero of="$world/ballast" bs=4096 count=100000 2>/dev/null
		truncate -s "-$((free * 4096))" "$world/ballast"
		last_command="${action[*]} (with $free free pages)"
		"${action[@]}" >"$work/out" 2>"$work/err" </dev/null
		got=$?
		rm "$world/ballast"
		[ "$got" -ne 0 ] || continue
		full=$((full + 1))
		grep -q "$world.*No space left" "$work/err" || fail "exit status $got, and no file is named"
		ca_at_rest
		[ ! -e "$state/live/www" ] || live_is_whole
		minutes_later
		go_on "$1"
		tidy
		arrived "$1"
		live_is_whole
	done
}

# limited SCENARIO BYTES...: a process that may write no files beyond a size
limits=0
limited() {
	local size scenario=$1
	shift
	for size; do
		put_back "$scenario"
		mark
		last_command="${action[*]} (with files of $size bytes)"
		prlimit --fsize="$size" "${action[@]}" 2>&1 >/dev/null </dev/null | cat >"$work/err"
		got=${PIPESTATUS[0]}
		[ "$got" -ne 0 ] || continue
		limits=$((limits + 1))
		[ "$got" -lt 20 ] || fail "exit status $got"
		grep -q "$world.*too large" "$work/err" || fail "exit status $got, and no file is named"
		ca_at_rest
		[ ! -e "$state/live/www" ] || live_is_whole
		minutes_later
		go_on "$scenario"
		tidy
		arrived "$scenario"
		live_is_whole
	done
}

seed=${TORTURE_SEED:-$((${EPOCHREALTIME/[.,]/} % 100000))}
RANDOM=$seed
step "the seed is $seed (TORTURE_SEED)"
prepare
if [ -n "${TORTURE_POINT-}" ]; then # as it is told when one fails: "first 80 EIO -p"
	read -r scenario point kind lasting <<<"$TORTURE_POINT"
	action "$scenario"
	failed_at "$scenario" "$point" "$kind" "$lasting"
	finish
fi
for scenario in "${scenarios[@]}"; do
	step "$scenario"
	action "$scenario"
	note_calls "$scenario"
	if is_long; then every_point "$scenario"; else some_points "$scenario" 2; fi
done
step "a full disk"
mount -o remount,size=400k "$world" || skip "this machine does not let us make a small disk"
if is_long; then
	for scenario in register first renew; do
		action "$scenario"
		full_disk "$scenario" 40 1
		step "files of a limited size: $scenario"
		limited "$scenario" 0 100 300 700 1500 3000
	done
else
	action renew
	full_disk renew 16 8
	limited renew 0 700
fi
figure errors "$tries errors at calls that change files: $refused told with the file, $went_on told or harmless, $passed interrupted or cut short and done"
figure errors "$full full disks, $limits limits on size: 0 old sets harmed, 0 not healed"
finish
