#!/bin/sh
# Every script parses, and pleases shellcheck where there is one.
set -u
cd "${abs_top_srcdir:-$(dirname "$0")/../..}" || exit 99

status=0
scripts=
for file in $(find .ci contrib hooks tests -type f 2>/dev/null | LC_ALL=C sort); do
	case $(head -c 64 "$file" | tr -d '\0' | head -n 1) in
	'#!/bin/sh'* | '#!/usr/bin/env sh'*) interpreter="sh" ;;
	'#!/bin/bash'* | '#!/usr/bin/env bash'*) interpreter="bash" ;;
	*) continue ;;
	esac
	scripts="$scripts $file"
	"$interpreter" -n "$file" || status=1
	if [ ! -x "$file" ]; then
		echo "$file:1: is a script but not executable"
		status=1
	fi
done

if command -v shellcheck >/dev/null 2>&1; then
	# shellcheck disable=SC2086 # a list of names
	shellcheck -f gcc -S warning -e SC1090,SC1091,SC2154 $scripts || status=1
else
	echo "shellcheck is not here; only the syntax was looked at"
fi
exit $status
