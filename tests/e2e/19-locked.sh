#!/bin/bash
# Two at once on one state folder: the second says who holds it and touches nothing; reading commands go on.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx
named_start example.jp
nginx_start
pebble_start
registered_fqdns example.jp
mkfifo "$work/fifo"
cat >"$work/hook" <<-END
	#!/bin/sh
	: >"$work/blocked"
	read -r word <"$work/fifo"
END
chmod 755 "$work/hook"
settings 'certificates:' "- {name: www, names: [www.example.jp], challenge: {webroot: $webroot}, deploy: $work/hook}"
register
"$program" --config-dir "$conf" --state-dir "$state" run >"$work/first.out" 2>"$work/first.err" </dev/null &
first=$!
until_true "the deploy hook works" test -e "$work/blocked"
before=$(asked)
t 5 run
err_has "$state" "$first"
t 5 renew --force
t 5 deploy
t 5 register -n -m admin@example.jp --agree-tos --eab-kid "$kid" --eab-hmac-key-file "$work/hmac"
t 0 status
out_has www
t 0 check
is "requests" "$(asked)" "$before"
echo go >"$work/fifo"
wait "$first" || fail "the first ended with $?"

step "the lock goes with the process, however it ends"
printf '#!/bin/sh\n' >"$work/hook"
t 0 run
finish
