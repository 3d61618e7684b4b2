#!/bin/sh
# Tabs, no blanks at the end of a line, nothing left undone. In src/ no line over 120 columns (a tab is 4), but for lines
# that hold a text: messages stay whole, so that they can be searched for.
set -u
cd "${abs_top_srcdir:-$(dirname "$0")/../..}" || exit 99

find src include tests/unit tests/bench -name '*.[ch]' | sort | LC_ALL=C xargs awk '
function bad(text) { printf "%s:%d: %s\n", FILENAME, FNR, text; wrong = 1 }

/[ \t]$/ { bad("blanks at the end of the line") }
/^ +[^ *]/ && before ~ /([;{}:]|^)$/ { bad("indent with tabs; spaces only align a continued line") }
/ \t/ { bad("a blank before a tab") }
{ before = $0 }
/\r/ { bad("a carriage return") }
/(^|[^A-Za-z0-9_])(TODO|FIXME|XXX)([^A-Za-z0-9_]|$)/ { bad("something is left undone here") }
{
	width = 0
	gsub(/[\200-\277]/, "") # of a character in UTF-8 only the first byte counts
	n = split($0, piece, "\t")
	for (i = 1; i < n; i++)
		width = int((width + length(piece[i])) / 4) * 4 + 4
	width += length(piece[n])
	if (width > 120 && FILENAME ~ /^src/ && !/"/)
		bad("the line is " width " columns wide, 120 are the most")
}

END { exit wrong }
'
