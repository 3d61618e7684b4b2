# shellcheck shell=sh
# For the tests of the shipped hooks: a folder of programs that only write down how they were called.
set -u
hooks=${abs_top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/hooks
work=$(mktemp -d "${TMPDIR:-/tmp}/tegata-hooks-XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
bin=$work/bin
log=$work/log
failures=0
mkdir "$bin" || exit 99
export log

# Name and body of a program. It writes down its name and arguments first.
fake() {
	printf '#!/bin/sh\necho "%s $*" >>"$log"\n%s\n' "$1" "$2" >"$bin/$1"
	chmod 755 "$bin/$1"
}

# The tools that hooks use, and nothing else of this machine.
for tool in sh cat cp mv rm ln ls sed grep head dirname basename tr date sleep sync chmod id kill od awk; do
	found=$(command -v "$tool") || continue
	case $found in
	/*) ln -s "$found" "$bin/$tool" ;;
	esac
done

# Wanted exit status, then words for env: assignments, hook, arguments. Output is in $out and $err, calls in $calls.
run() {
	wanted=$1
	shift
	: >"$log"
	env -i PATH="$bin" log="$log" "$@" >"$work/out" 2>"$work/err"
	status=$?
	out=$(cat "$work/out")
	err=$(cat "$work/err")
	calls=$(cat "$log")
	[ "$status" = "$wanted" ] || wrong "exit status $status where $wanted is due: $*
$out
$err"
}

wrong() {
	echo "FAILED: $*"
	failures=$((failures + 1))
}

# What it is, the text, a pattern as of case.
has() {
	# shellcheck disable=SC2254 # a pattern is meant
	case $2 in
	$3) ;;
	*) wrong "$1 is not like $3:
$2" ;;
	esac
}

finish() {
	[ "$failures" -eq 0 ] || exit 1
	exit 0
}
