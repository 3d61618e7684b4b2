#!/bin/sh
# Installs what the tests need (Debian 12 or 13; as root or through sudo, and only what is missing), builds beside the
# sources and runs all of `make check`, then the unit tests once more under the sanitizers.
# The last line is "N passed, N failed, N skipped".
#
#   TEGATA_BUILD=DIR     where to build (default: build-tests in the source folder; DIR-sanitize beside it)
#   TEGATA_SANITIZE=all  everything under the sanitizers too, not only the unit tests; "no": nothing
set -eu

src=$(cd "$(dirname "$0")/.." && pwd)
build=${TEGATA_BUILD:-$src/build-tests}
case $build in /*) ;; *) build=$PWD/$build ;; esac
jobs=$(nproc 2>/dev/null || echo 2)
passed=0 failed=0 skipped=0

packages='build-essential autoconf automake autopoint gettext pkg-config xz-utils
	libssl-dev libjansson-dev libyaml-dev libidn2-dev libcurl4-openssl-dev libcmocka-dev shellcheck
	pebble nginx apache2 haproxy postfix dovecot-imapd bind9 bind9-dnsutils openssl curl iproute2 procps
	python3 jq strace faketime systemd ca-certificates'

say() {
	printf '\n== %s\n' "$*"
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

count() {
	sed -n "s/^# $2: *\([0-9][0-9]*\)\$/\1/p" "$1/test-suite.log" | tail -n 1
}

# Single tests that a unit test program left out; automake counts whole programs only.
count_within() {
	find "$1/tests/unit" -name '*.log' -exec cat {} + | awk '/^ *[0-9]+ SKIPPED TEST/ { n += $1 } END { print n + 0 }'
}

# add_counts FOLDER: what automake's summary there says; without a summary the run itself is a failure.
add_counts() {
	if [ ! -s "$1/test-suite.log" ]; then
		failed=$((failed + 1))
		return
	fi
	passed=$((passed + $(count "$1" PASS) + $(count "$1" XFAIL)))
	failed=$((failed + $(count "$1" FAIL) + $(count "$1" XPASS) + $(count "$1" ERROR)))
	skipped=$((skipped + $(count "$1" SKIP) + $(count_within "$1")))
	find "$1/tests" -name '*.log' -exec sed -n 's/^skipped: //p' {} + | sort | uniq -c | sed 's/^ *\([0-9]*\) /Skipped, \1 times: /'
}

# run_suite FOLDER TESTS FLAG...: TESTS is a make expression, or nothing for all.
run_suite() {
	folder=$1 tests=$2
	shift 2
	mkdir -p "$folder"
	rm -f "$folder/test-suite.log"
	status=0
	(
		set -e
		cd "$folder"
		"$src/configure" -q "$@"
		make -j"$jobs"
		make -j"$jobs" check TESTS=
		rm -f test-suite.log
		if [ -n "$tests" ]; then
			make check VERBOSE=1 "TESTS=$tests"
		else
			make check VERBOSE=1
		fi
	) || status=$?
	add_counts "$folder"
	[ "$status" -eq 0 ] || broken=yes
}

if command -v dpkg-query >/dev/null 2>&1; then
	missing=$(missing_packages)
	[ -z "$missing" ] || install_packages
fi

cd "$src"
if [ ! -x configure ]; then
	say "autoreconf"
	autoreconf -fi
fi

broken=no
say "Building in $build and testing"
run_suite "$build" '' --enable-werror
if [ "${TEGATA_SANITIZE:-unit}" != no ]; then
	say "Building in $build-sanitize and testing under AddressSanitizer and UndefinedBehaviorSanitizer"
	# shellcheck disable=SC2016 # for make, not for the shell
	unit='$(check_PROGRAMS)'
	[ "${TEGATA_SANITIZE:-unit}" != all ] || unit=
	run_suite "$build-sanitize" "$unit" --enable-werror --enable-sanitize
fi

if [ "$broken" = yes ] && [ "$failed" -eq 0 ]; then failed=1; fi
printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
