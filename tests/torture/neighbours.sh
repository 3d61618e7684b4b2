#!/bin/bash
# A local user who owns the webroot swaps every component of the path for links while tegata writes and removes challenges; the same for
# hooks, outputs and requests; and a hook that leaves a daemon behind.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/torture/lib.sh"
need setpriv python3
neighbour=$build/tests/faults/neighbour
[ -x "$neighbour" ] || skip "$neighbour is not built"
rounds=4000 seconds=2
! is_long || rounds=100000 seconds=10
home=$work/home
canary=$work/canary
token=evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA
mkdir -p "$canary/bin" "$canary/out"
mkdir -p "$canary/www/html/.well-known/acme-challenge"
echo 'of root' | tee "$canary/www/html/.well-known/acme-challenge/$token" >"$canary/www/html/.well-known/acme-challenge/.$token.tmp"
printf '#!/bin/sh\nexit 0\n' >"$canary/bin/hook"
echo 'SECRET-OF-ROOT' >"$canary/secret"
chmod -R go-w,a+rX "$canary"
chmod 755 "$canary/bin/hook"
chmod 600 "$canary/secret"
picture() { (cd "$canary" && find . -printf '%p %y %m %U %G %s %T@ %C@ %l\n' | sort && find . -type f -exec sha256sum {} + | sort); }
picture >"$work/before"
untouched() { picture | cmp -s - "$work/before" || fail "$1: root's tree has changed: $(picture | diff - "$work/before")"; }
new_home() {
	rm -rf "$home"
	mkdir -p "$home/www/html" "$home/bin" "$home/out"
	printf '#!/bin/sh\nexit 0\n' >"$home/bin/hook"
	chmod 755 "$home" "$home/www" "$home/www/html" "$home/bin/hook"
	chown -R 65534:65534 "$home"
}

step "a webroot, $rounds rounds; one of the links is root's own, made for something else"
new_home
ln -s "$canary/www" "$home/www.link"
run 0 "$neighbour" webroot "$rounds" "$home" "$canary"
out
figure_webroot=$(out)
untouched "webroot"
grep -q ', 0 written' "$work/out" && fail "it was never written, so nothing is shown"
grep -q ', 0 refused' "$work/out" && fail "it was never refused, so nothing is shown"

step "hooks and outputs"
new_home
run 0 "$neighbour" trust "$rounds" "$home" "$canary"
out
untouched "hooks and outputs"

step "requests that are files, links to root's secret, FIFOs and devices in turn"
new_home
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=a.example.jp -addext subjectAltName=DNS:a.example.jp \
	-keyout "$work/a.key" -out "$home/a.csr" 2>/dev/null
ln -s "$canary/secret" "$home/b"
mkfifo "$home/c"
ln -s /dev/zero "$home/d"
chown -h 65534 "$home"/?*
settings 'certificates:' "- {name: a, names: [a.example.jp], csr: $home/a.csr, challenge: {webroot: $home/www/html}}"
registered_fqdns example.jp a.example.jp
"$neighbour" swap "$seconds" "$home/a.csr" "$home/b" "$home/c" "$home/d" &
swapper=$!
checks=0
while kill -0 "$swapper" 2>/dev/null; do
	timeout --foreground 20 "$program" --config-dir "$conf" --state-dir "$state" -vv config check >"$work/out" 2>&1 </dev/null
	[ $? -lt 124 ] || fail "config check hangs or is killed"
	file_lacks "$work/out" SECRET-OF-ROOT
	checks=$((checks + 1))
done
wait "$swapper"
untouched "requests"

step "whole runs, and a hook that leaves a daemon behind"
named_start example.jp
pebble_start
cat >"$work/daemon.py" <<-'END'
	import os, sys
	if os.fork():
	    sys.exit(0)
	os.setsid()
	if os.fork():
	    sys.exit(0)
	open(sys.argv[1], "w").write(" ".join(sorted(os.readlink("/proc/self/fd/" + f) for f in os.listdir("/proc/self/fd") if int(f) > 2 and os.path.exists("/proc/self/fd/" + f))) + "|%d\n" % os.getpid())
	import time
	time.sleep(120)
END
new_home
settings 'certificates:' "- name: www" "  names: [www.example.jp]" "  challenge: {webroot: $home/www/html}" \
	"  deploy: {run: [/usr/bin/python3, $work/daemon.py, $work/daemon], plain_args: true}"
registered_fqdns example.jp www.example.jp
register
webroot=$home/www/html
mkdir "$webroot/.well-known" 2>/dev/null
chown 65534 "$webroot/.well-known"
nginx_start
begun=$EPOCHREALTIME
t 0 run
took=$(python3 -c "print(int((${EPOCHREALTIME} - $begun) * 1000))")
until_true "the daemon runs" test -s "$work/daemon"
daemon=$(sed 's/.*|//' "$work/daemon")
kill -0 "$daemon" || fail "the daemon has ended"
file_lacks "$work/daemon" "$state" socket:
[ "$took" -lt 15000 ] || fail "the run has waited for the daemon: $took ms"
t 0 run
t 0 deploy
runs=2
if is_long; then
	"$neighbour" swap 60 "$home/www" "$home/www.link" &
	swapper=$!
	ln -sfn "$canary/www" "$home/www.link"
	chown -h 65534 "$home/www.link"
	for ((i = 0; i < 15; i++)); do
		timeout --foreground 100 "$program" --config-dir "$conf" --state-dir "$state" renew www --force >"$work/out" 2>"$work/err" </dev/null
		[ $? -lt 124 ] || fail "renew hangs or is killed"
		runs=$((runs + 1))
		kill -0 "$swapper" 2>/dev/null || break
	done
	kill "$swapper" 2>/dev/null
	wait "$swapper" 2>/dev/null
fi
untouched "whole runs"
kill "$daemon"
figure neighbours "webroot: $figure_webroot, 0 writes or removals outside; hooks and outputs: $((2 * rounds)) looks, 0 accepted; requests: $checks runs, 0 secrets shown; $runs whole runs; a daemon left behind: next run locks at once"
finish
