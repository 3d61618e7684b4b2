#!/bin/bash
# HAProxy in front: it passes the challenge on to the built-in responder on another port, gets certificate and key in one
# file, and serves the new one after a reload.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named haproxy
named_start example.jp
mkdir "$work/pem"
haproxy_conf() {
	cat <<-END
		defaults
			mode http
			timeout connect 5s
			timeout client 5s
			timeout server 5s
		frontend http
			bind 127.0.0.1:80
			http-request deny unless { path_beg /.well-known/acme-challenge/ }
			default_backend tegata
		backend tegata
			server responder 127.0.0.1:8402
	END
	[ -z "${1-}" ] || printf 'frontend https\n\tbind 127.0.0.1:443 ssl crt %s/pem/\n\thttp-request deny\n' "$work"
}
haproxy_start() {
	haproxy_conf "$@" >"$work/haproxy.cfg"
	haproxy -W -db -f "$work/haproxy.cfg" -p "$work/haproxy.pid" >>"$logs/haproxy" 2>&1 &
	haproxy_pid=$!
	started HAProxy "$haproxy_pid" 127.0.0.1 80
	until_true "HAProxy's process id is written" test -s "$work/haproxy.pid"
}
haproxy_start
pebble_start
settings 'certificates:' '- name: www' '  names: [example.jp, www.example.jp]' \
	'  challenge: {standalone: {port: 8402, addresses: [127.0.0.1]}}' '  deploy:' '    run: haproxy' \
	"    env: {TEGATA_HAPROXY_PEM: $work/pem, TEGATA_HAPROXY_ARGS: \"-f $work/haproxy.cfg\", TEGATA_HAPROXY_PIDFILE: $work/haproxy.pid}"
registered_fqdns example.jp
register

step "the first certificate, through HAProxy to the responder"
t 0 run
holds_together www
is "mode of the PEM file" "$(mode "$work/pem/www.pem")" 600
cat "$(live www fullchain)" "$(live www privkey)" | cmp -s - "$work/pem/www.pem" || fail "www.pem is not chain and key"

step "it serves it, and after a renewal the new one; its master process stays"
stopped "$haproxy_pid"
haproxy_start tls
serves 443 www.example.jp "$(live www cert)"
t 0 renew www --force
serves 443 www.example.jp "$(live www cert)"
kill -0 "$haproxy_pid" || fail "HAProxy has ended"

step "a configuration that HAProxy refuses: the old file comes back"
echo 'nonsense' >>"$work/haproxy.cfg"
before=$(cat "$work/pem/www.pem")
t 9 renew www --force
err_has haproxy
[ "$(cat "$work/pem/www.pem")" = "$before" ] || fail "the file that HAProxy reads was left changed"
haproxy_conf tls >"$work/haproxy.cfg"
t 0 deploy
serves 443 www.example.jp "$(live www cert)"
finish
