#!/usr/bin/env bash
# Fuzzes everything that is read from outside, with libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer.
#
#     contrib/run-fuzz.sh [--merge] [SECONDS [TARGET…]]
#
# Builds the targets of tests/fuzz with clang in a folder of its own, runs each for SECONDS (3600), FUZZ_JOBS (2) at once, and
# prints a table. Exit status 1: something was found; the inputs lie in FUZZ_DIR/findings. What is gathered stays in
# FUZZ_DIR/corpus for the next time; --merge puts what reaches more code into tests/fuzz/corpus.
#
# FUZZ_DIR is fuzz-build in the working folder unless it is set; CLANG is the compiler.
set -euo pipefail

src=$(cd "$(dirname "$0")/.." && pwd)
dir=${FUZZ_DIR:-$PWD/fuzz-build}
clang=${CLANG:-$(command -v clang || command -v clang-14 || true)}
merge=false
[ "${1:-}" = --merge ] && { merge=true; shift; }
seconds=${1:-3600}
[ $# -gt 0 ] && shift
flags='-O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=undefined'
[ -n "$clang" ] || { echo "clang with libFuzzer is needed (on Debian: clang, libclang-rt-dev)" >&2; exit 2; }
[ -x "$src/configure" ] || { echo "$src/configure is not there; run autoreconf -fi first" >&2; exit 2; }

mkdir -p "$dir/build" "$dir/findings" "$dir/log"
dir=$(cd "$dir" && pwd)
cd "$dir/build"
if [ ! -e Makefile ]; then
	"$src/configure" -q CC="${FUZZ_CC:-$clang}" CPPFLAGS=-U_FORTIFY_SOURCE \
		CFLAGS="$flags -fsanitize=fuzzer-no-link,address,undefined"
fi
make -s -j2 libtegata.a >"$dir/log/build" 2>&1 || { tail -n 20 "$dir/log/build" >&2; exit 2; }

targets=("$@")
if [ $# -eq 0 ]; then
	for file in "$src"/tests/fuzz/fuzz_*.c; do
		name=${file##*/fuzz_}
		targets+=("${name%.c}")
	done
fi

# One target, linked as its Makefile would, but with libFuzzer's main instead of the replay.
link() {
	local more=() libs cflags

	read -ra libs <<<"$(pkg-config --libs libcrypto jansson yaml-0.1 libidn2)"
	read -ra cflags <<<"$flags $(pkg-config --cflags libcurl)"
	case $1 in acme | headers) more=("$src/src/net/worker_intake.c") ;; esac
	"$clang" -std=gnu11 "${cflags[@]}" -fsanitize=fuzzer,address,undefined -I. -I"$src/include" \
		"$src/tests/fuzz/fuzz_$1.c" "$src/tests/fuzz/fuzz.c" "${more[@]}" libtegata.a "${libs[@]}" -lpthread -o "fuzz_$1"
}

longest() {
	case $1 in
	acme) echo 24000 ;;
	settings | chain) echo 8192 ;;
	dates | names | url | key) echo 600 ;;
	*) echo 4096 ;;
	esac
}

run() {
	local corpus=$dir/corpus/$1 begun=$SECONDS rc=0 log=$dir/log/$1

	mkdir -p "$corpus"
	timeout -k 10 $((seconds + 120)) "./fuzz_$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1500 \
		-max_len="$(longest "$1")" -print_final_stats=1 -artifact_prefix="$dir/findings/$1-" \
		"$corpus" "$src/tests/fuzz/corpus/fuzz_$1" >"$log" 2>&1 || rc=$?
	printf '%-12s %6s %12s %7s  %s\n' "$1" "$((SECONDS - begun))" \
		"$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
		"$(sed -n 's/.*cov: \([0-9]*\).*/\1/p' "$log" | tail -n 1)" \
		"$([ "$rc" = 0 ] && echo none || grep -am 1 -E '^fuzz: |runtime error|ERROR: ' "$log" || echo "status $rc")" |
		tee "$dir/log/$1.row"
}

for t in "${targets[@]}"; do
	link "$t" || exit 2
done
rm -f "$dir"/log/*.row
printf '%-12s %6s %12s %7s  %s\n' target seconds runs covered finding
for t in "${targets[@]}"; do
	while [ "$(jobs -rp | wc -l)" -ge "${FUZZ_JOBS:-2}" ]; do
		wait -n || true
	done
	run "$t" &
done
wait

if $merge; then
	for t in "${targets[@]}"; do
		"./fuzz_$t" -merge=1 -timeout=10 "$src/tests/fuzz/corpus/fuzz_$t" "$dir/corpus/$t" >"$dir/log/$t.merge" 2>&1 ||
			echo "$t: could not be merged; see $dir/log/$t.merge"
	done
	du -sh "$src/tests/fuzz/corpus"
fi
! cat "$dir"/log/*.row | grep -qv ' none$'
