#!/bin/sh
# The manual pages: what they have of the program's tables is what the program says, roff finds nothing wrong with them, the two
# languages explain the same things, and what is written by hand names just the variables and keys that the sources have.
set -u
top=${abs_top_srcdir:-$(dirname "$0")/../..}
build=${abs_top_builddir:-.}
cd "$top" || exit 99
status=0 skipped=

# The sources' words, one per line, against a page's.
same() { # WHAT FILE
	printf '%s\n' "$3" | sort -u >"$work/sources"
	printf '%s\n' "$4" | sort -u >"$work/page"
	cmp -s "$work/sources" "$work/page" && return
	echo "$2: $1 (< in the sources, > in the page)"
	diff "$work/sources" "$work/page" | grep '^[<>]'
	status=1
}

work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

if [ -x "$build/tegata-man" ]; then
	sh doc/man/update.sh --check "$build/tegata-man" "$build/doc/man/locale"
	case $? in
	0) ;;
	77) skipped="Japanese was not compared with the program's tables" ;;
	*) status=1 ;;
	esac
else
	skipped="there is no $build/tegata-man: nothing was compared with the program's tables"
fi

for page in doc/tegata.1 doc/man/*.[1-8] doc/man/ja/*.[1-8]; do
	if command -v groff >/dev/null 2>&1; then
		groff -K utf8 -Tutf8 -man -ww -z "$page" >"$work/lint" 2>&1
	elif command -v mandoc >/dev/null 2>&1; then
		mandoc -T lint -W error "$page" >"$work/lint" 2>&1
	else
		skipped="neither groff nor mandoc is installed"
		break
	fi
	[ -s "$work/lint" ] || continue
	sed "s|^|$page: |" "$work/lint"
	status=1
done

# What is explained, in order: the tags of lists, without fonts.
tags() {
	awk '/^\.TP/ { getline; print }' "$1" | sed 's/^\.B[RI]* *//; s/^\.I *//; s/\\f[BIR]//g; s/"//g'
}
for english in doc/tegata.1 doc/man/*.[1-8]; do
	japanese=doc/man/ja/${english##*/}
	tags "$english" >"$work/english"
	tags "$japanese" >"$work/japanese"
	cmp -s "$work/english" "$work/japanese" || {
		echo "$japanese does not explain what $english does"
		diff "$work/english" "$work/japanese" | head -n 10
		status=1
	}
	[ "$(grep -c '^\.S[HS]' "$english")" -eq "$(grep -c '^\.S[HS]' "$japanese")" ] || {
		echo "$japanese has other sections than $english"
		status=1
	}
done

variables=$(grep -ho '"\(TEGATA\|CERTBOT\|RENEWED\)_[A-Z0-9_]*"' src/solve/challenge_hook.c src/run/deploy_env.c src/run/notify.c |
	tr -d '"')
keys=$(sed -n 's/^static const char \*const known_keys\[\] = {\(.*\), NULL};$/\1/p' src/entitle/entry.c | tr -d '" ' | tr ',' '\n')
presets=$(sed -n 's/^static const char \*const preset_names\[\] = {\(.*\), NULL};.*$/\1/p' src/entitle/rule.c | tr -d '" ' | tr ',' '\n')
for page in doc/man/tegata-hooks.7 doc/man/ja/tegata-hooks.7; do
	same "variables of hooks" "$page" "$variables" "$(sed -n '/^\.TP/{n;p;}' "$page" | grep -o '\(TEGATA\|CERTBOT\|RENEWED\)_[A-Z0-9_]*')"
done
for page in doc/man/tegata-entitlements.5 doc/man/ja/tegata-entitlements.5; do
	same "keys of an entry" "$page" "$keys" "$(sed -n '/^\.TP/{n;s/^\.B \([a-z_]*\)$/\1/p;}' "$page" | grep -vxF "$presets")"
	same "presets of the rule" "$page" "$presets" "$(sed -n '/^\.TP/{n;s/^\.B \([a-z_]*\)$/\1/p;}' "$page" | grep -xF "$presets")"
done

[ -z "$skipped" ] || echo "$skipped"
[ $status -ne 0 ] || [ -z "$skipped" ] || exit 77
exit $status
