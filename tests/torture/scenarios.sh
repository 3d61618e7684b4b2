# shellcheck shell=bash
# What the rows kill, errors and power have happen to tegata: a world of its own ($world: settings, store, webroot, files made of
# certificates), prepared once for each scenario, and put back before each try.
need named nginx jq
calls=$build/tests/faults/calls
watcher=$build/tests/faults/watch
[ -x "$calls" ] && [ -x "$watcher" ] || skip "tests/faults is not built"

world=$work/var # where the end of a test unmounts it
state=$world/var
conf=$world/etc
webroot=$world/www
prepared=$work/prepared
mkdir "$world" "$prepared"
mount -t tmpfs -o mode=755 world "$world" || skip "this machine does not let us mount"
mkdir "$conf"

named_start example.jp
nginx_start
chmod 755 "$webroot"
pebble_start nonce_reject=0

printf '%s\n' "$hmac" >"$work/hmac"
cat >"$work/hook" <<-END
	#!/bin/sh
	echo "\$TEGATA_GENERATION" >>"$world/pem/deployed"
END
chmod 755 "$work/hook"

# wanted NAMES: the settings, with a file made of the certificate, a hook, and two generations kept
wanted() {
	registered_fqdns example.jp www.example.jp
	settings 'certificates:' "- {name: www, names: [$1], challenge: {webroot: $webroot}, keep: 2, deploy: $work/hook," \
		"   outputs: [{combined: $world/pem/www.pem}]}"
}

keep_world() {
	rm -rf "${prepared:?}/$1"
	cp -a "$world" "$prepared/$1"
}
put_back() {
	find "$world" -mindepth 1 -maxdepth 1 -exec rm -rf {} +
	cp -a "$prepared/$1/." "$world"
}

registration=(register -n -m admin@example.jp --agree-tos --eab-kid "$kid" --eab-hmac-key-file "$work/hmac")
prepare() {
	mkdir -p "$world/pem"
	wanted www.example.jp
	keep_world register
	t 0 "${registration[@]}"
	keep_world first
	rm "$conf/tegata.yaml"
	keep_world certonly
	wanted www.example.jp
	t 0 run
	keep_world revoke
	keep_world entitlements
	t 0 renew --force
	keep_world renew
	keep_world rollback
	wanted www.example.jp,example.jp
	keep_world names
	wanted www.example.jp
	sed -i "s|deploy: $work/hook|deploy: [$work/hook, [$work/hook, again]]|" "$conf/tegata.yaml"
	keep_world deploy
}
read -r -a scenarios <<<"${TORTURE_SCENARIOS:-register first certonly renew names deploy rollback revoke entitlements}"

# What is done, and what is done the next time.
action() {
	case $1 in
	register) action=("${registration[@]}") next=("${registration[@]}") ;;
	first | names) action=(run) next=(run) ;;
	certonly)
		action=(certonly -n --server "$server" --ca-file "$ca" -d www.example.jp --cert-name www --webroot -w "$webroot" --key-type ecdsa-p256)
		next=("${action[@]}")
		;;
	renew) action=(renew --force) next=(run) ;;
	deploy) action=(deploy) next=(run) ;;
	rollback) action=(rollback www 1) next=(run) ;;
	revoke) action=(revoke -n --cert-name www) next=("${action[@]}") ;;
	entitlements) action=(entitlements add new.example.net) next=(run) ;;
	esac
	action=("$program" --config-dir "$conf" --state-dir "$state" "${action[@]}")
}

# since PATTERN: how often Pebble has said it since `mark`
mark() { marked=$(stat -c %s "$pebble_log"); }
since() { tail -c "+$((marked + 1))" "$pebble_log" | grep -c -e "$1" || :; }
looked_at() { [ "$(since 'set \(IN\)\?VALID by')" -ge "$(since 'Pulled a task')" ]; }
taken_up() { [ "$(since 'Pulled a task')" -ge "$(since 'POST /chalZ')" ]; }
# What is being validated is left to end: the next run takes the challenge away before anything else. A request that was torn
# off in the middle is never taken up.
ca_at_rest() {
	local i
	for ((i = 0; i < 10; i++)); do taken_up && break || sleep 0.05; done
	until_true "Pebble has looked at the challenges it was told of" looked_at
}

# under_fault OPTION...: does it under the driver; the status is in $got, the driver's report in $report_…
under_fault() {
	local key value
	last_command="calls $* ${action[*]}"
	"$calls" -w "$state/live/www" -r "$work/report" "$@" -- "${action[@]}" >"$work/out" 2>"$work/err" </dev/null
	got=$?
	[ "$got" -ne 77 ] || skip "no process may trace another here: $(cat "$work/err")"
	while IFS='=' read -r key value; do
		declare -g "report_$key=$value"
	done <"$work/report"
	cp "$work/out" "$work/fault.out"
	cp "$work/err" "$work/fault.err"
	[ -z "$report_wrong" ] || fail "the live files: $report_wrong"
	if grep -q -e 'AddressSanitizer' -e 'runtime error:' "$work/err"; then fail "the sanitizers found something"; fi
}

# What is done the next time. The list is as it was, or as it was to be.
go_on() {
	if [ "$1" = entitlements ] && ! grep -qx -e '- new.example.net' "$conf/entitlements.yaml"; then
		cmp -s "$prepared/$1/etc/entitlements.yaml" "$conf/entitlements.yaml" || fail "the list is neither old nor new"
		t 0 entitlements add new.example.net
	fi
	t 0 "${next[@]}"
	if [ "$1" = entitlements ]; then t 0 entitlements add another.example.net; fi
}

# As if the minutes had gone by after which what failed is tried again.
minutes_later() {
	if [ -e "$state/state/www.json" ]; then note www '.retry_at = 0 | .deploy |= map(.failures = 0)'; fi
}

live_is_whole() {
	"$watcher" "$state/live/www" </dev/null >"$work/watched" 2>&1 || fail "the live files: $(cat "$work/watched")"
}
account_key() { find "$state/accounts" -name key.pem -exec cat {} + 2>/dev/null; }
live_number() { readlink "$state/live/www" 2>/dev/null | sed 's|.*/0*||'; }

# Nothing is left over, whatever happened before the last run.
tidy() {
	local left
	left=$(find "$webroot" "$state/journal" -type f 2>/dev/null)
	[ -z "$left" ] || fail "left behind: $left"
	left=$(find "$world" -name '*.tmp-*')
	[ -z "$left" ] || fail "left behind: $left"
	left=$(find "$state/generations" -mindepth 2 -maxdepth 2 -type d '!' -exec test -e '{}/meta.json' ';' -print 2>/dev/null)
	[ -z "$left" ] || fail "unfinished: $left"
}

# what is true after the next run of each scenario
arrived() {
	case $1 in
	register) is "the account" "$(cat "$state"/accounts/*/account.json | jq -r .eab_kid)" "$kid" ;;
	first | certonly) is "the names" "$(sans "$(live www cert)")" www.example.jp ;;
	names) is "the names" "$(sans "$(live www cert)")" 'example.jp www.example.jp' ;;
	deploy) is "deploys owed" "$(noted www '[.deploy[] | select(.failures > 0 or .generation == 0)] | length')" 0 ;;
	entitlements) file_has "$conf/entitlements.yaml" new.example.net ;;
	esac
	[ "$1" = register ] || [ "$1" = certonly ] && return
	if [ "$1" != entitlements ] && [ "$1" != revoke ]; then
		cat "$(live www fullchain)" "$(live www privkey)" | cmp -s - "$world/pem/www.pem" || fail "www.pem is not what is live"
		is "what was deployed" "$(tail -n 1 "$world/pem/deployed")" "$(live_number)"
	fi
}
