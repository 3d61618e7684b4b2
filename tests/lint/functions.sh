#!/bin/sh
# Functions of at most 60 lines (from brace to brace), five parameters (besides a last `struct err *e`, which every function
# that can fail has), files of at most 600 lines.
# An exception stands in functions.allow with its reason: "path: name: reason", name "*" for a file's length.
set -u
cd "${abs_top_srcdir:-$(dirname "$0")/../..}" || exit 99

find src include tests -name '*.[ch]' | sort | xargs awk -v allow=tests/lint/functions.allow '
function bad(line, name, text)
{
	if ((FILENAME ": " name) in allowed) {
		used[FILENAME ": " name] = 1
		return
	}
	printf "%s:%d: %s\n", FILENAME, line, text
	wrong = 1
}

# What the commas of the outermost parentheses part; "..." and the error are not counted.
function parameters(text,    i, c, depth, count)
{
	sub(/^[^(]*\(/, "", text)
	if (text ~ /^[ \t]*(void)?[ \t]*\)/)
		return 0
	count = 1
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		if (c == "(")
			depth++
		else if (c == ")" && depth-- == 0)
			break
		else if (c == "," && depth == 0 && substr(text, i + 1) !~ /^[ \t]*(\.\.\.|struct err \*[a-z]+\)[ \t]*$)/)
			count++
	}
	return count
}

function end_of_file()
{
	if (last && lines > 600 && last !~ /^tests\//)
		if (!((last ": *") in allowed)) {
			printf "%s:%d: the file has %d lines, 600 are the most\n", last, lines, lines
			wrong = 1
		} else
			used[last ": *"] = 1
}

BEGIN {
	while ((getline line < allow) > 0) {
		if (line ~ /^#/ || line ~ /^[ \t]*$/)
			continue
		number++
		split(line, field, ": ")
		if (field[3] == "") {
			printf "%s:%d: \"path: name: reason\" is wanted\n", allow, number
			wrong = 1
		}
		allowed[field[1] ": " field[2]] = 1
	}
}

FNR == 1 {
	end_of_file()
	last = FILENAME
	head = ""
	start = 0
}
{ lines = FNR }

/^[A-Za-z_].*\)[ \t]*\{[ \t]*$/ && !/=/ { bad(FNR, "?", "the opening brace of a function stands on a line of its own") }

/^\{/ && head ~ /\(/ {
	start = FNR
	name = head
	sub(/[ \t]*\(.*/, "", name)
	sub(/.*[ \t*]/, "", name)
	count = parameters(head)
	if (count > 5 && FILENAME !~ /^tests\//)
		bad(FNR - 1, name, name " has " count " parameters, five are the most")
}

/^\}/ {
	if (start && FNR - start + 1 > 60)
		bad(start, name, name " has " (FNR - start + 1) " lines, 60 are the most")
	start = 0
	head = ""
	next
}

!start {
	if (/^[ \t]*$/ || /^([#\/]| \*)/ || /;[ \t]*$/)
		head = ""
	else
		head = head " " $0
}

END {
	end_of_file()
	for (entry in allowed)
		if (!(entry in used)) {
			printf "%s: nothing needs the exception for \"%s\"\n", allow, entry
			wrong = 1
		}
	exit wrong
}
'
