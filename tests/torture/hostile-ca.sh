#!/bin/bash
# shellcheck disable=SC2034 # lib.sh reads them
# A CA that lies, in every way that the tables of tests/faults/hostile.py name: an error that says so, or a tolerance that is
# written there; little memory, no long wait, nothing outside the store changed, nothing raw on the terminal, and good work
# afterwards.
# shellcheck source=tests/torture/lib.sh
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/torture/lib.sh"
need python3 openssl
peak=$build/tests/faults/peak
[ -x "$peak" ] || skip "$peak is not built"
export HOSTILE_WORK=$work PEBBLE_VA_ALWAYS_VALID=1 PYTHONDONTWRITEBYTECODE=1
hostile() { "$faults/hostile.py" --work "$work" "$@"; }

step "the CAs: an honest one, and those that sign what was not ordered"
pebble_start nonce_reject=0
make_evil() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -utf8 -subj "$2" -keyout "$work/$1.key" \
		-out "$work/$1.pem" 2>"$work/openssl" || fail "openssl: $(cat "$work/openssl")"
}
make_evil evil '/CN=Evil CA'
make_evil twin '/CN=Evil CA'
make_evil loud "/CN=$(printf '\033[31mLoud\302\233 CA')"
last=$(hostile --count) || fail "the tables cannot be read"
proxy_start "$faults/hostile.py" "20000-$last"
server=$proxied

step "an account and a certificate, to begin with"
settings 'certificates:' "- {name: www, names: [www.example.jp], challenge: {webroot: $webroot}}"
registered_fqdns example.jp www.example.jp
mkdir -p "$webroot" "$work/templates" "$work/cases"
register
cp -a "$state" "$work/templates/account"
t 0 run
cp -a "$state" "$work/templates/issued"
rm -rf "$state"

step "the lies"
everything_else() {
	find "$work" -mindepth 1 \( -path "$work/cases" -o -path "$logs" \) -prune -o -printf '%p %m %T@ %l\n' | sort
}
before=$(everything_else)
how=(--short --again some --jobs 12)
if is_long; then how=(--again all --jobs 20); fi
hostile --program "$program" --peak "$peak" "${how[@]}" "$@" >"$logs/lies" 2>&1
status=$?
[ -z "${HOSTILE_SHOW-}" ] || cat "$logs/lies"
[ "$status" -eq 0 ] || { grep -A 30 '^FAILED' "$logs/lies" | head -n 400; fail "$(tail -n 1 "$logs/lies")"; }
is "what lies outside the stores" "$(everything_else)" "$before"
figure hostile-ca "$(tail -n 1 "$logs/lies" | sed 's/, 0 failed//')"
finish
