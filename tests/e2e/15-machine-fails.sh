#!/bin/bash
# shellcheck disable=SC2034 # lib.sh reads them
# The machine's own troubles: no CA to reach, no right to write, no space left. Told with the file, and nothing is lost.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx setpriv
named_start example.jp
nginx_start
pebble_start
registered_fqdns example.jp
settings 'certificates:' "- {name: www, names: [www.example.jp], challenge: {webroot: $webroot}}"
mkdir "$state"
mount -t tmpfs -o size=512k,mode=700 tmpfs "$state" || skip "a small file system cannot be mounted"
register
t 0 run
holds_together www
serial=$(serial "$(live www cert)")

step "a full disk"
fill() { dd if=/dev/zero of="$state/filler" bs=4k 2>/dev/null || :; }
fill
t 10 renew --force
err_has 'No space left on device' "$state"
is "the live certificate" "$(serial "$(live www cert)")" "$serial"
holds_together www
empty_folder "$webroot"
t 0 status
out_has www.example.jp

step "a disk that is full but for the first files: the old certificate stays, whatever the place at which it fails"
for room in 4 12 20 28; do
	rm -f "$state/filler"
	dd if=/dev/zero of="$work/room" bs=1k count="$room" 2>/dev/null
	cp "$work/room" "$state/room"
	fill
	rm "$state/room"
	"$program" --config-dir "$conf" --state-dir "$state" renew --force >"$work/out" 2>"$work/err"
	status=$?
	last_command="renew --force with $room KiB left"
	[ "$status" -eq 10 ] || [ "$status" -eq 0 ] || fail "exit status $status"
	[ "$status" -eq 0 ] || is "the live certificate" "$(serial "$(live www cert)")" "$serial"
	serial=$(serial "$(live www cert)")
	holds_together www
	empty_folder "$webroot"
done

step "space again: the next run heals, nothing half-made is left"
rm -f "$state/filler"
t 0 run
t 0 renew --force
holds_together www
empty_folder "$state/journal"
[ "$(find "$state/generations/www" -mindepth 1 -maxdepth 1 -type d | while read -r dir; do [ -e "$dir/meta.json" ] || echo "$dir"; done)" = "" ] ||
	fail "there are generations that were never finished"

step "nobody answers"
pebble_stop
serial=$(serial "$(live www cert)")
t 6 renew --force
err_has "$server"
is "the live certificate" "$(serial "$(live www cert)")" "$serial"
t 0 run
t 6 --server https://no-such-host.example.jp.invalid/dir register -n -m admin@example.jp --agree-tos
err_has no-such-host.example.jp.invalid

step "a state folder that is not ours to write to"
mkdir -m 755 "$work/bin"
cp "$program" "$build/tegata-net" "$work/bin"
as_nobody() { TEGATA_LIBEXECDIR=$work/bin setpriv --reuid=65534 --regid=65534 --clear-groups "$work/bin/tegata" "$@"; }
run 10 as_nobody --config-dir "$conf" --state-dir "$state" run
err_has "$state"
mkdir "$work/theirs"
run 10 as_nobody --config-dir "$conf" --state-dir "$work/theirs/var" run
err_has "$work/theirs/var" 'Permission denied'
finish
