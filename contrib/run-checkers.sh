#!/bin/bash
# What reads or watches the program and finds mistakes: gcc -fanalyzer, cppcheck, clang-tidy, and valgrind over the unit
# tests and over stories with real servers. Each finding is mended, or stands with its reason in contrib/checkers/findings;
# one that is new fails, and so does one that stands there and is gone.
#
#   contrib/run-checkers.sh [--short] [analyzer|cppcheck|tidy|unit|stories]...
#
# --short: a few unit tests under valgrind and nothing else, as `make check` does.
# TEGATA_BUILD=DIR: where it is built already (default: build-checkers beside the sources, built if need be).
# The sanitizers, which are builds of their own: TEGATA_SANITIZE=all contrib/run-tests.sh
set -u
src=$(cd "$(dirname "$0")/.." && pwd)
build=${TEGATA_BUILD:-$src/build-checkers}
lists=$src/contrib/checkers
failed=
short=
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
LC_ALL=C
export LC_ALL

has() { command -v "$1" >/dev/null 2>&1; }

# reasons TOOL: "file check" of what is accepted; a line there is "tool file check reason…", with "*" for every file
reasons() { awk -v tool="$1" '$1 == tool { print $2, $3 }' "$lists/findings" | sort -u; }

# compare TOOL FOUND: FOUND has lines "file check"; what it said is in FOUND.text
compare() {
	local new gone count
	reasons "$1" >"$work/accepted"
	awk -v accepted="$work/accepted" 'BEGIN { while ((getline < accepted) > 0) if ($1 == "*") all[$2] = 1 }
		{ print ($2 in all ? "*" : $1), $2 }' "$2" | sort -u >"$work/found"
	new=$(comm -23 "$work/found" "$work/accepted")
	gone=$(comm -13 "$work/found" "$work/accepted")
	count=$(grep -c . "$work/accepted")
	if [ -n "$new" ]; then
		failed=yes
		printf 'FAILED: %s finds what contrib/checkers/findings does not know:\n%s\n' "$1" "$new"
		cat "$2.text"
	fi
	if [ -n "$gone" ]; then
		failed=yes
		printf 'FAILED: in contrib/checkers/findings, but %s finds it no more:\n%s\n' "$1" "$gone"
	fi
	echo "$1: $(printf '%s' "$new" | grep -c .) findings, $count with a reason beside each"
}

sources() { (cd "$src" && find src -name '*.c' | sort); }
flags=(-std=gnu11 -DHAVE_CONFIG_H "-I$build" -Iinclude '-DLOCALEDIR="/l"' '-DLIBEXECDIR="/x"' '-DSYSCONFDIR="/e"' '-DSTATEDIR="/s"')

analyzer() {
	local file
	if ! has gcc; then echo "analyzer: there is no gcc"; return; fi
	sources | while read -r file; do
		(cd "$src" && gcc "${flags[@]}" -fanalyzer -O0 -c -o /dev/null "$file" 2>&1) || echo "$file:1: warning: cannot be compiled [compile]"
	done >"$work/analyzer.text"
	sed -n 's/^\(src[^:]*\):.*\[-\(Wanalyzer[a-z-]*\)\].*/\1 \2/p; s/^\(src[^:]*\):.*\[compile\]$/\1 compile/p' "$work/analyzer.text" >"$work/analyzer"
	compare analyzer "$work/analyzer"
}

cppcheck_all() {
	if ! has cppcheck; then echo "cppcheck: it is not installed"; return; fi
	(cd "$src" && cppcheck --quiet --enable=warning,portability,performance --library=posix,gnu -Iinclude -I"$build" -DHAVE_CONFIG_H \
		--suppress=missingInclude --template='{file}:{line}: {message} [{id}]' src) >"$work/cppcheck.text" 2>&1
	sed -n 's/^\(src[^:]*\):.*\[\([A-Za-z]*\)\]$/\1 \2/p' "$work/cppcheck.text" >"$work/cppcheck"
	compare cppcheck "$work/cppcheck"
}

# Which checks, and why not the others: .clang-tidy
tidy() {
	local file
	if ! has clang-tidy; then echo "tidy: there is no clang-tidy"; return; fi
	# One by one: of several at once clang-tidy 14 believes that their va_lists are one.
	sources | while read -r file; do
		(cd "$src" && clang-tidy --quiet "$file" -- "${flags[@]}")
	done >"$work/tidy.text" 2>/dev/null
	sed -n 's,^.*/\(src/[^:]*\):[0-9:]* \(warning\|error\): .*\[\([A-Za-z0-9.-]*\)[],].*,\1 \3,p' "$work/tidy.text" >"$work/tidy"
	compare tidy "$work/tidy"
}

kinds=definite,indirect,possible
memcheck=(valgrind -q --leak-check=full "--show-leak-kinds=$kinds" "--errors-for-leak-kinds=$kinds" --error-exitcode=99 --child-silent-after-fork=yes
	"--suppressions=$lists/valgrind.supp")

built() {
	[ -x "$build/tegata" ] && return
	mkdir -p "$build"
	(cd "$build" && { [ -e Makefile ] || "$src/configure" -q; } && make -s -j2 && make -s -j2 check TESTS=) >"$work/built" 2>&1 ||
		{ cat "$work/built"; exit 99; }
}

# Those that take long, or cannot run so, stand in valgrind.skip with the reason.
unit() {
	local program name ran=0 skipped=0
	if ! has valgrind; then echo "valgrind: it is not installed"; return; fi
	export abs_top_srcdir=$src abs_top_builddir=$build TEGATA_LIBEXECDIR=$build
	for program in "$build"/tests/unit/test_*; do
		name=${program##*/}
		case $name in *.*) continue ;; esac
		[ -x "$program" ] || continue
		if [ -n "$short" ] && ! grep -qx "$name" "$lists/valgrind.short"; then continue; fi
		if grep -q "^$name " "$lists/valgrind.skip"; then
			skipped=$((skipped + 1))
			continue
		fi
		ran=$((ran + 1))
		if ! (cd "$build" && timeout 300 "${memcheck[@]}" --log-file="$work/$name.%p.log" "$program") >"$work/said" 2>&1; then
			failed=yes
			echo "FAILED: $name under valgrind"
			tail -n 5 "$work/said"
			cat "$work/$name".*.log
		fi
		rm -f "$work/$name".*.log
	done
	echo "valgrind: $ran unit programs, $skipped left out with a reason beside each"
}

# tegata, not what it starts: tegata-net's filter of system calls ends any debugger of it.
stories() {
	local story ran=0
	if ! has valgrind; then return; fi
	if ! has pebble || [ "$(id -u)" -ne 0 ]; then echo "stories: they want pebble and root"; return; fi
	export abs_top_srcdir=$src abs_top_builddir=$build
	mkdir -m 777 "$work/logs"
	printf '#!/bin/sh\nexec %s --log-file=%s/%%p.log %s/tegata "$@"\n' "${memcheck[*]}" "$work/logs" "$build" >"$work/tegata"
	chmod 755 "$work" "$work/tegata"
	for story in 01-register 03-standalone 18-revoke; do
		TEGATA=$work/tegata E2E_LIMIT=600 "$src/tests/e2e/$story.sh" >"$work/said" 2>&1
		case $? in
		0) ran=$((ran + 1)) ;;
		77) cat "$work/said" ;;
		*)
			failed=yes
			echo "FAILED: $story under valgrind"
			tail -n 25 "$work/said"
			;;
		esac
	done
	# "--PID--" are words about valgrind itself: 3.19 does not know pidfd_open().
	if grep -rq '^==' "$work/logs"; then
		failed=yes
		echo "FAILED: valgrind's reports in the stories"
		grep -rh '^==' "$work/logs" | head -n 100
	fi
	echo "valgrind: $ran stories with real servers, $(find "$work/logs" -type f | wc -l) runs of tegata"
}

if [ "${1-}" = --short ]; then
	short=yes
	shift
	set -- unit
fi
[ $# -gt 0 ] || set -- analyzer cppcheck tidy unit stories
built
for tool; do
	case $tool in
	analyzer | tidy | unit | stories) "$tool" ;;
	cppcheck) cppcheck_all ;;
	*)
		echo "$0: what is $tool?" >&2
		exit 2
		;;
	esac
done
[ -z "$failed" ]
