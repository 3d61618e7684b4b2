#!/bin/bash
# Prints what tegata costs, as the tables of doc/performance.md. Nothing here passes or fails by its figures.
#
#   make bench                              in the build folder, or
#   tests/bench/run.sh [orders] [confinement] [start] [idle] [contract] [size]
#
# Needs pebble and openssl. Pebble and a relay run on loopback, everything lies in a temporary folder.
# BENCH_RUNS: how often each thing is measured (5). BENCH_PORT: the first of four free ports (24000).
set -u
LC_ALL=C.UTF-8
export LC_ALL
unset LANGUAGE http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY

here=$(cd "$(dirname "$0")" && pwd)
src=${abs_top_srcdir:-$(cd "$here/../.." && pwd)}
build=${abs_top_builddir:-$src}
export TEGATA_LIBEXECDIR=${TEGATA_LIBEXECDIR:-$build}
tools=$build/tests/bench
runs=${BENCH_RUNS:-5}
port=${BENCH_PORT:-24000}
relay_port=$((port + 1))
server=https://localhost:$relay_port/dir
kid=bench
hmac=$(printf 'only for measuring, 32 bytes or so' | base64 | tr '+/' '-_' | tr -d '=\n')

die() {
	echo "bench: $*" >&2
	exit 1
}

for program in pebble openssl; do
	command -v "$program" >/dev/null || die "there is no program $program"
done
for program in "$build/tegata" "$build/tegata-net" "$tools/relay" "$tools/measure" "$tools/contract" "$tools/unconfined"; do
	[ -x "$program" ] || die "$program is not built; \`make bench\` does that"
done

work=$(mktemp -d "${TMPDIR:-/tmp}/tegata-bench-XXXXXX") || die "no temporary folder"
pids=()
clean_up() {
	local pid
	trap '' HUP INT TERM
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
	wait 2>/dev/null
	if [ -n "${BENCH_KEEP-}" ]; then echo "kept: $work" >&2; else rm -rf "$work"; fi
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
cd "$work" || exit 1
conf=$work/etc
state=$work/var
mkdir -p "$conf/conf.d" "$work/www"

# ---- the CA and the way to it

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
until_listens() {
	local i
	for ((i = 0; i < 400; i++)); do
		listens "$1" && return
		sleep 0.05
	done
	die "nothing listens on port $1"
}

make_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=CA of the measured server" \
		-keyout ca.key -out ca.pem 2>openssl.log &&
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout server.key \
			-out server.csr 2>>openssl.log &&
		echo 'subjectAltName=DNS:localhost' >server.ext &&
		openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile server.ext \
			-out server.pem 2>>openssl.log || die "openssl: $(cat openssl.log)"
}

pebble_start() {
	local each
	for each in 0 1 2; do
		! listens $((port + each)) || die "port $((port + each)) is taken; BENCH_PORT names the first of four free ones"
	done
	make_certificate
	cat >pebble.json <<-END
		{"pebble": {
		  "listenAddress": "127.0.0.1:$port", "managementListenAddress": "127.0.0.1:$((port + 2))",
		  "certificate": "$work/server.pem", "privateKey": "$work/server.key",
		  "httpPort": $((port + 3)), "tlsPort": $((port + 3)), "ocspResponderURL": "",
		  "externalAccountBindingRequired": true, "externalAccountMACKeys": {"$kid": "$hmac"},
		  "certificateValidityPeriod": 7776000,
		  "profiles": {"default": {"description": "90 days", "validityPeriod": 7776000}}
		}}
	END
	PEBBLE_VA_NOSLEEP=1 PEBBLE_VA_ALWAYS_VALID=1 PEBBLE_WFE_NONCEREJECT=0 PEBBLE_AUTHZREUSE=0 \
		pebble -config pebble.json >pebble.log 2>&1 &
	pids+=($!)
	until_listens "$port"
}

# relay_start MILLISECONDS_PER_ROUND_TRIP; looking whether it listens would be counted, so it is asked for its socket.
relay_pid=
relay_start() {
	local i
	"$tools/relay" "$relay_port" "$port" $(($1 / 2)) >relay.out &
	relay_pid=$!
	for ((i = 0; i < 400; i++)); do
		grep -q "$(printf ':%04X 00000000:0000 0A' "$relay_port")" /proc/net/tcp && return
		sleep 0.02
	done
	die "the relay does not listen"
}
relay_stop() {
	kill "$relay_pid"
	wait "$relay_pid"
}

asked() { grep -c '\(HEAD\|GET\|POST\) /.*calling handler' pebble.log; }

# ---- tegata

t() { "$build/tegata" --config-dir "$conf" --state-dir "$state" "$@"; }

# names COUNT: what stands on the list and in the certificate.
names() { seq -f 'n%g.example.jp' 1 "$1"; }

# settings NAMES [DIFFERENT_WORD]
settings() {
	cat >"$conf/tegata.yaml" <<-END
		cas: [{profile: jprs, server: "$server", ca_file: $work/ca.pem}]
		certificates:
		  - name: bench
		    key: ecdsa-p256
		    challenge: {webroot: $work/www}
		    names: [$(names "$1" | paste -sd,)]
	END
	names "$1" | sed 's/^/- /' >"$conf/entitlements.yaml"
}

register() {
	settings 1
	echo "$hmac" >hmac
	relay_start 0
	t register -q -n -m bench@example.jp --agree-tos --eab-kid "$kid" --eab-hmac-key-file hmac >out 2>&1 ||
		die "register: $(cat out)"
	relay_stop
	cp -a "$state" registered
}

middle() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
column() { awk -v n="$1" '{ print $n }' "$2"; }
mib() { awk '{ printf "%.1f\n", $1 / 1024 }'; }

# one_order FILE ROUND_TRIP_MS ARGUMENT...: a line "wall requests connections trips KiB_up KiB_down" is added to the file.
one_order() {
	local file=$1 before took
	relay_start "$2"
	shift 2
	before=$(asked)
	took=$("$tools/measure" time 1 "$build/tegata" --config-dir "$conf" --state-dir "$state" -q "$@" 2>err) ||
		die "tegata $*: $(cat err)"
	relay_stop
	awk -v wall="${took%% *}" -v requests="$(($(asked) - before))" \
		'{ print wall / 1000, requests, $1, $4, $2 / 1024, $3 / 1024 }' relay.out >>"$file"
}

# order_row COUNT KIND
order_row() {
	local count=$1 kind=$2 delay i
	for delay in 0 50; do
		: >"runs.$delay"
		for ((i = 0; i < runs; i++)); do
			if [ "$kind" = first ]; then
				rm -rf "$state" && cp -a registered "$state"
				one_order "runs.$delay" "$delay" run
			else
				one_order "runs.$delay" "$delay" renew --force
			fi
		done
	done
	printf '| %d | %s | %s | %s | %s | %.2f | %.2f | %.0f / %.0f |\n' "$count" "$kind" "$(column 2 runs.50 | middle)" \
		"$(column 3 runs.50 | middle)" "$(column 4 runs.50 | middle)" "$(column 1 runs.0 | middle)" \
		"$(column 1 runs.50 | middle)" "$(column 5 runs.50 | middle)" "$(column 6 runs.50 | middle)"
}

orders() {
	local count
	pebble_start
	register
	echo '| names | run | requests | connections | sequential round trips | wall s, no delay | wall s, 50 ms round trip | KiB up / down |'
	echo '|---|---|---|---|---|---|---|---|'
	for count in 1 10 100; do
		settings "$count"
		order_row "$count" first
		order_row "$count" next
	done
	echo
	echo '| largest process while ordering | tegata MiB | tegata-net MiB |'
	echo '|---|---|---|'
	for count in 1 10 100; do
		settings "$count"
		relay_start 0
		"$tools/measure" memory "$build/tegata" --config-dir "$conf" --state-dir "$state" -q renew --force >peaks 2>err ||
			die "tegata renew: $(cat err)"
		relay_stop
		echo "| names: $count | $(awk '$1 == "tegata" { print $2 }' peaks | mib) | $(awk '$1 == "tegata-net" { print $2 }' peaks | mib) |"
	done
	echo
}

# The same order with the network helper confined and not, by turns, so that what else the machine does meets both.
confinement() {
	local i kind
	[ -d registered ] || { pebble_start && register; }
	mkdir -p unconfined
	chmod 755 "$work" # for the user that the helper becomes
	cp "$tools/unconfined" unconfined/tegata-net
	settings 1
	rm -rf "$state" && cp -a registered "$state"
	for kind in as-is unconfined; do : >"runs.$kind"; done
	relay_start 0
	t run -q >out 2>&1 || die "tegata run: $(cat out)"
	for ((i = 0; i < runs * 6; i++)); do
		for kind in as-is unconfined; do
			[ "$kind" = as-is ] && export TEGATA_LIBEXECDIR=$build || export TEGATA_LIBEXECDIR=$work/unconfined
			"$tools/measure" time 1 "$build/tegata" --config-dir "$conf" --state-dir "$state" -q renew --force >>"runs.$kind" 2>err ||
				die "tegata renew: $(cat err)"
		done
	done
	relay_stop
	export TEGATA_LIBEXECDIR=$build
	echo '| an order for one name, no delay | wall ms, median | processor ms, median |'
	echo '|---|---|---|'
	for kind in as-is unconfined; do
		echo "| helper ${kind/as-is/confined} | $(column 1 "runs.$kind" | middle) | $(column 4 "runs.$kind" | middle) |"
	done
	echo
}

# start_row LABEL EXIT_STATUS COMMAND...
start_row() {
	local label=$1 wanted=$2 times memory
	shift 2
	times=$("$tools/measure" time "$((runs * 4 + 1))" "$@" 2>err)
	[ $? -eq "$wanted" ] || die "$label: $(cat err)"
	memory=$("$tools/measure" memory "$@" 2>err | awk '$2 > most { most = $2 } END { print most }' | mib)
	# shellcheck disable=SC2086 # four numbers
	set -- $times
	echo "| $label | $1 ($2–$3) | $4 | $memory |"
}

heading() {
	echo "| $1 | wall ms, median (least–most) | processor ms | MiB |"
	echo '|---|---|---|---|'
}

# check_row COUNT: as many names against as many entries.
check_row() {
	names "$1" | sed 's/^/- /' >"$conf/entitlements.yaml"
	printf 'cas: [{profile: jprs, max_names: 10000}]\n' >"$conf/tegata.yaml"
	local each list=()
	while IFS= read -r each; do list+=(-d "$each"); done < <(names "$1" | xargs -n 1000 | tr ' ' ,)
	start_row "\`check\`, $1 names against $1 entries" 0 \
		"$build/tegata" --config-dir "$conf" --state-dir "$state" check "${list[@]}"
}

start() {
	heading start-up
	start_row '`true`' 0 /bin/true
	start_row '`openssl version`' 0 openssl version
	start_row '`tegata --version`' 0 "$build/tegata" --version
	check_row 100
	check_row 10000
	echo
}

# A certificate for each, all alike but for the name: what tegata reads is what it would have written.
populate() {
	local i old=$state/generations/c/000001
	rm -rf "$state" && mkdir -p "$old" "$state/live"
	cp -a one/. "$old"
	for ((i = 1; i <= $1; i++)); do
		cp -a "$state/generations/c/." "$state/generations/c$i/" &&
			sed "s/\"name\": \"bench\"/\"name\": \"c$i\"/; s/n1\\.example\\.jp/n$i.example.jp/" one/meta.json \
				>"$state/generations/c$i/000001/meta.json" &&
			ln -s "../generations/c$i/000001" "$state/live/c$i" || die "populating"
	done
	rm -rf "$state/generations/c"
	names "$1" | sed 's/^/- /' >"$conf/entitlements.yaml"
	{
		echo "cas: [{profile: jprs, server: \"$server\", ca_file: $work/ca.pem}]"
		echo "defaults: {key: ecdsa-p256, challenge: {webroot: $work/www}}"
		echo "certificates:"
		seq 1 "$1" | sed 's/.*/  - {name: c&, names: [n&.example.jp]}/'
	} >"$conf/tegata.yaml"
}

idle() {
	local count
	[ -d registered ] || { pebble_start && register; }
	settings 1
	rm -rf "$state" && cp -a registered "$state"
	relay_start 0
	t run -q >out 2>&1 || die "tegata run: $(cat out)"
	relay_stop
	cp -a "$state/generations/bench/000001" one
	heading 'nothing to do'
	for count in 1 100 1000; do
		populate "$count"
		t run --json >out 2>err || die "tegata run: $(cat err)"
		[ "$(grep -o not-due out | wc -l)" -eq "$count" ] || die "not all of $count certificates are in order: $(head -c 2000 out)"
		start_row "\`run\`, certificates: $count" 0 "$build/tegata" --config-dir "$conf" --state-dir "$state" run
	done
	echo
}

contract() {
	echo '| arithmetic alone, in one process | ms, median (least–most) | it found |'
	echo '|---|---|---|'
	"$tools/contract" "$runs" || die "contract"
	echo
}

size() {
	local program
	echo '| program | stripped KiB | shared libraries (`ldd`) |'
	echo '|---|---|---|'
	for program in tegata tegata-net; do
		strip -o stripped "$build/$program" || die "strip"
		echo "| $program | $(($(stat -c %s stripped) / 1024)) | $(ldd "$build/$program" | grep -c '=> /') |"
	done
	echo
}

[ $# -gt 0 ] || set -- orders confinement start idle contract size
for part; do
	case $part in
	orders | confinement | start | idle | contract | size) "$part" ;;
	*) die "there are the parts orders, confinement, start, idle, contract and size" ;;
	esac
done
