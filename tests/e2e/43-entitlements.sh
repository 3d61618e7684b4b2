#!/bin/bash
# The list of registered FQDNs is changed as asked for, and nothing else of its file; what is wrong is told with its place.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx jq setpriv
need_terminal
named_start example.jp
nginx_start
pebble_start nonce_reject=0
list=$conf/entitlements.yaml
holds() { printf '%s\n' "$@" | cmp -s - "$list" || fail "the list is not as it should be: $(cat -A "$list")"; }
cat >"$list" <<-'END'
	# contract of 2026, No. 4711

	- example.jp   # the shop
	- fqdn: "*.example.jp"		# wildcard
	  # paid on the 3rd
	  ends: 2027-05-31	# My Page

	# the other department
	- 'mail.example.jp'
	# end
END
printf '#!/bin/sh\n' >"$work/hook"
chmod 755 "$work/hook"
settings "defaults: {challenge: {webroot: $webroot}}" 'certificates:' \
	"- {name: www, names: [example.jp, www.example.jp], deploy: $work/hook}" '- {name: mail, names: [mail.example.jp]}'
register

step "added, set, renewed, taken out: comments and order stay, to the byte"
cp -p "$list" "$work/list"
before=$(asked)
t 0 entitlements add a.example.jp 日本語.jp --dry-run
grep -v '^#\|^$' "$work/out" | grep -q '日本語' || fail "what the file would be is not shown"
cmp -s "$list" "$work/list" || fail "--dry-run has changed the list"
cp "$work/out" "$work/would"
t 0 entitlements add a.example.jp 日本語.jp
cmp -s "$list" "$work/would" || fail "the list is not what --dry-run said"
out_has 'a.example.jp: added; use period: not begun' '日本語.jp (xn--wgv71a119e.jp): added'
t 0 entitlements set XN--wgv71a119e.jp --first-issued 2026-02-19
out_has '日本語.jp (xn--wgv71a119e.jp): use period: 2026-02-19 – 2027-02-28 (Sun); before: not begun'
t 0 entitlements renew 日本語.jp '*.example.jp'
out_has '2028-02-29 (Tue)' '*.example.jp: use period: until 2028-05-31 (Wed); before: until 2027-05-31 (Mon)'
t 0 entitlements set example.jp --ends 2027-03-31
holds '# contract of 2026, No. 4711' '' '- fqdn: example.jp   # the shop' '  ends: 2027-03-31' $'- fqdn: "*.example.jp"\t\t# wildcard' \
	'  # paid on the 3rd' $'  ends: 2028-05-31\t# My Page' '' '# the other department' "- 'mail.example.jp'" '- a.example.jp' \
	'- fqdn: "日本語.jp"' '  first_issued: 2026-02-19' '  renewed: 1' '# end'
t 0 entitlements set example.jp --ends none
t 0 entitlements remove -n 日本語.jp a.example.jp
out_has '日本語.jp (xn--wgv71a119e.jp): taken out of the list'
sed -e 's/2027-05-31/2028-05-31/' -e 's/^- example.jp /- fqdn: example.jp /' "$work/list" | cmp -s - "$list" ||
	fail "what was added and taken away left traces: $(diff "$work/list" "$list")"
t 0 entitlements set '*.example.jp' --ends 2028-05-31
out_has 'as before'
is "requests" "$(asked)" "$before"

step "both ways of writing a name are one"
t 0 entitlements add xn--wgv71a119e.jp
file_has "$list" '日本語.jp'
t 2 entitlements add 日本語。ｊｐ
err_has 'xn--wgv71a119e.jp is in the list already' "$list, line "
t 0 entitlements --json
json_is '.entries[] | select(.unicode == "日本語.jp") | .fqdn' '"xn--wgv71a119e.jp"'
t 0 entitlements remove -n 日本語.JP.
file_lacks "$list" 日本語 xn--

step "what is refused changes nothing"
cp "$list" "$work/list"
no() {
	local wanted=$1 text=$2
	shift 2
	t "$wanted" entitlements "$@"
	err_has "$text"
	cmp -s "$list" "$work/list" || fail "the list was changed"
}
no 2 '--ends: there is no such day: 2027-02-29' set example.jp --ends 2027-02-29
no 2 '--first-issued: expected a date such as 2027-02-28, not "yesterday"' add b.example.jp --first-issued yesterday
no 2 "mail.example.jp is in the list already ($list, line " add mail.example.jp
no 2 'nope.example.jp is not in the list; nearest is ' set nope.example.jp --ends 2027-02-28
no 2 'use period has not begun, so there is no term to renew' renew mail.example.jp
err_has 'what to do: ' '`tegata entitlements set mail.example.jp --ends DATE`'
no 2 'which FQDN? `tegata entitlements add FQDN`' add
no 2 'what is to be set?' set example.jp
no 2 "$list:12:9: ends lies before first_issued" add b.example.jp --first-issued 2026-02-01 --ends 2026-01-31
no 2 'underscore' add a_b.example.jp

step "a list that nobody could change, or even read: with its place"
printf '%s\n' '# all in one' '[example.jp, mail.example.jp]' >"$list"
cp "$list" "$work/list"
no 3 "$list:2:1: a list in brackets cannot be changed line by line" add b.example.jp
printf '%s\n' '- example.jp' '- fqdn: mail.example.jp' '  endz: 2027-02-28' '- fqdn: b.example.jp' '  ends: 2027-02-29' >"$list"
cp "$list" "$work/list"
no 3 "$list:3:3: unknown key \"endz\"; did you mean \"ends\"?" add c.example.jp
err_has "$list:5:9: there is no such day: 2027-02-29"
printf '%s\n' '- example.jp' '- {fqdn: b.example.jp, first_issued: 9062-02-19}' >"$list"
t 0 config check
err_has "$list:2: b.example.jp has a date that is still to come"

step "a list from elsewhere keeps its line ends, owner and mode, and stays where a link leads"
printf -- '# from elsewhere\r\n- example.jp\r\n- mail.example.jp' >"$conf/real.yaml"
chmod 640 "$conf/real.yaml"
chown 65534:65534 "$conf/real.yaml"
ln -sf real.yaml "$list"
t 0 entitlements add b.example.jp
t 0 entitlements set example.jp --ends 2027-03-31
printf -- '# from elsewhere\r\n- fqdn: example.jp\r\n  ends: 2027-03-31\r\n- mail.example.jp\r\n- b.example.jp' | cmp -s - "$conf/real.yaml" ||
	fail "the file is $(cat -A "$conf/real.yaml")"
is "owner and mode" "$(stat -c '%u:%g %a' "$conf/real.yaml")" '65534:65534 640'
is "the link" "$(readlink "$list")" real.yaml
is "what is left beside it" "$(find "$conf" -name '.*' -type f)" ''
rm "$list" "$conf/real.yaml"

step "the first entry of all makes the file"
t 0 entitlements
out_has "There is no list of registered FQDNs at $list" 'tegata entitlements suggest'
t 0 entitlements suggest
out_has 'tegata entitlements add example.jp mail.example.jp'
t 0 entitlements add example.jp mail.example.jp
t 0 entitlements suggest www.example.jp example.jp '*.shop.example.jp' shop.example.jp --json
json_is '[.add[].fqdn, .keep[].fqdn, .superfluous[], .cost]' '["*.shop.example.jp","example.jp","mail.example.jp",1]'
t 0 entitlements suggest www.example.jp a.example.jp --price plain=3000,wildcard=30000
out_has 'a.example.jp' 'Price: 3000 now, 6000 a year from then on.' 'Registered, but not needed' mail.example.jp
t 2 entitlements suggest --price plain=3.5 a.example.jp
err_has 'expected plain=N,wildcard=N with whole numbers'

step "somebody else holds the state folder: said, and nothing is done"
mkfifo "$work/fifo"
cat >"$work/hook" <<-END
	#!/bin/sh
	: >"$work/blocked"
	read -r word <"$work/fifo"
END
chmod 755 "$work/hook"
"$program" --config-dir "$conf" --state-dir "$state" run >"$work/first.out" 2>"$work/first.err" </dev/null &
first=$!
until_true "the deploy hook works" test -e "$work/blocked"
cp "$list" "$work/list"
no 5 "$first" add b.example.jp
t 0 entitlements add b.example.jp --dry-run
t 0 entitlements
out_has 'www'
echo go >"$work/fifo"
wait "$first" || fail "the first ended with $?"

step "taken out: what will be refused is said; asked on a terminal"
no 2 'nobody is here to be asked; -n takes it out without asking' remove example.jp
err_has 'www will be refused: example.jp, www.example.jp'
on_terminal 2 '' entitlements remove example.jp
out_has 'www will be refused: example.jp, www.example.jp' 'Take example.jp out of the list? [y/N]' 'not answered with yes'
cmp -s "$list" "$work/list" || fail "the list was changed"
# While the question stands, somebody else writes: both changes hold.
mkfifo "$work/answer"
script -qec "$(quoted "$program" --config-dir "$conf" --state-dir "$state" entitlements remove example.jp)" /dev/null <"$work/answer" \
	>"$work/out" &
first=$!
exec 3>"$work/answer"
until_true "it asks" grep -q 'out of the list?' "$work/out"
echo '- new.example.jp # meanwhile' >>"$list"
echo y >&3
exec 3>&-
wait "$first" || fail "it ended with $?"
file_has "$list" '- new.example.jp # meanwhile'
file_lacks "$list" '- example.jp'
t 4 check
t 0 entitlements add example.jp

step "who may not: nothing is changed, and it is said who may"
chmod 755 "$conf"
cp "$list" "$work/list"
mkdir -m 755 "$work/bin"
cp "$program" "$build/tegata-net" "$work/bin"
install -d -o 65534 "$work/home"
user() {
	local wanted=$1
	shift
	run "$wanted" setpriv --reuid=65534 --regid=65534 --clear-groups env TEGATA_LIBEXECDIR="$work/bin" "$work/bin/tegata" \
		--config-dir "$conf" --state-dir "$work/home" "$@"
}
user 10 entitlements add c.example.jp
err_has "changing the list of registered FQDNs" "$conf" 'what to do: this takes the rights of whoever'
cmp -s "$list" "$work/list" || fail "the list was changed"
user 0 entitlements add c.example.jp --dry-run
out_has c.example.jp

step "learnt from certificates of elsewhere: a second decides the month in Japan"
cat >"$work/own.cnf" <<-END
	[ca]
	default_ca = own
	[own]
	database = $work/own.db
	new_certs_dir = $work
	rand_serial = yes
	default_md = sha256
	policy = any
	copy_extensions = copy
	unique_subject = no
	[any]
	commonName = optional
END
: >"$work/own.db"
# elsewhere NAME NOT-BEFORE
elsewhere() {
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/own.key" -subj "/CN=$1" -addext "subjectAltName=DNS:$1" \
		-out "$work/own.csr" 2>"$work/openssl" &&
		openssl ca -batch -config "$work/own.cnf" -selfsign -keyfile "$work/own.key" -in "$work/own.csr" -startdate "$2" \
			-enddate 20270301000000Z -notext -out "$work/$1.pem" 2>>"$work/openssl" || fail "openssl: $(cat "$work/openssl")"
}
elsewhere new.example.jp 20260228145959Z
elsewhere www.b.example.jp 20260228150000Z
t 0 entitlements add b.example.jp
# Both were written down only now; a certificate that is named counts all the same.
cp "$list" "$work/list"
t 0 entitlements learn "$work/new.example.jp.pem" "$work/www.b.example.jp.pem"
out_has 'new.example.jp: first certificate on 2026-02-28 (Sat); use period: 2026-02-28 – 2027-02-28 (Sun)' \
	'b.example.jp: first certificate on 2026-03-01 (Sun); use period: 2026-03-01 – 2027-03-31 (Wed)'
t 0 entitlements learn "$work/new.example.jp.pem"
out_has 'There was nothing to learn'
cmp -s "$list" "$work/list" || fail "the list was changed"
t 10 entitlements learn "$work/none.pem"
err_has "$work/none.pem"
t 11 entitlements learn "$list"
err_has "$list" 'certificate (PEM)'

step "advice: names whose ends differ are better apart"
settings "defaults: {challenge: {webroot: $webroot}}" 'certificates:' '- {name: both, names: [new.example.jp, b.example.jp]}'
t 0 entitlements advise
out_has 'both: better as 2 certificates' '# conf.d/both.yaml' '# conf.d/b.example.jp.yaml' 'until 2027-02-28 (Sun)'
sed -n '/^# conf.d\/both/,$p' "$work/out" | sed -n '/^certificates:/,/^$/p' | awk '/^certificates:/ && seen++ { next } { print }' >"$work/parts"
settings "$(cat "$work/parts")"
t 0 config check
t 0 entitlements advise
out_has 'Nothing to split'

step "5,000 entries: one change of them, or 500 at once, cost no more than reading them"
{ seq -f '- fqdn: n%05.0f.example.jp # of many' 2500; seq -f '- m%05.0f.example.jp' 2500; } >"$list"
TIMEFORMAT=%U
took=$({ time "$program" --config-dir "$conf" --state-dir "$state" entitlements set m01234.example.jp --ends 2027-05-31 >/dev/null; } 2>&1)
is "lines" "$(wc -l <"$list")" 5001
[ "${took%.*}" -lt 2 ] || fail "it took $took s of computing"
mapfile -t many < <(seq -f 'k%03.0f.example.jp' 500)
took=$({ time "$program" --config-dir "$conf" --state-dir "$state" entitlements add "${many[@]}" >/dev/null; } 2>&1)
is "lines" "$(wc -l <"$list")" 5501
[ "${took%.*}" -lt 2 ] || fail "it took $took s of computing"
t 0 entitlements --json
json_is '[.entries | length, (.[] | select(.last_day == "2027-05-31") | .fqdn)]' '[5500,"m01234.example.jp"]'
finish
