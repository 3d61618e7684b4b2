#!/bin/bash
# shellcheck disable=SC2034 # lib.sh reads them
# From one CA to another under the same paths: over only when the new certificate is served, else the old one is back;
# and from a classic certificate, whose files are kept beside ours.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx jq
named_start example.jp
nginx_start
pebble_start nonce_reject=0
pebble_start nonce_reject=0 port=14001
other_log=$pebble_log-14001
orders_there() { grep -c 'Added order' "$other_log" || :; }
registered_fqdns example.jp shop.example.jp
# wanted CA DEPLOY LINE...: www of this CA, deployed by this hook, and another certificate that never moves
wanted() {
	local of=$1 deploy=$2
	shift 2
	printf '%s\n' 'cas:' "- {profile: jprs, server: \"$server\", ca_file: $ca, key: ecdsa-p256}" \
		"- {name: other, profile: custom, server: \"https://localhost:14001/dir\", ca_file: $ca}" \
		'certificates:' '- name: www' "  ca: $of" '  names: [www.example.jp, example.jp]' "  challenge: {webroot: $webroot}" \
		'  keep: 1' "  deploy: [$deploy]" \
		"$@" "- {name: shop, names: [shop.example.jp], challenge: {webroot: $webroot}}" >"$conf/tegata.yaml"
}
issued_by() { openssl x509 -in "$(live www cert)" -noout -issuer; }
generations() { find "$state/generations/www" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | tr '\n' ' '; }
# It is as it was: this generation is live, is served, and the key belongs to it.
stands() {
	is "the live generation" "$(readlink "$state/live/www")" "../generations/www/00000$1"
	holds_together www
	serves 443 www.example.jp "$(live www cert)"
}
# How often a text is on standard error
said() { grep -oF -e "$1" "$work/err" | wc -l; }

wanted jprs '{shell: "true"}'
register
t 0 register --ca other -n -m admin@example.jp --agree-tos --eab-kid "$kid" --eab-hmac-key-file "$work/hmac"
t 0 run
stopped "$nginx_pid"
nginx_start www
first=$(issued_by)
stands 1

step "nginx's configuration is broken when it would move: the old certificate is back and held, and why is told once"
cp "$work/nginx.conf" "$work/nginx.conf.good"
echo 'no_such_directive;' >>"$work/nginx.conf"
wanted other "$(nginx_hook)" '  served: [443]'
t 9 run
stands 1
is "orders there" "$(orders_there)" 1
err_has 'no_such_directive' 'tegata renew www --force' 'could not be put to use' 'nothing has to be undone'
is "how often nginx's words are told" "$(said 'unknown directive')" 1
err_lacks 'next try'
out_lacks www

step "until it is mended nothing more is asked for, and both stay, whatever keep says"
t 9 run -q
stands 1
is "orders there" "$(orders_there)" 1
is "generations" "$(generations)" '000001 000002 '
t 0 status
out_has 'generation 1 stays, though the settings name the CA "other"' 'tegata renew www --force'
t 0 status --json
json_is '.certificates[0] | [.ca, .held, .entry_ends]' '["jprs",1,"example.jp"]'
cp "$work/nginx.conf.good" "$work/nginx.conf"
t 0 run
stands 1
is "orders there" "$(orders_there)" 1

step "mended, and asked for: moved, at the same path, without touching nginx's configuration"
t 0 renew www --force
stands 3
[ "$(issued_by)" != "$first" ] || fail "it is issued by the first CA"
is "generations" "$(generations)" '000003 '
cmp -s "$work/nginx.conf" "$work/nginx.conf.good" || fail "nginx's configuration has changed"
cat "$work/out" "$work/err" >"$work/both"
t 0 entitlements --json
last=$(jq -r '.entries[] | select(.fqdn == "example.jp") | .last_day' "$work/out")
file_has "$work/both" "example.jp (until $last)" 'moved here from the CA "jprs"' 'nothing has to be revoked'
file_lacks "$work/both" 'shop.example.jp (until'
t 0 run
err_lacks jprs
t 0 status --json
json_is '.certificates[0] | [.ca, .entry_ends, .deploy_owed]' '["other",null,[]]'

step "on the way back, its service is not reloaded: the old certificate is seen, and so it is back"
wanted jprs '{shell: "true"}' '  served: [443]'
impatient www
t 9 run
stands 3
err_has 'does not serve the new certificate' 'tegata renew www --force'
orders_before=$(orders)
t 0 run
is "orders" "$(orders)" "$orders_before"

step "kill -9 in the middle of a move: the next run ends it"
cat >"$work/killer" <<-END
	#!/bin/sh
	[ ! -e "$work/deadly" ] || { rm "$work/deadly"; kill -9 "\$PPID"; exit 1; }
	exec nginx -c "$work/nginx.conf" -s reload
END
chmod 755 "$work/killer"
: >"$work/deadly"
wanted jprs "$work/killer" '  served: [443]'
t 137 renew www --force
gone "$work/deadly"
serves 443 www.example.jp "$state/generations/www/000003/cert.pem"
is "noted" "$(noted www '[.moved_from, .moved_generation] | @csv')" '"other",3'
orders_before=$(orders)
t 0 run --json
json_is '.certificates[0] | [.outcome, .moved_from, .moved_back]' '["kept","other",false]'
stands 5
is "orders" "$(orders)" "$orders_before"
is "noted" "$(noted www .moved_from)" null
t 0 status
out_lacks 'deploy owed'

step "killed, and then it fails: back to what was there before"
: >"$work/deadly"
wanted other "$work/killer" '  served: [443]'
t 137 run
echo 'no_such_directive;' >>"$work/nginx.conf"
t 9 run --json
json_is '.certificates[0] | [.outcome, .moved_from, .moved_back]' '["kept","jprs",true]'
stands 5
cp "$work/nginx.conf.good" "$work/nginx.conf"

# ---- arriving

step "a classic certificate's files: kept beside ours once, as they were; nginx's configuration stays"
pki=$work/pki
mkdir -p "$pki/certs" "$pki/private"
openssl req -x509 -newkey rsa:2048 -nodes -days 300 -subj /CN=classic.example.jp \
	-addext subjectAltName=DNS:classic.example.jp -keyout "$pki/private/classic.key" \
	-out "$pki/certs/classic.crt" 2>"$work/openssl" || fail "$(cat "$work/openssl")"
chmod 640 "$pki/private/classic.key"
chown root:www-data "$pki/private/classic.key"
chmod 600 "$pki/certs/classic.crt"
cp -p "$pki/certs/classic.crt" "$pki/private/classic.key" "$work"
stopped "$nginx_pid"
nginx_start www
sed -i -e "s|$(live www fullchain)|$pki/certs/classic.crt|" -e "s|$(live www privkey)|$pki/private/classic.key|" \
	"$work/nginx.conf"
nginx -c "$work/nginx.conf" -s reload 2>>"$logs/nginx.reload"
serves 443 classic.example.jp "$work/classic.crt"
cp "$work/nginx.conf" "$work/nginx.conf.good"
arriving() {
	settings 'certificates:' '- name: classic' '  names: [classic.example.jp]' "  challenge: {webroot: $webroot}" \
		"  deploy: [$1]" '  served: [443]' '  outputs:' \
		"  - {copy: fullchain.pem, to: $pki/certs/classic.crt}" \
		"  - {copy: privkey.pem, to: $pki/private/classic.key, group: www-data, mode: \"0640\"}"
}
registered_fqdns example.jp shop.example.jp classic.example.jp
echo 'no_such_directive;' >>"$work/nginx.conf"
arriving "$(nginx_hook)"
t 9 run
err_has no_such_directive 'To go back to them' 'tegata deploy classic'
err_has "$pki/certs/classic.crt.before-tegata" "$pki/private/classic.key.before-tegata"
# What runs is as it was.
serves 443 classic.example.jp "$work/classic.crt"
cmp -s "$work/classic.crt" "$pki/certs/classic.crt.before-tegata" || fail "the classic certificate is not kept"
cmp -s "$work/classic.key" "$pki/private/classic.key.before-tegata" || fail "the classic key is not kept"
is "mode of the certificate kept" "$(stat -c '%a %U:%G' "$pki/certs/classic.crt.before-tegata")" '600 root:root'
is "mode of the key kept" "$(stat -c '%a %U:%G' "$pki/private/classic.key.before-tegata")" '640 root:www-data'

step "as the message says: back by copying the files"
for file in certs/classic.crt private/classic.key; do cp -a "$pki/$file.before-tegata" "$pki/$file"; done
cp "$work/nginx.conf.good" "$work/nginx.conf"
nginx -c "$work/nginx.conf" -s reload 2>>"$logs/nginx.reload"
serves 443 classic.example.jp "$work/classic.crt"

step "mended, and deployed again: the new one is served, without another order, and what is kept is the classic one"
orders_before=$(orders)
t 0 deploy classic
is "orders" "$(orders)" "$orders_before"
serves 443 classic.example.jp "$(live classic cert)"
cmp -s "$work/nginx.conf" "$work/nginx.conf.good" || fail "nginx's configuration has changed"
is "mode of the key" "$(stat -c '%a %U:%G' "$pki/private/classic.key")" '640 root:www-data'
t 0 renew classic --force
serves 443 classic.example.jp "$(live classic cert)"
for file in certs/classic.crt private/classic.key; do
	cmp -s "$work/${file##*/}" "$pki/$file.before-tegata" || fail "$file.before-tegata is not the classic one"
done
finish
