#!/bin/sh
# Makes the Debian packages from this checkout: contrib/build-deb.sh [FOLDER FOR THE RESULT]. It needs dpkg-dev and what
# contrib/debian/control asks for. The same checkout gives the same bytes, whatever the folder, the time, the umask, the
# language and the time zone.
#
#   DEB_BUILD_OPTIONS=nocheck   leaves out the unit tests
set -eu
umask 022
export LC_ALL=C.UTF-8 TZ=UTC
unset XZ_OPT XZ_DEFAULTS GZIP TAR_OPTIONS CFLAGS CPPFLAGS LDFLAGS MAKEFLAGS MFLAGS

top=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "${1:-.}"
out=$(cd "${1:-.}" && pwd)
version=$(sed -n 's/^AC_INIT(\[tegata\], \[\(.*\)\]).*/\1/p' "$top/configure.ac")
SOURCE_DATE_EPOCH=$(dpkg-parsechangelog -l "$top/contrib/debian/changelog" -S Timestamp)
export SOURCE_DATE_EPOCH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# What is kept in git, as it lies here; of an unpacked tarball everything that is no build.
copy_sources() {
	mkdir "$work/src"
	cd "$top"
	if [ -e .git ]; then
		git ls-files -z --cached --deduplicate | tar -c --null --ignore-failed-read -T -
	else
		tar -c --exclude='./build*' .
	fi | tar -x -C "$work/src" --no-same-owner --no-same-permissions
	chmod -R u=rwX,go=rX "$work/src"
	find "$work/src" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

copy_sources
cd "$work/src"
autoreconf -fi >"$work/log" 2>&1 || {
	cat "$work/log" >&2
	exit 1
}
mkdir "$work/build"
cd "$work/build"
"$work/src/configure" -q
# xgettext writes the time of day; a template that differs in nothing else is not made again.
make -s -C po tegata.pot-update
date=$(date -u -d "@$SOURCE_DATE_EPOCH" "+%Y-%m-%d %H:%M+0000")
sed -i "s/^\(\"POT-Creation-Date: \)[^\\]*/\1$date/" "$work/src/po/tegata.pot"
make -s dist \
	TAR_OPTIONS="--sort=name --mtime=@$SOURCE_DATE_EPOCH --owner=0 --group=0 --numeric-owner --mode=u+rw,go=rX"
mv "tegata-$version.tar.xz" "$work/tegata_$version.orig.tar.xz"

cd "$work"
tar -xf "tegata_$version.orig.tar.xz"
cp -R "$work/src/contrib/debian" "tegata-$version/debian"
cd "tegata-$version"
dpkg-buildpackage -us -uc
cp "$work/tegata_$version.orig.tar.xz" "$work"/tegata*_"$version"-* "$out"
