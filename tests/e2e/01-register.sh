#!/bin/bash
# Registration with credentials that work once: where they may come from, what is kept, what is not.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
pebble_start nonce_reject=20
settings
printf '%s\n' "$hmac" >"$work/hmac"
common=(register -n -m admin@example.jp --agree-tos)

step "without credentials nothing but the directory is asked for"
t 2 "${common[@]}"
err_has 'EAB' '--eab-kid'
is "accounts asked for" "$(asked 'POST /sign-me-up')" 0

step "without agreeing to the terms"
t 2 register -n -m admin@example.jp --eab-kid "$kid" --eab-hmac-key-file "$work/hmac"
err_has 'terms' '--agree-tos'
is "accounts asked for" "$(asked 'POST /sign-me-up')" 0

step "a wrong HMAC key is refused by the CA, in its words, and leaves no account behind"
echo "$hmac2" >"$work/wrong"
t 7 "${common[@]}" --eab-kid "$kid" --eab-hmac-key-file "$work/wrong"
err_has 'the CA answers'
t 0 status
out_lacks "$kid"

step "a key id that the CA does not know"
t 7 "${common[@]}" --eab-kid nobody --eab-hmac-key-file "$work/hmac"
err_has 'the CA answers'

step "no base64 is told before anything is sent"
echo 'n*t base64' >"$work/broken"
before=$(asked 'POST')
t 2 "${common[@]}" --eab-kid "$kid" --eab-hmac-key-file "$work/broken"
err_has 'base64'
is "signed requests" "$(asked 'POST')" "$before"

step "from a file"
t 0 "${common[@]}" --eab-kid "$kid" --eab-hmac-key-file "$work/hmac"
key=$(find "$state/accounts" -name key.pem)
is "mode of the account's key" "$(mode "$key")" 600
is "mode of its folder" "$(mode "$(dirname "$key")")" 700
openssl pkey -in "$key" -noout -text >"$work/key" 2>&1
file_has "$work/key" 'ASN1 OID: prime256v1'

step "again: the account that is there; the CA is asked about it by its key alone, nothing is made"
made=$(asked 'accounts in memory')
[ "$made" -ge 1 ] || fail "Pebble does not say what it makes"
t 0 "${common[@]}" --eab-kid "$kid" --eab-hmac-key-file "$work/hmac"
is "accounts made" "$(asked 'accounts in memory')" "$made"
out_has already
before=$(asked)

step "the other credentials at the same server need a word in the settings"
t 3 "${common[@]}" --eab-kid "$kid2" --eab-hmac-key "$hmac2"
err_has 'eab_kid'
is "requests" "$(asked)" "$before"

step "from standard input"
state=$work/var-stdin
from_stdin() { "$program" --config-dir "$conf" --state-dir "$state" "${common[@]}" --eab-kid "$kid" --eab-hmac-key-file - <"$work/hmac"; }
run 0 from_stdin
there "$(find "$state/accounts" -name key.pem)"

step "as flags, as certbot has them: accepted with a warning; padded and plain base64 too"
state=$work/var-flags
t 0 "${common[@]}" --eab-kid "$kid2" --eab-hmac-key "$(printf %s "$hmac2" | tr -- '-_' '+/')="
err_has 'warning'
there "$(find "$state/accounts" -name key.pem)"

step "without settings, everything by flags; RSA as the account's key"
state=$work/var-bare
conf=$work/etc-bare
t 0 "${common[@]}" --server "$server" --ca-file "$ca" --eab-kid "$kid" --eab-hmac-key-file "$work/hmac" --account-key rsa2048
openssl pkey -in "$(find "$state/accounts" -name key.pem)" -noout -text >"$work/key" 2>&1
file_has "$work/key" '2048 bit'

step "the CA's TLS certificate is verified"
state=$work/var-untrusted
t 6 "${common[@]}" --server "$server" --eab-kid "$kid" --eab-hmac-key-file "$work/hmac"
err_has 'certificate'

step "no secret is kept or told"
t 0 -v -v register -n -m admin@example.jp --agree-tos --server "$server" --ca-file "$ca" --eab-kid "$kid" --eab-hmac-key-file "$work/hmac"
for secret in "$hmac" "$hmac2"; do
	! grep -rlF -e "$secret" "$work"/var* "$work"/etc* "$work/out" "$work/err" || fail "the HMAC key is in these files"
done
finish
