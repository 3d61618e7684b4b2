#!/bin/bash
# One name that cannot be validated fails its own certificate, is named with the CA's words, and keeps nothing else back.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx
named_start example.jp blocked.jp
nginx_start
pebble_start
registered_fqdns example.jp nowhere.example.jp blocked.jp good.example.jp missing.example.net elsewhere.example.jp
settings 'defaults:' "  challenge: {webroot: $webroot}" 'certificates:' '- {name: bad, names: [good.example.jp, nowhere.example.jp]}' \
	'- {name: good, names: [example.jp, www.example.jp]}'
register

step "nowhere.example.jp has an address without a server"
t 8 run
holds_together good
gone "$state/live/bad"
err_has bad nowhere.example.jp 127.9.9.9 'Most likely the CA cannot reach the server' 'port 80 is open to the whole world'
err_lacks 'good.example.jp: the'
empty_folder "$webroot"
empty_folder "$state/journal"
t 0 status
out_has nowhere.example.jp

step "a refusal by the CA's own policy, in its words"
settings 'defaults:' "  challenge: {webroot: $webroot}" 'certificates:' '- {name: blocked, names: [example.jp, blocked.jp]}'
t 7 run
err_has blocked.jp 'the CA answers' rejectedIdentifier 'Possibly the entry' 'registered, paid for and in its period'
gone "$state/live/blocked"

step "a name that does not exist"
settings 'defaults:' "  challenge: {webroot: $webroot}" 'certificates:' '- {names: [missing.example.net]}'
t 8 run
err_has missing.example.net
empty_folder "$webroot"

step "the webroot of another server: the CA sees something else"
mkdir "$work/elsewhere"
settings 'certificates:' "- {names: [elsewhere.example.jp], challenge: {webroot: $work/elsewhere}}"
t 8 run
err_has elsewhere.example.jp 'Most likely the CA got something else than the response' 'Check the webroot'
empty_folder "$work/elsewhere"

step "it waits to be tried again, but not when the settings are mended"
before=$(asked)
t 8 run
is "requests" "$(asked)" "$before"
settings 'certificates:' "- {names: [elsewhere.example.jp], challenge: {webroot: $webroot}}"
t 0 run
holds_together elsewhere.example.jp

step "the site wants a password, of the CA too"
sed -i 's|root [^;]*;|& auth_basic closed; auth_basic_user_file /nowhere;|' "$work/nginx.conf"
kill -HUP "$nginx_pid"
closed() { [ "$(curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1/)" = 401 ]; }
until_true "the site wants a password" closed
settings 'certificates:' "- {names: [good.example.jp], challenge: {webroot: $webroot}}"
t 8 run
err_has good.example.jp 401 'Most likely the site asks for a password (Basic authentication)'
finish
