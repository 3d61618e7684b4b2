#!/bin/bash
# What is to come, and what would come if: told in order, only the difference of a what-if, and nothing is sent.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx jq
named_start example.jp
nginx_start
pebble_start nonce_reject=0
cat >"$conf/entitlements.yaml" <<-'END'
	- {fqdn: example.jp, first_issued: 2026-02-19}
	- {fqdn: shop.example.jp, ends: 2027-06-30}
	- {fqdn: mail.example.jp, ends: 2027-03-31}
	- xn--wgv71a119e.example.jp
	- {fqdn: idle.example.jp, ends: 2027-04-30}
END
settings "defaults: {challenge: {webroot: $webroot}}" 'certificates:' '- {name: shop, names: [example.jp, www.example.jp, shop.example.jp]}' \
	'- {name: mail, names: [mail.example.jp]}' '- {name: both, names: [mail.example.jp, 日本語.example.jp], on_lapse: shrink}'

# said: what is printed is standard input, to the byte.
said() {
	cat >"$work/wanted"
	diff "$work/wanted" "$work/out" >"$work/difference" || fail "it says something else: $(cat "$work/difference")"
}

# With a clock that stands where the examples do; what is not known of it is nothing that a certificate holds.
# at_new_year STATUS ARGUMENT...
at_new_year() {
	local wanted=$1
	shift
	run "$wanted" env TZ=Asia/Tokyo faketime '2027-01-04 09:00:00' "$program" --config-dir "$conf" --state-dir "$state" forecast "$@"
}
if command -v faketime >/dev/null && ! ldd "$program" | grep -q asan; then
	# Its marks there are named by process ids, which are few in here: those of other tests are in the way.
	mount -t tmpfs tmpfs /dev/shm
	step "the first months of 2027, as it is"
	at_new_year 0 --until 2027-04-30
	said <<-'END'
		2027-01-04 (Mon)  日本語.example.jp (xn--wgv71a119e.example.jp): its use period begins and lasts until 2028-01-31 (Mon)
		2027-01-04 (Mon)  both: first certificate, valid until 2027-04-04 (Sun)
		2027-01-04 (Mon)  mail: first certificate, valid until 2027-04-04 (Sun)
		2027-01-04 (Mon)  shop: first certificate, valid until 2027-04-04 (Sun)
		2027-02-28 (Sun)  example.jp: last day to renew its contract in My Page; it carries shop
		2027-02-28 (Sun)  example.jp ends: certificate shop is revoked; shop.example.jp falls with it
		2027-03-01 (Mon)  shop: due, and will be refused, as example.jp has ended
		2027-03-05 (Fri)  both: renewed, valid until 2027-06-03 (Thu)
		2027-03-05 (Fri)  mail: renewed, valid until 2027-06-03 (Thu)
		2027-03-30 (Tue)  both: goes on without mail.example.jp
		2027-03-31 (Wed)  mail.example.jp: last day to renew its contract in My Page; it carries mail
		2027-03-31 (Wed)  mail.example.jp ends: certificate mail is revoked
		2027-04-01 (Thu)  mail: due, and will be refused, as mail.example.jp has ended
		2027-04-30 (Fri)  idle.example.jp: last day to renew its contract in My Page; nothing lives on it
		2027-04-30 (Fri)  idle.example.jp ends
	END

	step "what if: only the difference"
	at_new_year 0 --until 2027-04-30 --without mail.example.jp
	said <<-'END'
		- 2027-01-04 (Mon)  both: first certificate, valid until 2027-04-04 (Sun)
		+ 2027-01-04 (Mon)  mail.example.jp: last day to renew its contract in My Page; it carries both, mail
		+ 2027-01-04 (Mon)  both: goes on without mail.example.jp
		+ 2027-01-04 (Mon)  mail.example.jp ends: certificate mail is revoked
		+ 2027-01-05 (Tue)  mail: due, and will be refused, as mail.example.jp has ended
		- 2027-03-05 (Fri)  mail: renewed, valid until 2027-06-03 (Thu)
		- 2027-03-30 (Tue)  both: goes on without mail.example.jp
		- 2027-03-31 (Wed)  mail.example.jp: last day to renew its contract in My Page; it carries mail
		- 2027-03-31 (Wed)  mail.example.jp ends: certificate mail is revoked
		- 2027-04-01 (Thu)  mail: due, and will be refused, as mail.example.jp has ended
	END
	at_new_year 0 --until 2027-06-30 --renew example.jp
	said <<-'END'
		- 2027-02-28 (Sun)  example.jp: last day to renew its contract in My Page; it carries shop
		- 2027-02-28 (Sun)  example.jp ends: certificate shop is revoked; shop.example.jp falls with it
		- 2027-03-01 (Mon)  shop: due, and will be refused, as example.jp has ended
		+ 2027-03-05 (Fri)  shop: renewed, valid until 2027-06-03 (Thu)
		+ 2027-05-04 (Tue)  shop: renewed, valid until 2027-08-02 (Mon); the last time that gains anything, as shop.example.jp ends before
		- 2027-06-30 (Wed)  shop.example.jp: last day to renew its contract in My Page; nothing lives on it
		+ 2027-06-30 (Wed)  shop.example.jp: last day to renew its contract in My Page; it carries shop
		- 2027-06-30 (Wed)  shop.example.jp ends
		+ 2027-06-30 (Wed)  shop.example.jp ends: certificate shop is revoked; example.jp, www.example.jp fall with it
		+ 2027-07-01 (Thu)  shop: due, and will be refused, as shop.example.jp has ended
	END
	at_new_year 0 --until 2027-08-31 --without shop.example.jp --add '*.shop.example.jp'
	said <<-'END'
		+ 2027-01-04 (Mon)  shop.example.jp: last day to renew its contract in My Page; it carries shop
		+ 2027-01-04 (Mon)  shop.example.jp ends: certificate shop is perhaps revoked, though another FQDN covers its names
		+ 2027-01-05 (Tue)  *.shop.example.jp: its use period begins and lasts until 2028-01-31 (Mon)
		+ 2027-01-05 (Tue)  shop: renewed, valid until 2027-04-05 (Mon)
		- 2027-06-30 (Wed)  shop.example.jp: last day to renew its contract in My Page; nothing lives on it
		- 2027-06-30 (Wed)  shop.example.jp ends
	END
	at_new_year 0 --until 2027-04-30 --ca-down 2027-03-01..2027-03-10
	said <<-'END'
		- 2027-03-05 (Fri)  both: renewed, valid until 2027-06-03 (Thu)
		- 2027-03-05 (Fri)  mail: renewed, valid until 2027-06-03 (Thu)
		+ 2027-03-05 (Fri)  both: due, but the CA issues nothing
		+ 2027-03-05 (Fri)  mail: due, but the CA issues nothing
		+ 2027-03-11 (Thu)  both: renewed, valid until 2027-06-09 (Wed)
		+ 2027-03-11 (Thu)  mail: renewed, valid until 2027-06-09 (Wed)
	END
	at_new_year 0 --until 2027-04-30 --at 2027-02-01
	said <<-'END'
		- 2027-01-04 (Mon)  日本語.example.jp (xn--wgv71a119e.example.jp): its use period begins and lasts until 2028-01-31 (Mon)
		- 2027-01-04 (Mon)  both: first certificate, valid until 2027-04-04 (Sun)
		- 2027-01-04 (Mon)  mail: first certificate, valid until 2027-04-04 (Sun)
		- 2027-01-04 (Mon)  shop: first certificate, valid until 2027-04-04 (Sun)
		+ 2027-02-01 (Mon)  日本語.example.jp (xn--wgv71a119e.example.jp): its use period begins and lasts until 2028-02-29 (Tue)
		+ 2027-02-01 (Mon)  both: first certificate, valid until 2027-05-02 (Sun)
		+ 2027-02-01 (Mon)  mail: first certificate, valid until 2027-05-02 (Sun)
		+ 2027-02-01 (Mon)  shop: first certificate, valid until 2027-05-02 (Sun)
		- 2027-03-05 (Fri)  both: renewed, valid until 2027-06-03 (Thu)
		- 2027-03-05 (Fri)  mail: renewed, valid until 2027-06-03 (Thu)
	END
	at_new_year 0 --until 2027-04-30 --add new.example.jp
	said <<-'END'
		It changes nothing until 2027-04-30 (Fri).
	END
	at_new_year 0 --until 2027-02-05 --lifetime 47d
	out_has '+ 2027-02-04 (Thu)  mail: renewed, valid until 2027-03-23 (Tue)' \
		'+ 2027-02-04 (Thu)  shop: renewed, valid until 2027-03-23 (Tue); the last time that gains anything, as example.jp ends before'
	at_new_year 0 --until 2027-04-30 --add www.example.jp
	out_has '+ 2027-02-28 (Sun)  example.jp ends: certificate shop is revoked; www.example.jp, shop.example.jp fall with it'
	is "lines that are there and not there" "$(sed 's/^[+-] //' "$work/out" | sort | uniq -d)" ''
	at_new_year 0 --until 2027-04-30 --lifetime 47d
	is "lines that are there and not there" "$(sed 's/^[+-] //' "$work/out" | sort | uniq -d)" ''

	step "renewed twice: two terms; and by then, certificates live 47 days at most"
	at_new_year 0 --until 2029-03-31 --renew mail.example.jp --json
	json_is '[.added[] | select(.kind == "lapse" and .entry == "mail.example.jp") | .end_at]' '["2028-04-01T00:00:00+09:00"]'
	at_new_year 0 --until 2029-03-31 --renew mail.example.jp --renew mail.example.jp --json
	json_is '[.added[] | select(.kind == "lapse" and .entry == "mail.example.jp") | .end_at]' '["2029-04-01T00:00:00+09:00"]'
	json_is '[.gone[] | select(.kind == "lapse") | .entry]' '["mail.example.jp","xn--wgv71a119e.example.jp"]'

	at_new_year 0 --until 2029-03-31 --json
	json_is '[.events[] | select(.kind == "lifetime") | [.days, .at]]' '[[47,"2029-03-15T09:00:00+09:00"]]'

	step "programs are told the same in every language"
	at_new_year 0 --until 2028-04-30 --renew example.jp --json
	cp "$work/out" "$work/plain"
	LC_ALL=ja_JP.UTF-8 LANGUAGE=ja at_new_year 0 --until 2028-04-30 --renew example.jp --json
	cmp -s "$work/plain" "$work/out" || fail "it is another one"
fi

step "what cannot be meant"
before=$(asked)
no() {
	local text=$1
	shift
	t 2 forecast "$@"
	err_has "$text"
	is "standard output" "$(out)" ''
}
no '--at: there is no such day: 2027-02-29' --at 2027-02-29
no '--at: expected a date such as 2027-03-01 or a time such as 2027-03-01T09:00:00+09:00, not "soon"' --at soon
no '--until: there is no such day: 2027-06-31' --until 2027-06-31
no '--until: expected a date such as 2027-02-28, not "2027"' --until 2027
no 'the forecast would end before it begins, at 20' --until 2020-01-01
no 'the forecast would end before it begins, at 2100-09-01T00:00:00+09:00' --at 2100-09-01 --until 2100-01-01
no 'a forecast reaches 3660 days ahead at most, to 20' --until 2100-01-01
no '--lifetime: expected a number of days from 1 to 3660, not "0d"' --lifetime 0d
no '--lifetime: expected a number of days from 1 to 3660, not "forever"' --lifetime forever
no '--ca-down: expected two days, both included, such as 2027-01-10..2027-01-20, not "2027-02-01"' --ca-down 2027-02-01
no '--ca-down: the second day is before the first: 2027-02-02..2027-02-01' --ca-down 2027-02-02..2027-02-01
no '--ca-down: there is no such day: 2027-02-29' --ca-down 2027-02-01..2027-02-29
no 'idel.example.jp is not in the list; nearest is idle.example.jp' --without idel.example.jp
no 'www.example.jp is not in the list; nearest is example.jp' --renew www.example.jp
no 'mail.example.jp is in the list already' --add mail.example.jp
no '--add: "a_b.jp" cannot be used: it holds an underscore' --add a_b.jp
no '"shop" is one word too many for "tegata forecast"' shop
t 2 forecast --until 2027-02-29 --json
json_is '[.ok, .error.kind]' '[false,"usage"]'

step "of certificates that are there: it agrees with status, and a what-if takes along what lives on an entry"
soon=$(TZ=Asia/Tokyo date -d '+75 days' +%F)
printf -- '- %s\n' example.jp shop.example.jp xn--wgv71a119e.example.jp "{fqdn: mail.example.jp, ends: $soon}" >"$conf/entitlements.yaml"
register
t 0 run
before=$(asked)
t 0 status --json
jq -c '[.certificates[] | [.name, .renew_at]] | sort' "$work/out" >"$work/status"
t 0 forecast --json
jq -c '[.events | map(select(.kind == "renewal" or .kind == "last-renewal")) | group_by(.certificate)[] | [.[0].certificate, .[0].at]]' \
	"$work/out" >"$work/foreseen"
is "first renewals" "$(cat "$work/foreseen")" "$(cat "$work/status")"
json_is '[.events[] | select(.kind == "lapse") | .entry] | .[0]' '"mail.example.jp"'
t 0 forecast --without mail.example.jp
out_has '+ '"$(TZ=Asia/Tokyo date +%F)" 'certificate mail is revoked'
t 0 forecast --without mail.example.jp --json
json_is '[.added[] | select(.kind == "revocation") | .certificate]' '["mail"]'
json_is '.what_if' true
t 0 forecast -q
is "standard output" "$(out)" ''
is "requests" "$(asked)" "$before"
finish
