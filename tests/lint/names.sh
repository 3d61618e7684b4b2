#!/bin/sh
# foo.c exports only foo and foo_*, as the built objects show; tests/lint/prefixes lists the files with more names.
set -u
src=${abs_top_srcdir:-$(dirname "$0")/../..}
cd "${abs_top_builddir:-.}" || exit 99
[ -e libtegata.a ] || { echo "libtegata.a is not built here"; exit 99; }

objects=
for object in src/*/*.o; do
	source=$(echo "$object" | sed 's,/tegata_net-,/,; s/\.o$/.c/')
	[ -e "$src/$source" ] && objects="$objects $object"
done

# shellcheck disable=SC2086 # the list of objects is meant to be split; no name of ours has a space
"${NM:-nm}" -A -P -g $objects | awk -v table="$src/tests/lint/prefixes" '
BEGIN {
	while ((getline line < table) > 0)
		if (line !~ /^#/ && (colon = index(line, ":")) > 0)
			more[substr(line, 1, colon - 1)] = substr(line, colon + 1)
}

$3 ~ /^[TDBRCGSVW]$/ && $2 !~ /^_/ {
	path = $1
	sub(/:$/, "", path)
	sub(/\.o$/, ".c", path)
	sub(/\/tegata_net-/, "/", path)
	name = path
	sub(/.*\//, "", name)
	sub(/\.c$/, "", name)
	if ($2 == name || index($2, name "_") == 1)
		next
	n = split(more[path], prefix, " ")
	for (i = 1; i <= n; i++)
		if ($2 == prefix[i] || (prefix[i] ~ /_$/ && index($2, prefix[i]) == 1))
			next
	printf "%s:1: exports %s, which should be static or begin with %s_\n", path, $2, name
	wrong = 1
}

END { exit wrong }
'
