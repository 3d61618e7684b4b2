#!/bin/bash
# Builds contrib/rpm/tegata.spec twice with the rpm of this machine, Debian's too, and looks at what comes out.
#
#   tests/packages/rpm.sh TARBALL [FOLDER-FOR-THE-PACKAGES]
#
# TARBALL is that of `make dist`, or the orig.tar.xz that contrib/build-deb.sh wrote. Wants rpm, rpmlint, cpio and what tegata is
# built with. Not part of `make check`. CHECK=no leaves out the unit tests.
set -eu
[ $# -ge 1 ] || {
	sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
here=$(cd "$(dirname "$0")" && pwd)
tarball=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
spec=$here/../../contrib/rpm/tegata.spec
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
failures=0 checks=0

good() {
	checks=$((checks + 1))
	printf '   ok  %s\n' "$*"
}

bad() {
	checks=$((checks + 1))
	failures=$((failures + 1))
	printf '   NOT %s\n' "$*"
}

# is WHAT WANTED GOT
is() {
	if [ "$2" = "$3" ]; then
		good "$1"
	else
		bad "$1"
		diff <(echo "$2") <(echo "$3") | sed 's/^/       /'
	fi
}

macros=()
grep -q Debian /etc/os-release && macros=(--load="$here/rpm.macros" --nodeps)
checking=()
[ "${CHECK-}" != no ] || checking=(--nocheck)

# build NAME UMASK TZ: in the same folder each time, as mock has it too: the source package contains the spec with all macros
# expanded, and with them that folder.
build() {
	set -- "$work/build" "$2" "$3" "$work/$1"
	mkdir -p "$1/SOURCES" "$1/SPECS"
	cp "$tarball" "$1/SOURCES/tegata-$(sed -n 's/^Version: *//p' "$spec").tar.xz"
	cp "$spec" "$1/SPECS/"
	# Every package names the source package by its bytes, and that has the times and modes of these two.
	chmod 644 "$1"/S*/*
	touch -d '2026-11-22 UTC' "$1"/S*/*
	(
		umask "$2"
		export TZ=$3
		cd "$1"
		rpmbuild "${macros[@]}" "${checking[@]}" --define "_topdir $1" --define '_buildhost reproducible' -ba SPECS/tegata.spec
	) >"$work/log" 2>&1 || {
		tail -n 40 "$work/log"
		echo "rpmbuild failed"
		exit 1
	}
	mv "$1" "$4"
}

echo "== built twice"
build one 022 UTC
checking=(--nocheck)
build two 077 Asia/Tokyo
find "$work" -name '*.rpm' -exec sha256sum {} + | sed 's|  /.*/|  |' | sort
is "the same bytes" "$(cd "$work/one" && find . -name '*.rpm' -exec sha256sum {} + | sort)" \
	"$(cd "$work/two" && find . -name '*.rpm' -exec sha256sum {} + | sort)"
rpm=$(find "$work/one/RPMS" -name 'tegata-[0-9]*.rpm')
selinux=$(find "$work/one/RPMS" -name 'tegata-selinux-*.rpm')
[ $# -lt 2 ] || {
	mkdir -p "$2"
	find "$work/one" -name '*.rpm' -exec cp {} "$2" \;
}

echo "== rpmlint"
rpmlint -c "$here/rpmlint.toml" "$spec" "$rpm" "$selinux" >"$work/lint" 2>&1 || :
sed 's/^/   /' "$work/lint"
if grep -q -e ': [EW]: ' "$work/lint" || ! grep -q ' 0 errors, 0 warnings' "$work/lint"; then bad "rpmlint"; else good "rpmlint"; fi

echo "== what is in it"
is "files" "$(cat <<-'END'
	/etc/tegata drwxr-xr-x root root
	/etc/tegata/conf.d drwxr-xr-x root root
	/etc/tegata/hooks drwxr-xr-x root root
	/usr/bin/tegata -rwxr-xr-x root root
	/usr/lib/systemd/system/tegata-deploy.service -rw-r--r-- root root
	/usr/lib/systemd/system/tegata.service -rw-r--r-- root root
	/usr/lib/systemd/system/tegata.timer -rw-r--r-- root root
	/usr/lib/sysusers.d/tegata.conf -rw-r--r-- root root
	/usr/lib/tmpfiles.d/tegata.conf -rw-r--r-- root root
	/usr/libexec/tegata drwxr-xr-x root root
	/usr/libexec/tegata/hooks drwxr-xr-x root root
	/usr/libexec/tegata/tegata-net -rwxr-xr-x root root
	/usr/share/licenses/tegata drwxr-xr-x root root
	/usr/share/licenses/tegata/LICENSE -rw-r--r-- root root
	/usr/share/locale/ja/LC_MESSAGES/tegata.mo -rw-r--r-- root root
	/var/lib/tegata drwx--x--x root root
	END
)" "$(rpm -qp --qf '[%{FILENAMES} %{FILEMODES:perms} %{FILEUSERNAME} %{FILEGROUPNAME}\n]' "$rpm" |
	grep -v -e ^/usr/share/doc -e ^/usr/share/man -e ^/usr/libexec/tegata/hooks/ -e '/\.build-id' | LC_ALL=C sort)"
is "hooks" "$(tar -tf "$tarball" | sed -n 's|^[^/]*/hooks/\([a-z-][a-z-]*\)$|\1|p' | LC_ALL=C sort)" \
	"$(rpm -qp --qf '[%{FILENAMES} %{FILEMODES:perms}\n]' "$rpm" |
		sed -n 's|^/usr/libexec/tegata/hooks/\([^ ]*\) -rwxr-xr-x$|\1|p' | LC_ALL=C sort)"
is "manual pages, in two languages" "$(printf '/usr/share/man/%sman%s.gz\n' '' 1/tegata.1 '' 5/tegata-entitlements.5 '' 5/tegata.yaml.5 '' 7/tegata-hooks.7 \
	ja/ 1/tegata.1 ja/ 5/tegata-entitlements.5 ja/ 5/tegata.yaml.5 ja/ 7/tegata-hooks.7 | LC_ALL=C sort)" \
	"$(rpm -qp --qf '[%{FILENAMES}\n]' "$rpm" | grep ^/usr/share/man/ | LC_ALL=C sort)"
is "no settings that an upgrade could overwrite" "" "$(rpm -qpc "$rpm")"
is "state is nothing that removing would delete" /var/lib/tegata \
	"$(rpm -qp --qf '[%{FILENAMES} %{FILEFLAGS:fflags}\n]' "$rpm" | sed -n 's/ g$//p')"
is "paths as built in" "/etc/tegata /var/lib/tegata /usr/libexec/tegata" "$(
	mkdir "$work/x" && cd "$work/x" && rpm2cpio "$rpm" | cpio -id --quiet
	for path in /etc/tegata /var/lib/tegata /usr/libexec/tegata; do
		! grep -q -a -F "$path" usr/bin/tegata || printf '%s ' "$path"
	done | sed 's/ $//'
)"
is "nothing of where it was built" "" "$(cd "$work/x" && grep -r -l -a -F "$work" .)"

echo "== scripts"
for each in "$rpm" "$selinux"; do
	for tag in PREIN POSTIN PREUN POSTUN POSTTRANS; do
		rpm -qp --qf "%{$tag}\n" "$each" | sed 's/^(none)$//' >"$work/script"
		[ -n "$(cat "$work/script")" ] || continue
		if sh -n "$work/script"; then good "$(basename "$each") $tag"; else bad "$(basename "$each") $tag"; fi
	done
done

printf '\n%d checks, %d failed\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
