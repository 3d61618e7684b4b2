#!/bin/bash
# shellcheck disable=SC2034 # lib.sh reads them
# Row "outage": a CA that is away for days, in every way that one can be. A clock that goes on by hours starts `run` each hour;
# what fails is tried at the pace that doc/unattended.md promises and no faster, each failure says what failed and when the
# next try is, waiting is silent and asks nobody. Then the CA is back, and the first try succeeds. Afterwards: SIGTERM at any
# moment of an order ends it within five seconds, with nothing left behind.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/torture/lib.sh"
need named nginx python3 jq
shm=/dev/shm # faketime's marks there are named by process ids, which are few in here
mount -t tmpfs tmpfs "$shm"
named_start example.jp
nginx_start ''
pebble_start nonce_reject=0
printf '%s\n' "$hmac" >"$work/hmac"

# ---- the CA's other name, so that there is something to resolve; and its place behind the proxy
printf 'subjectAltName=DNS:ca.example.jp,DNS:localhost\n' >"$work/proxy.ext"
openssl x509 -req -in "$work/server.csr" -CA "$ca" -CAkey "$work/ca.key" -CAcreateserial -days 30 -extfile "$work/proxy.ext" \
	-out "$work/server.pem" 2>"$work/openssl" || fail "openssl: $(cat "$work/openssl")"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=ca.example.jp \
	-addext subjectAltName=DNS:ca.example.jp -keyout "$work/foreign.key" -out "$work/foreign.pem" 2>"$work/openssl" ||
	fail "openssl: $(cat "$work/openssl")"
# Whoever sends to this network hears nothing at all: no answer, and no error.
ip link add void type veth peer name nobody 2>/dev/null && ip addr add 10.9.9.1/24 dev void && ip link set void up &&
	ip link set nobody up && ip neigh add 10.9.9.9 lladdr 02:00:00:00:00:01 dev void && has_void=yes
folder=$work/classes
mkdir "$folder"
cat >"$work/rules.py" <<-END
	import email.utils, time
	folder = "$folder/"
	def said(port, what):
	    with open(folder + "%d/%s" % (port, what)) as f:
	        return f.read()
	def date(a, call):
	    a.set("Date", email.utils.formatdate(time.time() + 3600 * int(said(call.port, "hour")), usegmt=True))
	def rules_of(port):
	    rules = eval(said(port, "rules")) + [{"at": "*"}]
	    for rule in rules:
	        if rule.get("at") != "connect":
	            rule.setdefault("edit", date)
	    return rules
END

# class NAME STATUS TEXT RULES [RESOLVER [FAILURES-TO-DAILY]]: how it fails, what is said of it and with which status
names=()
statuses=()
texts=()
first_port=14100
class() {
	local port=$((first_port + ${#names[@]})) address
	local own=$folder/$port
	address=127.0.1.${#names[@]}
	names+=("$1")
	statuses+=("$2")
	texts+=("$3")
	mkdir -p "$own/etc"
	printf '%s\n' "$4" >"$own/fault"
	echo "${5-}" >"$own/dns.fault"
	echo '[]' >"$own/rules"
	echo 127.0.0.1 >"$own/dns"
	echo 0 >"$own/hour"
	echo "nameserver $address" >"$own/resolv.conf"
	printf 'options timeout:1 attempts:1\n' >>"$own/resolv.conf"
	resolvers+=("$address=$own/dns")
	cat >"$own/etc/tegata.yaml" <<-END
		cas:
		- {profile: jprs, server: "https://ca.example.jp:$port/dir", ca_file: $ca, key: ecdsa-p256}
		certificates:
		- {name: one, names: [${6-c$port.example.jp}], challenge: {webroot: $webroot}}
	END
	printf -- '- %s\n' "${6-c$port.example.jp}" >"$own/etc/entitlements.yaml"
}
resolvers=()
all='"at": "*", "ask": False'
class '503' 7 'HTTP status 503' "[{$all, 'status': 503, 'body': 'busy'}]"
class '503 with Retry-After' 7 'HTTP status 503' "[{$all, 'status': 503, 'set': {'Retry-After': '7200'}}]"
class 'rate limited for three days' 7 rateLimited "[{'at': 'new-order', 'ask': False, 'status': 429,
	'json': {'type': 'urn:ietf:params:acme:error:rateLimited', 'detail': 'too many'}, 'set': {'Retry-After': '259200',
	'Content-Type': 'application/problem+json'}}]"
class 'reset' 6 'ca.example.jp' "[{$all, 'do': 'reset'}]"
class 'a foreign certificate' 6 'certificate' "[{'at': 'connect', 'do': 'certificate', 'cert': '$work/foreign.pem', 'key': '$work/foreign.key'}]"
class 'SERVFAIL' 6 'ca.example.jp' '[]' servfail
class 'a validation that fails' 8 'nowhere.example.jp' '[]' '' nowhere.example.jp
if is_long; then
	class 'newOrder 503' 7 '503' "[{'at': 'new-order', 'ask': False, 'status': 503}]"
	class 'finalize 503' 7 'HTTP status 503' "[{'at': 'finalize', 'ask': False, 'status': 503}]"
	class 'a handshake that is closed' 6 'ca.example.jp' "[{'at': 'connect', 'do': 'close'}]"
	class 'no TLS' 6 'ca.example.jp' "[{'at': 'connect', 'do': 'tls'}]"
	class 'half an answer' 6 'ca.example.jp' "[{$all, 'status': 200, 'body': '{\"newNonce\": \"https', 'set': {'Content-Length': '500'}, 'truncate': 20}]"
	class 'a listener that never answers' 6 'ca.example.jp' "[{'at': 'connect', 'do': 'blackhole'}]"
	class 'a name server that is silent' 6 'ca.example.jp' '[]' silent
	class 'a name that is gone' 6 'ca.example.jp' '[]' nxdomain
	class 'DNS answers that are garbage' 6 'ca.example.jp' '[]' garbage
	[ -z "${has_void-}" ] || class 'packets that vanish' 6 'ca.example.jp' '[]' 10.9.9.9
fi
"$faults/dns.py" "${resolvers[@]}" >"$logs/dns" 2>&1 &
pids+=("$!")
proxy_start "$work/rules.py" "$first_port-$((first_port + ${#names[@]} - 1))"

# ---- a visit at a simulated hour

# tegata_of PORT ARGUMENT...: with this class's resolver; its exit status
# shellcheck disable=SC2016 # for the shell inside
tegata_of() {
	local own=$folder/$1
	shift
	unshare -m sh -c 'mount --bind "$0/resolv.conf" /etc/resolv.conf && exec "$@"' "$own" \
		"$program" --config-dir "$own/etc" --state-dir "$own/var" "$@" >"$own/said" 2>&1 </dev/null
}
speed=10 # waiting goes so much faster; the helper that talks to the network knows nothing of that
visit() {
	local own=$folder/$1
	echo "$2" >"$own/hour"
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount --bind "$0/resolv.conf" /etc/resolv.conf && exec "$@"' "$own" \
		faketime -f "+$(($2 * 3600)) x$speed" "$program" --config-dir "$own/etc" --state-dir "$own/var" run >"$own/said" 2>&1 </dev/null
}
of_class() { jq -r "$2" "$folder/$1/var/state/one.json"; }
requests_of() { grep -c "\"port\": $1," "$logs/proxy.json" || :; }
orders_of() { grep "\"port\": $1," "$logs/proxy.json" | grep '"endpoint": "new-order"' | grep -c '"asked": 201' || :; }

# wrong PORT TEXT: in a process of its own, so it is written down
wrong() {
	{
		echo "$2"
		sed 's/^/   | /' "$folder/$1/said"
	} >"$folder/$1/failed"
	exit 1
}

# The least that is between the tries: as the ladder says; longer where the CA asked for it.
floors=(0 60 600 6000)
floor_after() {
	[ "${names[$(($1 - first_port))]}" != 'rate limited for three days' ] || { echo 259200; return; }
	[ "$2" -lt 4 ] && echo "${floors[$2]}" || echo 82800
}

# next_hour PORT HOUR: the next one at which to look: each hour of the first days, later the one before the next try and that
next_hour() {
	local due hour=$(($2 + 1))
	if [ "$hour" -gt "$hourly_until" ]; then
		due=$((($(of_class "$1" .retry_at) - begun + 3599) / 3600))
		[ "$hour" -ge $((due - 1)) ] || hour=$((due - 1))
	fi
	echo "$hour"
}

# outage PORT: days of it, then what is due succeeds
outage() {
	local port=$1 i=$(($1 - first_port)) own=$folder/$1 hour=0 tries=0 last=0 asked=0 before after status at floor silent=0
	cp "$own/fault" "$own/rules"
	[ ! -s "$own/dns.fault" ] || [ "$(cat "$own/dns.fault")" = '' ] || cp "$own/dns.fault" "$own/dns"
	local began
	began=$(requests_of "$port")
	while [ "$hour" -le "$hours" ]; do
		before=$(requests_of "$port")
		visit "$port" "$hour"
		status=$?
		after=$(requests_of "$port")
		[ "$status" -eq "${statuses[i]}" ] || wrong "$port" "hour $hour: exit status $status where ${statuses[i]} is due"
		if [ -s "$own/said" ]; then
			grep -qF -e "${texts[i]}" "$own/said" || wrong "$port" "hour $hour: it does not say: ${texts[i]}"
			grep -q 'next try' "$own/said" || wrong "$port" "hour $hour: it does not say when the next try is"
			at=$(of_class "$port" .last_error_at)
			floor=$(floor_after "$port" "$tries")
			[ "$tries" -eq 0 ] || [ $((at - last)) -ge "$floor" ] || wrong "$port" "hour $hour: $((at - last)) s after the try before, not $floor"
			last=$at
			tries=$((tries + 1))
			asked=$((asked + after - before))
		else
			[ "$after" -eq "$before" ] || wrong "$port" "hour $hour: it waits, and asks the CA all the same"
			silent=$((silent + 1))
		fi
		hour=$(next_hour "$port" "$hour")
	done
	[ $((tries * 24)) -le $((hours + 24 * 5)) ] || wrong "$port" "$tries tries in $((hours / 24)) days"
	[ $((tries * 24)) -ge $((hours / 4)) ] || wrong "$port" "only $tries tries in $((hours / 24)) days"
	echo '[]' >"$own/rules"
	echo 127.0.0.1 >"$own/dns"
	[ "${names[i]}" != 'a validation that fails' ] || dns_change "update delete nowhere.example.jp A" "update add nowhere.example.jp 1 A 127.0.0.1"
	local recovered=$hour
	while visit "$port" "$hour"; status=$?; [ ! -s "$own/said" ]; do
		[ "$status" -eq "${statuses[i]}" ] || wrong "$port" "hour $hour, recovered: exit status $status"
		[ $((hour - recovered)) -lt 84 ] || wrong "$port" "days after it came back it is not tried"
		hour=$((hour + 1))
	done
	[ "$status" -eq 0 ] || wrong "$port" "hour $hour, recovered since hour $recovered: exit status $status"
	openssl verify -CAfile "$work/root.pem" -untrusted "$own/var/live/one/chain.pem" "$own/var/live/one/cert.pem" >"$own/verify" 2>&1 ||
		wrong "$port" "no certificate: $(cat "$own/verify")"
	echo "$tries $asked $(orders_of "$port") $silent $((hour - recovered))" >"$own/result"
}

if is_long; then hours=960 hourly_until=72; else hours=48 hourly_until=0; fi
if ! command -v faketime >/dev/null; then
	figure outage "not simulated: there is no faketime"
elif ldd "$program" | grep -q asan; then
	figure outage "not simulated: faketime and the sanitizers do not go together"
else
	step "$((hours / 24)) days of outage in ${#names[@]} ways"
	begun=$EPOCHSECONDS
	running=()
	for ((i = 0; i < ${#names[@]}; i++)); do
		tegata_of $((first_port + i)) register -n -m admin@example.jp --agree-tos --eab-kid "$kid" --eab-hmac-key-file "$work/hmac" ||
			{ cp "$folder/$((first_port + i))/said" "$work/err"; fail "it cannot register"; }
	done
	for ((i = 0; i < ${#names[@]}; i++)); do
		(trap - EXIT; outage $((first_port + i))) &
		running+=("$!")
	done
	wait "${running[@]}"
	most=0
	for ((i = 0; i < ${#names[@]}; i++)); do
		own=$folder/$((first_port + i))
		[ ! -e "$own/failed" ] || { cp "$own/failed" "$work/err"; fail "${names[i]}: $(head -n 1 "$own/failed")"; }
		[ -e "$own/result" ] || fail "${names[i]}: it came to no end"
		read -r tries asked ordered silent waited <"$own/result"
		echo "   ${names[i]}: $tries tries, $asked requests or connections, $ordered orders, $silent silent runs; back after $waited h"
		[ "$tries" -le "$most" ] || most=$tries
		if [ "$ordered" -gt 45 ]; then fail "${names[i]}: $ordered orders"; fi
	done
	figure outage "$((hours / 24)) days of it in ${#names[@]} ways: at most $most tries, none before its time, no request while waiting; the first try afterwards succeeded in all"
	empty_folder "$webroot"
fi
# ---- SIGTERM
stop_port=14190
own=$folder/$stop_port
mkdir "$own"
echo 0 >"$own/hour"
echo '[]' >"$own/rules"
echo silent >"$own/dns"
stopped "$proxy_pid"
proxy_start "$work/rules.py" "$stop_port"
"$faults/dns.py" "127.0.2.1=$own/dns" >"$logs/dns.silent" 2>&1 &
pids+=("$!")
echo 'nameserver 127.0.2.1' >"$own/resolv.conf"
server=https://ca.example.jp:$stop_port/dir
cat >"$work/deaf" <<-END
	#!/bin/sh
	# A hook that hears no signal, and what it started does not either.
	trap '' TERM INT HUP
	echo "\$*" >>"$work/calls"
	[ -e "$work/deaf.\$1" ] || exit 0
	: >"$work/reached"
	sleep 60 & sleep 60
END
chmod 755 "$work/deaf"
registered_fqdns example.jp
by_webroot() {
	settings 'certificates:' "- {name: one, names: [www.example.jp, example.jp], challenge: {webroot: $webroot}, deploy: [{run: $work/deaf}]}"
}
by_hook() {
	settings 'certificates:' "- name: one" '  names: [www.example.jp, example.jp]' '  challenge:' \
		"  - {type: dns-01, hook: $work/deaf, names: [example.jp]}" "  - {webroot: $webroot}"
}
by_webroot
register
t 0 run
longest=0
moments=0
asked_at() { grep -q "\"endpoint\": \"$1\"" "$logs/proxy.json"; }
no_process() { ! pgrep -x 'tegata|tegata-net|sleep'; }
# the moment, when it has come, and words before the program
stop_when() {
	local what=$1 reached=$2 status began ms
	shift 2
	last_command="renew one --force, and SIGTERM: $what"
	"$@" "$program" --config-dir "$conf" --state-dir "$state" renew one --force >"$work/out" 2>"$work/err" </dev/null &
	local pid=$!
	# shellcheck disable=SC2086 # words
	until_true "it comes to this: $what" $reached
	began=${EPOCHREALTIME/./}
	kill -TERM "$pid"
	wait "$pid"
	status=$?
	ms=$(((${EPOCHREALTIME/./} - began) / 1000))
	[ "$status" -eq 12 ] || fail "$what: exit status $status where 12 is due"
	[ "$ms" -le 5000 ] || fail "$what: it ended after $ms ms"
	[ "$ms" -le "$longest" ] || longest=$ms
	moments=$((moments + 1))
	empty_folder "$webroot"
	until_true "nothing of it runs any more" no_process
	if grep -q -e AddressSanitizer -e 'runtime error:' "$work/err"; then fail "the sanitizers found something"; fi
}
# at_request ENDPOINT RULE: it waits for the answer to this, and then hears the signal
at_request() {
	: >"$logs/proxy.json"
	echo "[{'at': '$1', $2}]" >"$own/rules"
	stop_when "$1" "asked_at $1"
	echo '[]' >"$own/rules"
	t 0 run # what was begun, if anything was
}
step "SIGTERM while it waits"
at_request authz "'delay': 40"
at_request order "'edit': lambda a, call: (date(a, call), a.set_json(dict(a.json(), status='pending')))"
at_request finalize "'delay': 40"
if is_long; then
	for endpoint in directory new-nonce new-order challenge cert; do at_request "$endpoint" "'delay': 40"; done
	for endpoint in directory new-order authz finalize; do at_request "$endpoint" "'ask': False, 'status': 503"; done
	at_request authz "'drip': [1, 1]"
	at_request connect "'do': 'blackhole'"
fi

step "SIGTERM while a name server is silent"
asked_dns() { [ -s "$logs/dns.silent" ]; }
# shellcheck disable=SC2016
stop_when "a silent name server" asked_dns unshare -m sh -c 'mount --bind "$0/resolv.conf" /etc/resolv.conf && exec "$@"' "$own"
t 0 run

step "SIGTERM while a hook hears nothing"
reached() { [ -e "$work/reached" ]; }
: >"$work/deaf.deploy"
stop_when "a deaf deploy hook" reached
rm "$work/deaf.deploy" "$work/reached"
t 0 run
holds_together one
if is_long; then
	by_hook
	: >"$work/deaf.present"
	stop_when "a deaf challenge hook" reached
	file_has "$work/calls" 'cleanup example.jp'
	rm "$work/deaf.present" "$work/reached"
	by_webroot
	t 0 run
	holds_together one
fi
empty_folder "$state/journal"
figure outage "SIGTERM at $moments moments: exit status 12 within $longest ms, no challenge and no process left, the next run succeeds"
step "the end"
finish
