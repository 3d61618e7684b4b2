#!/bin/sh
# The shipped deploy hooks: how they call a server's programs, what they do when it does not run or its settings are wrong.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/hooks/lib.sh"

# The hooks append these to PATH; a machine's own server must not answer for the fakes.
sed 's,^PATH=.*,:,' "$hooks/nginx" >"$work/nginx"
sed 's,^PATH=.*,:,' "$hooks/apache" >"$work/apache"
sed 's,^PATH=.*,:,' "$hooks/haproxy" >"$work/haproxy"
chmod 755 "$work/nginx" "$work/apache" "$work/haproxy"

systemd_has() {
	fake systemctl "case \"\$1\" in is-active) for u; do :; done; [ \"\$u\" = '$1' ]; exit;; esac; exit ${2:-0}"
}

# nginx
fake nginx 'exit 0'
systemd_has nginx
run 0 TEGATA_STAGE=deploy "$work/nginx" deploy www
has calls "$calls" 'nginx -t
systemctl is-active --quiet nginx
systemctl reload nginx'
run 0 TEGATA_STAGE=deploy TEGATA_NGINX_UNIT=openresty "$work/nginx" deploy www
has calls "$calls" '*is-active --quiet openresty
nginx -s reload'
run 0 TEGATA_STAGE=deploy TEGATA_NGINX_ARGS='-c /srv/n.conf' "$work/nginx" deploy www
has calls "$calls" 'nginx -c /srv/n.conf -t
nginx -c /srv/n.conf -s reload'
systemd_has nginx 1
run 1 TEGATA_STAGE=deploy "$work/nginx" deploy www
has err "$err" '*systemctl reload nginx failed*'
rm "$bin/systemctl"
run 0 TEGATA_STAGE=deploy "$work/nginx" deploy www
has calls "$calls" 'nginx -t
nginx -s reload'
fake nginx 'case "$*" in *reload) echo "nginx: [error] open() \"/run/nginx.pid\" failed (2: No such file or directory)" >&2; exit 1;; esac'
run 0 TEGATA_STAGE=deploy "$work/nginx" deploy www
has out "$out" '*not running*'
fake nginx 'case "$*" in *reload) echo "nginx: [alert] kill(7, 1) failed (1: Operation not permitted)" >&2; exit 1;; esac'
run 1 TEGATA_STAGE=deploy "$work/nginx" deploy www
has err "$err" '*not permitted*'
fake nginx 'echo "nginx: [emerg] unknown directive" >&2; echo "nginx: test failed" >&2; exit 1'
run 1 TEGATA_STAGE=deploy "$work/nginx" deploy www
has err "$err" '*not reloaded, the test of nginx*unknown directive'
has calls "$calls" 'nginx -t'
run 1 TEGATA_STAGE=present "$work/nginx" present www.example.jp
has err "$err" '*is for deploy, not for "present"'
rm "$bin/nginx"
run 1 TEGATA_STAGE=deploy "$work/nginx" deploy www
has err "$err" '*no program "nginx"*'

# Apache
server='case "$*" in *DUMP_RUN_CFG) echo "PidFile: \"$PID_FILE\"";; esac'
echo $$ >"$work/alive"
fake httpd "$server"
run 0 TEGATA_STAGE=deploy PID_FILE="$work/alive" "$work/apache" deploy www
has calls "$calls" 'httpd -t
httpd -t -D DUMP_RUN_CFG
httpd -k graceful'
run 0 TEGATA_STAGE=deploy PID_FILE="$work/none" "$work/apache" deploy www
has out "$out" '*not running*'
has calls "$calls" '*DUMP_RUN_CFG'
echo 99999999 >"$work/dead"
run 0 TEGATA_STAGE=deploy PID_FILE="$work/dead" "$work/apache" deploy www
has out "$out" '*not running*'
systemd_has httpd
run 0 TEGATA_STAGE=deploy "$work/apache" deploy www
has calls "$calls" 'httpd -t
systemctl is-active --quiet apache2
systemctl is-active --quiet httpd
systemctl reload httpd'
run 0 TEGATA_STAGE=deploy PID_FILE="$work/alive" TEGATA_APACHE_ARGS='-f /srv/h.conf' "$work/apache" deploy www
has calls "$calls" '*httpd -f /srv/h.conf -k graceful'
fake apache2ctl 'echo "AH00558: could not determine" >&2; echo "AH00526: Syntax error on line 3" >&2; exit 1'
run 1 TEGATA_STAGE=deploy "$work/apache" deploy www
has err "$err" '*not reloaded*Syntax error on line 3*'
has calls "$calls" 'apache2ctl -t'
rm "$bin/apache2ctl" "$bin/httpd" "$bin/systemctl"
run 1 TEGATA_STAGE=deploy "$work/apache" deploy www
has err "$err" '*no program*'
run 1 TEGATA_STAGE=cleanup "$work/apache" cleanup www
has err "$err" '*is for deploy*'

# HAProxy
certs=$work/certs
mkdir "$certs"
printf 'CHAIN\n' >"$work/fullchain.pem"
printf 'KEY\n' >"$work/privkey.pem"
haproxy() {
	wanted=$1
	shift
	run "$wanted" TEGATA_STAGE=deploy TEGATA_CERT_NAME=www TEGATA_FULLCHAIN_PATH="$work/fullchain.pem" \
		TEGATA_KEY_PATH="$work/privkey.pem" TEGATA_HAPROXY_PEM="$certs" "$@" "$work/haproxy" deploy www
}
fake haproxy 'exit 0'
systemd_has haproxy
haproxy 0
has calls "$calls" 'haproxy -f /etc/haproxy/haproxy.cfg -c
systemctl is-active --quiet haproxy
systemctl reload haproxy'
has pem "$(cat "$certs/www.pem")" 'CHAIN
KEY'
has mode "$(ls -l "$certs/www.pem")" '-rw-------*'
has folder "$(ls -A "$certs")" 'www.pem'
chmod 640 "$certs/www.pem"
printf 'CHAIN2\n' >"$work/fullchain.pem"
haproxy 0 TEGATA_HAPROXY_PEM="$certs/www.pem" TEGATA_HAPROXY_ARGS='-f /srv/a -f /srv/b'
has calls "$calls" 'haproxy -f /srv/a -f /srv/b -c*'
has mode "$(ls -l "$certs/www.pem")" '-rw-r-----*'
has pem "$(cat "$certs/www.pem")" 'CHAIN2
KEY'
fake haproxy 'echo "[NOTICE] x" >&2; echo "[ALERT] no such section" >&2; exit 1'
printf 'CHAIN3\n' >"$work/fullchain.pem"
haproxy 1
has err "$err" '*not reloaded*no such section'
has pem "$(cat "$certs/www.pem")" 'CHAIN2
KEY'
has folder "$(ls -A "$certs")" 'www.pem'
rm "$bin/haproxy"
sh -c 'trap "echo caught >\"$1\"; exit" USR2; echo $$ >"$1.pid"; while :; do sleep 0.1; done' sh "$work/usr2" &
master=$!
tries=0
until [ -s "$work/usr2.pid" ] || [ "$tries" -ge 100 ]; do
	tries=$((tries + 1))
	sleep 0.1
done
haproxy 0 TEGATA_HAPROXY_PIDFILE="$work/usr2.pid"
wait "$master"
has signal "$(cat "$work/usr2")" caught
has out "$out" 'reloaded: the master process*'
haproxy 0 TEGATA_HAPROXY_PIDFILE="$work/none"
has out "$out" '*none was reloaded'
haproxy 1 TEGATA_HAPROXY_PEM="$work/nowhere/x.pem"
has err "$err" '*no folder*'
haproxy 1 TEGATA_KEY_PATH="$work/none"
has err "$err" '*cannot read*'
run 1 TEGATA_STAGE=deploy "$work/haproxy" deploy www
has err "$err" '*not all set'

# systemd-reload
fake systemctl 'case "$2" in bad*) exit 1;; esac'
run 0 TEGATA_STAGE=deploy "$hooks/systemd-reload" postfix dovecot@a.service deploy www
has calls "$calls" 'systemctl try-reload-or-restart postfix
systemctl try-reload-or-restart dovecot@a.service'
run 1 TEGATA_STAGE=deploy "$hooks/systemd-reload" bad1 good bad2 deploy www
has calls "$calls" '*bad1*good*bad2'
has err "$err" 'not reloaded: bad1 bad2'
run 1 TEGATA_STAGE=deploy "$hooks/systemd-reload" --force 'a b' deploy www
has calls "$calls" ''
run 1 TEGATA_STAGE=deploy "$hooks/systemd-reload" deploy www
has err "$err" 'no unit is given*'
run 1 TEGATA_STAGE=present "$hooks/systemd-reload" postfix present www
has err "$err" '*is for deploy*'

finish
