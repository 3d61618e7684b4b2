#!/bin/bash
# The contract clock: the first certificate begins an entry's period, which is remembered, foreseen, and mended when it gets lost.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx jq
named_start example.jp
nginx_start
pebble_start nonce_reject=0
cat >"$conf/entitlements.yaml" <<-'END'
	# contract of 2026
	- a.example.jp   # the shop
	- fqdn: b.example.jp

	- idle.example.jp
END
cat >"$work/tell" <<-END
	#!/bin/sh
	echo "\$TEGATA_EVENT \$TEGATA_LEVEL" >>"$work/told"
END
chmod 755 "$work/tell"
tell="notify: {run: $work/tell, events: list-refused}"
settings "$tell" "defaults: {challenge: {webroot: $webroot}}" 'certificates:' '- {name: both, names: [a.example.jp, www.b.example.jp]}'
register
of() { jq -r "$1" "$state/ledger.json"; }
today=$(TZ=Asia/Tokyo date +%F)
last=$(TZ=Asia/Tokyo date -d "$(TZ=Asia/Tokyo date -d "$today +1 year" +%Y-%m-01) +1 month -1 day" +%F)
entry() { json_is ".entries[] | select(.fqdn == \"$1\") | $2" "$3"; }

step "before: nothing has begun"
t 0 entitlements --json
is schema "$(jq -r .schema "$work/out")" tegata.entitlements.v1
entry a.example.jp .period '"not-begun"'
t 0 plan
out_has both a.example.jp

step "the first certificate begins what it uses, and nothing else"
t 0 run
is "the serial" "$(of '.entries[] | select(.fqdn == "b.example.jp") | .serial' | tr a-f A-F)" "$(serial "$(live both cert)" | cut -d = -f 2)"
is "the day" "$(of '.entries[] | select(.fqdn == "a.example.jp") | .first_issued')" "$today"
is "what began" "$(of '[.entries[].fqdn] | join(" ")')" "a.example.jp b.example.jp"
t 0 entitlements --json
entry a.example.jp '[.period, .last_day, .idle, .certificates]' "[\"recorded\",\"$last\",false,[\"both\"]]"
entry idle.example.jp '[.period, .idle]' '["not-begun",true]'
t 0 entitlements
out_has a.example.jp "$last" idle.example.jp
cp "$state/ledger.json" "$work/ledger"
t 0 renew both --force
is "the day after a renewal" "$(of '.entries[] | select(.fqdn == "a.example.jp") | .first_issued')" "$today"

step "what is to come"
t 0 forecast --until "$(date -d "$last +2 days" +%F)" --json
json_is '[.events[] | select(.kind == "lapse") | .entry]' '["a.example.jp","b.example.jp"]'
json_is '[.events[] | select(.kind == "revocation") | .certificate] | unique' '["both"]'
t 0 forecast --until "$(date -d "$last +2 days" +%F)" --renew a.example.jp
out_has a.example.jp
t 2 forecast --without none.example.jp
err_has none.example.jp

step "lost, or broken: made again from what was issued"
rm "$state/ledger.json"
t 0 run
is "the day" "$(of '.entries[] | select(.fqdn == "a.example.jp") | .first_issued')" "$today"
rm "$state/ledger.json"
t 0 entitlements --json
entry a.example.jp '[.period, .last_day]' "[\"recorded\",\"$last\"]"
gone "$state/ledger.json"
t 0 entitlements learn
out_has 'a.example.jp: first certificate on'
t 0 entitlements learn
out_has 'nothing to learn'
echo '{"schema": 7' >"$state/ledger.json"
t 0 run
err_has ledger.json
is "the day" "$(of '.entries[] | select(.fqdn == "b.example.jp") | .first_issued')" "$today"
there "$state/ledger.json.broken"

step "what My Page says wins"
t 0 entitlements set a.example.jp --ends 2027-05-31
t 0 entitlements --json
entry a.example.jp '[.period, .last_day]' '["stated","2027-05-31"]'
t 2 entitlements set a.example.jp --ends 2027-02-29
err_has 2027-02-29
t 0 status both --json
json_is '.certificates[0].effective_by' 'null'

step "a second entry is registered: the list keeps its comments, the certificate gets the name"
t 0 entitlements add c.example.jp
file_has "$conf/entitlements.yaml" '# contract of 2026' '# the shop' 'c.example.jp'
settings "$tell" "defaults: {challenge: {webroot: $webroot}}" 'certificates:' \
	'- {name: both, names: [a.example.jp, www.b.example.jp, c.example.jp]}'
t 0 forecast --add d.example.jp
t 0 run
is "names" "$(sans "$(live both cert)")" "a.example.jp c.example.jp www.b.example.jp"
is "the day" "$(of '.entries[] | select(.fqdn == "c.example.jp") | .first_issued')" "$today"

step "a list that lost most of its entries is not acted on"
before=$(asked)
cp "$conf/entitlements.yaml" "$work/list"
echo '- a.example.jp' >"$conf/entitlements.yaml"
t 4 renew both --force
err_has accept-list idle.example.jp
is "requests" "$(asked)" "$before"
: >"$conf/entitlements.yaml"
t 4 run
err_has accept-list
rm "$conf/entitlements.yaml"
t 4 run
is "what was told, once a day" "$(cat "$work/told")" "list-refused error"
cp "$work/list" "$conf/entitlements.yaml"
t 0 run
echo '- a.example.jp' >"$conf/entitlements.yaml"
t 4 renew both --force --accept-list
err_has www.b.example.jp
err_lacks accept-list

step "what the list is about, for those who may not read the state"
t 0 entitlements suggest a.example.jp www.a.example.jp b.example.jp --json
json_is '[.add[].fqdn]' '["b.example.jp"]'
finish
