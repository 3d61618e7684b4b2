#!/bin/sh
# Japanese is whole: po/ja.po has every text of the sources, translated and not marked as doubtful, with the placeholders
# of the English. `make -C po update-po` adds what is missing; then write the Japanese.
set -u
cd "${abs_top_srcdir:-$(dirname "$0")/../..}" || exit 99

for program in xgettext msgmerge msgattrib msgfmt; do
	command -v "$program" >/dev/null 2>&1 && continue
	echo "$program is not installed (package gettext)"
	exit 77
done
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT

# The options are those of the build, from po/Makevars.
options=$(sed -n '/^XGETTEXT_OPTIONS/,/[^\\]$/{s/^XGETTEXT_OPTIONS *=//;s/\\$//;p;}' po/Makevars)
# shellcheck disable=SC2086 # several words
xgettext --default-domain=tegata --directory=. --files-from=po/POTFILES.in $options --output="$dir/tegata.pot" || exit 99

status=0
while read -r language; do
	case $language in '#'* | '') continue ;; esac
	po=po/$language.po
	msgfmt --check --output-file=/dev/null "$po" || status=1
	# A message that the sources have and the catalogue lacks comes out of the merge untranslated.
	msgmerge --quiet --no-fuzzy-matching --output-file="$dir/merged.po" "$po" "$dir/tegata.pot" || exit 99
	for kind in untranslated only-fuzzy; do
		msgattrib "--$kind" --no-obsolete --no-wrap --output-file="$dir/$kind.po" "$dir/merged.po" || exit 99
		[ -s "$dir/$kind.po" ] || continue
		awk -v what="${kind#only-} in $po" '
		/^#: / { place = $2 }
		/^msg/ { first = 0 }
		/^msgid ""$/ { first = 1; next }
		/^msgid / { sub(/^msgid /, ""); first = 1 }
		first && /^"/ && place { printf "%s: is %s: %s\n", place, what, $0; wrong = 1; place = "" }
		END { exit wrong }
		' "$dir/$kind.po" || status=1
	done
done <po/LINGUAS
exit $status
