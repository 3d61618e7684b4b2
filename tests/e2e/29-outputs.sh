#!/bin/bash
# Files made of a certificate before its hooks run: HAProxy serves the combined one, openssl reads the PKCS#12, copies have
# their owner and mode; one that cannot be written keeps the hooks waiting.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named haproxy
named_start example.jp
mkdir "$work/pem" "$work/copies"
haproxy_start() {
	cat >"$work/haproxy.cfg" <<-END
		defaults
			mode http
			timeout connect 5s
			timeout client 5s
			timeout server 5s
		frontend http
			bind 127.0.0.1:80
			default_backend tegata
		backend tegata
			server responder 127.0.0.1:8402
	END
	[ -z "${1-}" ] || printf 'frontend https\n\tbind 127.0.0.1:443 ssl crt %s/pem/www.pem\n\thttp-request deny\n' "$work" >>"$work/haproxy.cfg"
	haproxy -W -db -f "$work/haproxy.cfg" -p "$work/haproxy.pid" >>"$logs/haproxy" 2>&1 &
	haproxy_pid=$!
	started HAProxy "$haproxy_pid" 127.0.0.1 80
}
haproxy_start
pebble_start nonce_reject=0
registered_fqdns example.jp
(umask 077 && echo 'a password' >"$work/password")
wanted() {
	settings 'certificates:' '- name: www' '  names: [www.example.jp]' '  challenge: {standalone: {port: 8402, addresses: [127.0.0.1]}}' \
		'  outputs:' "  - {combined: \"$work/pem/{name}.pem\", group: nogroup, mode: \"0640\"}" \
		"  - {pkcs12: $work/www.p12, password_file: $work/password}" \
		"  - {copy: fullchain.pem, to: $work/copies/chain.pem, owner: nobody}" "$@" \
		"  deploy: [{shell: \"cp $work/pem/www.pem $work/seen; [ ! -e $work/reload ] || kill -USR2 \$(cat $work/haproxy.pid)\"}]"
}
wanted
register

step "all are written, then the hooks are run"
t 0 run
holds_together www
cat "$(live www fullchain)" "$(live www privkey)" | cmp -s - "$work/pem/www.pem" || fail "www.pem is not chain and key"
cmp -s "$work/seen" "$work/pem/www.pem" || fail "the hook did not see the file"
is "mode of the combined file" "$(stat -c '%a %G' "$work/pem/www.pem")" '640 nogroup'
is "the copy" "$(stat -c '%a %U' "$work/copies/chain.pem")" '644 nobody'
cmp -s "$work/copies/chain.pem" "$(live www fullchain)" || fail "the copy is none"
is "mode of the PKCS#12 file" "$(mode "$work/www.p12")" 600
openssl pkcs12 -in "$work/www.p12" -passin file:"$work/password" -nodes -out "$work/p12.pem" 2>"$work/openssl" || fail "$(cat "$work/openssl")"
is "the certificate in it" "$(fingerprint "$work/p12.pem")" "$(fingerprint "$(live www cert)")"
is "the key in it" "$(openssl pkey -in "$work/p12.pem" -pubout)" "$(openssl pkey -in "$(live www privkey)" -pubout)"
is "certificates in it" "$(grep -c 'BEGIN CERTIFICATE' "$work/p12.pem")" "$(grep -c 'BEGIN CERTIFICATE' "$(live www fullchain)")"

step "HAProxy serves it, and the next one after the hook"
stopped "$haproxy_pid"
: >"$work/reload"
haproxy_start tls
wanted '  served: [443]'
t 0 run
t 0 renew --force
serves 443 www.example.jp "$(live www cert)"
cmp -s "$work/copies/chain.pem" "$(live www fullchain)" || fail "the copy is the old one"

step "a folder that is not there: told, the hooks wait, the others are written"
cp "$work/seen" "$work/seen.before"
wanted "  - {copy: cert.pem, to: $work/nowhere/cert.pem}"
t 10 renew --force
err_has "$work/nowhere" 'are not run until all outputs are written'
cmp -s "$work/seen" "$work/seen.before" || fail "the hook was run"
cmp -s "$work/copies/chain.pem" "$(live www fullchain)" || fail "the copy is the old one"
t 0 status
out_has 'deploy owed' "$work/nowhere/cert.pem"

step "a folder that others can write to"
mkdir "$work/nowhere"
chmod 777 "$work/nowhere"
t 3 run
err_has "$work/nowhere" 'who could put something else there'

step "it is mended: everything owed is done, and no more"
chmod 755 "$work/nowhere"
t 0 run
cmp -s "$work/nowhere/cert.pem" "$(live www cert)" || fail "the file is not the certificate"
serves 443 www.example.jp "$(live www cert)"
rm "$work/seen"
t 0 run
gone "$work/seen"
finish
