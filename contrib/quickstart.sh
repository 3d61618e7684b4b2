#!/bin/bash
# tegata in two minutes, on a bare Debian 12 or 13 (as root, or with sudo for the packages): installs what is missing, builds,
# starts a test CA on this machine that is set up like the real one, registers, is refused, and obtains a certificate.
# It leaves nothing running and writes only below one folder; run it again as often as you like.
#
#   TEGATA_BUILD=DIR   that folder (default: build-quickstart in the source folder)
set -eu

src=$(cd "$(dirname "$0")/.." && pwd)
build=${TEGATA_BUILD:-$src/build-quickstart}
case $build in /*) ;; *) build=$PWD/$build ;; esac
prefix=$build/installed
demo=$build/demo
log=$build/log
jobs=$(nproc 2>/dev/null || echo 2)
packages='build-essential autoconf automake autopoint gettext pkg-config
	libssl-dev libjansson-dev libyaml-dev libidn2-dev libcurl4-openssl-dev libseccomp-dev pebble openssl ca-certificates'
pids=()

say() {
	printf '\n\033[1m%s\033[0m\n' "$*" | if [ -t 1 ]; then cat; else sed 's/\x1b\[[0-9]*m//g'; fi
}

stop() {
	[ "$#" -eq 0 ] || kill "$@" 2>/dev/null || :
	[ "$#" -eq 0 ] || wait "$@" 2>/dev/null || :
}
trap 'stop "${pids[@]}"' EXIT
trap 'exit 1' HUP INT TERM

give_up() {
	printf '\nquickstart: %s\n' "$*" >&2
	exit 1
}

# quietly WHAT COMMAND...: its output goes to a file, of which the end is shown when it fails.
quietly() {
	local what=$1
	shift
	echo "   $what"
	"$@" >>"$log" 2>&1 || {
		tail -n 25 "$log" >&2
		give_up "this failed: $what (all of it is in $log)"
	}
}

# What a person would type, and what comes of it: shown STATUS COMMAND...
shown() {
	local wanted=$1 got word
	shift
	printf '\n   $'
	for word; do
		case $word in
		*[!A-Za-z0-9_./:=@,*-]*) printf " '%s'" "$word" ;;
		*) printf ' %s' "$word" ;;
		esac
	done
	printf '\n'
	"$@" 2>&1 </dev/null | sed 's/^/   | /'
	got=${PIPESTATUS[0]}
	[ "$got" -eq "$wanted" ] || give_up "that ended with exit status $got, where $wanted was expected"
}

missing_packages() {
	local package
	for package in $packages; do
		# shellcheck disable=SC2016 # for dpkg-query
		dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q ' installed$' || printf '%s ' "$package"
	done
}

install_packages() {
	local missing sudo=
	command -v dpkg-query >/dev/null 2>&1 || give_up "this script knows Debian's packages only; needed are: $packages"
	missing=$(missing_packages)
	if [ -z "$missing" ]; then
		echo "   everything is here already"
		return
	fi
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null 2>&1 || give_up "as root, please: apt-get install $missing"
		sudo=sudo
	fi
	echo "   missing: $missing"
	quietly "apt-get update" $sudo apt-get -q -o Acquire::Retries=3 update
	# shellcheck disable=SC2086 # a list of packages
	quietly "apt-get install" $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 \
		install --no-install-recommends $missing
}

build_all() {
	cd "$src"
	if [ ! -x configure ] || [ configure.ac -nt configure ]; then
		quietly "autoreconf -fi" autoreconf -fi
	fi
	mkdir -p "$build/objects"
	cd "$build/objects"
	if [ ! -e config.status ] || [ "$src/configure" -nt config.status ]; then
		quietly "configure" "$src/configure" -q --prefix="$prefix"
	fi
	quietly "make" make -j"$jobs"
	quietly "make install, into $prefix" make install
	cd "$demo"
}

listens() {
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Four neighbouring ports of which none is in use.
choose_ports() {
	local try i
	for try in 1 2 3 4 5 6 7 8 9 10; do
		port=$((20000 + RANDOM % 12000))
		for i in 0 1 2 3; do
			! listens $((port + i)) || continue 2
		done
		return 0
	done
	give_up "no free ports were found in $try tries"
}

make_tls() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=tegata quickstart" \
		-addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.pem
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout server.key -out server.csr
	echo 'subjectAltName=DNS:localhost,IP:127.0.0.1' >server.ext
	openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile server.ext -out server.pem
}

# started NAME PID PORT
started() {
	local i
	for ((i = 0; i < 200; i++)); do
		! listens "$3" || return 0
		kill -0 "$2" 2>/dev/null || return 1
		sleep 0.05
	done
	return 1
}

# Set up like the real CA: accounts need EAB credentials, certificates live 90 days, and every name is really validated.
# Names are looked up at a DNS server of our own, which answers 127.0.0.1 to everything.
start_ca() {
	local dns ca
	choose_ports
	cat >pebble.json <<-END
		{"pebble": {"listenAddress": "127.0.0.1:$port", "managementListenAddress": "127.0.0.1:$((port + 1))",
		  "certificate": "server.pem", "privateKey": "server.key", "httpPort": $((port + 2)), "tlsPort": $((port + 2)),
		  "ocspResponderURL": "", "externalAccountBindingRequired": true,
		  "externalAccountMACKeys": {"$kid": "$hmac"}, "certificateValidityPeriod": 7776000,
		  "profiles": {"default": {"description": "90 days", "validityPeriod": 7776000}}}}
	END
	pebble-challtestsrv -dns01 "127.0.0.1:$((port + 3))" -http01 '' -https01 '' -tlsalpn01 '' -management '' \
		-defaultIPv4 127.0.0.1 -defaultIPv6 '' >dns.log 2>&1 &
	dns=$!
	env PEBBLE_VA_NOSLEEP=1 pebble -config pebble.json -dnsserver "127.0.0.1:$((port + 3))" >ca.log 2>&1 &
	ca=$!
	pids=("$dns" "$ca")
	started "the DNS server" "$dns" $((port + 3)) && started "the CA" "$ca" "$port"
}

mkdir -p "$build"
: >"$log"
rm -rf "$demo" "${prefix:?}/etc" "${prefix:?}/var"
mkdir -p "$demo"

say "1. What tegata needs"
install_packages

say "2. Building it"
build_all
PATH=$prefix/bin:$PATH

say "3. A CA of our own, set up like the real one"
quietly "a TLS certificate for it" make_tls
kid=quickstart-1
hmac=$(openssl rand -base64 36 | tr '+/' '-_')
for try in 1 2 3; do
	! start_ca || break
	stop "${pids[@]}"
	[ "$try" -lt 3 ] || give_up "the CA does not start: $(tail -n 3 ca.log dns.log)"
done
echo "   it listens on 127.0.0.1:$port and wants credentials from whoever registers"
# Its root is made at each start. For the time of this demonstration this machine trusts it, as it trusts the real one.
printf 'GET /roots/0 HTTP/1.0\r\nHost: localhost\r\n\r\n' |
	openssl s_client -quiet -CAfile ca.pem -connect "localhost:$((port + 1))" 2>/dev/null |
	sed -n '/-----BEGIN/,/-----END/p' >root.pem
export SSL_CERT_FILE=$demo/root.pem

say "4. The registered FQDNs, as the customer page has them"
mkdir -p "$prefix/etc/tegata"
# The sample, with its examples made real.
sed 's/^#\([- ]\)/\1/' "$src/contrib/examples/entitlements.yaml" >"$prefix/etc/tegata/entitlements.yaml"
cat >"$prefix/etc/tegata/tegata.yaml" <<-END
	cas:
	- profile: jprs
	  server: https://localhost:$port/dir
	  ca_file: $demo/ca.pem
END
grep -v -e '^#' -e '^$' "$prefix/etc/tegata/entitlements.yaml" | sed 's/^/   | /'
shown 0 tegata check -d example.jp -d www.example.jp

say "5. Registering, once, with the credentials of the customer page"
(umask 077 && echo "$hmac" >hmac.txt)
shown 0 tegata register -n -m admin@example.jp --agree-tos --eab-kid "$kid" --eab-hmac-key-file hmac.txt
rm -f hmac.txt

say "6. An order that the contract does not cover is refused here; the CA hears nothing of it"
shown 4 tegata certonly -n -d example.jp -d mail.example.jp --standalone --http-01-port $((port + 2))

say "7. One that it does: ordered, validated over HTTP, verified, installed"
shown 0 tegata certonly -n -d example.jp -d www.example.jp --standalone --http-01-port $((port + 2)) \
	--deploy-hook 'echo the web server would be reloaded here'
shown 0 openssl x509 -in "$prefix/var/lib/tegata/live/example.jp/fullchain.pem" -noout -enddate -ext subjectAltName

say "8. From now on a timer runs this; today there is nothing to do, and so nothing is sent"
shown 0 tegata plan
shown 0 tegata run -v
shown 0 tegata status

stop "${pids[@]}"
pids=()

say "That was all. Nothing is left running; everything lies in $build."
cat <<END

With your own contract (JPDirect), as root:

   cd $src
   mkdir -p build && cd build
   ../configure --prefix=/usr --sysconfdir=/etc --localstatedir=/var && make && make install

   # the key id and the HMAC key from the customer page; the key in a file of its own
   tegata register -m you@your-domain.jp --agree-tos --eab-kid KEY-ID --eab-hmac-key-file /root/hmac.txt

   # the registered FQDNs, one per line
   \${EDITOR:-vi} /etc/tegata/entitlements.yaml
   tegata check -d your-domain.jp -d www.your-domain.jp

   # nginx, Apache or any other web server that serves /var/www/html on port 80
   tegata certonly -d your-domain.jp -d www.your-domain.jp --webroot -w /var/www/html --deploy nginx

   # in the web server's settings:
   #   certificate  /var/lib/tegata/live/your-domain.jp/fullchain.pem
   #   key          /var/lib/tegata/live/your-domain.jp/privkey.pem

   # renewals, every hour (without systemd, by cron: 17 * * * * root tegata run -q)
   systemctl enable --now tegata.timer
END
