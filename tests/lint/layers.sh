#!/bin/sh
# The order of the layers, and the only place that includes each library (HACKING.md has both tables).
set -u
cd "${abs_top_srcdir:-$(dirname "$0")/../..}" || exit 99

find src include -name '*.[ch]' | sort | xargs awk '
function bad(text) { printf "%s:%d: %s\n", FILENAME, FNR, text; wrong = 1 }

BEGIN {
	lower = "pki net data base"
	may["base"] = "base"
	may["data"] = "data base"
	may["net"] = "net base"
	may["pki"] = "pki data base"
	n = split("acme solve store entitle config", middle, " ")
	for (i = 1; i <= n; i++)
		may[middle[i]] = middle[i] " " lower
	may["run"] = "run acme solve store entitle config " lower
	may["cli"] = "cli " may["run"]
	may["main"] = "main " may["cli"]

	# header (the whole of it, or a folder with its slash): the start of the paths that may include it
	only["openssl/"] = "src/pki/"
	only["jansson.h"] = "src/data/"
	only["yaml.h"] = "src/data/"
	only["idn2.h"] = "src/entitle/"
	only["curl/"] = "src/net/worker"
	only["netdb.h"] = "src/net/worker"
	only["resolv.h"] = "src/net/worker"
	only["arpa/nameser.h"] = "src/net/worker"
	only["seccomp.h"] = "src/net/worker"
	only["getopt.h"] = "src/cli/"
}

FNR == 1 {
	split(FILENAME, part, "/")
	layer = part[2]
	seen = 0
	if (!(layer in may))
		bad("src/ and include/ have no layer called " layer)
}

/^[ \t]*#[ \t]*include[ \t]*[<"]/ {
	name = $0
	sub(/^[^<"]*[<"]/, "", name)
	sub(/[>"].*/, "", name)
	if (!seen++ && FILENAME ~ /\.c$/ && name != "config.h")
		bad("the first header of a .c file is \"config.h\"")
	folder = name
	sub(/\/.*/, "", folder)
	for (h in only)
		if (name == h || (h ~ /\/$/ && index(name, h) == 1))
			if (index(FILENAME, only[h]) != 1)
				bad("only " only[h] "* includes <" name ">")
	if ($0 !~ /"/)
		next
	if (index(name, "/") == 0) {
		if (name != "config.h" || FILENAME ~ /\.h$/)
			if (!((FILENAME ~ /^src\//) && (getline line < (part[1] "/" layer "/" name)) >= 0))
				bad("\"" name "\" is not a header of this folder")
	} else if ((folder in may) && index(" " may[layer] " ", " " folder " ") == 0)
		bad(layer " must not know " folder " (\"" name "\")")
	else if (!(folder in may) && !((name) in only) && !((folder "/") in only))
		bad("\"" name "\" belongs to no layer")
}

END { exit wrong }
'
