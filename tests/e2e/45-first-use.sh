#!/bin/bash
# An order that begins a paid term says so: asked about on a terminal, logged where nobody sits, refused where it is forbidden.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx jq
need_terminal
named_start example.jp
nginx_start
pebble_start nonce_reject=0
registered_fqdns a.example.jp b.example.jp c.example.jp 日本語.example.jp
wanted() {
	settings "defaults: {challenge: {webroot: $webroot}}" 'certificates:' "${@:2}"
	sed -i "s/{profile: jprs,/& first_use: $1,/" "$conf/tegata.yaml"
}
begun() { is "what has begun" "$(jq -r '[.entries[]? | select(.first_issued) | .fqdn] | join(" ")' "$state/ledger.json" 2>/dev/null)" "$1"; }
today=$(TZ=Asia/Tokyo date +%F)
last=$(TZ=Asia/Tokyo date -d "$(TZ=Asia/Tokyo date -d "$today" +%Y-%m-01) +13 months -1 day" +%F)
one="- {name: one, names: [a.example.jp, www.b.example.jp]}"
wanted ask "$one"
register
before=$(asked)

step "on a terminal it is asked, and without a yes nothing is sent"
on_terminal 0 n run
out_has "one: this begins the paid terms of a.example.jp (until $last" ", b.example.jp (until $last" 'Order? [y/N]'
on_terminal 0 '' run
out_has 'Order? [y/N]'
out_has '`first_use: deny` under the CA in the settings keeps it from that.'
is "requests" "$(asked)" "$before"
gone "$(live one)"
begun ''

step "plan asks nobody"
t 0 plan
out_has 'a.example.jp'
on_terminal 0 n plan
out_lacks 'Order?'
is "requests" "$(asked)" "$before"

step "with a yes it is ordered, and is not asked again: not for a renewal, and not for another certificate of the same entries"
on_terminal 0 y run
out_has 'Order? [y/N]' "one: the paid terms of a.example.jp (until $last"
holds_together one
begun 'a.example.jp b.example.jp'
on_terminal 0 n renew one --force
out_lacks 'Order?'
is "orders" "$(orders)" 2
wanted ask "$one" '- {name: two, names: [www.a.example.jp, b.example.jp]}'
on_terminal 0 n run
out_lacks 'Order?' 'paid term'
holds_together two
begun 'a.example.jp b.example.jp'

step "each certificate is asked about by itself: one yes and one no"
wanted ask "$one" '- {name: three, names: [c.example.jp]}' '- {name: four, names: [日本語.example.jp]}'
made=$(orders)
on_terminal 0 $'n\ny' run
out_has 'three: this begins the paid term of c.example.jp' 'four: this begins the paid term of 日本語.example.jp (xn--wgv71a119e.example.jp)'
gone "$(live three)"
holds_together four
is "orders" "$(orders)" $((made + 1))
begun 'a.example.jp b.example.jp xn--wgv71a119e.example.jp'

step "where nobody sits, it is ordered and logged, once"
t 0 run --json
json_is '[.certificates[] | select(.name == "three") | .outcome, .begun]' '["issued",["c.example.jp"]]'
is "how often it is logged" "$(grep -c "three: this order begins the paid term of c.example.jp (until $last)" "$work/err")" 1
t 0 renew three --force
err_lacks 'paid term'
out_lacks 'paid term'

step "deny: refused before anything is sent; the others go on"
registered_fqdns a.example.jp b.example.jp c.example.jp 日本語.example.jp d.example.jp
wanted deny "$one" '- {name: five, names: [d.example.jp, a.example.jp]}' '- {name: six, names: [www.c.example.jp]}'
made=$(orders)
t 4 plan --json
json_is '[.certificates[] | select(.name == "five") | .action, .error.kind]' '["refused","refused"]'
t 4 run
err_has "five: " "this order would begin the paid term of d.example.jp (until $last), and the CA \"jprs\" is set to \`first_use: deny\`" \
	'what to do: Nothing was sent to the CA.'
gone "$(live five)"
holds_together six
is "orders" "$(orders)" $((made + 1))
before=$(orders)
t 4 renew five --force
t 4 certonly -n -d d.example.jp --webroot -w "$webroot"
on_terminal 4 y run
out_lacks 'Order?'
is "orders" "$(orders)" "$before"
begun 'a.example.jp b.example.jp c.example.jp xn--wgv71a119e.example.jp'

step "allow: not asked even on a terminal, but said"
wanted allow "$one" '- {name: five, names: [d.example.jp, a.example.jp]}'
on_terminal 0 n run
out_lacks 'Order?'
out_has "five: the paid term of d.example.jp (until $last"
holds_together five
begun 'a.example.jp b.example.jp c.example.jp d.example.jp xn--wgv71a119e.example.jp'

step "certonly asks, too; -n: nobody is asked"
registered_fqdns a.example.jp b.example.jp c.example.jp 日本語.example.jp d.example.jp e.example.jp f.example.jp
wanted ask "$one"
made=$(orders)
on_terminal 2 n certonly -d e.example.jp --webroot -w "$webroot"
out_has 'e.example.jp: this begins the paid term of e.example.jp' 'not ordered: the question was not answered with yes'
out_lacks 'settings written' 'nothing is due'
is "orders" "$(orders)" "$made"
# Else the timer would order what somebody has just declined.
gone "$conf/conf.d/e.example.jp.yaml"
on_terminal 0 y certonly -d e.example.jp --webroot -w "$webroot"
holds_together e.example.jp
on_terminal 0 n certonly -n -d f.example.jp --webroot -w "$webroot"
out_lacks 'Order?'
out_has "f.example.jp: the paid term of f.example.jp (until $last"
holds_together f.example.jp
finish
