#!/bin/bash
# shellcheck disable=SC2034 # lib.sh reads them
# Row "mutants": answers of the CA that are changed by chance, thousands of them. mutants.sh SEED [RUNS] repeats what a failure named.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/torture/lib.sh"
need named python3
named_start example.jp
pebble_start nonce_reject=0
printf '%s\n' "$hmac" >"$work/hmac"
mkdir "$work/mutants"
words=(--seed "${1:-$((EPOCHSECONDS * 1000))}")
if [ $# -gt 0 ]; then
	words+=(--lanes 1 --runs "${2:-1}")
elif is_long; then
	words+=(--lanes 4 --answers "${MUTANTS:-10000}" --seconds 840) # most of the time they wait
else
	words+=(--lanes 3 --answers 150)
fi
"$faults/mutants.py" --program "$program" --work "$work/mutants" --ca "$ca" --cert "$work/server.pem" --key "$work/server.key" \
	--eab "$kid:$work/hmac" "${words[@]}" >"$work/out" 2>"$work/err"
status=$?
cat "$work/out" "$work/err"
[ "$status" -eq 0 ] || { failed=yes && exit 1; }
figure mutants "$(tail -n 1 "$work/out"): 0 crashes, reports, hangs, files outside the store, hooks with bad input, live files missing or mismatched; good runs in between heal"
finish
