#!/bin/bash
# Until it is served: after the hooks the services are looked at, certificate and intermediate, and what is wrong is owed.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx jq
named_start example.jp
nginx_start
pebble_start nonce_reject=0
registered_fqdns example.jp mail.example.jp
settings 'certificates:' "- {name: www, names: [www.example.jp], challenge: {webroot: $webroot}}"
register
t 0 run
stopped "$nginx_pid"
nginx_start www
serves 443 www.example.jp "$(live www cert)"
wanted() { settings 'certificates:' "- {name: www, names: [www.example.jp], challenge: {webroot: $webroot}, deploy: [$1], served: [$2]}"; }

step "a service that serves it"
wanted "$(nginx_hook)" 443
t 0 renew --force
holds_together www
serves 443 www.example.jp "$(live www cert)"
t 0 status --json
json_is '.certificates[0].deploy_owed' '[]'

step "a configuration that names cert.pem: the intermediate is missing, and that is a failed deploy"
sed -i 's/fullchain\.pem/cert.pem/' "$work/nginx.conf"
t 9 renew --force
err_has 443 'without its intermediate certificate' fullchain.pem
t 0 status
out_has 'deploy owed' 443

step "it is mended: the next run heals it, hooks included"
t 9 run -q
sed -i 's/cert\.pem/fullchain.pem/' "$work/nginx.conf"
t 0 run
t 0 status --json
json_is '.certificates[0].deploy_owed' '[]'
before=$(asked)
t 0 run
is "requests" "$(asked)" "$before"

step "a hook that reloads nothing: the old certificate is still there, and both are named"
wanted "{shell: \"true\"}" 443
old=$(serial "$(live www cert)" | cut -d = -f 2 | tr A-F a-f)
impatient www
t 9 renew --force
err_has 'does not serve the new certificate' "$old" "$(serial "$(live www cert)" | cut -d = -f 2 | tr A-F a-f)"
nginx -c "$work/nginx.conf" -s reload 2>>"$logs/nginx.reload"
serves 443 www.example.jp "$(live www cert)"
t 0 run

step "two types of key on one nginx: both are served, each is looked for"
settings 'certificates:' "- {name: www, names: [www.example.jp], key: [ecdsa-p256, rsa2048], challenge: {webroot: $webroot}}"
t 0 run
sed -i "s|listen 127.0.0.1:443 ssl;|& ssl_certificate $(live www+rsa2048 fullchain); ssl_certificate_key $(live www+rsa2048 privkey);|" "$work/nginx.conf"
settings 'certificates:' "- {name: www, names: [www.example.jp], key: [ecdsa-p256, rsa2048], challenge: {webroot: $webroot}, deploy: [$(nginx_hook)], served: [443]}"
t 0 run
t 0 renew www --force
is "the live generation" "$(readlink "$state/live/www+rsa2048")" ../generations/www+rsa2048/000002
t 0 status --json
json_is '.certificates | map(.deploy_owed) | add' '[]'
finish
