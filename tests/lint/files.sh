#!/bin/sh
# Every file that belongs to the sources, or a folder that it lies in, is named in Makefile.am or a folder's list, and so gets
# into the tarball.
set -u
cd "${abs_top_srcdir:-$(dirname "$0")/../..}" || exit 99

list=$(mktemp) || exit 99
trap 'rm -f "$list"' EXIT
find Makefile.am src tests hooks doc contrib -type f \( -name '*.mk' -o -name Makefile.am \) -exec cat {} + |
	sed 's/^##.*//; s,\$(top_srcdir)/,,g; s,\$(srcdir)/,,g' | tr -s ' \t\\' '\n\n\n' >"$list"

find src include tests hooks doc contrib -type f ! -name '*.mk' ! -name '.*' ! -name '*~' ! -path 'tests/lint/*' |
	LC_ALL=C sort | awk -v list="$list" '
BEGIN {
	while ((getline word < list) > 0)
		named[word] = 1
}

function folder_named(path)
{
	while (sub(/\/[^\/]*$/, "", path))
		if (path ~ /\/.*\// && path in named)
			return 1
	return 0
}

{
	program = $0
	sub(/\.c$/, "", program)
	if (!($0 in named) && !(program in named && program ~ /^tests\//) && !folder_named($0)) {
		printf "%s:1: is named in no local.mk, so that no tarball would have it\n", $0
		wrong = 1
	}
}

END { exit wrong }
'
