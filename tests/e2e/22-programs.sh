#!/bin/bash
# shellcheck disable=SC2034 # lib.sh reads them
# Two programs: one that holds keys and links nothing that speaks to a network, and one the other way round.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need ldd
ldd "$program" >"$work/out" || fail "ldd"
out_lacks libcurl libssl libnghttp2 libldap
out_has libcrypto
ldd "$build/tegata-net" >"$work/out" || fail "ldd"
out_has libcurl
out_lacks libjansson libyaml

step "tegata-net alone does nothing"
"$build/tegata-net" >"$work/out" 2>"$work/err" </dev/null
[ $? -ne 0 ] || fail "it ends with 0"

step "without it, a clear message and what was there stays"
pebble_start
settings
export TEGATA_LIBEXECDIR=$work/none
printf '%s\n' "$hmac" >"$work/hmac"
last_command='tegata register, without tegata-net'
"$program" --config-dir "$conf" --state-dir "$state" register -n -m a@example.jp --agree-tos --eab-kid "$kid" \
	--eab-hmac-key-file "$work/hmac" >"$work/out" 2>"$work/err" </dev/null
status=$?
[ "$status" -eq 10 ] || [ "$status" -eq 6 ] || fail "exit status $status"
err_has "$work/none/tegata-net"
t 0 --version
t 0 --help
finish
