#!/bin/bash
# Hooks that somebody else could change are not run, whichever kind they are; `config check` says so beforehand, with the line.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named setpriv
named_start example.jp
pebble_start
registered_fqdns example.jp
place=$work/place
mkdir -m 755 "$place" "$conf/hooks"
hook=$place/hook
ran=$work/ran
mkdir -m 777 "$ran"
good_hook() {
	rm -rf "$place"
	mkdir -m 755 "$place"
	printf '#!/bin/sh\nid -un >"%s/$TEGATA_STAGE"\n' "$ran" >"$hook"
	chmod 755 "$hook"
}
with() { # CHALLENGE DEPLOY NOTIFY, from line 3 on
	settings "certificates:" "- name: www" "  names: [example.jp]" "  challenge: {type: dns-01, hook: $1}" "  deploy: $2" "notify: $3"
}
refused_by_check() { # LINE TEXT
	t 3 config check
	err_has "tegata.yaml:$1:" "$2"
	is "hooks that ran" "$(ls "$ran")" ''
}

step "config check, for each kind of hook"
good_hook
with "$hook" "$hook" "$hook"
t 0 config check
with "$place/none" nginx mail
refused_by_check 6 "there is no hook $place/none"
with "$hook" nothing-of-this-name mail
refused_by_check 7 "there is no hook called \"nothing-of-this-name\""
with "$hook" nginx "{run: $place/none}"
refused_by_check 8 "there is no hook $place/none"
with "$hook" "[nginx, {run: $hook, user: nobody-here}]" mail
refused_by_check 7 'there is no user nobody-here'
chmod 644 "$hook"
with "$hook" nginx mail
refused_by_check 6 'is not executable'
t 3 config check --json
json_is '.mistakes | length' 1

step "settings that others could change, whichever command reads them"
good_hook
with "$hook" nginx mail
mkdir -m 755 "$conf/conf.d"
echo 'certificates: []' >"$conf/conf.d/more.yaml"
chmod 644 "$conf/tegata.yaml" "$conf/conf.d/more.yaml"
chmod 755 "$conf"
t 0 config check
mkdir -m 755 "$work/theirs"
chown 65534 "$work/theirs"
keep() { rm -rf "$conf" && cp -a "$work/kept" "$conf"; }
cp -a "$conf" "$work/kept"
refused() { # ADVICE COMMAND...
	local advice=$1
	shift
	"$@" || fail "$*"
	t 3 config check
	err_has "root does not follow these settings" "$advice"
	t 3 run
	err_has "root does not follow these settings" "$advice"
	keep
}
for file in "$conf" "$conf/tegata.yaml" "$conf/conf.d" "$conf/conf.d/more.yaml"; do
	refused "chmod go-w $file" chmod g+w "$file"
	refused "chmod go-w $file" chmod o+w "$file"
	refused "chown root $file" chown 65534 "$file"
done
refused "chown root $work/theirs" sh -c 'mv "$1/tegata.yaml" "$2" && ln -s "$2/tegata.yaml" "$1"' - "$conf" "$work/theirs"
refused "chown root $work/theirs" ln -s "$work/theirs/not-there-yet.yaml" "$conf/conf.d/later.yaml"
chgrp 65534 "$conf/tegata.yaml"
chmod 640 "$conf/tegata.yaml"
t 0 config check

step "what others could change"
for change in "chown 65534 $hook" "chmod g+w $hook" "chmod o+w $hook" "chown 65534 $place" "chmod g+w $place" "chmod o+w $place" \
	"chmod 1777 $place; chown 65534 $hook"; do
	good_hook
	bash -c "$change" || fail "$change"
	for kind in challenge deploy notify; do
		case $kind in
		challenge) with "$hook" nginx mail ;;
		deploy) with nsupdate "$hook" mail ;;
		notify) with nsupdate nginx "$hook" ;;
		esac
		t 3 config check
		err_has "the hook $hook is not run: " 'tegata.yaml:'
		grep -q -e 'chown root' -e 'chmod go-w' "$work/err" || fail "nothing is advised"
	done
done

step "nor are they run, whatever was checked"
register
good_hook
chmod g+w "$hook"
with "$hook" nginx mail
t 8 run
err_has "by its whole group (mode 0775)" "chmod go-w $hook"
is "orders that went on" "$(asked 'POST /chalZ')" 0
settings "certificates:" "- name: www" "  names: [example.jp]" "  challenge: $(nsupdate_challenge)" "  deploy: $hook"
t 9 renew www --force
err_has "by its whole group (mode 0775)"
holds_together www
is "hooks that ran" "$(ls "$ran")" ''
good_hook
t 0 run
is "who ran the hook" "$(cat "$ran/deploy")" root

step "a user for each kind; the hook's own user wins; the shipped challenge hook needs no root"
chown 65534 "$hook"
settings 'hook_users: {challenge: nobody, deploy: nobody}' "certificates:" "- name: www" "  names: [example.jp]" \
	"  challenge: $(nsupdate_challenge)" "  deploy: [$hook, {shell: 'id -un >$ran/own', user: daemon}]"
chown nobody "$work/tsig.key"
chmod 400 "$work/tsig.key"
rm "$ran/deploy"
t 0 config check
t 0 renew www --force
is "who ran the hook" "$(cat "$ran/deploy")" nobody
is "who ran the second" "$(cat "$ran/own")" daemon

step "one who may not look is told so"
chmod 700 "$place"
chmod 755 "$conf"
chown root "$place"
run 0 setpriv --reuid=65534 --regid=65534 --clear-groups "$program" --config-dir "$conf" --state-dir "$state" config check
err_has "the user that checks cannot see"
finish
