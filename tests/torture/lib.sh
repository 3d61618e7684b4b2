# shellcheck shell=bash
# For the rows of the torture table: each script is a row and has a short form, which `make check` runs, and a long one
# (TORTURE=long), which contrib/run-torture.sh runs. All of tests/e2e/lib.sh is there; the tools that break things lie in
# tests/faults.
#
# A row says what it has shown with `figure`, once or more, at its end: contrib/run-torture.sh gathers these lines.
TORTURE=${TORTURE:-short}
E2E_LIMIT=${E2E_LIMIT:-$([ "$TORTURE" = long ] && echo 3000 || echo 180)}
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
faults=$src/tests/faults

is_long() { [ "$TORTURE" = long ]; }

# figure ROW TEXT: "kill" "412 kills, 0 lost keys"
figure() {
	printf 'FIGURE %s | %s\n' "$1" "$2"
}
