# shellcheck shell=bash
# For the tests with real servers. Each test has a temporary folder and network, mount and process namespaces of its own:
# ports never clash, and whatever it started ends with it.
#
# Sourcing this gives: $work (the folder), $conf and $state (tegata's folders), $ca (who signed the CA's TLS certificate),
# $server (its directory), named, nginx and Pebble by functions, and short assertions that show everything when they fail.
set -u
LC_ALL=C.UTF-8
export LC_ALL
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY LANGUAGE SSL_CERT_DIR
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
src=${abs_top_srcdir:-$(cd "$here/../.." && pwd)}
build=${abs_top_builddir:-$src}
program=${TEGATA:-$build/tegata}
test_limit=${E2E_LIMIT:-180} # seconds that one test may take

skip() {
	echo "skipped: $*"
	exit 77
}

need() {
	local each
	for each; do
		command -v "$each" >/dev/null 2>&1 || skip "there is no program $each"
	done
}

# Below a plain chroot the root is no mount point, so it cannot be made private as it stands. /proc is one: the root is bound
# there, privately, and entered.
# shellcheck disable=SC2016 # for the shell inside
private_root='set -e
mount --make-rprivate /proc
mount --rbind / /proc
mount --make-rprivate /proc
mount -t proc proc /proc/proc
dir=$1
shift
exec chroot /proc bash -c "cd \"\$0\" && exec \"\$@\"" "$dir" "$@"'

enter_namespaces() {
	local own
	[ "$(id -u)" -eq 0 ] || skip "only root may make a network of its own"
	need unshare ip openssl
	if unshare --net --mount --pid --fork --mount-proc true 2>/dev/null; then
		own=(unshare --net --mount --pid --fork --kill-child --mount-proc --propagation private --)
	else
		own=(unshare --net --mount --pid --fork --kill-child --propagation unchanged -- bash -c "$private_root" e2e "$PWD")
		"${own[@]}" true 2>/dev/null || skip "this machine does not let us make namespaces"
	fi
	if [ "${E2E_PEBBLE-}" = current ]; then
		local said
		said=$("$here/pebble-current.sh" "$build/tests/e2e/pebble-current") || skip "$said"
		export E2E_PEBBLE_PROGRAM=$said
	else
		need pebble
		export E2E_PEBBLE_PROGRAM=pebble
	fi
	[ -x "$program" ] || skip "$program is not built"
	export E2E_INSIDE=yes
	exec timeout --foreground --kill-after=5 "$test_limit" "${own[@]}" bash "$0" "$@"
}
[ "${E2E_INSIDE-}" = yes ] || enter_namespaces "$@"
unset E2E_INSIDE

failed=
finished=
pids=()

clean_up() {
	local pid
	[ -n "$finished" ] || [ -n "$failed" ] || echo "FAILED: the test ended before its end"
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null
	done
	for pid in "${pids[@]}"; do
		wait "$pid" 2>/dev/null
	done
	umount --lazy "$work/var" 2>/dev/null # in one test it is a small file system
	if [ -n "${E2E_KEEP-}" ]; then echo "kept: $work"; else rm -rf "$work"; fi
}
work=$(mktemp -d "${TMPDIR:-/tmp}/tegata-e2e-XXXXXX") || exit 99
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
chmod 755 "$work"
cd "$work" || exit 99
conf=$work/etc
state=$work/var
logs=$work/logs
mkdir -p "$conf" "$logs"
export SSL_CERT_FILE=$work/root.pem # what this machine trusts is Pebble's root, and not the CA of its TLS certificate
: >"$work/out"
: >"$work/err"

# The programs as they lie in the build folder, the hooks as they lie among the sources.
libexec=$work/libexec
mkdir "$libexec"
ln -s "$build/tegata-net" "$libexec/tegata-net"
cp -r "$src/hooks" "$libexec/hooks" # our own, whoever the sources belong to: others' hooks are refused
chmod -R go-w "$libexec/hooks"
export TEGATA_LIBEXECDIR=${E2E_LIBEXECDIR:-$libexec}

ip link set lo up || skip "the loopback interface cannot be brought up"
echo 'nameserver 127.0.0.1' >"$work/resolv.conf"
mount --bind "$work/resolv.conf" /etc/resolv.conf 2>/dev/null || :

# ---- telling what happened

step() {
	printf -- '-- %2d s: %s\n' "$SECONDS" "$*"
}

show() {
	local text
	text=$(tail -c "${3:-4000}" "$2" 2>/dev/null)
	[ -z "$text" ] || printf '   %s:\n%s\n' "$1" "$(printf '%s\n' "$text" | sed 's/^/   | /')"
}

fail() {
	local i
	failed=yes
	echo "FAILED: $*"
	for ((i = 1; i < ${#FUNCNAME[@]}; i++)); do
		[ "${BASH_SOURCE[i]}" = "${BASH_SOURCE[0]}" ] || echo "   at ${BASH_SOURCE[i]##*/}:${BASH_LINENO[i - 1]}"
	done
	echo "   the last command: ${last_command-none}"
	show "its standard output" "$work/out"
	show "its standard error" "$work/err"
	for i in "$logs"/*; do
		show "the end of ${i##*/}" "$i" 1500
	done
	exit 1
}

finish() {
	finished=yes
	exit 0
}

# run STATUS PROGRAM ARGUMENT...: the exit status must be this one; what it said is in $work/out and $work/err.
run() {
	local wanted=$1 got
	shift
	last_command=$*
	[ -z "${E2E_VERBOSE-}" ] || echo "   $EPOCHREALTIME $*"
	"$@" >"$work/out" 2>"$work/err" </dev/null
	got=$?
	[ "$got" -eq "$wanted" ] || fail "exit status $got where $wanted is due"
	if grep -q -e 'AddressSanitizer' -e 'runtime error:' "$work/err"; then fail "the sanitizers found something"; fi
}

# t STATUS ARGUMENT...: tegata with the folders of this test.
t() {
	local wanted=$1
	shift
	run "$wanted" "$program" --config-dir "$conf" --state-dir "$state" "$@"
}

need_terminal() {
	need script
	script -qec true /dev/null >/dev/null 2>&1 </dev/null || skip "this machine does not let us make terminals"
}
quoted() { printf '%q ' "$@"; }

# on_terminal STATUS ANSWER ARGUMENT...: as if somebody sat there; $work/out is the screen. What is typed does not end, as script(1)
# would wait for a while then.
on_terminal() {
	local wanted=$1 answer=$2 got
	shift 2
	last_command="(on a terminal) $*"
	[ -p "$work/typed" ] || mkfifo "$work/typed"
	exec 9<>"$work/typed"
	printf '%s\n' "$answer" >&9
	timeout --foreground 30 script -qec "$(quoted "$program" --config-dir "$conf" --state-dir "$state" "$@")" /dev/null \
		<"$work/typed" >"$work/out" 2>"$work/err" 9>&-
	got=$?
	exec 9>&-
	[ "$got" -eq "$wanted" ] || fail "exit status $got where $wanted is due"
	if grep -q -e 'AddressSanitizer' -e 'runtime error:' "$work/out"; then fail "the sanitizers found something"; fi
}

out() { cat "$work/out"; }
err() { cat "$work/err"; }

# what it is, how it is, how it must be
is() {
	[ "$2" = "$3" ] || fail "$1 is \"$2\", not \"$3\""
}

# file_has FILE TEXT...: each of the texts, literally.
file_has() {
	local file=$1 text
	shift
	for text; do
		grep -qF -e "$text" "$file" || fail "${file##*/} does not have: $text"
	done
}

file_lacks() {
	local file=$1 text
	shift
	for text; do
		if grep -qF -e "$text" "$file"; then fail "${file##*/} has: $text"; fi
	done
}

out_has() { file_has "$work/out" "$@"; }
err_has() { file_has "$work/err" "$@"; }
out_lacks() { file_lacks "$work/out" "$@"; }
err_lacks() { file_lacks "$work/err" "$@"; }
there() { [ -e "$1" ] || fail "there is no $1"; }
gone() { [ ! -e "$1" ] && [ ! -L "$1" ] || fail "$1 is there"; }
mode() { stat -c %a "$1"; }
empty_folder() { [ -z "$(find "$1" -mindepth 1 -type f 2>/dev/null)" ] || fail "$1 has files: $(find "$1" -type f)"; }

# until_true WHAT COMMAND...: tries the command for at most 20 seconds.
until_true() {
	local what=$1 i
	shift
	for ((i = 0; i < 400; i++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	fail "after 20 seconds not yet: $what"
}

listens() {
	(exec 3<>"/dev/tcp/$1/$2") 2>/dev/null
}

# started NAME PID ADDRESS PORT: waits for a server that has been started.
started() {
	local i
	pids+=("$2")
	for ((i = 0; i < 400; i++)); do
		listens "$3" "$4" && return 0
		kill -0 "$2" 2>/dev/null || fail "$1 has ended; what it said is below"
		sleep 0.05
	done
	fail "$1 does not listen on port $4"
}

stopped() {
	kill "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

# ---- the CA

kid='kid-1'
hmac=zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W
kid2='kid-2'
hmac2=b10lLJs8l1GPIzsLP0s6pMt8O0XVGnfTaCeROxQM0BIt2XrJMDHJZBM5NuQmQJQH
ca=$work/ca.pem
server=https://localhost:14000/dir
pebble_log=$logs/pebble

make_ca() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=Test CA of the TLS server" \
		-keyout "$work/ca.key" -out "$ca" 2>"$work/openssl" &&
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout "$work/server.key" \
			-out "$work/server.csr" 2>>"$work/openssl" &&
		printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >"$work/server.ext" &&
		openssl x509 -req -in "$work/server.csr" -CA "$ca" -CAkey "$work/ca.key" -CAcreateserial -days 30 \
			-extfile "$work/server.ext" -out "$work/server.pem" 2>>"$work/openssl" || fail "openssl: $(cat "$work/openssl")"
}

# Set up as the real CA: credentials wanted, 90 days, real validation. Words may change:
#   validity=SECONDS   nonce_reject=N (of 100 requests are refused as badNonce)   authz_reuse=N (of 100 are used again)
#   ocsp=URL (in certificates)   alternate=N (more chains)   port=14001 (another CA beside it: its directory is there, its log
#   $logs/pebble-14001, its root is trusted as well; pebble_stop is for the one started last)
pebble_pid=
pebble_start() {
	local validity=7776000 nonce_reject=5 authz_reuse=${E2E_AUTHZ_REUSE:-0} ocsp='' alternate=0 port=14000 word
	for word; do local "${word?}"; done
	local admin=$((port + 1000)) log=$pebble_log config=$work/pebble.json roots=$work/root.pem
	[ "$port" -eq 14000 ] || log=$pebble_log-$port config=$work/pebble-$port.json roots=$work/root-$port.pem
	[ -e "$ca" ] || make_ca
	cat >"$config" <<-END
		{"pebble": {
		  "listenAddress": "127.0.0.1:$port", "managementListenAddress": "127.0.0.1:$admin",
		  "certificate": "$work/server.pem", "privateKey": "$work/server.key",
		  "httpPort": 80, "tlsPort": 443, "ocspResponderURL": "$ocsp",
		  "externalAccountBindingRequired": true,
		  "externalAccountMACKeys": {"$kid": "$hmac", "$kid2": "$hmac2"},
		  "domainBlocklist": ["blocked.jp"],
		  "certificateValidityPeriod": $validity,
		  "profiles": {"default": {"description": "as the real one", "validityPeriod": $validity},
		    "shortlived": {"description": "six days", "validityPeriod": 518400}}
		}}
	END
	env PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT="$nonce_reject" PEBBLE_AUTHZREUSE="$authz_reuse" PEBBLE_ALTERNATE_ROOTS="$alternate" \
		"$E2E_PEBBLE_PROGRAM" -config "$config" -dnsserver 127.0.0.1:53 >>"$log" 2>&1 &
	pebble_pid=$!
	started Pebble "$pebble_pid" 127.0.0.1 "$port"
	started Pebble "$pebble_pid" 127.0.0.1 "$admin"
	curl -sS --cacert "$ca" -o "$roots" "https://localhost:$admin/roots/0" || fail "Pebble's root cannot be read"
	[ "$port" -eq 14000 ] || cat "$roots" >>"$work/root.pem"
}

pebble_stop() {
	stopped "$pebble_pid"
	pebble_pid=
}

# ca_admin PATH [CURL-OPTION...]: Pebble's management interface.
ca_admin() {
	local path=$1
	shift
	curl -sS --fail --cacert "$ca" "$@" "https://localhost:15000/$path" || fail "Pebble does not give $path"
}

# How often the CA was asked for anything; of one kind with a text: "POST /finalize-order".
asked() {
	grep -c -e "${1:-\(HEAD\|GET\|POST\) /.*calling handler}" "$pebble_log" || :
}

# ---- the settings

# settings LINE...: tegata.yaml, beginning with this CA (with the type of key that is made fastest).
settings() {
	printf '%s\n' 'cas:' "- {profile: jprs, server: \"$server\", ca_file: $ca, key: ecdsa-p256}" "$@" >"$conf/tegata.yaml"
}

# registered_fqdns ENTRY...
registered_fqdns() {
	printf -- '- "%s"\n' "$@" >"$conf/entitlements.yaml"
}

register() {
	printf '%s\n' "$hmac" >"$work/hmac"
	t 0 register -n -m admin@example.jp --agree-tos --eab-kid "$kid" --eab-hmac-key-file "$work/hmac"
}

orders() { grep -c 'Added order' "$pebble_log" || :; }

# note NAME FILTER: what is noted of this certificate, changed by jq as if time had gone by.
note() {
	jq "$2" "$state/state/$1.json" >"$work/note" && cat "$work/note" >"$state/state/$1.json" || fail "the state of $1 cannot be changed"
}
noted() { jq -r "$2" "$state/state/$1.json"; }

# A service that failed before is waited for three seconds, not fifteen.
impatient() { note "$1" '.deploy |= map(.failures = 1)'; }

# json_is FILTER JSON: of what the last command printed.
json_is() { is "$1" "$(jq -c "$1" "$work/out")" "$2"; }

live() { echo "$state/live/$1${2:+/$2.pem}"; }
serial() { openssl x509 -in "$1" -noout -serial; }
fingerprint() { openssl x509 -in "$1" -noout -fingerprint -sha256; }
sans() { openssl x509 -in "$1" -noout -ext subjectAltName | tr ',' '\n' | sed -n 's/^ *DNS://p' | sort | tr '\n' ' ' | sed 's/ $//'; }

# The live files of a certificate hold together, and a CA stands behind them.
holds_together() {
	local dir
	dir=$(live "$1")
	for file in privkey cert chain fullchain; do there "$dir/$file.pem"; done
	openssl verify -CAfile "$work/root.pem" -untrusted "$dir/chain.pem" "$dir/cert.pem" >"$work/verify" 2>&1 ||
		fail "the chain of $1 is not verified: $(cat "$work/verify")"
	is "the key's public half" "$(openssl pkey -in "$dir/privkey.pem" -pubout)" \
		"$(openssl x509 -in "$dir/cert.pem" -noout -pubkey)"
	cat "$dir/cert.pem" "$dir/chain.pem" | cmp -s - "$dir/fullchain.pem" || fail "fullchain.pem of $1 is not cert and chain"
}

# serves PORT NAME FILE: the server on this port shows the certificate in the file.
shown() {
	openssl s_client -connect "127.0.0.1:$1" -servername "$2" </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256 2>/dev/null
}
shows() { [ "$(shown "$1" "$2")" = "$(fingerprint "$3")" ]; }
serves() { until_true "port $1 shows $3 as $2" shows "$@"; }

# ---- DNS

# named_start ZONE...: each zone and all below it is 127.0.0.1, "nowhere" in it is an address without a server.
named_start() {
	need named
	local zone
	mkdir -p "$work/named"
	cat >"$work/tsig.key" <<-END
		key "tegata" {
			algorithm hmac-sha256;
			secret "$(openssl rand -base64 32)";
		};
	END
	{
		cat "$work/tsig.key"
		cat <<-END
			options {
				directory "$work/named";
				pid-file "$work/named/pid";
				session-keyfile "$work/named/session.key";
				listen-on port 53 { 127.0.0.1; };
				listen-on-v6 { none; };
				recursion no;
				dnssec-validation no;
				notify no;
			};
			controls { };
		END
		for zone; do
			echo "zone \"$zone\" { type primary; file \"$zone.zone\"; allow-update { key tegata; }; };"
		done
	} >"$work/named.conf"
	for zone; do
		cat >"$work/named/$zone.zone" <<-END
			\$TTL 1
			@ IN SOA ns.$zone. admin.$zone. 1 3600 600 86400 1
			@ IN NS ns.$zone.
			@ IN A 127.0.0.1
			* IN A 127.0.0.1
			ns IN A 127.0.0.1
			_acme-challenge IN TXT "left alone"
			nowhere IN A 127.9.9.9
		END
	done
	named -g -c "$work/named.conf" >"$logs/named" 2>&1 &
	named_pid=$!
	started named "$named_pid" 127.0.0.1 53
	until_true "named answers" dns_knows "$1" SOA
}

dns() { dig +short +norecurse +time=2 +tries=1 @127.0.0.1 "$@"; }
dns_knows() { [ -n "$(dns "$@")" ]; }

# dns_change LINE...: as nsupdate reads them
dns_change() {
	printf '%s\n' 'server 127.0.0.1' "$@" send | nsupdate -k "$work/tsig.key" 2>"$work/nsupdate" || fail "nsupdate: $(cat "$work/nsupdate")"
}

# How the settings name the shipped hook.
nsupdate_challenge() {
	echo "{type: dns-01, hook: nsupdate, env: {TEGATA_NSUPDATE_SERVER: 127.0.0.1, TEGATA_NSUPDATE_KEY_FILE: $work/tsig.key}}"
}

# ---- nginx

webroot=$work/www
# nginx_start [CERTIFICATE [ADDRESS]]: port 80 serves the webroot, and port 443 the live certificate of this name.
nginx_start() {
	need nginx
	local address=${2-127.0.0.1}
	mkdir -p "$webroot" "$work/nginx"
	{
		cat <<-END
			user www-data;
			daemon off;
			pid $work/nginx/pid;
			error_log $logs/nginx info;
			events { worker_connections 64; }
			http {
				access_log $logs/nginx.access;
				client_body_temp_path $work/nginx/body;
				proxy_temp_path $work/nginx/proxy;
				fastcgi_temp_path $work/nginx/fastcgi;
				uwsgi_temp_path $work/nginx/uwsgi;
				scgi_temp_path $work/nginx/scgi;
				server { listen $address:80; server_name _; root $webroot; }
		END
		if [ -n "${1-}" ]; then
			echo "server { listen 127.0.0.1:443 ssl; ssl_certificate $(live "$1" fullchain); ssl_certificate_key $(live "$1" privkey); }"
		fi
		echo '}'
	} >"$work/nginx.conf"
	nginx -c "$work/nginx.conf" >>"$logs/nginx.out" 2>&1 &
	nginx_pid=$!
	started nginx "$nginx_pid" "$address" 80
}

nginx_hook() {
	echo "{run: nginx, env: {TEGATA_NGINX_ARGS: \"-c $work/nginx.conf\"}}"
}
