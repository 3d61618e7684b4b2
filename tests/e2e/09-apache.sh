#!/bin/bash
# Apache: its webroot answers the challenge, the shipped hook reloads it, and it serves the new certificate.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named apache2
modules=
for modules in /usr/lib/apache2/modules /usr/lib/httpd/modules /usr/lib64/httpd/modules; do
	[ ! -e "$modules/mod_ssl.so" ] || break
done
[ -e "$modules/mod_ssl.so" ] || skip "Apache's mod_ssl is not here"
named_start example.jp
mkdir -p "$webroot" "$work/apache"
apache_conf() {
	local module
	for module in mpm_event authz_core ssl socache_shmcb; do
		[ ! -e "$modules/mod_$module.so" ] || echo "LoadModule ${module}_module $modules/mod_$module.so"
	done
	cat <<-END
		ServerRoot $work/apache
		ServerName localhost
		PidFile $work/apache/pid
		DefaultRuntimeDir $work/apache
		Mutex file:$work/apache default
		ErrorLog $logs/apache
		User www-data
		Group www-data
		StartServers 1
		Listen 127.0.0.1:80
		DocumentRoot $webroot
		<Directory $webroot>
		Require all granted
		</Directory>
	END
	[ -z "${1-}" ] || cat <<-END
		Listen 127.0.0.1:443
		<VirtualHost 127.0.0.1:443>
		SSLEngine on
		SSLCertificateFile $(live example.jp fullchain)
		SSLCertificateKeyFile $(live example.jp privkey)
		</VirtualHost>
	END
}
apache_start() {
	apache_conf "$@" >"$work/apache.conf"
	apache2 -f "$work/apache.conf" -DFOREGROUND >>"$logs/apache.out" 2>&1 &
	apache_pid=$!
	started Apache "$apache_pid" 127.0.0.1 80
}
apache_start
pebble_start
wanted() {
	settings 'certificates:' '- name: example.jp' '  names: [example.jp, www.example.jp]' "  challenge: {webroot: $webroot}" \
		"  deploy: {run: apache, env: {TEGATA_APACHE: apache2, TEGATA_APACHE_ARGS: \"-f $work/apache.conf\"}}" "$@"
}
wanted
registered_fqdns example.jp
register

step "the first certificate; Apache without TLS is reloaded too"
t 0 run
holds_together example.jp
empty_folder "$webroot"

step "it serves it, and after a renewal the new one, without having been restarted"
stopped "$apache_pid"
apache_start tls
serves 443 www.example.jp "$(live example.jp cert)"
pid=$(cat "$work/apache/pid")
t 0 renew --force
is "the live generation" "$(readlink "$state/live/example.jp")" ../generations/example.jp/000002
serves 443 www.example.jp "$(live example.jp cert)"
is "the server's process" "$(cat "$work/apache/pid")" "$pid"

step "it is looked at: the chain that it was given is not the one that it should have"
wanted '  served: [443]'
sed -i "s,$(live example.jp fullchain),$(live example.jp cert)," "$work/apache.conf"
t 9 deploy example.jp
err_has 'the service 443 serves the right certificate, but without its intermediate certificate' fullchain.pem
sed -i "s,$(live example.jp cert),$(live example.jp fullchain)," "$work/apache.conf"
t 0 run
err_has 'the service 443 serves it'
finish
