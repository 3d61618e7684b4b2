#!/bin/bash
# Everything works for an ordinary user with folders of its own.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named setpriv
named_start example.jp
pebble_start
mkdir -m 755 "$work/bin"
cp "$program" "$build/tegata-net" "$work/bin"
cp -r "$src/hooks" "$work/bin/hooks"
export TEGATA_LIBEXECDIR=$work/bin
home=$work/home
mkdir "$home" "$home/etc"
conf=$home/etc state=$home/var
settings 'certificates:' '- name: www' '  names: [www.example.jp, example.jp]' '  challenge: {standalone: {port: 8402, addresses: [127.0.0.1]}}' \
	"  deploy: {shell: \"id -un >$home/deployed\"}"
registered_fqdns example.jp low.example.jp
echo "$hmac" >"$home/hmac"
chown -R 65534:65534 "$home"
user() {
	local wanted=$1
	shift
	run "$wanted" setpriv --reuid=65534 --regid=65534 --clear-groups env -i HOME="$home" PATH=/usr/bin:/bin LC_ALL=C.UTF-8 \
		TEGATA_LIBEXECDIR="$TEGATA_LIBEXECDIR" ${ASAN_OPTIONS+ASAN_OPTIONS="$ASAN_OPTIONS"} \
		"$work/bin/tegata" --config-dir "$conf" --state-dir "$state" "$@"
}
# What is in front of it passes port 80 on, as a web server would.
need nginx
nginx_start
sed -i "s|root $webroot;|location /.well-known/acme-challenge/ { proxy_pass http://127.0.0.1:8402; }|" "$work/nginx.conf"
nginx -c "$work/nginx.conf" -s reload 2>"$logs/nginx.reload"
until_true "nginx has the new configuration" grep -q 'worker process .* exited' "$logs/nginx"

user 0 config check
user 0 register -n -m admin@example.jp --agree-tos --eab-kid "$kid" --eab-hmac-key-file "$home/hmac"
user 0 run
holds_together www
is "the owner of the key" "$(stat -c %u "$(live www privkey)")" 65534
is "the user of the hook" "$(cat "$home/deployed")" "$(id -un 65534)"
user 0 status
out_has www
user 0 renew --force
holds_together www

step "port 80 is not for ordinary users, and it is told what to do"
sysctl -q -w net.ipv4.ip_unprivileged_port_start=1024 2>/dev/null || :
if [ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 80 ]; then
	stopped "$nginx_pid"
	user 8 certonly -n -d low.example.jp --standalone
	err_has root webroot
fi
finish
