#!/bin/bash
# The names that the web server serves, asked of nginx and Apache themselves, and the cheapest entries for them. Their own
# folders are replaced by ours, in this test's mount namespace alone.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$here/lib.sh"
need nginx apache2ctl jq

# in_place_of FOLDER OURS
in_place_of() {
	[ -d "$1" ] || skip "there is no folder $1"
	mount --bind "$2" "$1" 2>/dev/null || skip "$1 cannot be replaced here"
}

suggest() { t 0 --json entitlements suggest --price plain=1,wildcard=3 "$@"; }
said() { jq -r "$1" "$work/out"; }

cat >"$conf/tegata.yaml" <<-END
	cas: [{profile: jprs, server: "$server"}]
END
printf -- '- b.example.jp\n- "*.old.example.jp"\n' >"$conf/entitlements.yaml"

step "nginx"
mkdir -p "$work/nginx/conf.d"
cat >"$work/nginx/nginx.conf" <<-'END'
	pid /run/e2e-nginx.pid;
	events {}
	http {
	    # server { server_name comment.example.jp; }
	    include conf.d/*.conf;
	    server {
	        listen 8081 default_server;
	        server_name _;
	        return 200 "server_name string.example.jp;";
	    }
	}
END
cat >"$work/nginx/conf.d/sites.conf" <<-'END'
	server {
	    listen 8081;
	    server_name a.example.jp www.a.example.jp
	                'www.b.example.jp' 日本語.jp;
	}
	server {
	    listen 8081;
	    server_name .c.example.jp "~^x{2}\.example\.jp$" www.d.* localhost;
	}
END
in_place_of /etc/nginx "$work/nginx"
suggest --scan nginx
is "the names" "$(said '.names | join(" ")')" \
	'*.c.example.jp a.example.jp c.example.jp www.a.example.jp www.b.example.jp xn--wgv71a119e.jp'
is "what is left out" "$(said '.left_out | length')" 4
is "what to register" "$(said '[.add[].fqdn] | join(" ")')" '*.c.example.jp a.example.jp xn--wgv71a119e.jp'
is "what is kept" "$(said '[.keep[].fqdn] | join(" ")')" 'b.example.jp'
is "what need not be renewed" "$(said '.superfluous | join(" ")')" '*.old.example.jp'
is "the cost" "$(said .cost)" 5
is "the cost of a year" "$(said .yearly)" 6

step "nginx's configuration is wrong"
echo 'server_name a.example.jp' >"$work/nginx/conf.d/wrong.conf"
t 10 entitlements suggest --scan nginx
err_has '/usr/sbin/nginx cannot read' '[emerg]' wrong.conf

step "Apache"
mkdir -p "$work/apache"
cat >"$work/apache/apache2.conf" <<-END
	ServerRoot $work/apache
	PidFile $work/apache/pid
	ErrorLog $work/apache/log
	ServerName main.example.jp
	LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
	LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
	Listen 8082
	Listen 8083
	<VirtualHost *:8082>
	    ServerName a.example.jp
	    ServerAlias www.a.example.jp b.example.jp
	</VirtualHost>
	<VirtualHost *:8082>
	    ServerName c.example.jp
	    ServerAlias *.c.example.jp d.*
	</VirtualHost>
	# The only one here: Apache does not tell its aliases unasked.
	<VirtualHost *:8083>
	    ServerName e.example.jp
	    ServerAlias www.e.example.jp f.example.jp
	</VirtualHost>
END
in_place_of /etc/apache2 "$work/apache"
suggest --scan apache
is "the names" "$(said '.names | join(" ")')" \
	'*.c.example.jp a.example.jp b.example.jp c.example.jp e.example.jp f.example.jp www.a.example.jp www.e.example.jp'
is "what is left out" "$(said '.left_out | length')" 1
is "what to register" "$(said '[.add[].fqdn] | join(" ")')" '*.c.example.jp a.example.jp e.example.jp f.example.jp'
is "what is kept" "$(said '[.keep[].fqdn] | join(" ")')" 'b.example.jp'

step "Apache's configuration is wrong"
echo 'Nonsense yes' >>"$work/apache/apache2.conf"
t 10 entitlements suggest --scan apache
err_has 'Syntax error on line' "Invalid command 'Nonsense'"

step "for people"
rm "$work/nginx/conf.d/wrong.conf"
t 0 entitlements suggest --scan nginx
out_has a.example.jp 日本語.jp
finish
