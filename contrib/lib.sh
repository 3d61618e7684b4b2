# shellcheck shell=sh
# What contrib/run-*.sh have in common: where the sources lie, what has to be installed (Debian 12 or 13; as root or
# through sudo, and only what is missing), and building beside the sources. Sourced by them; `set -eu` is theirs.
#
#   ready [PACKAGE...]      installs what tests need, and these; makes configure
#   build FOLDER FLAG...    configures with these flags, builds all, and the programs of the tests
#   CC                      as configure takes it

# shellcheck disable=SC2034 # for those who source this
src=$(cd "$(dirname "$0")/.." && pwd)
jobs=$(nproc 2>/dev/null || echo 2)

packages='build-essential autoconf automake autopoint gettext pkg-config xz-utils
	libssl-dev libjansson-dev libyaml-dev libidn2-dev libcurl4-openssl-dev libseccomp-dev libcmocka-dev shellcheck
	pebble nginx apache2 haproxy postfix dovecot-imapd bind9 bind9-dnsutils openssl curl iproute2 procps
	python3 jq strace valgrind faketime systemd ca-certificates'

say() {
	printf '\n== %s\n' "$*"
}

# absolute PATH: of the folder one stands in.
absolute() {
	case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac
}

missing_packages() {
	for package in $packages; do
		dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q ' installed$' || printf '%s ' "$package"
	done
}

policy=/usr/sbin/policy-rc.d
saved=

restore_policy() {
	[ -n "$saved" ] || return 0
	$sudo rm -f "$policy"
	if [ "$saved" = moved ]; then $sudo mv "$policy.before-tegata" "$policy"; fi
	saved=
}

# While apt works, no package may start its service: the tests run servers of their own.
install_packages() {
	sudo=
	[ "$(id -u)" -eq 0 ] || sudo=sudo
	if [ -n "$sudo" ] && ! command -v sudo >/dev/null 2>&1; then
		echo "Not installed: $missing"
		echo "Run this as root once, or: apt-get install $missing"
		return 0
	fi
	say "Installing $missing"
	trap restore_policy EXIT
	trap 'exit 1' HUP INT TERM
	if [ -e "$policy" ]; then
		$sudo mv "$policy" "$policy.before-tegata"
		saved=moved
	else
		saved=none
	fi
	printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
	$sudo chmod 755 "$policy"
	$sudo apt-get -q -o Acquire::Retries=3 update
	# shellcheck disable=SC2086 # a list of packages
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 \
		install --no-install-recommends $missing
	restore_policy
}

ready() {
	packages="$packages $*"
	if command -v dpkg-query >/dev/null 2>&1; then
		missing=$(missing_packages)
		[ -z "$missing" ] || install_packages
	fi
	[ -x "$src/configure" ] && return 0
	say "autoreconf"
	(cd "$src" && autoreconf -fi)
}

# With `set -e` of its own, so that it also stops at the first failure where the caller looks at its status.
build() {
	(
		set -e
		folder=$1
		shift
		mkdir -p "$folder"
		cd "$folder"
		"$src/configure" -q "$@"
		make -j"$jobs"
		make -j"$jobs" check TESTS=
		rm -f test-suite.log
	)
}
