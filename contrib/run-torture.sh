#!/bin/bash
# What tegata survives: the long form of every row of tests/torture, two at a time and the longest first, and a table of what
# each has shown. `make check` runs the short forms. At most 60 minutes on two processors; wants root, as the rows make
# networks of their own. Installs what is needed as run-tests.sh does.
#
#   contrib/run-torture.sh [--short] [ROW...]     all rows unless named: kill, hostile-ca, …
#
#   TEGATA_BUILD=DIR    where to build (default: build-torture in the source folder); what each row wrote is in DIR/torture
#   TEGATA_READY=yes    DIR is built already: neither install nor build anything
#
# The exit status is 0 when no row failed. A row that this machine cannot run says why and does not count as failed.
set -u
. "$(dirname "$0")/lib.sh"
build=$(absolute "${TEGATA_BUILD:-$src/build-torture}")
rows='kill errors power memory sanitizers mutants hostile-ca hostile-input neighbours secrets sandbox crowd nonces outage clock
	coverage fuzz'
# As measured; what is not named here is short.
longest_first='fuzz coverage sanitizers kill mutants errors memory power outage nonces hostile-ca crowd clock'
at_once=2
form=long

# What shows a row: a script of its own, or another that does it whole.
command_of() {
	case $1 in
	sanitizers) echo "$src/contrib/run-checkers.sh" ;;
	coverage) if [ $form = long ]; then echo "$src/contrib/run-coverage.sh"; fi ;;
	*) echo "$src/tests/torture/$1.sh" ;;
	esac
}

known() { case " $(echo $rows) " in *" $1 "*) ;; *) return 1 ;; esac }

# one ROW: runs it; DIR/torture/ROW.log is what it wrote, ROW.end its status and seconds.
one() {
	local row=$1 program began=$SECONDS status=0
	program=$(command_of "$row")
	if [ -z "$program" ] || [ ! -x "$program" ]; then
		echo "skipped: there is no such row here${program:+ ($program)}" >"$logs/$row.log"
		status=77
	else
		env TORTURE=$form TEGATA_BRANCHES=90 TEGATA_BUILD="$build-$row" abs_top_srcdir="$src" abs_top_builddir="$build" \
			TEGATA_LIBEXECDIR="$build" "$program" >"$logs/$row.log" 2>&1 </dev/null || status=$?
	fi
	echo "$status $((SECONDS - began))" >"$logs/$row.end"
}

# The last thing that says what it showed: its figures, else why not, else its last line.
said() {
	local text
	text=$(sed -n 's/^FIGURE [^|]*| *//p' "$logs/$1.log" | paste -sd ';' | sed 's/;/; /g')
	[ -n "$text" ] || text=$(grep -m 1 -e '^skipped: ' -e '^FAILED' "$logs/$1.log")
	[ -n "$text" ] || text=$(tail -n 1 "$logs/$1.log")
	printf '%s' "$text"
}

line() {
	local status seconds result=well
	read -r status seconds <"$logs/$1.end" || { status=1 seconds=0; }
	case $status in
	0) ;;
	77) result=skipped ;;
	*) result=FAILED failed=$((failed + 1)) ;;
	esac
	printf '| %-13s | %-7s | %s | %d:%02d |\n' "$1" "$result" "$(said "$1")" $((seconds / 60)) $((seconds % 60))
}

wanted=()
for word; do
	case $word in
	--short) form=short ;;
	-*) sed -n '6p' "$0" >&2; exit 2 ;;
	*) known "$word" || { echo "There is no row $word; there are: $(echo $rows)" >&2; exit 2; }; wanted+=("$word") ;;
	esac
done
# shellcheck disable=SC2206 # lists of words
[ ${#wanted[@]} -gt 0 ] || wanted=($rows)

if [ "${TEGATA_READY-}" != yes ]; then
	set -e
	ready gcovr valgrind cppcheck clang clang-tidy
	say "Building in $build"
	build "$build" --enable-werror
	set +e
fi
logs=$build/torture
mkdir -p "$logs"
say "Rows: ${wanted[*]} ($form form, $at_once at a time)"
for row in $longest_first $rows; do
	case " ${wanted[*]} " in *" $row "*) ;; *) continue ;; esac
	[ -z "${begun_rows-}" ] || case " $begun_rows " in *" $row "*) continue ;; esac
	begun_rows="${begun_rows-} $row"
	rm -f "$logs/$row.end"
	while [ "$(jobs -rp | wc -l)" -ge $at_once ]; do wait -n; done
	one "$row" &
done
wait

failed=0
printf '\n| %-13s | %-7s | figures | minutes |\n|---|---|---|---|\n' row result
for row in $rows; do
	case " ${wanted[*]} " in *" $row "*) line "$row" ;; esac
done
printf '\n%d rows in %d:%02d, %d failed\n' "${#wanted[@]}" $((SECONDS / 60)) $((SECONDS % 60)) "$failed"
for row in $rows; do
	case " ${wanted[*]} " in *" $row "*) ;; *) continue ;; esac
	case $(cat "$logs/$row.end") in 0\ * | 77\ *) ;; *) say "$row"; tail -n 40 "$logs/$row.log" ;; esac
done
[ "$failed" -eq 0 ]
