#!/bin/bash
# shellcheck disable=SC2034 # lib.sh reads them
# Row "nonces": a CA that refuses half, or nine of ten, of all requests as badNonce. Clients with a store of their own register
# and order, many side by side; every one must come through, also where the CA forgets nonces as a farm of servers does that
# share none. And one that refuses each and every request is given up, in time and by its name.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/torture/lib.sh"
need named nginx

# CLIENTS RATE ORDERS PARALLEL: each client orders so often.
if is_long; then
	rounds=('200 50 1 60' '200 90 5 100')
else
	rounds=('20 50 1 20' '20 90 1 20')
fi

named_start example.jp
nginx_start ''
printf '%s\n' "$hmac" >"$work/hmac"
mkdir "$work/clients"

cat >"$work/client" <<-'END'
	#!/bin/bash
	# client FOLDER NAME ORDERS
	mkdir -p "$1/etc" && cd "$1" || exit 1
	tegata() { "$TEGATA_PROGRAM" --config-dir "$PWD/etc" --state-dir "$PWD/var" "$@" >>said 2>&1 </dev/null; }
	printf -- '- %s\n' "$2" >etc/entitlements.yaml
	sed "s/NAME/$2/" ../tegata.yaml >etc/tegata.yaml
	if ! tegata register -n -m admin@example.jp --agree-tos --eab-kid kid-1 --eab-hmac-key-file ../../hmac; then
		echo register >failed
		exit 0
	fi
	for ((i = 0; i < $3; i++)); do
		if tegata renew one --force; then echo "$i" >>issued; else echo "$i" >>failed; fi
	done
END
chmod 755 "$work/client"
export TEGATA_PROGRAM=$program

share() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f %%", 100 * a / b }'; }

# all CLIENTS RATE ORDERS PARALLEL
all() {
	local clients=$1 rate=$2 orders=$3 parallel=$4 began=${EPOCHREALTIME/./} issued wanted requests ms i
	local folder=$work/clients
	wanted=$((clients * orders))
	rm -rf "$folder"
	mkdir "$folder"
	settings 'certificates:' "- {name: one, names: [NAME], challenge: {webroot: $webroot}}"
	mv "$conf/tegata.yaml" "$folder/tegata.yaml"
	: >"$pebble_log"
	pebble_start nonce_reject="$rate"
	for ((i = 0; i < clients; i++)); do printf '%s\0' "$folder/$i" "c$i.example.jp" "$orders"; done |
		xargs -0 -n 3 -P "$parallel" "$work/client"
	ms=$(((${EPOCHREALTIME/./} - began) / 1000))
	requests=$(asked '')
	pebble_stop
	issued=$(find "$folder" -name issued -exec cat {} + | wc -l)
	if [ "$issued" -ne "$wanted" ]; then
		for i in "$folder"/*/failed; do show "client $i" "${i%failed}said" 1500; done | head -n 60
		# At half, none may be lost.
		if [ "$rate" -le 50 ] || [ $((issued * 1000)) -lt $((wanted * 999)) ]; then fail "$issued of $wanted orders came through"; fi
	fi
	if cat "$folder"/*/said | grep -q -e AddressSanitizer -e 'runtime error:'; then fail "the sanitizers found something"; fi
	empty_folder "$webroot"
	figure nonces "$rate % badNonce: $clients clients, $issued of $wanted orders ($(share "$issued" "$wanted")), $((requests / wanted)) requests and $((ms / wanted)) ms each with what registering takes, $parallel at once"
}

for round in "${rounds[@]}"; do
	read -r clients rate orders parallel <<<"$round"
	step "$clients clients at $rate % badNonce"
	all "$clients" "$rate" "$orders" "$parallel"
done
# given_up PORT STATUS COMMAND...: with this status and a reason, within two minutes
given_up() {
	local own=$work/refused/$1 wanted=$2 began=$SECONDS status
	shift 2
	"$program" --config-dir "$own/etc" --state-dir "$own/var" "$@" >"$own/said" 2>&1 </dev/null
	status=$?
	echo "$status $wanted $((SECONDS - began)) $1" >"$own/result"
}

if is_long; then
	step "a CA that refuses all that is asked at one of its endpoints"
	pebble_start nonce_reject=0
	echo '{}' >"$work/rules.json"
	proxy_start "$work/rules.json" 14100-14104
	refused=(new-account new-order authz challenge finalize)
	rules=
	for i in "${!refused[@]}"; do
		port=$((14100 + i))
		server=https://localhost:$port/dir
		registered_fqdns "$port.example.jp"
		settings 'certificates:' "- {name: one, names: [$port.example.jp, www.$port.example.jp], challenge: {webroot: $webroot}}"
		mkdir -p "$work/refused/$port"
		cp -r "$conf" "$work/refused/$port/etc"
		state=$work/refused/$port/var
		[ "$i" -eq 0 ] || register
		rules+=${rules:+, }"{\"at\": \"${refused[i]}\", \"port\": $port, \"ask\": false, \"status\": 400,
			\"json\": {\"type\": \"urn:ietf:params:acme:error:badNonce\", \"detail\": \"no\"}, \"set\": {\"Replay-Nonce\": \"bm9uY2U\"}}"
	done
	proxy_says "$work/rules.json" "$rules"
	running=()
	for i in "${!refused[@]}"; do
		port=$((14100 + i))
		if [ "$i" -eq 0 ]; then
			given_up "$port" 7 register -n -m admin@example.jp --agree-tos --eab-kid "$kid" --eab-hmac-key-file "$work/hmac" &
		else
			given_up "$port" 7 run &
		fi
		running+=("$!")
	done
	wait "${running[@]}"
	longest=0
	for i in "${!refused[@]}"; do
		own=$work/refused/$((14100 + i))
		read -r status wanted took command <"$own/result"
		cp "$own/said" "$work/err"
		is "exit status of $command, refused at ${refused[i]}" "$status" "$wanted"
		err_has badNonce
		[ "$took" -le 120 ] || fail "$command, refused at ${refused[i]}, took $took s"
		[ "$took" -le "$longest" ] || longest=$took
	done
	empty_folder "$webroot"
	figure nonces "100 % badNonce at one of ${#refused[@]} endpoints: given up with a reason after $longest s at most"
fi
step "the end"
finish
