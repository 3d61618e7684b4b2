#!/bin/sh
# Makes the Debian package from this checkout: contrib/build-deb.sh [FOLDER FOR THE RESULT]. Needs dpkg-dev, debhelper and what
# contrib/debian/control asks for. Twice the same checkout gives twice the same bytes.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-$PWD}
version=$(sed -n 's/^AC_INIT(\[tegata\], \[\(.*\)\]).*/\1/p' "$top/configure.ac")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
SOURCE_DATE_EPOCH=$(dpkg-parsechangelog -l "$top/contrib/debian/changelog" -S Timestamp)
TAR_OPTIONS="--sort=name --mtime=@$SOURCE_DATE_EPOCH --owner=0 --group=0 --numeric-owner"
export SOURCE_DATE_EPOCH TAR_OPTIONS LC_ALL=C.UTF-8
umask 022

cp -a "$top" "$work/src"
cd "$work/src"
[ -e configure ] || autoreconf -fi >/dev/null
mkdir "$work/build"
cd "$work/build"
"$work/src/configure" >/dev/null
make -s dist >/dev/null
cp "tegata-$version.tar.xz" "$work/tegata_$version.orig.tar.xz"
cd "$work"
tar xf "tegata_$version.orig.tar.xz"
cp -a "$top/contrib/debian" "tegata-$version/debian"
cd "tegata-$version"
unset TAR_OPTIONS
dpkg-buildpackage -us -uc
mkdir -p "$out"
cp "$work"/tegata*_"$version"-* "$work/tegata_$version.orig.tar.xz" "$out"
