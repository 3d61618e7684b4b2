#!/bin/sh
# Installs what the tests need (Debian 12 or 13; as root or through sudo, and only what is missing), builds beside the
# sources and runs all of `make check`, then the unit tests once more under the sanitizers.
# The last line is "N passed, N failed, N skipped".
#
#   TEGATA_BUILD=DIR     where to build (default: build-tests in the source folder; DIR-sanitize beside it)
#   TEGATA_SANITIZE=all  everything under the sanitizers too, not only the unit tests; "no": nothing
set -eu

. "$(dirname "$0")/lib.sh"
build=$(absolute "${TEGATA_BUILD:-$src/build-tests}")
passed=0 failed=0 skipped=0

count() {
	sed -n "s/^# $2: *\([0-9][0-9]*\)\$/\1/p" "$1/test-suite.log" | tail -n 1
}

# Single tests that a unit test program left out; automake counts whole programs only.
count_within() {
	find "$1/tests/unit" -name '*.log' -exec cat {} + | awk '/^ *[0-9]+ SKIPPED TEST/ { n += $1 } END { print n + 0 }'
}

# add_counts FOLDER: what automake's summary there says; without a summary the run itself is a failure.
add_counts() {
	if [ ! -s "$1/test-suite.log" ]; then
		failed=$((failed + 1))
		return
	fi
	passed=$((passed + $(count "$1" PASS) + $(count "$1" XFAIL)))
	failed=$((failed + $(count "$1" FAIL) + $(count "$1" XPASS) + $(count "$1" ERROR)))
	skipped=$((skipped + $(count "$1" SKIP) + $(count_within "$1")))
	find "$1/tests" -name '*.log' -exec sed -n 's/^skipped: //p' {} + | sort | uniq -c | sed 's/^ *\([0-9]*\) /Skipped, \1 times: /'
}

# run_suite FOLDER TESTS FLAG...: TESTS is a make expression, or nothing for all. As many at once as there are processors: each
# test has folders, and those with servers networks, of their own.
run_suite() {
	folder=$1 tests=$2
	shift 2
	rm -f "$folder/test-suite.log"
	status=0
	build "$folder" "$@" || status=$?
	if [ "$status" -ne 0 ]; then
		:
	elif [ -n "$tests" ]; then
		make -C "$folder" -j"$jobs" check VERBOSE=1 "TESTS=$tests" || status=$?
	else
		make -C "$folder" -j"$jobs" check VERBOSE=1 || status=$?
	fi
	add_counts "$folder"
	[ "$status" -eq 0 ] || broken=yes
}

ready
cd "$src"
broken=no
say "Building in $build and testing"
run_suite "$build" '' --enable-werror
if [ "${TEGATA_SANITIZE:-unit}" != no ]; then
	say "Building in $build-sanitize and testing under AddressSanitizer and UndefinedBehaviorSanitizer"
	# shellcheck disable=SC2016 # for make, not for the shell
	unit='$(check_PROGRAMS)'
	[ "${TEGATA_SANITIZE:-unit}" != all ] || unit=
	run_suite "$build-sanitize" "$unit" --enable-werror --enable-sanitize
fi

if [ "$broken" = yes ] && [ "$failed" -eq 0 ]; then failed=1; fi
printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
