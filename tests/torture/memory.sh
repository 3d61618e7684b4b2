#!/bin/bash
# Every allocation fails once: in tests/faults/oom_driver with the fake CA, then the built programs with Pebble.
#
#   OOM_SEED=N   which allocations the short form takes (printed, so that a failure can be had again)
# shellcheck source=tests/torture/lib.sh
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/torture/lib.sh"
driver=$build/tests/faults/oom_driver
shim=$build/tests/faults/oom.so
[ -x "$driver" ] || skip "$driver is not built (cmocka is missing)"
if ldd "$program" | grep -q -e asan -e ubsan; then skip "the sanitizers have allocators of their own"; fi
seed=${OOM_SEED:-$((RANDOM % 1000))}
echo "seed $seed"
if is_long; then places=7 commands=60 orders=25; else places=400 commands=4 orders=2; fi
tried=0 went_on=0 said_so=0 most=0

step "with the fake CA: of every $places places where something is allocated one"
TMPDIR=/dev/shm
[ -d "$TMPDIR" ] && [ -w "$TMPDIR" ] || TMPDIR=$work
export TMPDIR
"$driver" "$seed" "$places" >"$work/driver" 2>&1
case $? in
0) ;;
77) skip "$(sed 's/^skipped: //' "$work/driver")" ;;
*) fail "$(cat "$work/driver")" ;;
esac
cat "$work/driver"
sum() { awk -v word="$1" '{ for (i = 1; i < NF; i++) if ($(i + 1) ~ "^" word) n += $i } END { print n + 0 }' "$work/driver"; }
figure memory "with the fake CA: $(sum failed) places of $(sum places,), one allocation each: $(sum typed) typed errors, $(sum ended) ended at once, $(sum went) went on; 0 crashes, 0 hangs, 0 leaks, 0 bad states"
# What writes the counters of a build for coverage does not itself live without memory.
if grep -qa '\.gcda' "$program"; then finish; fi
pebble_start nonce_reject=0
named_start example.jp
nginx_start
settings 'certificates:' "- {name: one, names: [a.example.jp, b.example.jp], challenge: {webroot: $webroot}}"
registered_fqdns a.example.jp b.example.jp
printf '%s\n' "$hmac" >"$work/hmac"

# Exit statuses that are documented, and never a death by signal; without memory tegata says so.
limited() { timeout --foreground --kill-after=2 60 env LD_PRELOAD="$shim" "$@"; }

# counted ARGUMENT...: how many allocations tegata makes; the answer in $all
counted() {
	rm -f "$work/count"
	limited OOM_COUNT="$work/count" "$program" --config-dir "$conf" --state-dir "$state" "$@" >"$work/out" 2>"$work/err" </dev/null ||
		fail "without a failure: tegata $*: exit status $?"
	all=$(cat "$work/count")
}

# struck N ARGUMENT...: with the Nth allocation of tegata failing
struck() {
	local n=$1 got
	shift
	tried=$((tried + 1))
	last_command="allocation $n of tegata $*"
	limited OOM_AT="$n" "$program" --config-dir "$conf" --state-dir "$state" "$@" >"$work/out" 2>"$work/err" </dev/null
	got=$?
	case $got in
	0) went_on=$((went_on + 1)) ;;
	[1-9] | 1[0-3]) said_so=$((said_so + 1)) ; [ -s "$work/err" ] || [ -s "$work/out" ] || fail "exit status $got, and not a word" ;;
	124 | 137) fail "it hangs" ;;
	*) fail "exit status $got" ;;
	esac
}

# some OF HOW-MANY: that many numbers from 1 on, other ones with another seed
some() {
	awk -v all="$1" -v many="$2" -v seed="$seed" 'BEGIN { srand(seed + all); for (i = 0; i < many; i++) print 1 + int((i + rand()) * all / many) }'
}

step "registering: what the CA has made is found again"
counted version
before=$state
registering=(register -n -m admin@example.jp --agree-tos --eab-kid "$kid" --eab-hmac-key-file "$work/hmac")
state=$work/var-count
counted "${registering[@]}"
for n in $(some "$all" "$orders"); do
	state=$work/var-$n
	struck "$n" "${registering[@]}"
	t 0 "${registering[@]}"
	is "accounts kept" "$(find "$state/accounts" -name key.pem | wc -l)" 1
	rm -rf "$state"
done
state=$before
register

step "a first issuance, and a renewal"
keep() { rm -rf "$work/kept" && cp -a "$state" "$work/kept"; }
back() { rm -rf "$state" && cp -a "$work/kept" "$state"; }
for story in 'run -n' 'renew -n --force one'; do
	read -ra words <<<"$story"
	keep
	counted "${words[@]}"
	for n in $(some "$all" "$orders"); do
		back
		before=$(orders)
		struck "$n" "${words[@]}"
		[ ! -e "$(live one cert)" ] || holds_together one
		[ ! -e "$state/state/one.json" ] || note one 'del(.retry_at) | .failures = 0'
		t 0 renew -n --force one
		holds_together one
		more=$(($(orders) - before))
		[ "$more" -le 3 ] || fail "$more orders for one allocation"
		[ "$more" -le "$most" ] || most=$more
	done
	back
	t 0 run -n
done

step "commands that only look"
for story in 'status --json' plan forecast 'config check' 'entitlements advise'; do
	read -ra words <<<"$story"
	counted "${words[@]}"
	for n in $(some "$all" "$commands"); do
		struck "$n" "${words[@]}"
	done
done
holds_together one

step "tegata-net: a typed error at tegata's side"
real_libexec=$TEGATA_LIBEXECDIR
TEGATA_LIBEXECDIR=$work/libexec-oom
mkdir -p "$TEGATA_LIBEXECDIR"
ln -s "$src/hooks" "$TEGATA_LIBEXECDIR/hooks"
chmod 755 "$work/libexec-oom"
net_with() {
	printf '#!/bin/sh\nLD_PRELOAD=%s %s exec %s "$@"\n' "$shim" "$1" "$build/tegata-net" >"$TEGATA_LIBEXECDIR/tegata-net.new"
	chmod 755 "$TEGATA_LIBEXECDIR/tegata-net.new"
	mv "$TEGATA_LIBEXECDIR/tegata-net.new" "$TEGATA_LIBEXECDIR/tegata-net"
}
mkdir -m 777 "$work/counts"
net_with "OOM_COUNT=$work/counts/net"
t 0 renew -n --force one
all=$(cat "$work/counts/net" 2>/dev/null || echo 6000)
for n in $(some "$all" "$orders"); do
	net_with "OOM_AT=$n"
	[ ! -e "$state/state/one.json" ] || note one 'del(.retry_at) | .failures = 0'
	tried=$((tried + 1))
	# shellcheck disable=SC2034 # said by fail
	last_command="allocation $n of tegata-net"
	timeout --foreground 100 "$program" --config-dir "$conf" --state-dir "$state" renew -n --force one >"$work/out" 2>"$work/err" </dev/null
	got=$?
	case $got in
	0) went_on=$((went_on + 1)) ;;
	6 | 7 | 8) said_so=$((said_so + 1)) ;;
	*) fail "exit status $got" ;;
	esac
	holds_together one
done
export TEGATA_LIBEXECDIR=$real_libexec
note one 'del(.retry_at) | .failures = 0'
t 0 renew -n --force one
holds_together one

figure memory "tegata and tegata-net with Pebble: $tried allocations failed once: $said_so errors that are told, $went_on went on; 0 crashes, 0 hangs, 0 unmatched live files, at most $most orders with the healing run's"
finish
