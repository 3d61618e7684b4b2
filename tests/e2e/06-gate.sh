#!/bin/bash
# An order that the list does not cover: exit status 4, the nearest entry and what to register, and not one connection.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
settings
printf '%s\n' '- example.jp' '- "*.shop.example.jp"' '- fqdn: 日本語.jp' '  ends: 2020-01-31' >"$conf/entitlements.yaml"

step "check"
t 4 check -d www.example.jp -d a.example.jp
out_has a.example.jp
t 0 check -d www.example.jp -d example.jp -d '*.shop.example.jp' -d shop.example.jp
t 4 check -d www.shop.example.jp
t 4 check -d 日本語.jp
t 0 check -d 日本語.jp --at 2020-01-31
t 4 check -d 日本語.jp --at 2020-02-01

step "check --json says it exactly"
need jq
t 4 check --json -d WWW.example.jp. -d www.example.jp -d a.example.jp -d xn--wgv71a119e.jp -d 'a b' --at 2026-11-22T09:00:00+09:00
is schema "$(jq -r .schema "$work/out")" tegata.check.v1
is ok "$(jq -r .ok "$work/out")" false
is at "$(jq -r .at "$work/out")" 2026-11-22T09:00:00+09:00
is limit "$(jq -r .limit "$work/out")" 100
is "the names" "$(jq -c '.names | map(.name)' "$work/out")" '["www.example.jp","a.example.jp","xn--wgv71a119e.jp",null]'
is "by" "$(jq -c '.names[0].by' "$work/out")" '["example.jp"]'
is "the reasons" "$(jq -c '.names | map(.reason)' "$work/out")" '[null,"not-registered","entry-ended","invalid-name"]'
is "register" "$(jq -c '.names[1].register' "$work/out")" '["a.example.jp"]'
is "nearest" "$(jq -r '.names[1].nearest' "$work/out")" example.jp
is "unicode" "$(jq -r '.names[2].unicode' "$work/out")" 日本語.jp
is "input" "$(jq -r '.names[3].input' "$work/out")" 'a b'

step "nothing of it needs the network: every command is refused before a socket is made"
pebble_start
register
before=$(asked)
settings 'certificates:' '- {names: [a.example.jp], challenge: {standalone: true}}'
tracer=()
if command -v strace >/dev/null 2>&1 && strace -o /dev/null true 2>/dev/null; then
	tracer=(strace -f -qq -e "trace=socket,socketpair,connect,execve,fork,vfork,clone" -o "$work/trace")
	export ASAN_OPTIONS=detect_leaks=0
fi
for command in 'certonly -n -d a.example.jp --standalone' 'run' 'run -v' 'check'; do
	rm -f "$work/trace"
	# shellcheck disable=SC2086 # words
	run 4 "${tracer[@]}" "$program" --config-dir "$conf" --state-dir "$state" $command
	cat "$work/out" "$work/err" >"$work/both"
	file_has "$work/both" 'a.example.jp' 'example.jp'
	[ ! -e "$work/trace" ] || [ "$(grep -vc '^[0-9]* *execve("[^"]*tegata"' "$work/trace")" -eq 0 ] ||
		fail "$command did more than look: $(cat "$work/trace")"
done
is "requests" "$(asked)" "$before"
err_lacks AddressSanitizer

step "an unreachable CA makes no difference to a refusal"
t 4 --server https://127.0.0.1:9/dir certonly -n -d a.example.jp --standalone

step "without a list nothing is ordered, and where it has to be is said"
rm "$conf/entitlements.yaml"
t 3 certonly -n -d www.example.jp --standalone
err_has "$conf/entitlements.yaml"
is "requests" "$(asked)" "$before"

step "a list that somebody else keeps"
echo '- a.example.jp' >"$work/list.yaml"
t 0 check -d a.example.jp --entitlements "$work/list.yaml"
t 3 check -d a.example.jp --entitlements "$work/none.yaml"
err_has "$work/none.yaml"

step "a CA without a contract has no gate"
printf '%s\n' 'cas:' "- {profile: custom, server: \"$server\", ca_file: $ca}" >"$conf/tegata.yaml"
t 0 check -d anything.example.com
finish
