#!/bin/bash
# shellcheck disable=SC2034 # lib.sh reads them
# Revocation, by the account and by the certificate's own key.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx curl
named_start example.jp
nginx_start
pebble_start
registered_fqdns example.jp
settings 'certificates:' "- {name: one, names: [www.example.jp], challenge: {webroot: $webroot}}" \
	"- {name: two, names: [example.jp], challenge: {webroot: $webroot}}"
register
t 0 run
ca_says() {
	curl -sS --cacert "$ca" "https://localhost:15000/cert-status-by-serial/$(serial "$(live "$1" cert)" | cut -d = -f 2 | tr A-F a-f)"
}

step "nothing is revoked unasked"
t 2 revoke
t 2 revoke -n --cert-name no-such-certificate
err_has no-such-certificate
is "requests" "$(asked 'POST /revoke-cert')" 0

step "by the account"
t 0 revoke --cert-name one -n --reason superseded
ca_says one >"$work/said"
file_has "$work/said" Revoked
t 0 revoke --cert-name one -n
step "by the certificate's key"
t 0 revoke --cert-name two -n --use-certificate-key --reason keycompromise
ca_says two >"$work/said"
file_has "$work/said" Revoked

step "an old file by its path, with its key, by somebody without an account"
t 0 renew two --force
cp "$(live two cert)" "$work/old.pem"
cp "$(live two privkey)" "$work/old.key"
state=$work/var-other
t 0 --server "$server" revoke -n --cert-path "$work/old.pem" --key-path "$work/old.key"
state=$work/var
ca_says two >"$work/said"
file_has "$work/said" Revoked

step "a reason that does not exist"
t 2 revoke --cert-name one -n --reason because
err_has --reason keycompromise
finish
