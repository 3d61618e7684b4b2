#!/bin/bash
# An entry ends, seen by a clock that goes on: offered, prepared, put in place, refused; and what was let go comes back.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx faketime jq
! ldd "$program" | grep -q asan || skip "faketime and the sanitizers do not go together"
# Its marks there are named by process ids, which are few in here: those of other tests are in the way.
mount -t tmpfs tmpfs /dev/shm
named_start example.jp
nginx_start
# Whose clock is the CA's: Pebble's own cannot be set, so what stands before it answers with the time that is told.
make_ca
openssl x509 -req -in "$work/server.csr" -CA "$ca" -CAkey "$work/ca.key" -CAcreateserial -days 900 \
	-extfile "$work/server.ext" -out "$work/server.pem" 2>>"$work/openssl"
openssl req -x509 -key "$work/ca.key" -days 900 -subj "/CN=Test CA of the TLS server" -out "$ca" 2>>"$work/openssl"
pebble_start nonce_reject=0
# shellcheck disable=SC2034 # of the settings
server=https://127.0.0.1:14443/dir
cat >"$work/front.conf" <<-END
	daemon off;
	pid $work/front.pid;
	error_log $logs/front info;
	events { worker_connections 64; }
	http {
		access_log off;
		client_body_temp_path $work/front/body;
		proxy_temp_path $work/front/proxy;
		fastcgi_temp_path $work/front/fastcgi;
		uwsgi_temp_path $work/front/uwsgi;
		scgi_temp_path $work/front/scgi;
		server {
			listen 127.0.0.1:14443 ssl;
			ssl_certificate $work/server.pem;
			ssl_certificate_key $work/server.key;
			location / { proxy_pass https://127.0.0.1:14000; proxy_set_header Host \$http_host; }
		}
	}
END
mkdir -p "$work/front"
front_pid=
# travel DAYS: the machine's and the CA's clock show the time so many days from now.
days=0
travel() {
	days=$1
	[ -z "$front_pid" ] || stopped "$front_pid"
	faketime -f "+${days}d" nginx -c "$work/front.conf" >>"$logs/front.out" 2>&1 &
	front_pid=$!
	started "the CA's front" "$front_pid" 127.0.0.1 14443
}
at_that_time() {
	local wanted=$1
	shift
	run "$wanted" faketime -f "+${days}d" "$program" --config-dir "$conf" --state-dir "$state" "$@"
}
day() { TZ=Asia/Tokyo date -d "+$1 days" +%F; }
cat >"$work/tell" <<-END
	#!/bin/sh
	echo "\$TEGATA_EVENT \$TEGATA_LEVEL \$TEGATA_CERT_NAME" >>"$work/told"
END
chmod 755 "$work/tell"
listed() { printf -- '- fqdn: a.example.jp\n- fqdn: b.example.jp\n  ends: %s\n' "$1" >"$conf/entitlements.yaml"; }
wanted() {
	settings "notify: {run: $work/tell}" "defaults: {challenge: {webroot: $webroot}}" 'certificates:' \
		"- {name: warned, names: [a.example.jp, b.example.jp]}" \
		"- {name: shrunk, names: [a.example.jp, b.example.jp], on_lapse: shrink}" \
		"- {name: alone, names: [b.example.jp], on_lapse: shrink}"
}
last=$(day 45)
listed "$last"
wanted
travel 0
register
at_that_time 0 run
for each in warned shrunk; do is "the names of $each" "$(sans "$(live $each cert)")" "a.example.jp b.example.jp"; done
made=$(orders)

step "31 days before: nothing"
travel 14
at_that_time 0 run
at_that_time 0 plan
out_lacks 'without'

step "29 days before: told, and offered by plan; nothing is ordered"
: >"$work/told"
travel 17
at_that_time 0 run
file_has "$work/told" 'entry-lapsing warning warned' 'entry-lapsing warning shrunk'
at_that_time 0 plan --json
json_is '.certificates[] | select(.name == "warned") | [.lapse, .lapse_entry, .lapsing, .remaining]' \
	'["offer","b.example.jp",["b.example.jp"],["a.example.jp"]]'
is "orders" "$(orders)" "$made"
at_that_time 0 plan warned
out_has 'it would go on with: a.example.jp' '`tegata run --accept-lapse warned`' 'not by itself, but with `on_lapse: shrink`'
at_that_time 0 plan shrunk
out_has ' by itself (on_lapse: shrink)'
at_that_time 0 plan alone
out_has "b.example.jp ends on $last"
out_lacks 'on_lapse' 'accept-lapse'
at_that_time 0 status warned
out_has "$last" b.example.jp
is "nothing was told twice" "$(sort "$work/told" | uniq -d)" ""

step "6 days before: on_lapse: shrink has the smaller one ready, and leaves the other in place"
travel 40
at_that_time 0 run
is "orders" "$(orders)" $((made + 1))
is "what is live" "$(sans "$(live shrunk cert)")" "a.example.jp b.example.jp"
ready=$(noted shrunk .prepared)
is "what is ready" "$(sans "$state/generations/shrunk/$(printf %06d "$ready")/cert.pem")" a.example.jp
at_that_time 0 run
is "orders" "$(orders)" $((made + 1))

step "2 days before: put in place without another order; who is only warned keeps all"
travel 44
at_that_time 0 run
is "orders" "$(orders)" $((made + 1))
is "what is live" "$(sans "$(live shrunk cert)")" a.example.jp
holds_together shrunk
is "the generation" "$(basename "$(readlink "$(live shrunk)")")" "$(printf %06d "$ready")"
is "who is only warned" "$(sans "$(live warned cert)")" "a.example.jp b.example.jp"
is "who has nothing else" "$(sans "$(live alone cert)")" b.example.jp
file_has "$work/told" 'names-dropped warning shrunk'
at_that_time 0 run
is "orders" "$(orders)" $((made + 1))

step "ended: an order is refused with the day; the smaller one lives on"
travel 46
at_that_time 4 renew warned --force
err_has b.example.jp "$last"
at_that_time 0 renew shrunk --force
is "what is live" "$(sans "$(live shrunk cert)")" a.example.jp
at_that_time 2 status --check
out_has CRITICAL warned "$last"

step "somebody lets it go by hand"
before=$(orders)
at_that_time 0 run --accept-lapse warned
is "what is live" "$(sans "$(live warned cert)")" a.example.jp
is "orders" "$(orders)" $((before + 1))
at_that_time 4 run --accept-lapse alone
is "who has nothing else" "$(sans "$(live alone cert)")" b.example.jp

step "the contract was renewed: what was let go comes back by itself"
before=$(orders)
at_that_time 0 entitlements renew b.example.jp
file_has "$conf/entitlements.yaml" "$(TZ=Asia/Tokyo date -d "$last +1 year" +%Y)"
at_that_time 0 run
for each in warned shrunk; do is "the names of $each" "$(sans "$(live $each cert)")" "a.example.jp b.example.jp"; done
is "orders" "$(orders)" $((before + 2))
at_that_time 0 run
is "orders" "$(orders)" $((before + 2))
finish
