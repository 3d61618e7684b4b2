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

# proxy_start SCRIPT [PORTS [WORD...]]: tests/faults/proxy.py between clients and Pebble; $proxied is the directory that they
# are given (with a range of ports, that at the first). The script may change as it runs; $logs/proxy.json is what was asked.
proxy_start() {
	local script=$1 ports=${2:-14100}
	shift $(($# < 2 ? $# : 2))
	need python3
	"$faults/proxy.py" --listen "$ports" --upstream localhost:14000 --cert "$work/server.pem" --key "$work/server.key" \
		--script "$script" --log "$logs/proxy.json" "$@" >>"$logs/proxy" 2>&1 &
	proxy_pid=$!
	# shellcheck disable=SC2034 # for the rows
	proxied=https://localhost:${ports%-*}/dir
	started "the fault proxy" "$proxy_pid" 127.0.0.1 "${ports%-*}"
}

# proxy_says JSON: new rules from the next request on; the calls are counted anew.
proxy_says() {
	printf '{"rules": [%s]}\n' "$2" >"$1.new" && mv "$1.new" "$1"
}
