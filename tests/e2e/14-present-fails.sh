#!/bin/bash
# A challenge that cannot be put in place: the CA is not told of any, what was put in place is taken away.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx
named_start example.jp
nginx_start
pebble_start
registered_fqdns example.jp other.example.jp
cat >"$work/hook" <<-END
	#!/bin/sh
	echo "\$*" >>"$work/calls"
	[ "\$*" != "present other.example.jp" ] || { echo "the zone is read-only" >&2; exit 1; }
END
chmod 755 "$work/hook"
settings 'certificates:' '- name: www' '  names: [www.example.jp, example.jp, other.example.jp]' '  challenge:' \
	"  - {type: dns-01, hook: $work/hook, names: [example.jp, other.example.jp]}" "  - {webroot: $webroot}"
register
t 8 run
err_has other.example.jp 'the zone is read-only'
is "challenges answered" "$(asked 'POST /chalZ')" 0
file_has "$work/calls" 'present other.example.jp'
is "what was cleaned up" "$(sed -n 's/^cleanup //p' "$work/calls" | sort)" "$(sed -n 's/^present //p' "$work/calls" | sort)"
empty_folder "$webroot"
file_lacks "$state/journal/www.json" '"token"'
gone "$state/live/www"
empty_folder "$state/generations"

step "a webroot that is not there"
settings 'certificates:' "- {name: www, names: [www.example.jp], challenge: {webroot: $work/nowhere}}"
t 8 run
err_has "$work/nowhere"
is "challenges answered" "$(asked 'POST /chalZ')" 0

step "a hook that is not there, or cannot be run"
settings 'certificates:' '- {name: www, names: [www.example.jp], challenge: {type: dns-01, hook: no-such-hook}}'
t 8 renew www
err_has no-such-hook "$conf/hooks"
chmod 644 "$work/hook"
settings 'certificates:' "- {name: www, names: [www.example.jp], challenge: {type: dns-01, hook: $work/hook}}"
t 8 renew www
err_has "$work/hook" executable
is "challenges answered" "$(asked 'POST /chalZ')" 0

step "a cleanup that fails is told, and does not keep the certificate back"
cat >"$work/hook" <<-END
	#!/bin/sh
	[ "\$1" != cleanup ] || { echo "no time to clean up" >&2; exit 1; }
	mkdir -p "$webroot/.well-known/acme-challenge"
	printf %s "\$TEGATA_KEY_AUTHORIZATION" >"$webroot/.well-known/acme-challenge/\$TEGATA_TOKEN"
END
chmod 755 "$work/hook"
settings 'certificates:' "- {name: www, names: [www.example.jp], challenge: {type: http-01, hook: $work/hook}}"
t 0 renew www
err_has 'no time to clean up'
holds_together www
finish
