#!/bin/bash
# What makes a new certificate: other names, another key, --force, and time. What stays: the path.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx
named_start example.jp
nginx_start
pebble_start
registered_fqdns example.jp
wanted() { settings 'certificates:' "- {name: www, names: [$1], challenge: {webroot: $webroot}${2-}}"; }
generation() { is "the live generation" "$(readlink "$state/live/www")" "../generations/www/00000$1"; }
wanted www.example.jp
register
t 0 run
generation 1

step "other names"
wanted 'www.example.jp, example.jp'
t 0 run
generation 2
is "the names" "$(sans "$(live www cert)")" 'example.jp www.example.jp'
holds_together www
before=$(asked POST)
wanted 'example.jp, www.example.jp'
t 0 run
is "signed requests for another order of the names" "$(asked POST)" "$before"

step "another type of key"
wanted 'www.example.jp, example.jp' ', key: rsa2048'
t 0 run
generation 3
openssl x509 -in "$(live www cert)" -noout -text >"$work/text"
file_has "$work/text" 'Public-Key: (2048 bit)'

step "--force; each generation has a key of its own"
t 0 renew --force
generation 4
cmp -s "$state/generations/www/000003/privkey.pem" "$(live www privkey)" && fail "the key is the old one"
t 0 renew
generation 4
t 2 renew nothing-of-this-name
err_has nothing-of-this-name

step "renew does not make what never was"
settings 'certificates:' "- {name: www, names: [www.example.jp], challenge: {webroot: $webroot}}" \
	"- {name: other, names: [example.jp], challenge: {webroot: $webroot}}"
t 0 renew
gone "$state/live/other"
t 0 run
holds_together other

# Where the CA suggests a time, it is taken within an hour of it, which is more than such a life.
[ "${E2E_PEBBLE-}" != current ] || finish
step "time: at half of a short life the next run renews, earlier ones do not ask"
pebble_stop
mv "$state" "$state-before"
pebble_start validity=10
wanted www.example.jp
register
t 0 run
generation 1
renewed() {
	"$program" --config-dir "$conf" --state-dir "$state" run -q
	[ "$(readlink "$state/live/www")" = ../generations/www/000002 ]
}
until_true "a run renews the certificate" renewed
began=$(date -d "$(openssl x509 -in "$state/generations/www/000001/cert.pem" -noout -startdate | cut -d = -f 2)" +%s)
next=$(date -d "$(openssl x509 -in "$state/generations/www/000002/cert.pem" -noout -startdate | cut -d = -f 2)" +%s)
[ $((next - began)) -ge 4 ] || fail "it was renewed after $((next - began)) of 10 seconds"
finish
