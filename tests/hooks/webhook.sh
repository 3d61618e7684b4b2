#!/bin/sh
# The shipped notify hook for webhooks: its JSON, how curl is called, and a real server that takes or refuses it.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/hooks/lib.sh"

secret=https://hooks.example.jp/services/T0/B0/secret
fake curl "cat >$work/config"
printf '%s\n' "$secret" >"$work/url"
chmod 600 "$work/url"

webhook() {
	wanted=$1
	shift
	rm -f "$work/config"
	run "$wanted" TEGATA_STAGE=notify TEGATA_EVENT=renew-failed TEGATA_LEVEL=error TEGATA_EVENT_KEY=renew-failed/shop/0a1b2c3d \
		TEGATA_CERT_NAME=shop TEGATA_HOST=www1.example.jp "$@" "$hooks/webhook" notify renew-failed shop
}

webhook 0 TEGATA_WEBHOOK_URL_FILE="$work/url" TEGATA_TEXT='it failed' TEGATA_NAMES='a.jp *.a.jp' TEGATA_GENERATION=3
has calls "$calls" 'curl --disable --config -'
# shellcheck disable=SC2016 # it must stay as it is
has config "$(cat "$work/config")" "url = \"$secret\"
data-binary = *
header = \"Content-Type: application/json\"
*max-time = 30*
fail
*"
has json "$(cat "$work/config")" '*{\\"text\\":\\"www1.example.jp: it failed\\",\\"event\\":\\"renew-failed\\",*\\"names\\":\[\\"a.jp\\",\\"\*.a.jp\\"\]*'
webhook 0 TEGATA_WEBHOOK_URL="$secret" TEGATA_WEBHOOK_TIMEOUT=5
has config "$(cat "$work/config")" "url = \"$secret\"*max-time = 5*"
printf '%s' "$secret" >"$work/url"
webhook 0 TEGATA_WEBHOOK_URL_FILE="$work/url"
has config "$(cat "$work/config")" "url = \"$secret\"*"
chmod 644 "$work/url"
webhook 1 TEGATA_WEBHOOK_URL_FILE="$work/url"
has err "$err" 'others can read*'
: >"$work/url"
chmod 600 "$work/url"
webhook 1 TEGATA_WEBHOOK_URL_FILE="$work/url"
has err "$err" '*is empty'
webhook 1 TEGATA_WEBHOOK_URL_FILE="$work/none"
has err "$err" 'cannot read*'
webhook 1
has err "$err" '*none is set'
newline='
'
for bad in 'ftp://a.jp/' 'https://a.jp/"x' 'https://a.jp/\x' "https://a.jp/${newline}output = /tmp/x" 'https://a.jp/ b' '/etc/passwd' 'https://'; do
	webhook 1 TEGATA_WEBHOOK_URL="$bad"
	[ -z "$calls" ] || wrong "$bad reached curl"
done
webhook 1 TEGATA_WEBHOOK_URL="$secret" TEGATA_WEBHOOK_TIMEOUT=soon
webhook 1 TEGATA_WEBHOOK_URL="$secret" TEGATA_STAGE=present
has err "$err" '*is for notify, not for "present"'
fake curl 'cat >/dev/null; echo "curl: (22) The requested URL returned error: 500" >&2; exit 22'
webhook 1 TEGATA_WEBHOOK_URL="$secret"
has err "$err" '*error: 500*could not deliver*'
case $err in *secret*) wrong "the URL stands in a message" ;; esac
rm "$bin/curl"
webhook 1 TEGATA_WEBHOOK_URL="$secret"
has err "$err" '*no program curl*'

curl=$(command -v curl) && python=$(command -v python3) && "$python" -c 'import json, http.server' 2>/dev/null || {
	[ "$failures" -eq 0 ] || exit 1
	echo "curl or python3 is not here; no real server was asked"
	exit 77
}
ln -s "$curl" "$bin/curl"

# Keeps each body under the last part of its path; /refuse/… is refused, /slow/… never answered.
cat >"$work/server.py" <<'P'
import http.server, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/slow/"):
            time.sleep(30)
        with open(sys.argv[1] + "/" + self.path.split("/")[-1], "wb") as f:
            f.write(self.headers["Content-Type"].encode() + b"\n" + body)
        self.send_response(500 if self.path.startswith("/refuse/") else 200)
        self.end_headers()
    def log_message(self, *args):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
with open(sys.argv[1] + "/port.new", "w") as f:
    f.write(str(server.server_port))
import os
os.rename(sys.argv[1] + "/port.new", sys.argv[1] + "/port")
server.serve_forever()
P
mkdir "$work/got"
"$python" "$work/server.py" "$work/got" &
server=$!
trap 'kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
tries=0
until [ -s "$work/got/port" ]; do
	tries=$((tries + 1))
	[ "$tries" -lt 200 ] || { wrong "the server did not start"; finish; }
	sleep 0.1
done
at=http://127.0.0.1:$(cat "$work/got/port")

# Does the JSON under this name say exactly this?
same() {
	TEXT=$2 "$python" - "$work/got/$1" <<'P' || wrong "$1 is not what was sent: $(cat "$work/got/$1")"
import json, os, sys
kind, body = open(sys.argv[1], "rb").read().split(b"\n", 1)
assert kind == b"application/json", kind
said = json.loads(body.decode("ascii"))
text = os.environb[b"TEXT"].decode("utf-8", "replace")
assert said["message"] == text, said
assert said["text"] == "www1.example.jp: " + text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"), said
assert said["event"] == "renew-failed" and said["level"] == "error" and said["certificate"] == "shop", said
assert said["key"] == "renew-failed/shop/0a1b2c3d" and said["names"] == ["xn--wgv71a119e.jp", "*.a.jp"], said
P
}

n=0
tab=$(printf '\t')
for text in 'plain' 'a "quoted" word' 'back\slash \n \u0041 \\' "two${newline}lines${newline}" "a${tab}tab" '日本語の証明書「店」' \
	'🔑 <b> & </b>' "it's \$HOME \`id\` %s %d" "$(printf 'bad \377 \303( \355\240\200 end\342\202')" "$(printf '\001\037\177')" \
	"$(printf '%05000d' 7)"; do
	n=$((n + 1))
	webhook 0 TEGATA_WEBHOOK_URL="$at/hook/text$n" TEGATA_TEXT="$text" TEGATA_NAMES='xn--wgv71a119e.jp *.a.jp' LC_ALL=C.UTF-8
	case $text in
	bad*)
		"$python" -c 'import json, sys
said = json.loads(open(sys.argv[1], "rb").read().split(b"\n", 1)[1])["message"]
assert said.startswith("bad \ufffd \ufffd( ") and said.endswith(" end\ufffd"), ascii(said)' "$work/got/text$n" ||
			wrong "broken UTF-8 came out wrong"
		;;
	*) same "text$n" "$text" ;;
	esac
done
webhook 1 TEGATA_WEBHOOK_URL="$at/refuse/no"
has err "$err" '*500*'
webhook 1 TEGATA_WEBHOOK_URL="$at/slow/no" TEGATA_WEBHOOK_TIMEOUT=1
has err "$err" '*timed out*'
kill "$server"
webhook 1 TEGATA_WEBHOOK_URL="$at/hook/gone"

finish
