#!/bin/bash
# Fuzzing: the short form replays the committed corpora (the tests tests/fuzz/fuzz_* do it in this build too; here the sum is
# told), the long form looks for more with libFuzzer where clang is there.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/torture/lib.sh"

step "the committed corpora"
targets=0 files=0 runs=0
for target in "$build"/tests/fuzz/fuzz_*; do
	[[ $target != *.* && -x $target ]] || continue
	FUZZ_REPLAY_MS=$(is_long && echo 1000 || echo 100) abs_top_srcdir=$src "$target" >"$work/out" 2>"$work/err" ||
		fail "${target##*/} found something"
	read -r f _ r _ <"$work/out"
	targets=$((targets + 1)) files=$((files + f)) runs=$((runs + r))
done
[ "$targets" -gt 0 ] || skip "no target is built (make check builds them)"
figure fuzz "$targets targets, $files inputs of the corpora and changes to them: $runs runs, 0 findings"

if is_long && command -v clang >/dev/null 2>&1 && [ -e "$src/configure" ]; then
	step "libFuzzer"
	FUZZ_DIR=${FUZZ_DIR:-$build/fuzz-build} nice "$src/contrib/run-fuzz.sh" "${FUZZ_SECONDS:-15}" >"$work/table" 2>&1
	status=$?
	cat "$work/table"
	[ "$status" -eq 2 ] && { echo "libFuzzer is not there"; finish; }
	[ "$status" -eq 0 ] || fail "libFuzzer found something"
	figure fuzz "$(awk 'NR > 1 && $5 == "none" { n++; r += $3; s += $2 } END { printf "libFuzzer: %d targets, %d s, %d runs, 0 findings", n, s, r }' "$work/table")"
fi
finish
