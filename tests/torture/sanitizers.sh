#!/bin/bash
# What contrib/run-checkers.sh finds. (The whole suite under the sanitizers: TEGATA_SANITIZE=all contrib/run-tests.sh.)
# shellcheck source=tests/torture/lib.sh
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/torture/lib.sh"
need valgrind
if ldd "$program" | grep -q -e asan -e ubsan; then skip "valgrind does not watch what the sanitizers watch"; fi
short=()
is_long || short=(--short)
TEGATA_BUILD=$build "$src/contrib/run-checkers.sh" "${short[@]}" >"$work/checkers" 2>&1 || fail "$(tail -n 200 "$work/checkers")"
cat "$work/checkers"
while read -r line; do
	figure sanitizers "$line"
done <"$work/checkers"
finish
