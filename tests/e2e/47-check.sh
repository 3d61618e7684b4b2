#!/bin/bash
# Monitoring: one line and a status for Nagios, figures for Prometheus; both say what status says.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx jq setpriv
named_start example.jp
nginx_start
pebble_start nonce_reject=0
printf '#!/bin/sh\nexit 0\n' >"$work/hook"
chmod 755 "$work/hook"
registered_fqdns example.jp mail.example.jp idle.example.jp more.example.jp
settings "defaults: {challenge: {webroot: $webroot}}" 'certificates:' "- {name: www, names: [example.jp, www.example.jp], deploy: $work/hook}" \
	'- {name: mail, names: [mail.example.jp]}'
register
day() { TZ=Asia/Tokyo date -d "$1 days" +%F; }

# level STATUS WORD TEXT [OPTION...]: one line first, with figures that a monitor can read; a line below for each finding.
level() {
	local wanted=$1 word=$2 text=$3 first rest
	shift 3
	t "$wanted" status --check "$@"
	first=$(head -n 1 "$work/out")
	rest=$(tail -n +2 "$work/out")
	[[ $first == "TEGATA $word - "* ]] || fail "the first line is: $first"
	[[ $first == *"$text"* ]] || fail "the first line does not say: $text"
	is "standard error" "$(err)" ''
	[ "$word" != UNKNOWN ] || return 0
	[[ $first =~ ^TEGATA\ [A-Z]+\ -\ [^\|]+\ \|\ certificates=[0-9]+(\ \'[^\'=|]+\'=[0-9]+)*$ ]] || fail "no monitor reads: $first"
	if grep -v '^\(CRITICAL\|WARNING\|UNKNOWN\): ' <<<"$rest" | grep -q .; then fail "a line has no level: $rest"; fi
	[ "$word" != OK ] || is "what is below" "$rest" ''
}
# metric LINE...: each is there, to the byte.
metric() {
	local line
	t 0 status --metrics
	for line; do grep -qxF -e "$line" "$work/out" || fail "there is no line: $line"; done
}

step "nothing there yet: critical, and each is said"
before=$(asked)
level 2 CRITICAL 'there is no certificate yet (and 1 more) | certificates=2'
out_has 'CRITICAL: www: there is no certificate yet' 'CRITICAL: mail: there is no certificate yet'
metric 'tegata_health 2' 'tegata_certificate_present{name="www"} 0'
t 2 status --check --json
json_is '[.schema, .ok, .level, (.findings | length)]' '["tegata.status-check.v1",false,"CRITICAL",2]'
is "requests" "$(asked)" "$before"

step "all is well"
t 0 run
end=$(TZ=Asia/Tokyo date -d "$(openssl x509 -in "$(live www cert)" -noout -enddate | cut -d = -f 2)" +%F)
level 0 OK "2 certificates, all good until $end"
out_has "| certificates=2 'www'=89 'mail'=89"
t 0 status --check --json
json_is '[.ok, .level, .findings, .certificates]' '[true,"OK",[],2]'
level 0 OK '' --warning 20 --critical 10 --entry-warning 90

step "limits: never more than a part of a short life, so that one that is renewed in time is no alarm"
level 0 OK '' --warning 80 --critical 79

step "an entry in use ends: a warning at its own limit, and critical when it takes the certificate along soon"
ends() { printf -- '- %s\n' example.jp "{fqdn: mail.example.jp, ends: $1}" idle.example.jp more.example.jp >"$conf/entitlements.yaml"; }
ends "$(day +40)"
level 0 OK ''
level 1 WARNING "mail: the entry mail.example.jp ends on $(day +40), in 40 days" --entry-warning 45
ends "$(day +20)"
level 1 WARNING "mail: the entry mail.example.jp ends on $(day +20), in 20 days, and is not marked as renewed"
level 0 OK '' --entry-warning 10
level 1 WARNING 'and the certificate with it' --warning 25
level 2 CRITICAL 'and the certificate with it' --warning 25 --critical 22
out_has "'mail'=20"
metric 'tegata_health 1' "tegata_entry_end_seconds{fqdn=\"mail.example.jp\"} $(TZ=Asia/Tokyo date -d "$(day +21)" +%s)" \
	"tegata_certificate_effective_end_seconds{name=\"mail\"} $(TZ=Asia/Tokyo date -d "$(day +21)" +%s)" \
	'tegata_certificate_lapsing_names{name="mail"} 1' 'tegata_certificate_lapsing_names{name="www"} 0' \
	'tegata_entry_idle{fqdn="idle.example.jp"} 1' 'tegata_entry_idle{fqdn="example.jp"} 0'
ends "$(day -1)"
level 2 CRITICAL "mail: the entry mail.example.jp ended on $(day -1)"
metric 'tegata_certificate_refused_names{name="mail"} 1'
registered_fqdns example.jp mail.example.jp idle.example.jp more.example.jp

step "a deploy that is owed: a warning, with the hook's name"
printf '#!/bin/sh\nexit 3\n' >"$work/hook"
t 9 renew www --force
level 1 WARNING 'www: not yet put to use'
out_has hook
metric 'tegata_certificate_deploy_owed{name="www"} 1'
printf '#!/bin/sh\nexit 0\n' >"$work/hook"
t 0 deploy www
level 0 OK ''

step "a list that lost most of its entries, or all: both say it"
registered_fqdns example.jp
level 2 CRITICAL '3 of the 4 registered FQDNs that the list'
out_has 'have vanished from it: idle.example.jp, mail.example.jp, more.example.jp'
metric 'tegata_list_alarm 1' 'tegata_health 2'
t 0 status --json
jq -e '.list_alarm | test("have vanished from it")' "$work/out" >/dev/null || fail "status does not say it"
t 0 status
out_has 'have vanished from it'
: >"$conf/entitlements.yaml"
level 2 CRITICAL "$conf/entitlements.yaml"
registered_fqdns example.jp mail.example.jp idle.example.jp more.example.jp
level 0 OK ''
metric 'tegata_list_alarm 0' 'tegata_health 0' 'tegata_entries 4'

step "figures that Prometheus takes, always in the same order"
t 0 status --metrics
grep -v '^tegata_time_seconds ' "$work/out" >"$work/first"
t 0 status --metrics
grep -v '^tegata_time_seconds ' "$work/out" | cmp -s - "$work/first" || fail "another order"
awk '
	/^# HELP / { if ($3 in help) exit 1; help[$3] = 1; next }
	/^# TYPE / { if (!($3 in help) || $4 != "gauge") exit 1; family = $3; next }
	!/^tegata_[a-z_]+(\{[a-z]+="[^"]*"\})? -?[0-9]+$/ { exit 1 }
	{ name = $1; sub(/\{.*/, "", name); if (name != family || seen[$1]++) exit 1 }
' "$work/out" || fail "this is not how Prometheus wants it"
if command -v promtool >/dev/null; then
	promtool check metrics <"$work/out" >"$work/promtool" 2>&1 || fail "promtool: $(cat "$work/promtool")"
else
	step "skipped: there is no program promtool (1 of 1 looks at the figures by others' means)"
fi

step "what cannot be found out is unknown, and says why"
level 3 UNKNOWN '--critical 5 is more than --warning 3' --warning 3
level 3 UNKNOWN '--warning: expected a number of days from 1 to 3650, not "soon"' --warning soon
level 3 UNKNOWN 'no names go with them' www
level 3 UNKNOWN '--check and --metrics contradict each other' --metrics
t 2 status --metrics --json
out_has '--metrics and --json contradict each other'
t 2 status --warning 3
err_has 'go with --check or --metrics'
mkdir -m 755 "$work/bin"
cp "$program" "$build/tegata-net" "$work/bin"
run 3 setpriv --reuid=65534 --regid=65534 --clear-groups env TEGATA_LIBEXECDIR="$work/bin" "$work/bin/tegata" --config-dir "$conf" \
	--state-dir "$state" status --check
out_has 'TEGATA UNKNOWN - ' "$state" 'Permission denied'
is "lines" "$(wc -l <"$work/out")" 1
cp "$conf/tegata.yaml" "$work/settings"
printf 'cas:\n- profile: jpsr\n  srever: x\n' >"$conf/tegata.yaml"
level 3 UNKNOWN "$conf/tegata.yaml:3:3: unknown key"
is "lines" "$(wc -l <"$work/out")" 1
t 3 status --check --json
json_is '[.ok, .error.kind]' '[false,"config"]'
t 3 status --metrics
is "figures" "$(out)" ''
settings
level 3 UNKNOWN 'no certificate is configured'
finish
