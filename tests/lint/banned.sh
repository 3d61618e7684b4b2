#!/bin/sh
# Functions that have no place here: no shell behind our back, nothing that writes past an end or hides a parse error.
set -u
cd "${abs_top_srcdir:-$(dirname "$0")/../..}" || exit 99

find src include tests -name '*.[ch]' | sort | xargs awk '
BEGIN {
	n = split("system popen sprintf vsprintf strcpy stpcpy strcat strncat atoi atol atoll atof strtok alloca gets " \
		"tmpnam mktemp tempnam", list, " ")
	for (i = 1; i <= n; i++)
		banned[list[i]] = 1
}

FNR == 1 { comment = 0 }

# What is left of the line without comments, strings and characters.
function code(text,    out, c, i, quote)
{
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		if (comment) {
			if (substr(text, i, 2) == "*/") {
				comment = 0
				i++
			}
		} else if (quote != "") {
			if (c == "\\")
				i++
			else if (c == quote)
				quote = ""
		} else if (substr(text, i, 2) == "/*") {
			comment = 1
			i++
		} else if (substr(text, i, 2) == "//")
			break
		else if (c == "\"" || c == "\047")
			quote = c
		else
			out = out c
	}
	return out
}

{
	rest = code($0)
	while (match(rest, /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) {
		name = substr(rest, RSTART, RLENGTH)
		sub(/[ \t]*\($/, "", name)
		if (name in banned) {
			printf "%s:%d: %s() is banned (HACKING.md says what is used in its place)\n", FILENAME, FNR, name
			wrong = 1
		}
		rest = substr(rest, RSTART + RLENGTH)
	}
}

END { exit wrong }
'
