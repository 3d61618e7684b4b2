#!/bin/sh
# po/POTFILES.in lists exactly the files with texts to translate. With --write it is made anew.
set -u
cd "${abs_top_srcdir:-$(dirname "$0")/../..}" || exit 99

wanted() {
	find src include -name '*.[ch]' ! -path include/base/i18n.h -exec \
		grep -El '(^|[^A-Za-z0-9_])(_|N_|P_|gettext|ngettext)\(' {} + | LC_ALL=C sort
}

if [ "${1-}" = --write ]; then
	wanted >po/POTFILES.in
	exit
fi

listed=$(grep -v '^#' po/POTFILES.in)
status=0
for file in $(wanted); do
	echo "$listed" | grep -qxF "$file" && continue
	line=$(grep -nE '(^|[^A-Za-z0-9_])(_|N_|P_|gettext|ngettext)\(' "$file" | head -n 1 | cut -d: -f1)
	echo "$file:$line: has texts but is not in po/POTFILES.in (tests/lint/potfiles.sh --write adds it)"
	status=1
done
for file in $listed; do
	wanted | grep -qxF "$file" && continue
	echo "po/POTFILES.in:$(grep -nxF "$file" po/POTFILES.in | cut -d: -f1): $file has no texts"
	status=1
done
exit $status
