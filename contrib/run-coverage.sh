#!/bin/sh
# How much of the sources the tests run through: a build for gcov, all of `make check` (with it the short forms of the rows
# in tests/torture), and a table by file with the total. Installs what is needed as run-tests.sh does.
#
# A branch is one way that a condition can go, as gcc sees it without optimising: each half of "a && b" counts for itself.
# Left out are what gcc marks as unreachable or as way of an exception (there are none in C), and the tests themselves.
# What stays uncovered, and why, is in doc/coverage.md.
#
#   TEGATA_BUILD=DIR       where to build (default: build-coverage in the source folder)
#   TEGATA_TESTS=TESTS     only these, as a make expression
#   TEGATA_BRANCHES=N      fail when fewer per cent of the branches are covered
#
# Left in the folder: coverage.txt, coverage.json, and html/ with every line.
set -eu
. "$(dirname "$0")/lib.sh"
build=$(absolute "${TEGATA_BUILD:-$src/build-coverage}")

# Several processes write into one file, some of them as another user and with an umask of their own; a file that is there
# and empty counts as none.
make_files() {
	find "$build" -name '*.gcda' -exec rm -f {} +
	find "$build/src" "$build/tests" -name '*.gcno' | sed 's/gcno$/gcda/' | while read -r file; do
		: >"$file"
		chmod 666 "$file"
	done
}

# count FORMAT...: gcovr over what was written.
count() {
	gcovr --root "$src" --object-directory "$build" --filter "$src/src/" --filter "$src/include/" \
		--exclude-unreachable-branches --exclude-throw-branches \
		--gcov-ignore-parse-errors --delete --json "$build/coverage.json" "$build"
}

# table OPTION...: gcovr's table of what was counted.
table() {
	gcovr --root "$src" --add-tracefile "$build/coverage.json" "$@"
}

ready gcovr
say "Building in $build"
build "$build" --enable-coverage --disable-hardening CFLAGS='-O0 -g'
make_files
say "Testing"
status=0
if [ -n "${TEGATA_TESTS-}" ]; then
	make -C "$build" -j"$jobs" check "TESTS=$TEGATA_TESTS" || status=$?
else
	make -C "$build" -j"$jobs" check || status=$?
fi
[ "$status" -eq 0 ] || echo "Some tests failed: $build/test-suite.log. What they ran through counts."

say "Branches by file"
count
rm -rf "$build/html"
mkdir "$build/html"
table --branches --txt "$build/coverage.txt" --html-details "$build/html/index.html"
awk '/^-/ || /^ / || NF < 4 { print; next } { printf "%-44s %9s %9s %6s\n", $1, $2, $3, $4 }' "$build/coverage.txt"
say "All of it"
table --json-summary "$build/summary.json"
python3 - "$build/summary.json" "${TEGATA_BRANCHES:-0}" <<-'END'
	import json, sys
	s = json.load(open(sys.argv[1]))
	for what, plural in ("line", "lines"), ("function", "functions"), ("branch", "branches"):
	    print("%-9s %6d of %6d: %5.1f %%" % (plural, s[what + "_covered"], s[what + "_total"], s[what + "_percent"] or 0))
	sys.exit((s["branch_percent"] or 0) < float(sys.argv[2]))
END
[ "$status" -eq 0 ]
