#!/bin/bash
# Puts the newest Pebble that Debian has (suite sid) into the folder that is named, and prints where the program lies. The
# machine's own mirror is used, with lists of its own: nothing of the machine's apt is changed. A copy that is there is taken
# again. Where it cannot be had, one line says why and the exit status is 77.
set -u
folder=$1
program=$folder/root/usr/bin/pebble

give_up() {
	echo "no current Pebble: $*" | tee "$folder/unavailable"
	exit 77
}

mkdir -p "$folder/lists/partial" "$folder/archives/partial" || exit 1
exec 9>"$folder/lock"
flock 9
if [ -x "$program" ]; then
	echo "$program"
	exit 0
fi
# One failure is enough for a whole run of the tests.
if [ -n "$(find "$folder/unavailable" -mmin -15 2>/dev/null)" ]; then
	cat "$folder/unavailable"
	exit 77
fi

command -v apt-get >/dev/null 2>&1 || give_up "this machine has no apt"
mirror=$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
	sed -n 's/^Debian \([^ ]*\)$/\1/p' | head -n 1)
[ -n "$mirror" ] || give_up "apt knows no mirror of Debian (apt-get update makes it read its own)"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r "$keyring" ] || give_up "there is no $keyring"
# A mirror may stand still: the date of this one list is not looked at.
echo "deb [check-valid-until=no signed-by=$keyring] $mirror sid main" >"$folder/sources.list"

apt() {
	apt-get -q -o Dir::Etc::SourceList="$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State::Lists="$folder/lists" -o Dir::Cache::archives="$folder/archives" \
		-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root \
		-o Acquire::Check-Valid-Until=false -o Acquire::Languages=none -o Acquire::Retries=2 \
		-o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 "$@"
}

log=$folder/log
timeout 180 bash -c "$(declare -f apt); folder='$folder'; apt update -o APT::Update::Error-Mode=any" >"$log" 2>&1 ||
	give_up "the mirror's list of sid cannot be read: $(grep -E '^[EW]:' "$log" | head -n 1)"
(cd "$folder" && timeout 120 bash -c "$(declare -f apt); folder='$folder'; apt download pebble") >>"$log" 2>&1 ||
	give_up "the package cannot be fetched: $(grep -E '^[EW]:' "$log" | tail -n 1)"
rm -rf "$folder/root.new"
dpkg -x "$folder"/pebble_*.deb "$folder/root.new" >>"$log" 2>&1 || give_up "the package cannot be unpacked"
"$folder/root.new/usr/bin/pebble" -version >>"$log" 2>&1 || give_up "the program does not run on this machine"
mv "$folder/root.new" "$folder/root"
rm -rf "$folder/lists" "$folder/archives" "$folder"/pebble_*.deb
echo "$program"
