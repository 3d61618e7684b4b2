#!/bin/bash
# Keys: several types under one name, kept, made early, or made elsewhere.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx jq
named_start example.jp
nginx_start
pebble_start nonce_reject=0
registered_fqdns example.jp outside.example.jp
wanted() { settings "defaults: {challenge: {webroot: $webroot}}" 'certificates:' "$@"; }
spki() { openssl x509 -in "$1" -noout -pubkey; }
tlsa() { openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d ' ' -f 1; }
generation() { is "the live generation" "$(readlink "$state/live/$1")" "../generations/$1/00000$2"; }

step "two types of key are two certificates under one name"
wanted '- {name: www, names: [www.example.jp, example.jp], key: [ecdsa-p256, rsa2048]}'
register
t 0 run
holds_together www
holds_together www+rsa2048
openssl x509 -in "$(live www cert)" -noout -text >"$work/text"
file_has "$work/text" 'NIST CURVE: P-256'
openssl x509 -in "$(live www+rsa2048 cert)" -noout -text >"$work/text"
file_has "$work/text" 'Public-Key: (2048 bit)'
is "the names" "$(sans "$(live www+rsa2048 cert)")" 'example.jp www.example.jp'
t 0 renew www+rsa2048 --force
generation www 1
generation www+rsa2048 2
t 0 renew www --force
generation www 2
generation www+rsa2048 3
t 0 run --json
json_is '.certificates | map(.group)' '["www","www"]'
t 0 status
out_has www+rsa2048

step "each has a key of its own each time, unless it is to be kept"
wanted '- {name: new, names: [www.example.jp]}' '- {name: kept, names: [www.example.jp], reuse_key: true}'
t 0 run
for name in new kept; do spki "$(live $name cert)" >"$work/$name.before"; done
t 0 renew --force
[ "$(spki "$(live new cert)")" != "$(cat "$work/new.before")" ] || fail "the key is the old one"
is "the key" "$(spki "$(live kept cert)")" "$(cat "$work/kept.before")"
holds_together kept

step "a key made early is shown for its TLSA record, and is the next one"
wanted '- {name: dane, names: [www.example.jp], next_key: true}'
t 0 run
next=$(openssl pkey -in "$state/keys/dane.next.pem" -pubout -outform DER | sha256sum | cut -d ' ' -f 1)
is "mode of the early key" "$(mode "$state/keys/dane.next.pem")" 600
t 0 status
out_has "$(tlsa "$(live dane cert)")" "$next"
t 0 renew dane --force
holds_together dane
is "the key" "$(tlsa "$(live dane cert)")" "$next"
t 0 status --json
[ "$(jq -r '.certificates[] | select(.name == "dane").next_spki_sha256' "$work/out")" != "$next" ] || fail "there is no new next key"

step "a request made elsewhere: its key never comes here"
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=outside.example.jp \
	-addext subjectAltName=DNS:outside.example.jp -keyout "$work/outside.key" -out "$work/outside.csr" 2>"$work/openssl"
wanted "- {name: outside, names: [outside.example.jp], csr: $work/outside.csr}"
t 0 run
generation outside 1
gone "$(live outside privkey)"
is "the key" "$(spki "$(live outside cert)")" "$(openssl pkey -in "$work/outside.key" -pubout)"
t 0 run
generation outside 1
t 0 renew outside --force
generation outside 2
gone "$(live outside privkey)"
is "the key" "$(spki "$(live outside cert)")" "$(openssl pkey -in "$work/outside.key" -pubout)"
[ -z "$(find "$state/generations/outside" -name privkey.pem)" ] || fail "there is a private key"

step "another request is another certificate; one for other names is a mistake"
before=$(asked POST)
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / -addext subjectAltName=DNS:example.jp \
	-keyout "$work/outside.key" -out "$work/outside.csr" 2>"$work/openssl"
t 3 config check
err_has "$work/outside.csr" 'other names'
t 3 renew outside --force
err_has "$work/outside.csr" 'other names'
is "signed requests" "$(asked POST)" "$before"
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / -addext subjectAltName=DNS:outside.example.jp \
	-keyout "$work/outside.key" -out "$work/outside.csr" 2>"$work/openssl"
t 0 renew
generation outside 3
is "the key" "$(spki "$(live outside cert)")" "$(openssl pkey -in "$work/outside.key" -pubout)"

step "certonly --csr, as with certbot"
wanted
t 0 certonly -n --csr "$work/outside.csr" --cert-name flag --webroot -w "$webroot"
is "the names" "$(sans "$(live flag cert)")" outside.example.jp
gone "$(live flag privkey)"
finish
