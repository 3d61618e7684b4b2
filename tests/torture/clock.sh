#!/bin/bash
# Clocks that are wrong by an hour, a day, ten years, at the ends of years and of what computers count by, in several time zones:
# nothing breaks, waits for long or orders what is not due, and once the clock is right nothing of it is left.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/torture/lib.sh"
need named nginx faketime jq
! ldd "$program" | grep -q asan || skip "faketime and the sanitizers do not go together"
# Its marks there are named by process ids, which are few in here: those of other tests are in the way.
mount -t tmpfs tmpfs /dev/shm
named_start example.jp
nginx_start
pebble_start nonce_reject=0
printf '%s\n' '- {fqdn: www.example.jp, first_issued: 2026-09-30}' '- {fqdn: leap.example.jp, ends: 2028-02-29}' >"$conf/entitlements.yaml"
cat >"$work/tell" <<-END
	#!/bin/sh
	echo "\$TEGATA_EVENT" >>"$work/told"
END
chmod 755 "$work/tell"
: >"$work/told"
settings "notify: {run: $work/tell}" 'certificates:' "- {name: www, names: [www.example.jp, leap.example.jp], challenge: {webroot: $webroot}}"
register
t 0 run
live=$(serial "$(live www cert)")
now=$EPOCHSECONDS
runs=0 slowest=0

# Seconds since 1970 of a day and time in UTC; beyond what date(1) reads it is counted from there.
of() { date -u -d "$1" +%s; }
release=$(of 2026-09-01)
end_of_9999=$(of '9999-12-31 23:59:59')

# at OFFSET STATUSES ARGUMENT...: with a clock that is so many seconds off; one of these statuses; within 15 seconds.
at() {
	local offset=$1 wanted=$2 began=$EPOCHSECONDS got took
	shift 2
	# shellcheck disable=SC2034 # for fail
	last_command="(by a clock that is $offset seconds off, TZ=${TZ-}) $*"
	FAKETIME="${offset}s" LD_PRELOAD=$preload timeout --foreground 15 "$program" --config-dir "$conf" --state-dir "$state" "$@" \
		>"$work/out" 2>"$work/err" </dev/null
	got=$?
	took=$((EPOCHSECONDS - began))
	runs=$((runs + 1))
	[ "$took" -le "$slowest" ] || slowest=$took
	case " $wanted " in *" $got "*) ;; *) fail "exit status $got where one of $wanted is due" ;; esac
	if grep -qE -e '-[0-9]+ (second|minute|hour|day)' -e '(in|for|after) -[0-9]' "$work/out" "$work/err"; then fail "a negative time is told"; fi
}
# What faketime(1) would load, which spares a process; it stands relative to the real clock.
preload=$(faketime -f +0 sh -c 'echo $LD_PRELOAD')
[ -n "$preload" ] || skip "faketime does not say what it loads"

offsets=(+3600 -3600 +86400 -86400 +315532800 -315532800)
for day in '1970-01-01 00:00:00' '2026-08-31 23:00:00' '2026-12-31 14:59:59' '2028-02-29 14:59:59' '2038-01-19 03:14:06' '9999-12-31 23:59:58'; do
	offsets+=("$(printf '%+d' $(($(of "$day") - now)))")
done
offsets+=("$(printf '%+d' $((end_of_9999 + 2 - now)))")
zones=(Asia/Tokyo)
if is_long; then
	zones+=(UTC Pacific/Kiritimati America/St_Johns Antarctica/Troll :none/such '')
	for day in '1999-12-31 23:59:59' '2000-02-29 00:00:00' '2027-02-28 23:59:59' '2027-12-31 23:59:59' '2028-02-28 15:00:00' \
		'2028-03-01 00:00:00' '2037-12-31 23:59:59' '2038-01-19 03:14:08' '2100-02-28 23:59:59' '2106-02-07 06:28:15' \
		'2262-04-11 23:47:16' '5138-11-16 09:46:39'; do
		offsets+=("$(printf '%+d' $(($(of "$day") - now)))")
	done
	offsets+=(+43199 +43201 -43199 -43201 +299 +301 -301 +604800 "$(printf '%+d' $((end_of_9999 + 365 * 86400 - now)))")
fi

step "${#offsets[@]} clocks in ${#zones[@]} zones: what only reads, reads"
for zone in "${zones[@]}"; do
	for offset in "${offsets[@]}"; do
		export TZ=$zone
		at "$offset" 0 status
		at "$offset" "0 3" forecast
		at "$offset" "0 3 4 10" plan --json
		at "$offset" "0 1 2 3" status --check
		is_long || continue
		at "$offset" "0 3" status --metrics
		at "$offset" 0 entitlements
		at "$offset" 0 history www
		at "$offset" "0 4" check
	done
done
unset TZ

step "a visit with the CA there: what only the clock calls due is not ordered; within 12 hours it goes on, warning"
for offset in "${offsets[@]}"; do
	size=${offset#[+-]} wanted="0 10" # 0 also where nothing is due, so that nobody tells the time
	[ "$size" -gt 43140 ] || wanted=0
	# Where all registered FQDNs have ended, nothing is sent either.
	[ "$offset" -le 5184000 ] || wanted="4 10"
	[ $((now + offset)) -ge "$release" ] || wanted=10
	at "$offset" "$wanted" run
	[ "$wanted" != 10 ] || grep -q 'the clock of this machine' "$work/err" || fail "the clock is not told"
done
is "orders" "$(orders)" 1
is "the live certificate" "$(serial "$(live www cert)")" "$live"

# Nothing of another time but what the CA said may be left in what is noted: all that is later than tomorrow is counted.
later_than_tomorrow() {
	jq -r '[paths(numbers) as $p | {p: ($p | map(tostring) | join(".")), v: getpath($p)} | select(.v > (now + 86400))] | map(.p) | join(" ")' \
		"$state/state/www.json"
}

step "a visit while the CA is away and the clock is off: what it notes holds nothing back when the clock is right"
pebble_stop
healed=0
for offset in +3600 +86400 +2592000 +315532800 -3600 -86400 "$(printf '%+d' $(($(of '2038-01-19 03:14:07') - now)))" \
	"$(printf '%+d' $((end_of_9999 + 2 - now)))"; do
	is_long || [ "${offset#+}" -gt 86400 ] 2>/dev/null || continue
	at "$offset" "0 4 6 10" run
	at "$offset" "4 6 10" renew --force
	healed=$((healed + 1))
done
pebble_start nonce_reject=0
t 0 run
t 0 status
out_lacks 'next try' expired
is "what is noted of later than tomorrow" "$(later_than_tomorrow)" ''
is "what is noted as failed" "$(noted www '[.failures, .last_error] | tostring')" '[0,null]'
register # this CA has forgotten us
t 0 renew --force
holds_together www
[ "$(serial "$(live www cert)")" != "$live" ] || fail "it was not renewed"
t 0 run
file_lacks "$state/state/www.json" '"expired"' '"expiring"'

figure clock "$runs runs by ${#offsets[@]} clocks in ${#zones[@]} zones, from 1970 to the year 10000: no crash, none over ${slowest} s, no order that was not due"
figure clock "$healed visits without a CA by clocks up to 8000 years ahead: the first run by a right clock renews"
finish
