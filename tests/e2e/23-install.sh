#!/bin/bash
# shellcheck disable=SC2034 # lib.sh reads them
# make install into a folder, and a certificate from what lies there alone.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need make named nginx
step "make install, with a prefix and a folder to stage in"
run 0 make -C "$build" install DESTDIR="$work/stage" MAKEFLAGS= MFLAGS=
prefix=$(sed -n 's/^prefix = //p' "$build/Makefile")
root=$work/stage$prefix
there "$root/bin/tegata"
libexec=$(find "$work/stage" -name tegata-net -printf '%h\n')
there "$libexec/tegata-net"
for hook in nginx apache haproxy systemd-reload nsupdate; do
	[ -x "$libexec/hooks/$hook" ] || fail "the hook $hook is not installed, or not executable"
done
find "$work/stage" -type f -name '*.sh' >"$work/out"
out_lacks e2e

step "a certificate from there"
program=$root/bin/tegata
export TEGATA_LIBEXECDIR=$libexec
named_start example.jp
nginx_start
pebble_start
registered_fqdns example.jp
settings 'certificates:' "- {name: www, names: [www.example.jp], challenge: {webroot: $webroot}, deploy: $(nginx_hook)}"
register
t 0 run
holds_together www

step "make uninstall leaves no file"
run 0 make -C "$build" uninstall DESTDIR="$work/stage" MAKEFLAGS= MFLAGS=
empty_folder "$work/stage"
finish
