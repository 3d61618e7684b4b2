#!/bin/bash
# From the list of registered FQDNs to nginx serving the new certificate: http-01 through its own webroot.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need nginx named
named_start example.jp
nginx_start
pebble_start
settings
registered_fqdns example.jp
register

step "certonly, as with certbot"
t 0 certonly -n -d example.jp -d www.example.jp --webroot -w "$webroot" --key-type rsa2048
holds_together example.jp
is "the names" "$(sans "$(live example.jp cert)")" 'example.jp www.example.jp'
openssl x509 -in "$(live example.jp cert)" -noout -text >"$work/text"
file_has "$work/text" 'Public-Key: (2048 bit)'

step "files, modes and links as documented; nothing of the challenge is left"
is "the link" "$(readlink "$state/live/example.jp")" ../generations/example.jp/000001
is "mode of the key" "$(mode "$(live example.jp privkey)")" 600
is "mode of the state folder" "$(mode "$state")" 700
there "$conf/conf.d/example.jp.yaml"
there "$(live example.jp)/meta.json"
empty_folder "$webroot"
gone "$webroot/.well-known"
empty_folder "$state/journal"
file_has "$logs/nginx.access" '/.well-known/acme-challenge/'

step "status knows it"
t 0 status
out_has example.jp www.example.jp

step "nothing is due: once known what the CA says of renewal, not one request is made"
t 0 run
before=$(asked)
t 0 run
is "requests" "$(asked)" "$before"
t 0 run -q
is "what a quiet run says" "$(out)$(err)" ""
t 0 certonly -n -d example.jp -d www.example.jp --webroot -w "$webroot" --key-type rsa2048
is "requests" "$(asked)" "$before"

step "nginx serves it over TLS, and the shipped hook makes it serve the next one"
stopped "$nginx_pid"
nginx_start example.jp
serves 443 www.example.jp "$(live example.jp cert)"
rm "$conf/conf.d/example.jp.yaml"
settings 'certificates:' "- {names: [example.jp, www.example.jp], challenge: {webroot: $webroot}, deploy: [$(nginx_hook)]}"
old=$(serial "$(live example.jp cert)")
t 0 renew example.jp --force
holds_together example.jp
[ "$(serial "$(live example.jp cert)")" != "$old" ] || fail "it is the same certificate"
is "the link" "$(readlink "$state/live/example.jp")" ../generations/example.jp/000002
serves 443 www.example.jp "$(live example.jp cert)"
[ "$(cat "$work/nginx/pid")" = "$nginx_pid" ] || fail "nginx was restarted, not reloaded"

step "a broken configuration of nginx: the certificate is there, the hook is owed, nginx goes on"
cp "$work/nginx.conf" "$work/nginx.good"
echo 'nonsense;' >>"$work/nginx.conf"
cp "$(live example.jp cert)" "$work/serving.pem"
t 9 renew --force
err_has 'nginx' 'nonsense'
serves 443 www.example.jp "$work/serving.pem"
cp "$work/nginx.good" "$work/nginx.conf"
t 0 run
serves 443 www.example.jp "$(live example.jp cert)"
finish
