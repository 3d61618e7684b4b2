#!/bin/bash
# Contracts of others: what an entry buys and for how long is data. Orders go through under each, and what each refuses stays here.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx jq
need_terminal
named_start example.jp other.jp
nginx_start
pebble_start nonce_reject=0
# contract RULE CERTIFICATE...
contract() {
	settings "defaults: {challenge: {webroot: $webroot}}" 'certificates:' "${@:2}"
	sed -i "s|{profile: jprs,|& rule: $1,|" "$conf/tegata.yaml"
}
entries() { printf -- '- %s\n' "$@" >"$conf/entitlements.yaml"; }
entry() { json_is ".entries[] | select(.fqdn == \"$1\") | $2" "$3"; }
refused() {
	local sent text
	sent=$(orders)
	t 4 run --accept-list
	for text; do err_has "$text"; done
	is "orders" "$(orders)" "$sent"
}
# Days are counted there where the contract counts them.
ago() { TZ=${2-UTC} date -d "$((-$1)) days" +%F; }
entries example.jp
contract none '- {name: any, names: [example.jp]}'
register

step "sectigo: with or without www, one period for all, and its end stops issuance only"
contract sectigo '- {name: shop, names: [example.jp, www.example.jp]}' '- {name: late, names: [www.late.example.jp, late.example.jp]}'
entries "{fqdn: www.example.jp, registered: $(ago 100)}" "{fqdn: late.example.jp, registered: $(ago 3)}" idle.example.jp
on_terminal 0 n run
out_lacks 'Order?'
holds_together shop
holds_together late
is "names" "$(sans "$(live shop cert)")" "example.jp www.example.jp"
t 0 entitlements --json
json_is .rule '"sectigo"'
# 365 days from the day after the first registration of all.
entry late.example.jp '[.period, .last_day]' "[\"listed\",\"$(ago -265)\"]"
entry www.example.jp '.covers' '["www.example.jp","example.jp"]'
[ "$(jq '[.entries[]? | select(.first_issued)] | length' "$state/ledger.json" 2>/dev/null || echo 0)" -eq 0 ] ||
	fail "the ledger has dates that begin nothing"
entries "{fqdn: www.example.jp, registered: $(ago 366)}" "{fqdn: late.example.jp, registered: $(ago 3)}" idle.example.jp
t 4 renew shop --force
err_has 'www.example.jp' "ended on $(ago 1)"
t 0 status shop --json
json_is '.certificates[0] | [.effective_by, .effective_end == .not_after]' '[null,true]'
entries "{fqdn: www.example.jp, registered: $(ago 365)}" "{fqdn: late.example.jp, registered: $(ago 3)}" idle.example.jp
t 0 renew shop --force
contract sectigo '- {name: shop, names: [example.jp, a.example.jp]}'
refused 'a.example.jp is not registered'

step "upki: exactly the names of one set"
entries '{fqdn: a.example.jp, set: one}' '{fqdn: b.example.jp, set: one}' '{fqdn: c.example.jp, set: two}'
set() { contract upki "- {name: fixed, names: [$1]}"; }
set 'a.example.jp'
t 4 check
out_has b.example.jp
t 4 check --json
json_is '[.certificates[0].errors[].code]' '["not-the-set"]'
refused 'b.example.jp must be in this certificate, too'
set 'a.example.jp, b.example.jp, c.example.jp'
refused 'belongs to another set'
set 'a.example.jp, b.example.jp, www.a.example.jp'
refused 'www.a.example.jp is not registered'
set 'b.example.jp, A.example.jp'
t 0 check
t 0 run
is "names" "$(sans "$(live fixed cert)")" "a.example.jp b.example.jp"
t 0 entitlements --json
entry a.example.jp '[.period, .last_day, .covers]' '["not-begun",null,["a.example.jp"]]'
entries "{fqdn: a.example.jp, set: one, ends: $(ago 1 Asia/Tokyo)}" '{fqdn: b.example.jp, set: one}' '{fqdn: c.example.jp, set: two}'
t 4 renew fixed --force
err_has "ended on $(ago 1 Asia/Tokyo)"

step "one of its own: everything below, two years to the day"
contract '{plain: subtree, wildcard: same-level, length: 2y, rounding: none, time_zone: UTC, end: stop}' \
	'- {name: deep, names: [x.y.example.jp, shop.other.jp, other.jp]}'
entries example.jp '"*.other.jp"' idle.example.jp
today=$(ago 0)
t 0 run --json --accept-list
json_is '.certificates[0].begun | sort' '["*.other.jp","example.jp"]'
holds_together deep
t 0 entitlements --json
entry example.jp '[.period, .last_day]' "[\"recorded\",\"$(date -u -d "$today +2 years -1 day" +%F)\"]"
entry '*.other.jp' '.certificates' '["deep"]'
t 0 entitlements suggest a.example.jp b.c.example.jp mail.other.jp www.new.other.jp --json
# Of a subtree its top is cheaper than the wildcard beside one more entry.
json_is '[[.add[].fqdn], [.keep[].fqdn], .superfluous]' '[["other.jp"],["example.jp"],["*.other.jp","idle.example.jp"]]'
contract '{plain: subtree, wildcard: same-level, length: 2y, rounding: none, time_zone: UTC, end: stop}' \
	'- {name: deep, names: [x.y.example.jp, a.shop.other.jp]}'
refused 'a.shop.other.jp is not registered'

step "none: no list is needed, and any name goes"
rm "$conf/entitlements.yaml"
contract none '- {name: any, names: [www.other.jp]}'
t 0 run
holds_together any

step "words that are none: where, and what was meant"
wrong() {
	contract "$1" '- {name: any, names: [www.other.jp]}'
	t 3 config check
	shift
	for text; do err_has "$text"; done
}
column=$(($(sed -n 2p "$conf/tegata.yaml" | grep -b -o 'rule: ' | cut -d : -f 1) + 7))
place="$conf/tegata.yaml:2"
wrong sectigoo "$place:$column: rule: expected jpdirect, none, sectigo or upki, or a mapping, not \"sectigoo\"; did you mean \"sectigo\"?"
wrong '[upki]' "$place:$column: rule: expected jpdirect, none, sectigo or upki, or a mapping, not a list"
wrong '{plain: wwww}' "$place:$((column + 8)): plain: expected exact, www, www-either or subtree, not \"wwww\"; did you mean \"www\"?"
wrong '{lenght: 1y}' "$place:$((column + 1)): unknown key \"lenght\"; did you mean \"length\"?"
wrong '{end: never, length: 11y, time_zone: Europe/Berlin}' "$place:$((column + 6)): end: expected revoke or stop, not \"never\"" \
	'length: expected years such as "1y" (1 to 10), days such as "365d" (1 to 3660), or none, not "11y"' \
	'time_zone: expected UTC, Asia/Tokyo, or a distance from UTC such as "+09:00", not "Europe/Berlin"'
wrong '{preset: none, plain: exact}' 'the preset none checks no names'
wrong '{fixed_set: maybe}' 'fixed_set: expected true or false, not "maybe"'
finish
