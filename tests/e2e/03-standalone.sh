#!/bin/bash
# http-01 by the built-in responder, over IPv4 and IPv6, side by side with a dns-01 challenge that looks at it meanwhile.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named curl nginx pgrep
named_start example.jp
pebble_start
settings
registered_fqdns example.jp v6.example.jp dns.example.jp taken.example.jp
register

step "IPv4"
t 0 certonly -n -d www.example.jp --standalone
holds_together www.example.jp
! listens 127.0.0.1 80 || fail "the responder still listens"

step "while the CA looks: its own tokens alone, nothing else of the machine"
# The second name leads the CA to a server that takes the connection and never answers.
dns_change 'update add dns.example.jp. 1 A 127.0.0.2'
nginx_start '' 127.0.0.2
mapfile -t nginx_pids < <(pgrep -P "$nginx_pid"; echo "$nginx_pid")
kill -STOP "${nginx_pids[@]}"
settings 'certificates:' '- {name: both, names: [example.jp, dns.example.jp], challenge: {standalone: {addresses: [127.0.0.1]}}}'
"$program" --config-dir "$conf" --state-dir "$state" run >"$work/out" 2>"$work/err" </dev/null &
background=$!
told() { [ "$(asked 'POST /chalZ')" -ge 3 ]; }
until_true "the CA is told of both challenges" told
for path in / /.well-known/acme-challenge/ /.well-known/acme-challenge/unknown-token-of-somebody /../../etc/passwd; do
	is "what $path gives" "$(curl -s -o /dev/null --path-as-is --max-time 10 -w '%{http_code}' "http://127.0.0.1$path")" 404
done
kill -TERM "$background"
wait "$background"
is "the exit status" $? 12
! listens 127.0.0.1 80 || fail "the responder still listens"
kill -CONT "${nginx_pids[@]}"
stopped "$nginx_pid"

step "a port that is taken is told, with who may sit there"
# A name of its own: Pebble uses a valid authorization again, now and then, even when told never to.
settings 'certificates:' '- {names: [taken.example.jp], name: taken, challenge: {standalone: true}}'
nginx_start
t 8 run
err_has 'port 80' 'webroot'
stopped "$nginx_pid"

step "IPv6"
ip -6 addr show dev lo | grep -q ::1 || skip "IPv4 is proven; this machine has no IPv6"
dns_change 'update add v6.example.jp. 1 AAAA ::1'
settings 'certificates:' '- {names: [v6.example.jp], challenge: {standalone: true}}'
t 0 run
holds_together v6.example.jp
finish
