#!/bin/bash
# shellcheck disable=SC2034 # for fail
# Wholly as an ordinary user: port 80 by a capability or by a socket, what needs root by a second run. That one works on a store
# whose owner it does not trust.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named setpriv python3
named_start example.jp
pebble_start
mkdir -m 755 "$work/bin" "$work/place" "$work/done"
cp "$program" "$build/tegata-net" "$work/bin"
cp -r "$libexec/hooks" "$work/bin/hooks"
export TEGATA_LIBEXECDIR=$work/bin
program=$work/bin/tegata
home=$work/home
mkdir -m 755 "$home"
state=$home/var
settings "hook_users: {notify: nobody}" "notify: {shell: 'id -u >/dev/null', level: info}" \
	'certificates:' '- name: www' '  names: [www.example.jp]' '  challenge: {standalone: true}' \
	"  outputs: {combined: $work/place/www.pem}" \
	"  deploy: {shell: 'id -u >$work/done/user; id -G >$work/done/groups; env >$work/done/env'}" \
	'- name: own' '  names: [own.example.jp]' '  challenge: {standalone: true}' \
	"  deploy: {shell: 'grep -h Cap /proc/self/status >$home/capabilities'}"
registered_fqdns example.jp own.example.jp
echo "$hmac" >"$home/hmac"
chown -R 65534:65534 "$home"
as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
for_80=(--inh-caps=+net_bind_service --ambient-caps=+net_bind_service)
user() {
	local wanted=$1
	shift
	run "$wanted" "${as_user[@]}" "$program" --config-dir "$conf" --state-dir "$state" "$@"
}
user_80() {
	local wanted=$1
	shift
	run "$wanted" "${as_user[@]}" "${for_80[@]}" "$program" --config-dir "$conf" --state-dir "$state" "$@"
}
all_his() { is "what is not the user's in the store" "$(find "$state" ! -user 65534)" ''; }

cat >"$work/hand-over.py" <<-'END'
	import os, socket, sys
	s = socket.socket(socket.AF_INET6)
	s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
	s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	s.bind(("::", 80))
	s.listen()
	os.dup2(s.fileno(), 3)
	os.set_inheritable(3, True)
	os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid() if sys.argv[1] == "ours" else 1))
	os.setgroups([])
	os.setgid(65534)
	os.setuid(65534)
	os.execv(sys.argv[2], sys.argv[2:])
END

step "port 80 by a capability, which nothing that tegata starts has"
user 0 register -n -m admin@example.jp --agree-tos --eab-kid "$kid" --eab-hmac-key-file "$home/hmac"
user 8 renew own
err_has capability
run 8 python3 "$work/hand-over.py" other "$program" --config-dir "$conf" --state-dir "$state" renew own
user_80 0 renew own --force
is "the capabilities of a hook" "$(grep -e CapPrm -e CapEff -e CapAmb "$home/capabilities" | tr -d '0\t' | tr '\n' ' ')" 'CapPrm: CapEff: CapAmb: '
user_80 0 run --no-deploy
gone "$work/done/user"

step "port 80 by a socket that is handed over"
run 0 python3 "$work/hand-over.py" ours "$program" --config-dir "$conf" --state-dir "$state" renew www --force --no-deploy
holds_together www

step "the second run, as root"
t 0 deploy
is "the user of the hook" "$(cat "$work/done/user") $(cat "$work/done/groups")" "0 0"
is "the owner of the output" "$(stat -c '%u %a' "$work/place/www.pem")" '0 600'
all_his
user 0 status --json
json_is '[.certificates[].deploy.owed] | add // []' '[]'
user_80 0 renew www --force --no-deploy
t 0 deploy
all_his
t 10 renew www --force
err_has 'run tegata as its owner'

step "the list is root's, too, and what is noted of it the user's"
chmod 700 "$conf"
t 0 entitlements add new.example.jp
t 0 entitlements set new.example.jp --ends 2040-01-31
t 0 entitlements remove -n new.example.jp
chmod 755 "$conf"
is "the owner of the list" "$(stat -c %u "$conf/entitlements.yaml")" 0
all_his
user 0 status

step "a store made to lead root astray"
mkdir -m 700 "$work/canary" "$work/canary/folder" "$work/canary/.well-known" "$work/canary/.well-known/acme-challenge"
echo 'SECRET-OF-ROOT' >"$work/canary/secret"
echo '{"schema": "tegata.state.v1", "SECRET-OF-ROOT": 1' >"$work/canary/www.json"
echo token >"$work/canary/.well-known/acme-challenge/token_of_another"
cp "$work/place/www.pem" "$work/canary/privkey.pem"
picture() { (cd "$1" && find . -printf '%p %y %m %U %G %s %T@ %C@ %l\n' | sort && find . -type f -exec sha256sum {} + | sort); }
picture "$work/canary" >"$work/before"
cp -a "$state" "$work/good"
cp -a "$work/place" "$work/good-place"
now=$(readlink "$state/live/www")
generation=$state/live/$now
hostile() { # WHAT COMMAND...: done by the owner of the store, then root's run, whatever it says
	local what=$1
	shift
	setpriv --reuid=65534 --regid=65534 --clear-groups "$@" || fail "the test cannot do: $*"
	last_command="deploy after: $what"
	timeout --foreground 20 "$program" --config-dir "$conf" --state-dir "$state" -vv deploy www >"$work/out" 2>"$work/err" </dev/null
	got=$?
	[ "$got" -lt 124 ] || fail "$what: exit status $got"
	picture "$work/canary" | cmp -s - "$work/before" || fail "$what: root's folder has changed: $(picture "$work/canary" | diff - "$work/before")"
	if grep -rqs SECRET-OF-ROOT "$work/out" "$work/err" "$work/place" "$state" "$work/done"; then fail "$what: root's secret is out"; fi
	is "$what: what is not the user's in the store" "$(find "$state" ! -user 65534)" ''
	rm -rf "$state" "$work/place"
	cp -a "$work/good" "$state"
	cp -a "$work/good-place" "$work/place"
	count=$((count + 1))
}
count=0
for file in privkey.pem cert.pem chain.pem fullchain.pem meta.json; do
	hostile "$file is a link to root's secret" ln -sf "$work/canary/secret" "$generation/$file"
	hostile "$file is a FIFO" sh -c 'rm "$1" && mkfifo "$1"' - "$generation/$file"
done
# These fit, so nothing but the rights of the store's owner keeps root from them.
cp -r "$generation" "$work/canary/folder"
chown -R 0:0 "$work/canary/folder"
chmod -R go= "$work/canary/folder"
picture "$work/canary" >"$work/before"
hostile "the generations of www are a link to what only root may read" sh -c 'rm -rf "$1" && ln -s "$2" "$1"' - "$state/generations/www" "$work/canary/folder"
[ "$got" -ne 0 ] || fail "they were read as root"
hostile "the live generation is a link to what only root may read" sh -c 'rm -rf "$1" && ln -s "$2" "$1"' - "$generation" "$work/canary/folder/${now##*/}"
[ "$got" -ne 0 ] || fail "it was read as root"
rm -r "$work/canary/folder"/*
picture "$work/canary" >"$work/before"
hostile "the state folder is a link to root's folder" sh -c 'mv "$1" "$1.away" && ln -s "$2" "$1"' - "$state" "$work/canary/folder"
rm -rf "$state.away"
hostile "the state folder is a link to where root has nothing yet" sh -c 'mv "$1" "$1.away" && ln -s "$2" "$1"' - "$state" "$work/canary/none"
rm -rf "$state.away"
hostile "the live link leads to root's folder" ln -sfn "$work/canary" "$state/live/www"
hostile "the generations are a link" sh -c 'rm -rf "$1" && ln -s "$2" "$1"' - "$state/generations/www" "$work/canary"
for folder in state journal keys live generations accounts; do
	hostile "$folder is a link to root's folder" sh -c 'rm -rf "$1" && ln -s "$2" "$1"' - "$state/$folder" "$work/canary"
done
for file in lock ledger.json validations.json state/www.json journal/www.json keys/www.next.pem; do
	hostile "$file is a link to root's secret" ln -sf "$work/canary/www.json" "$state/$file"
	hostile "$file is a FIFO" sh -c 'rm -f "$1" && mkfifo "$1"' - "$state/$file"
done
cat >"$work/journal.json" <<-END
	{"schema": "tegata.journal.v1", "name": "www", "ca": "jprs", "server": "$server", "order_url": null, "finalize_url": null,
	 "generation": 0, "names": ["www.example.jp"], "begun_at": 1, "tasks": [{"type": "http-01", "method": "webroot",
	 "webroot": "$work/canary", "identifier": "www.example.jp", "token": "token_of_another", "key_authorization": "token_of_another.x",
	 "record_name": null, "record_value": null, "wildcard": false, "made_folder": true}]}
END
chmod 644 "$work/journal.json"
hostile "a journal speaks of root's webroot" cp "$work/journal.json" "$state/journal/www.json"
hostile "a serial number is a command" sed -i 's/"serial": "[^"]*"/"serial": "$(touch \/tmp\/taken)"/' "$generation/meta.json"
hostile "names are commands" sed -i 's/"www.example.jp"/"; touch taken"/' "$generation/meta.json"
file_lacks "$work/done/env" 'touch'
hostile "temporary files are links" ln -s "$work/canary/secret" "$state/state/.www.json.tmp-$$"
echo "   $count hostile stores"

step "what is not hostile still works"
t 0 deploy www
all_his
finish
