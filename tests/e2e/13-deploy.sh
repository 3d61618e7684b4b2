#!/bin/bash
# A deploy hook that fails is owed until it has succeeded; those that have are not run again.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx
named_start example.jp
nginx_start
pebble_start
registered_fqdns example.jp
cat >"$work/hook" <<-END
	#!/bin/sh
	echo "\$TEGATA_GENERATION \$*" >>"$work/ran.\$1"
	[ "\$1" != second ] || [ ! -e "$work/broken" ] || { echo "the balancer does not answer" >&2; exit 3; }
END
chmod 755 "$work/hook"
settings 'certificates:' '- name: www' '  names: [www.example.jp]' "  challenge: {webroot: $webroot}" \
	"  deploy: [[$work/hook, first], [$work/hook, second], [$work/hook, third]]"
register
: >"$work/broken"
ran() { is "how often $1 ran" "$(wc -l <"$work/ran.$1")" "$2"; }

step "the certificate is there, the message has the hook's words, the others ran"
t 9 run
holds_together www
err_has 'the balancer does not answer' "$work/hook" 'tegata deploy'
ran first 1
ran second 1
ran third 1
is "arguments" "$(cat "$work/ran.first")" '1 first deploy www'
t 0 status
out_has "$work/hook"

step "every run tries what is owed, and only that, without asking the CA"
before=$(asked POST)
t 9 run
t 9 deploy
ran first 1
ran second 3
is "signed requests" "$(asked POST)" "$before"

step "deploy runs it; then nothing is owed"
rm "$work/broken"
t 0 deploy
ran second 4
t 0 deploy
t 0 run
ran second 4
ran first 1

step "deploy NAME runs all of them again"
t 0 deploy www
ran first 2
ran second 5

step "a new hook is owed for the certificate that is there"
sed -i "s|\[$work/hook, third\]|&, [$work/hook, fourth]|" "$conf/tegata.yaml"
t 0 run
ran fourth 1
ran first 2

step "a hook that does not end is ended, one that is not there is told"
printf '#!/bin/sh\nsleep 600\n' >"$work/endless"
chmod 755 "$work/endless"
settings 'certificates:' '- name: www' '  names: [www.example.jp]' "  challenge: {webroot: $webroot}" \
	"  deploy: [{run: $work/endless, timeout: 1}, no-such-hook]"
t 9 deploy
err_has "$work/endless"
t 0 status
out_has no-such-hook
finish
