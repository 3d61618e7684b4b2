#!/bin/sh
# Makes anew what the manual pages have of the program's own tables (commands, options, exit statuses, keys, events), in both
# languages. Japanese comes from po/ja.po, so run it after the translation: `make update-man`.
#
#   doc/man/update.sh [--check] PROGRAM LOCALEDIR
#
# PROGRAM is a tegata that looks for its messages in LOCALEDIR, which is filled here. With --check nothing is written, and a page
# that would change is told (status 1). Status 77: Japanese could not be looked at, as there is no locale or no msgfmt for it.
set -u
check=false
if [ "${1-}" = --check ]; then
	check=true
	shift
fi
[ $# -eq 2 ] || {
	sed -n '5s/^# *//p' "$0" >&2
	exit 2
}
program=$1 locales=$2
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 99
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
status=0

# put FILE: the page on standard input takes its place.
put() {
	cat >"$work/page" || exit 99
	cmp -s "$work/page" "$top/$1" && return
	if $check; then
		echo "$1 is not what the program's tables say; make it anew with \`make update-man\`"
		[ -e "$top/$1" ] && diff -u "$top/$1" "$work/page" | head -n 20
		status=1
	elif ! cat "$work/page" >"$top/$1"; then
		status=1
	fi
}

# ask PAGE: what the program says of it, in the language of the moment.
ask() {
	LC_ALL=$locale LANGUAGE=$language "$program" help --man "$1" || exit 99
}

# whole FILE: a page that is nothing but tables. Japanese needs lines that may break between any two characters.
whole() {
	ask tegata >"$work/part" || exit 99
	if [ -n "$language" ]; then
		sed '1a\
.ad l\
.nr HY 0\
.mso ja.tmac' "$work/part" | put "$1"
	else
		put "$1" <"$work/part"
	fi
}

# part PAGE FILE: the table between the two marks of a page.
part() {
	ask "$1" >"$work/part" || exit 99
	grep -q "^\\.\\\\\" begin: made by tegata help --man $1\$" "$top/$2" || {
		echo "$2 has no place for the table"
		exit 99
	}
	awk -v part="$work/part" '
	/^\.\\" end$/ { inside = 0 }
	!inside { print }
	/^\.\\" begin: / {
		inside = 1
		while ((getline line < part) > 0)
			print line
	}' "$top/$2" | put "$2"
}

locale=C language=
whole doc/tegata.1
part tegata.yaml doc/man/tegata.yaml.5
part tegata-hooks doc/man/tegata-hooks.7

locale=$(locale -a 2>/dev/null | grep -i '^ja_JP\.utf-*8$' | head -n 1)
if [ -z "$locale" ] || ! command -v msgfmt >/dev/null 2>&1; then
	echo "the Japanese pages were left alone: that needs msgfmt (package gettext) and the locale ja_JP.UTF-8"
	[ $status -ne 0 ] || status=77
	exit $status
fi
language=ja
mkdir -p "$locales/ja/LC_MESSAGES" && msgfmt -o "$locales/ja/LC_MESSAGES/tegata.mo" "$top/po/ja.po" || exit 99
whole doc/man/ja/tegata.1
part tegata.yaml doc/man/ja/tegata.yaml.5
part tegata-hooks doc/man/ja/tegata-hooks.7
exit $status
