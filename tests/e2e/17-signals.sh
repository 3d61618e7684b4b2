#!/bin/bash
# shellcheck disable=SC2034 # lib.sh reads them
# A signal at a bad moment: exit status 12, every challenge taken away; and the next run goes on as if nothing had been.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx
named_start example.jp
nginx_start
pebble_start
registered_fqdns example.jp
mkfifo "$work/fifo"
cat >"$work/hook" <<-END
	#!/bin/sh
	echo "\$*" >>"$work/calls"
	[ "\$*" != "present example.jp" ] || [ -e "$work/go" ] || { : >"$work/blocked"; read -r word <"$work/fifo"; }
END
chmod 755 "$work/hook"
settings 'certificates:' '- name: www' '  names: [www.example.jp, example.jp]' '  challenge:' \
	"  - {type: dns-01, hook: $work/hook, names: [example.jp]}" "  - {webroot: $webroot}"
register

# background ARGUMENT...: tegata, whose process is then $background_pid
background() {
	last_command="$program $*"
	# A shell has its background jobs ignore SIGINT.
	env --default-signal=INT "$program" --config-dir "$conf" --state-dir "$state" "$@" >"$work/out" 2>"$work/err" </dev/null &
	background_pid=$!
}
ended() {
	local status
	wait "$background_pid"
	status=$?
	[ "$status" -eq "$1" ] || fail "exit status $status where $1 is due"
}

for signal in TERM INT HUP; do
	step "SIG$signal while a hook works"
	rm -f "$work/blocked" "$work/calls"
	background run
	until_true "the hook works" test -e "$work/blocked"
	kill -s "$signal" "$background_pid"
	ended 12
	file_has "$work/calls" 'cleanup example.jp'
	empty_folder "$webroot"
	gone "$state/live/www"
	is "challenges answered" "$(asked 'POST /chalZ')" 0
done

step "SIGTERM while the CA validates: its request waits at a web server that has been stopped"
settings 'certificates:' "- {name: www, names: [www.example.jp], challenge: {webroot: $webroot}}"
mapfile -t nginx_pids < <(pgrep -P "$nginx_pid"; echo "$nginx_pid")
kill -STOP "${nginx_pids[@]}"
background run
until_true "the CA is told of the challenge" grep -q 'POST /chalZ' "$pebble_log"
there "$(find "$webroot" -type f)"
kill -TERM "$background_pid"
ended 12
empty_folder "$webroot"
kill -CONT "${nginx_pids[@]}"

step "kill -9 leaves what it had; the next run takes it away and goes on"
settings 'certificates:' '- name: www' '  names: [www.example.jp, example.jp]' '  challenge:' \
	"  - {type: dns-01, hook: $work/hook, names: [example.jp]}" "  - {webroot: $webroot}"
rm -f "$work/blocked" "$work/calls"
background run
until_true "the hook works" test -e "$work/blocked"
[ -n "$(find "$webroot" "$state/journal" -type f)" ] || fail "nothing is remembered"
kill -KILL "$background_pid"
ended 137
echo go >"$work/fifo"
: >"$work/go"
rm "$work/calls"
t 8 run # that hook has never made a record
is "what was done first" "$(head -n 1 "$work/calls")" 'cleanup example.jp'
empty_folder "$webroot"
settings 'certificates:' "- {name: www, names: [www.example.jp], challenge: {webroot: $webroot}}"
t 0 run
holds_together www
empty_folder "$webroot"
empty_folder "$state/journal"
finish
