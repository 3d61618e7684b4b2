#!/bin/bash
# A wrong clock is said and decides nothing.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx faketime
! ldd "$program" | grep -q asan || skip "faketime and the sanitizers do not go together"
# Its marks there are named by process ids, which are few in here: those of other tests are in the way.
mount -t tmpfs tmpfs /dev/shm
named_start example.jp
nginx_start
# Such a life is due when half of 1000 seconds has gone by, and a little later when this host's turn comes.
pebble_start nonce_reject=0 validity=1000
registered_fqdns example.jp
cat >"$work/tell" <<-END
	#!/bin/sh
	echo "\$TEGATA_EVENT \$TEGATA_LEVEL" >>"$work/told"
END
chmod 755 "$work/tell"
settings "notify: {run: $work/tell, events: clock-wrong}" 'certificates:' "- {name: www, names: [www.example.jp], challenge: {webroot: $webroot}}"
register
t 0 run
t 0 run
before=$(asked)
# at TIME STATUS ARGUMENT...
at() {
	local when=$1 wanted=$2
	shift 2
	run "$wanted" faketime "$when" "$program" --config-dir "$conf" --state-dir "$state" "$@"
}

step "before this program was made: told, nothing is decided, nothing is sent"
at '2020-01-01 00:00:00' 10 run
err_has 'the clock of this machine shows 2020' timedatectl
at '2020-01-01 00:10:00' 10 renew www --force
is "requests" "$(asked)" "$before"
is "what was told" "$(cat "$work/told")" 'clock-wrong error'
at '2020-01-01 00:00:00' 0 status
out_has www.example.jp

step "ahead of the CA's by months: what only the clock calls due is not renewed"
live=$(serial "$(live www cert)")
at '+80 days' 10 run
err_has 'ahead of the CA'
is "the live certificate" "$(serial "$(live www cert)")" "$live"
is "orders" "$(orders)" 1

step "13 hours ahead: the same; somebody is told once a day, and once more of another day"
at '+13 hours' 10 run
err_has "the clock of this machine is 13 hours ahead of the CA's"
at '+13 hours' 10 run -q
is "orders" "$(orders)" 1
is "what was told" "$(sort -u "$work/told")" 'clock-wrong error'
is "how often it was told" "$(wc -l <"$work/told")" 3

step "right again: nothing of it is left"
t 0 run
is "the live certificate" "$(serial "$(live www cert)")" "$live"
t 0 renew --force
holds_together www
t 0 status
out_lacks 'next try'

step "10 minutes ahead: a warning, and what is due is renewed"
live=$(serial "$(live www cert)")
at '+630 seconds' 0 run
err_has "warning: the clock of this machine is 10 minutes ahead of the CA's"
is "orders" "$(orders)" 3
holds_together www
[ "$(serial "$(live www cert)")" != "$live" ] || fail "it was not renewed"
is "how often it was told" "$(wc -l <"$work/told")" 3
finish
