#!/bin/bash
# Telling somebody: by mail through a sendmail, by a webhook to a server. Each event once, and again when it has changed.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx jq curl python3
named_start example.jp
nginx_start
pebble_start nonce_reject=0
registered_fqdns example.jp nowhere.example.jp
cat >"$work/sendmail" <<-END
	#!/bin/sh
	[ "\$*" = '-i -t' ] || exit 64
	cat >>"$work/mails"
END
chmod 755 "$work/sendmail"
cat >"$work/receiver.py" <<-'END'
	import http.server, sys
	class Receiver(http.server.BaseHTTPRequestHandler):
	    def do_POST(self):
	        body = self.rfile.read(int(self.headers["Content-Length"]))
	        with open(sys.argv[1], "ab") as f:
	            f.write(body + b"\n")
	        self.send_response(200)
	        self.end_headers()
	http.server.HTTPServer(("127.0.0.1", 9000), Receiver).serve_forever()
END
receiver_start() {
	python3 "$work/receiver.py" "$work/posts" >>"$logs/receiver" 2>&1 &
	receiver_pid=$!
	started "the receiver" "$receiver_pid" 127.0.0.1 9000
}
receiver_start
echo "http://127.0.0.1:9000/secret-path" >"$work/url"
chmod 600 "$work/url"
: >"$work/posts"
: >"$work/mails"
wanted() {
	settings 'notify:' "- {run: mail, env: {TEGATA_MAIL_TO: admin@example.jp, SENDMAIL: $work/sendmail}}" \
		"- {run: webhook, level: info, env: {TEGATA_WEBHOOK_URL_FILE: $work/url}}" \
		'certificates:' "- {name: www, names: [$1], challenge: {webroot: $webroot}, deploy: {shell: 'test ! -e $work/broken'}}"
}
wanted nowhere.example.jp
register
mails() { is "mails" "$(sed -n 's/^X-Tegata-Event: //p' "$work/mails" | tr '\n' ' ')" "$1"; }
posts() { is "posts" "$(jq -r .event "$work/posts" | tr '\n' ' ')" "$1"; }

step "a test reaches everybody"
t 0 notify test
mails 'test '
posts 'test '
file_has "$work/mails" 'To: admin@example.jp' 'Content-Type: text/plain; charset=UTF-8'
# body: of the last mail, as people read it
body() { tac "$work/mails" | sed '/^$/,$d' | tac | base64 -d 2>/dev/null; }
subject() { sed -n '/^Subject: /,/^Date: /p' "$work/mails" | tac | sed '1d;/^Subject: /q' | tac | sed 's/.*?B?\(.*\)?=/\1/' | base64 -d; }

step "a failure while nothing is live: told at once, and once"
t 8 run
mails 'test renew-failed '
posts 'test renew-failed '
jq -s '.[-1]' "$work/posts" >"$work/out"
json_is .level '"error"'
json_is .certificate '"www"'
grep -q nowhere.example.jp "$work/posts" || fail "the name that failed is not told"
t 8 run
t 8 renew www
mails 'test renew-failed '

body >"$work/out"
out_has 'www: no certificate could be had' nowhere.example.jp "$(printf '%-14s error' level:)" 'tegata status www'
subject >"$work/out"
out_has 'tegata on' 'www: no certificate'

step "it is mended; good news goes to who wants to know it"
wanted www.example.jp
t 0 run
mails 'test renew-failed recovered '
is "posts" "$(jq -r .event "$work/posts" | sort | tr '\n' ' ')" 'recovered renew-failed renewed test '
t 0 run
t 0 run
is "posts" "$(jq -r .event "$work/posts" | wc -l)" 4

step "a deploy that fails, and is mended"
: >"$work/mails"
: >"$work/posts"
: >"$work/broken"
t 9 renew --force
t 9 run
t 9 deploy
mails 'deploy-failed '
posts 'renewed deploy-failed '
rm "$work/broken"
t 0 run
mails 'deploy-failed deployed '
t 0 run
mails 'deploy-failed deployed '

step "a receiver that is down changes nothing but a warning; it is told when it is back"
: >"$work/mails"
: >"$work/posts"
: >"$work/broken"
stopped "$receiver_pid"
t 9 renew --force
err_has 'nobody was told' webhook
err_lacks secret-path
mails 'deploy-failed '
receiver_start
t 9 run
mails 'deploy-failed '
is "posts" "$(jq -r .event "$work/posts" | sort | tr '\n' ' ')" 'deploy-failed renewed '
t 9 run -q
is "posts" "$(jq -r .event "$work/posts" | wc -l)" 2

step "mended while a receiver is down: a warning, and the exit status is that of the certificates"
: >"$work/mails"
: >"$work/posts"
rm "$work/broken"
stopped "$receiver_pid"
t 0 run
err_has 'nobody was told' webhook
t 0 run
err_has 'nobody was told' webhook
mails 'deployed '
receiver_start
t 0 run
is "what it says" "$(out)$(err)" ''
t 0 run
posts 'deployed '
mails 'deployed '

step "secrets are in no message"
! grep -qF -e "$hmac" -e 'PRIVATE KEY' "$work/mails" "$work/posts" || fail "there are secrets"

step "without hooks there is nobody to test"
settings
t 3 notify test
err_has notify
finish
