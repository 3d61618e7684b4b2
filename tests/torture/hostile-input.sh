#!/bin/bash
# Names, settings, lists, names of hooks and of files, arguments that nobody in his right mind would write: each is refused with
# a message that is fit for a terminal, no hook runs, nothing is written where it does not belong.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/torture/lib.sh"
need python3

# The short form takes every fifth case, by its first command.
how=(--every 5)
is_long && how=(--all-commands)
step "hostile input ${how[*]}"
python3 "$faults/hostile_input.py" "$program" "$work/places" "${how[@]}" >"$work/said" 2>&1 ||
	{ head -c 6000 "$work/said"; fail "some hostile input was not refused as it should be"; }
count=$(sed -n 's/^\([0-9]*\) hostile inputs, .*/\1/p' "$work/said")
[ "${count:-0}" -ge 500 ] || fail "only ${count:-no} hostile inputs"
figure hostile-input "$(tail -n 1 "$work/said" | sed 's/, 0 wrong$//'): 0 hooks run, a message each, 0 files elsewhere, 0 crashes"
finish
