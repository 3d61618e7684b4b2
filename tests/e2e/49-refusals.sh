#!/bin/bash
# shellcheck disable=SC2034 # lib.sh reads them
# What the CA refuses is told in its own words, then with what is likely behind it and what to do: nothing twice, and
# nothing more certain than it is.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx jq
named_start example.jp blocked.jp
mkdir -p "$webroot" "$work/other" "$work/nginx"
cat >"$work/nginx.conf" <<END
user www-data;
daemon off;
pid $work/nginx/pid;
error_log $logs/nginx info;
events { worker_connections 64; }
http {
	access_log $logs/nginx.access;
	client_body_temp_path $work/nginx/body;
	proxy_temp_path $work/nginx/proxy;
	fastcgi_temp_path $work/nginx/fastcgi;
	uwsgi_temp_path $work/nginx/uwsgi;
	scgi_temp_path $work/nginx/scgi;
	server { listen 127.0.0.1:80 default_server; server_name _; root $webroot; }
	server { listen 127.0.0.1:80; server_name secret.example.jp; root $webroot;
		auth_basic members; auth_basic_user_file $work/nginx/passwords; }
	server { listen 127.0.0.1:80; server_name region.example.jp; root $webroot; deny all; }
	server { listen 127.0.0.1:80; server_name lost.example.jp; root $work/other; }
}
END
echo 'member:{PLAIN}secret' >"$work/nginx/passwords"
nginx -c "$work/nginx.conf" >>"$logs/nginx.out" 2>&1 &
started nginx "$!" 127.0.0.1 80
dns_change 'update add alias.example.jp 1 CNAME gone.ns.example.jp.'
pebble_start nonce_reject=0
settings
printf '%s\n' "$hmac" >"$work/hmac"
printf '%s\n' "$hmac2" >"$work/hmac2"
all=(secret.example.jp region.example.jp lost.example.jp nowhere.example.jp gone.ns.example.jp alias.example.jp blocked.jp)
registered_fqdns "${all[@]}"

# part NAME: what was told of this certificate, for file_has.
part() {
	awk -v start="tegata: $1: " 'index($0, "tegata: ") == 1 { on = index($0, start) == 1 } on' "$work/err" >"$work/$1.part"
	[ -s "$work/$1.part" ] || fail "nothing is told of $1"
	echo "$work/$1.part"
}
# No sentence comes twice in what was told of one certificate.
said_once() {
	local file twice
	for file; do
		twice=$(tail -n +2 "$file" | sed 's/^ *what to do: //; s/\. /.\n/g; s/。/。\n/g' |
			sed 's/^\(Most likely\|Possibly\|Or possibly\) //' | grep -v '^ *$' | sort | uniq -d)
		[ -z "$twice" ] || fail "said twice in ${file##*/}: $twice"
	done
}
# certain FILE, guessed FILE: how sure it is of the first cause.
certain() { is "how often it is certain" "$(grep -o 'Most likely' "$1" | wc -l)" 1; }
guessed() {
	file_has "$1" 'what to do: Possibly'
	file_lacks "$1" 'Most likely'
}

step "EAB credentials that the CA does not know, and a key that is not theirs"
for words in "nobody $work/hmac references a key that is not known" "$kid $work/hmac2 external account binding"; do
	read -r id file text <<<"$words"
	t 7 register -n -m admin@example.jp --agree-tos --eab-kid "$id" --eab-hmac-key-file "$file"
	err_has "$text" '(unauthorized)' '--eab-kid' \
		'Most likely the CA does not know these EAB credentials, or they were used before'
	said_once "$work/err"
done
t 7 --json register -n -m admin@example.jp --agree-tos --eab-kid nobody --eab-hmac-key-file "$work/hmac"
json_is '.error | [.kind, .problem_type, .http_status]' '["ca","unauthorized",403]'
jq -e '.error | (.cause | contains("references a key that is not known")) and (.advice | startswith("Most likely"))' \
	"$work/out" >"$work/jq" || fail "cause and advice are not in the JSON"
register

step "validation: each in the CA's words, with its own cause"
certificate() { echo "- {name: $1, names: [$2], challenge: {webroot: $webroot}}"; }
wanted=(
	"$(certificate secret secret.example.jp)"
	"$(certificate region region.example.jp)"
	"$(certificate lost lost.example.jp)"
	"$(certificate nowhere nowhere.example.jp)"
	"$(certificate gone gone.ns.example.jp)"
	"$(certificate alias alias.example.jp)"
	"$(certificate blocked blocked.jp)"
)
settings 'certificates:' "${wanted[@]}"
# The exit status is that of the first.
t 8 run
file_has "$(part secret)" secret.example.jp 'returned 401 (unauthorized)' 'Most likely the site asks for a password'
file_lacks "$(part secret)" ossibly
file_has "$(part region)" region.example.jp 'returned 403 (unauthorized)' \
	'Most likely the CA looks from several places' 'a filter by country' 'Or possibly the CA got something else'
file_has "$(part lost)" lost.example.jp 'returned 404 (unauthorized)' \
	'Most likely the CA got something else' 'Check the webroot'
file_lacks "$(part lost)" ossibly
file_has "$(part nowhere)" nowhere.example.jp 'connection refused (connection)' \
	'Most likely the CA cannot reach the server' 'port 80 is open to the whole world'
for name in gone alias; do
	file_has "$(part "$name")" 'could not resolve' '(connection)' 'Most likely the name cannot be looked up from outside'
	file_lacks "$(part "$name")" 'port 80 is open' ossibly
done
for name in secret region lost nowhere gone alias; do
	certain "$(part "$name")"
	file_lacks "$(part "$name")" 'registered, paid'
done

step "an order that is refused: nothing is certain of the contract"
file_has "$(part blocked)" 'forbidden by policy: "blocked.jp" (rejectedIdentifier)' \
	'under which nothing was issued so far' 'Check on the customer page' 'it is not known in which words this CA says that it is not'
guessed "$(part blocked)"
said_once "$work"/*.part
t 0 status --json
jq -r '.certificates[] | select(.name == "secret") | .last_error' "$work/out" >"$work/last"
file_has "$work/last" 'returned 401 (unauthorized)'

step "the same in JSON"
t 7 renew blocked --force --json
json_is '.certificates[0].error | [.kind, .problem_type, .http_status]' '["ca","rejectedIdentifier",400]'
jq -e '.certificates[0].error | (.cause | contains("\"blocked.jp\" (rejectedIdentifier)")) and (.advice | startswith("Possibly"))' \
	"$work/out" >"$work/jq" || fail "cause and advice are not in the JSON"
err_lacks rejectedIdentifier
t 8 renew secret --force --json
json_is '.certificates[0].error | [.kind, .problem_type]' '["challenge","unauthorized"]'
jq -e '.certificates[0].error | (.cause | contains("returned 401")) and (.advice | contains("Basic authentication"))' \
	"$work/out" >"$work/jq" || fail "cause and advice are not in the JSON"

step "its period is about to end: the CA's books count, not ours"
in_japan() { TZ=Asia/Tokyo date "$@" +%F; }
middle=$(in_japan | sed 's/..$/15/')
day=$(in_japan -d "$(in_japan -d "${middle%15}01 1 month") 1 day ago")
printf '%s\n' '- fqdn: blocked.jp' "  first_issued: $(in_japan -d "$middle 12 months ago")" >"$conf/entitlements.yaml"
settings 'certificates:' "$(certificate blocked blocked.jp)"
t 7 renew blocked --force --accept-list
file_has "$(part blocked)" 'the period of the entry blocked.jp has ended' "$day" "the CA's books count"
guessed "$(part blocked)"

step "it lives by a renewal that was noted: perhaps it is not paid"
printf '%s\n' '- fqdn: blocked.jp' "  first_issued: $(in_japan -d "$middle 14 months ago")" '  renewed: 1' \
	>"$conf/entitlements.yaml"
t 7 renew blocked --force
file_has "$(part blocked)" 'the renewal of blocked.jp that the list tells of has not been paid, or not been booked yet'
guessed "$(part blocked)"
said_once "$(part blocked)"

step "its period has ended by our own list: refused here, once, with the day, and the CA is not asked"
printf '%s\n' '- fqdn: blocked.jp' '  ends: 2026-01-31' >"$conf/entitlements.yaml"
before=$(orders)
t 4 renew blocked --force
is "orders" "$(orders)" "$before"
err_has blocked.jp 2026-01-31
is "how often it is told" "$(grep -c 2026-01-31 "$work/err")" 1
err_lacks 'ossibly' 'Most likely'

step "in Japanese: the CA's words as they are, ours translated"
locales=$(grep -aoE '/[[:alnum:]/_.+-]+/share/locale' "$program" | head -n 1)
if command -v msgfmt >/dev/null 2>&1 && [ -n "$locales" ] && [ -d "${locales%/*}" ] &&
	mount -t tmpfs locales "${locales%/*}" 2>/dev/null; then
	mkdir -p "$locales/ja/LC_MESSAGES"
	msgfmt -o "$locales/ja/LC_MESSAGES/tegata.mo" "$src/po/ja.po" || fail "msgfmt"
	translated() { LANGUAGE=ja TEXTDOMAINDIR=$locales gettext -d tegata "$1"; }
	registered_fqdns "${all[@]}"
	settings 'certificates:' "${wanted[@]}"
	LANGUAGE=ja t 8 renew secret --force
	err_has 'returned 401 (unauthorized)'
	said_once "$work/err"
	advice='the site asks for a password (Basic authentication). Let /.well-known/acme-challenge/ through without one.'
	for text in 'what to do' "$advice"; do
		said=$(translated "$text")
		[ "$said" = "$text" ] || err_has "$said"
	done
	certainly=$(translated 'Most likely %s')
	[ "$certainly" = 'Most likely %s' ] || err_lacks 'Most likely'
fi
finish
