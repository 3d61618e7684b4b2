#!/bin/bash
# Installs, upgrades, removes and purges the Debian package in a bare Debian, and looks at what each step leaves.
#
#   tests/packages/debian.sh FOLDER-WITH-THE-PACKAGES ROOT
#
# FOLDER is what contrib/build-deb.sh wrote; ROOT a bare Debian, as by `debootstrap --variant=minbase bookworm ROOT`, which is
# copied and stays as it is. As root, and with a Debian mirror within reach. Not part of `make check`. TMPDIR holds the copy.
# shellcheck disable=SC2016 # quoted for the shell inside
set -eu
[ $# -eq 2 ] || {
	sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
[ "$(id -u)" -eq 0 ] || {
	echo "only root may enter another root" >&2
	exit 2
}
debs=$(cd "$1" && pwd) bare=$(cd "$2" && pwd)
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 1' HUP INT TERM
root=$work/root
failures=0 checks=0

# Inside the bare system, with a list of processes and mounts of its own; what it starts ends with it.
# shellcheck disable=SC2016 # for the shell inside
inside() {
	unshare --mount --pid --fork --kill-child --propagation private sh -c '
		mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" /usr/bin/env -i HOME=/root \
			PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
			${http_proxy:+"http_proxy=$http_proxy"} ${https_proxy:+"https_proxy=$https_proxy"} sh -c "$1"' "$root" "$1"
}

step() {
	printf '== %s\n' "$*"
}

# check WHAT COMMAND: the command inside succeeds.
check() {
	checks=$((checks + 1))
	if inside "$2" >"$work/out" 2>&1; then
		printf '   ok  %s\n' "$1"
	else
		failures=$((failures + 1))
		printf '   NOT %s\n' "$1"
		sed 's/^/       /' "$work/out"
	fi
}

# is WHAT WANTED COMMAND: all that the command prints.
is() {
	checks=$((checks + 1))
	local got
	got=$(inside "$3" 2>&1) || got="$got (exit status $?)"
	if [ "$got" = "$2" ]; then
		printf '   ok  %s: %s\n' "$1" "${2//$'\n'/, }"
	else
		failures=$((failures + 1))
		printf '   NOT %s\n       expected: %s\n       got:      %s\n' "$1" "$2" "$got"
	fi
}

# said PATTERN: the last apt printed it.
said() {
	checks=$((checks + 1))
	if grep -q -e "$1" "$work/apt"; then
		printf '   ok  it says: %s\n' "$(grep -e "$1" "$work/apt" | tail -n 1)"
	else
		failures=$((failures + 1))
		printf '   NOT said: %s\n' "$1"
		sed 's/^/       /' "$work/apt"
	fi
}

apt() {
	checks=$((checks + 1))
	inside "apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold $*" >"$work/apt" 2>&1 && return
	failures=$((failures + 1))
	printf '   NOT apt-get %s\n' "$*"
	sed 's/^/       /' "$work/apt"
}

# The same package once more as version 9.1.1-1, with another comment in its only configuration file.
make_next() {
	dpkg-deb -R "$first" "$work/next"
	sed -i 's/^Version: .*/Version: 9.1.1-1/' "$work/next/DEBIAN/control"
	echo '# next version' >>"$work/next/etc/cron.d/tegata"
	dpkg-deb --root-owner-group -Zgzip -b "$work/next" "$root/root/next.deb" >/dev/null
}

# What an administrator and the program would have written.
fill() {
	inside 'umask 077; mkdir -p /etc/tegata/conf.d /var/lib/tegata/accounts/1 /var/lib/tegata/.hidden
		echo "cas: [{profile: jprs}]" >/etc/tegata/tegata.yaml
		echo "cas: []" >/etc/tegata/conf.d/mine.yaml
		echo key >/var/lib/tegata/accounts/1/key.pem'
}

# shellcheck disable=SC2016 # for the shell inside
cron='line=$(sed -n "s/^17 \* \* \* \* root //p" /etc/cron.d/tegata); [ -n "$line" ] && env -i PATH=/usr/bin:/bin sh -c "$line"'
modes='stat -c "%n %a %U:%G" /etc/tegata /etc/tegata/conf.d /etc/tegata/hooks'
kept='cat /var/lib/tegata/accounts/1/key.pem && stat -c "%a" /var/lib/tegata/accounts/1/key.pem /var/lib/tegata'
settings='cat /etc/tegata/tegata.yaml /etc/tegata/conf.d/mine.yaml'
left='find / -xdev -name "*tegata*" ! -path "/proc/*" ! -path "/root/*" ! -path "/var/log/*"'

first=$(find "$debs" -name 'tegata_*.deb' | head -n 1)
[ -n "$first" ] || {
	echo "no package in $debs" >&2
	exit 2
}
step "a copy of $bare, and $(basename "$first")"
cp -a --reflink=auto "$bare" "$root"
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
cp "$first" "$root/root/first.deb"
make_next
inside 'apt-get -q update' >"$work/apt" 2>&1
before=$(inside 'dpkg-query -W | wc -l')
size=$(du -sxk "$root" | cut -f1)

step "what apt would add for it"
inside 'apt-get -s --no-install-recommends install /root/first.deb' | sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/   \1 \2/p'

step "install"
apt install /root/first.deb
echo "   $(($(inside 'dpkg-query -W | wc -l') - before)) packages more, $((($(du -sxk "$root" | cut -f1) - size) / 1024)) MiB with apt's copies of them"
check "the program runs" 'tegata --version'
is "its user" 'tegata:/:/usr/sbin/nologin' 'getent passwd tegata | cut -d: -f1,6,7'
check "a system's user, without a password" '[ "$(id -u tegata)" -lt 1000 ] && getent shadow tegata | grep -q "^tegata:!"'
is "folders of settings" "$(printf '%s 755 root:root\n' /etc/tegata /etc/tegata/conf.d /etc/tegata/hooks)" "$modes"
is "the state folder" "711 root:root" 'stat -c "%a %U:%G" /var/lib/tegata'
is "in it" "$(printf '/var/lib/tegata/%s 700 root:root\n' generations live)" 'stat -c "%n %a %U:%G" /var/lib/tegata/*'
is "the timer" disabled 'systemctl --root=/ is-enabled tegata.timer || :'
check "its units are what systemd understands" 'systemd-analyze verify --man=no tegata.timer tegata.service tegata-deploy.service'
check "and exposed by 3.0 at most" 'systemd-analyze security --offline=yes --threshold=30 tegata.service'
check "nothing wants it" '! ls /etc/systemd/system/*.wants/tegata* 2>/dev/null'
is "configuration files of the package" /etc/cron.d/tegata 'dpkg-query -W -f "\${Conffiles}\n" tegata | sed -n "s/^ \([^ ]*\) .*/\1/p"'
is "what cron would mail without settings" "" "$cron"
check "hooks that can be run" 'cd /usr/libexec/tegata/hooks && for h in *; do sh -n $h && [ -x $h ] || exit; done'
check "where the program looks for them" 'grep -q /usr/libexec/tegata /usr/bin/tegata && [ -x /usr/libexec/tegata/tegata-net ]'
pages='cd /usr/share/man && for page in man1/tegata.1 man5/tegata-entitlements.5 man5/tegata.yaml.5 man7/tegata-hooks.7; do
	[ -s $page.gz ] && [ -s ja/$page.gz ] || exit; done'
check "manual pages, in two languages" "$pages"
check "texts in Japanese are there" '[ -s /usr/share/locale/ja/LC_MESSAGES/tegata.mo ]'
check "every file is as packed" 'dpkg -V tegata'

step "upgrade, with settings, state and the timer on"
fill
inside 'systemctl --root=/ enable tegata.timer' 2>/dev/null
apt install /root/next.deb
is "version" 9.1.1-1 'dpkg-query -W -f "\${Version}" tegata'
is "state" $'key\n600\n711' "$kept"
is "settings" $'cas: [{profile: jprs}]\ncas: []' "$settings"
is "the timer" enabled 'systemctl --root=/ is-enabled tegata.timer || :'
check "the cron file is the new one" 'grep -q "next version" /etc/cron.d/tegata'

step "modes that the administrator chose stay, and so does his cron file"
inside 'chmod 750 /var/lib/tegata; chmod 711 /var/lib/tegata/live; sed -i "s/^17 /42 /" /etc/cron.d/tegata'
apt install --allow-downgrades /root/first.deb
is "modes" $'750\n711' 'stat -c %a /var/lib/tegata /var/lib/tegata/live'
check "the minute" 'grep -q "^42 " /etc/cron.d/tegata'
inside 'chmod 711 /var/lib/tegata; sed -i "s/^42 /17 /" /etc/cron.d/tegata'

step "remove: state and settings stay"
apt remove tegata
check "the program is gone" '! command -v tegata'
is "state" $'key\n600\n711' "$kept"
is "settings" $'cas: [{profile: jprs}]\ncas: []' "$settings"
is "what cron would mail now" "" "$cron"

step "purge, with nobody to ask: state and settings stay, and it says so"
apt purge tegata
said '/var/lib/tegata is kept'
said '/etc/tegata is kept'
is "state" $'key\n600\n711' "$kept"
is "settings" $'cas: [{profile: jprs}]\ncas: []' "$settings"
check "the cron file is gone" '[ ! -e /etc/cron.d/tegata ]'
check "the timer is wanted no longer" '! ls /etc/systemd/system/*.wants/tegata* 2>/dev/null'
check "debconf has forgotten the question" '! debconf-show tegata | grep -q purge'

step "install again: all is found where it was"
apt install /root/first.deb
is "state" $'key\n600\n711' "$kept"
is "the timer" disabled 'systemctl --root=/ is-enabled tegata.timer || :'

step "purge without debconf: state stays"
inside 'mv /usr/share/debconf/confmodule /root/'
apt purge tegata
inside 'mv /root/confmodule /usr/share/debconf/'
said '/var/lib/tegata is kept'
is "state" $'key\n600\n711' "$kept"

step "purge, answered with yes: state goes, the settings that somebody wrote stay"
apt install /root/first.deb
inside 'echo tegata tegata/purge-state boolean true | debconf-set-selections'
apt purge tegata
check "state is gone" '[ ! -e /var/lib/tegata ]'
is "settings" $'cas: [{profile: jprs}]\ncas: []' "$settings"

step "the same where the state folder is a link to another disk"
apt install /root/first.deb
inside 'rm -rf /var/lib/tegata; mkdir -p /srv/state; ln -s /srv/state /var/lib/tegata'
fill
inside 'echo tegata tegata/purge-state boolean true | debconf-set-selections'
apt purge tegata
check "state is gone, and the link" '[ ! -L /var/lib/tegata ] && [ -d /srv/state ]'
is "on the other disk" "" 'ls -A /srv/state'

step "purge of one whose state folder is not there"
apt install /root/first.deb
inside 'rm -rf /var/lib/tegata'
apt purge tegata
check "nothing made it" '[ ! -e /var/lib/tegata ]'

step "installed and purged, never used: nothing stays but the user"
inside 'rm -rf /etc/tegata /srv/state'
apt install /root/first.deb
apt purge tegata
is "files" "" "$left"
check "the user, as its number may own files" 'getent passwd tegata'

printf '\n%d checks, %d failed\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
