#!/bin/bash
# --json: each command prints one object with its schema and nothing else, when it goes well and when it does not.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need jq named nginx
named_start example.jp
nginx_start
pebble_start
registered_fqdns example.jp
settings 'certificates:' "- {name: www, names: [www.example.jp], challenge: {webroot: $webroot}, deploy: {shell: \"test ! -e $work/broken\"}}"

# json STATUS SCHEMA OK ARGUMENT...
json() {
	local status=$1 schema=$2 ok=$3
	shift 3
	t "$status" --json "$@"
	is "how many JSON objects there are" "$(jq -c type "$work/out" 2>&1)" '"object"'
	is "the schema" "$(jq -r .schema "$work/out")" "$schema"
	is "ok" "$(jq -r .ok "$work/out")" "$ok"
}
value() { is "$1" "$(jq -c "$1" "$work/out")" "$2"; }
printf '%s\n' "$hmac" >"$work/hmac"

step "commands that send nothing"
json 0 tegata.check.v1 true check
json 4 tegata.check.v1 false check -d a.example.jp
json 0 tegata.config-check.v1 true config check
json 0 tegata.version.v1 true version
json 0 tegata.entitlements.v1 true entitlements
value '.entries | map(.fqdn)' '["example.jp"]'
json 0 tegata.entitlements-change.v1 true entitlements add new.example.jp --dry-run
json 2 tegata.error.v1 false entitlements add new.example.jp --ends 2027-02-29
json 0 tegata.entitlements-suggest.v1 true entitlements suggest a.example.jp
value '.add | map(.fqdn)' '["a.example.jp"]'
json 0 tegata.entitlements-advise.v1 true entitlements advise
json 0 tegata.entitlements-learn.v1 true entitlements learn
json 0 tegata.forecast.v1 true forecast
json 0 tegata.forecast.v1 true forecast --lifetime 47d
json 2 tegata.status-check.v1 false status --check
value .level '"CRITICAL"'
json 2 tegata.error.v1 false check -d example.jp --at never
value .error.kind '"usage"'
json 2 tegata.error.v1 false no-such-command

step "register"
json 0 tegata.register.v1 true register -n -m a@example.jp --agree-tos --eab-kid "$kid" --eab-hmac-key-file "$work/hmac"
json 0 tegata.register.v1 true register -n -m a@example.jp --agree-tos --eab-kid "$kid" --eab-hmac-key-file "$work/hmac"

step "run, renew, deploy"
json 0 tegata.run.v1 true run
value '.certificates[0].outcome' '"issued"'
value '.certificates[0].reason' '"missing"'
value '.certificates[0].generation' 1
value '.certificates[0].deploy_owed' 0
json 0 tegata.run.v1 true run
value '.certificates[0].outcome' '"kept"'
json 0 tegata.run.v1 true run
value .requests 0
: >"$work/broken"
json 9 tegata.run.v1 false renew --force
value '.certificates[0].outcome' '"issued"'
value '.certificates[0].deploy_owed' 1
value '.certificates[0].deploy_error.kind' '"hook"'
json 9 tegata.run.v1 false deploy
rm "$work/broken"
json 0 tegata.run.v1 true deploy

step "certonly"
json 0 tegata.run.v1 true certonly -n -d example.jp --webroot -w "$webroot"
json 4 tegata.error.v1 false certonly -n -d a.example.jp --webroot -w "$webroot"
value .error.kind '"refused"'

step "status"
json 0 tegata.status.v1 true status
value '.certificates | map(.name) | sort' '["example.jp","www"]'

step "revoke"
json 0 tegata.revoke.v1 true revoke -n --cert-name www

step "broken settings"
echo 'nonsense: 1' >"$conf/tegata.yaml"
json 3 tegata.config-check.v1 false config check
json 3 tegata.error.v1 false run
value .error.kind '"config"'
finish
