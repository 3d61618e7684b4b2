#!/bin/bash
# Bad settings, lists, names and arguments: the exit status and the message of each. Nothing is ever sent.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
# shellcheck disable=SC2034 # lib.sh takes it
rows=0 wrong=0

# bad STATUS ARGUMENT...: runs it; message TEXT... is then what it must have said, on either stream. All rows are looked at
# before the test fails.
bad() {
	wanted=$1
	shift
	last_command=$*
	"$program" --config-dir "$conf" --state-dir "$state" "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	cat "$work/out" "$work/err" >"$work/both"
}
message() {
	local text missing=
	rows=$((rows + 1))
	for text; do
		grep -qF -e "$text" "$work/both" || missing="$missing
   without: $text"
	done
	[ "$status" -eq "$wanted" ] || missing="$missing
   exit status $status where $wanted is due"
	[ -n "$missing" ] || return 0
	wrong=$((wrong + 1))
	echo "WRONG: $last_command$missing"
	[ ! -e "$conf/tegata.yaml" ] || show settings "$conf/tegata.yaml"
	show said "$work/both"
}

# setting TEXT MESSAGE: tegata.yaml with this text; MESSAGE begins with the line and column.
setting() {
	rm -rf "${conf:?}"/*
	printf '%b' "$1" >"$conf/tegata.yaml"
	bad 3 config check
	shift
	message "$@"
}
cert='certificates:\n- names: [www.example.jp]\n  challenge: {webroot: /var/www}\n'

step "settings"
setting 'certificate:\n- names: [a.jp]\n' 'tegata.yaml:1:1: ' 'did you mean "certificates"?'
setting "${cert}  deplyo: nginx\n" 'tegata.yaml:4:3: ' 'unknown key "deplyo"; did you mean "deploy"?'
setting "${cert}${cert}" 'tegata.yaml:4:1: ' 'certificates'
setting 'certificates:\n- challenge: {webroot: /var/www}\n' 'tegata.yaml:2:3: names: needed'
setting 'certificates:\n- names: [www.example.jp]\n' 'tegata.yaml:2:3: challenge: needed'
setting 'certificates:\n- names: ["*.example.jp"]\n  challenge: {webroot: /var/www}\n' 'tegata.yaml:2:' 'wildcard' 'dns-01'
setting 'certificates:\n- names: [www.example.jp]\n  challenge: {webroot: www}\n' 'tegata.yaml:3:24: ' 'an absolute path'
setting 'certificates:\n- names: [www.example.jp]\n  challenge: {type: tls-01, hook: x}\n' 'http-01 or dns-01'
setting 'certificates:\n- names: [www.example.jp]\n  challenge: {standalone: 70000}\n' 'a port from 1 to 65535'
setting "${cert}  key: rsa1024\n" 'tegata.yaml:4:8: ' 'rsa2048'
setting "${cert}  key_mode: 0644\n" 'tegata.yaml:4:' 'mode'
setting "${cert}  key_mode: \"0644\"\n" 'tegata.yaml:4:'
setting "${cert}  ca: other\n" 'tegata.yaml:4:7: ca: there is no CA "other"'
setting "cas: [{profile: nobody}]\n" 'tegata.yaml:1:' 'jprs' 'letsencrypt'
setting "cas: [{profile: custom}]\n" 'tegata.yaml:1:' 'server'
setting "cas: [{server: \"http://ca.example.jp/dir\"}]\n" 'tegata.yaml:1:' 'https://'
setting "cas: [{profile: jprs}, {profile: jprs}]\n" 'tegata.yaml:1:' 'jprs'
setting "${cert}- names: [www.example.jp]\n  challenge: {webroot: /var/www}\n" 'tegata.yaml:4:' 'www.example.jp'
setting 'certificates: &a\n- names: [www.example.jp]\nother: *a\n' 'tegata.yaml:1:' 'anchor'
setting 'certificates: [\n' 'tegata.yaml:2:'
setting '\tcertificates: []\n' 'tegata.yaml:1:'
setting 'certificates: yes\n' 'tegata.yaml:1:15: ' 'a list of mappings'
setting "${cert}  deploy: ../../bin/sh\n" 'tegata.yaml:4:'
setting "${cert}  deploy: {shell: \"true\", run: nginx}\n" 'tegata.yaml:4:'
setting 'certificates:\n- names: [a_b.example.jp]\n  challenge: {webroot: /var/www}\n' 'tegata.yaml:2:' 'underscore'
setting 'certificates:\n- names: [192.0.2.1]\n  challenge: {webroot: /var/www}\n' 'tegata.yaml:2:' 'IP address'
setting "bad: 1\n${cert}  worse: 2\n" 'tegata.yaml:1:1: ' 'tegata.yaml:5:3: '

step "a file of conf.d, and one that cannot be read as text"
rm -rf "${conf:?}"/*
mkdir "$conf/conf.d"
printf 'cas: []\n' >"$conf/conf.d/www.yaml"
bad 3 config check
message 'conf.d/www.yaml:1:1: '
printf '\377\376' >"$conf/conf.d/www.yaml"
bad 3 config check
message 'conf.d/www.yaml:1:'
rm -r "$conf/conf.d"

# list TEXT MESSAGE: entitlements.yaml with this text.
list() {
	rm -rf "${conf:?}"/*
	printf '%b' "$1" >"$conf/entitlements.yaml"
	bad 3 check -d www.example.jp
	shift
	message "$@"
}
step "lists"
list 'example.jp\n' 'entitlements.yaml:1:1: ' 'list'
list '- example.jp\n- example.jp\n' 'entitlements.yaml:2:3: ' 'duplicate'
list '- example.jp\n- EXAMPLE.jp.\n' 'entitlements.yaml:2:3: ' 'duplicate'
list '- fqdn: example.jp\n  renewd: 1\n' 'entitlements.yaml:2:3: ' 'unknown key "renewd"; did you mean "renewed"?'
list '- fqdn: example.jp\n  first_issued: 2026-02-30\n' 'entitlements.yaml:2:' 'there is no such day: 2026-02-30'
list '- fqdn: example.jp\n  first_issued: yesterday\n' 'entitlements.yaml:2:' 'YYYY-MM-DD'
list '- fqdn: example.jp\n  first_issued: 2026-02-19\n  renewed: -1\n' 'entitlements.yaml:3:'
list '- fqdn: example.jp\n  first_issued: 2026-02-19\n  ends: 2025-01-31\n' 'entitlements.yaml:3:' 'ends'
list '- first_issued: 2026-02-19\n' 'entitlements.yaml:1:' 'fqdn'
list '- localhost\n' 'entitlements.yaml:1:3: ' 'it has no dot'
list '- https://example.jp/\n' 'entitlements.yaml:1:3: '
list '- "*"\n- a.*.jp\n- "a\\\\nb.jp"\n' 'entitlements.yaml:1:3: ' 'entitlements.yaml:2:3: ' 'entitlements.yaml:3:3: '
list '- [example.jp]\n' 'entitlements.yaml:1:3: '

# name NAME TEXT: as an argument to check.
echo '- example.jp' >"$conf/entitlements.yaml"
name() {
	bad 4 check -d "$1"
	shift
	message "$@"
}
step "names"
name 'https://example.jp/' URL
name example.jp:443 port
name admin@example.jp 'mail address'
name 192.0.2.1 'IP address'
name 2001:db8::1 'IP address'
name '*.jp' '*.jp'
name '*.*.example.jp' 'as in *.example.jp'
name 'w*.example.jp' 'as in *.example.jp'
name localhost 'no dot'
name a_b.example.jp underscore
name a..example.jp empty
name -a.example.jp hyphen
name 💩.jp IDNA
name "$(printf 'a%.0s' {1..64}).jp" 63
name $'a\033[31m.jp' 'a\x1B[31m.jp'
name a.example.jp 'a.example.jp' 'example.jp' 'register'
grep -q $'\033' "$work/both" && fail "a control character came through"

# usage TEXT ARGUMENT...: exit status 2 with this message.
usage() {
	local text=$1
	shift
	bad 2 "$@"
	message "$text"
}
step "arguments"
usage 'a command is missing'
usage 'did you mean "certonly"?' certony
usage 'did you mean "--webroot"?' certonly --webrot
usage 'one word too many' run www
usage '--config-dir' --config-dir
usage 'no option of "tegata run"' run -d www.example.jp
usage '"config" alone' config
usage 'no certificate named "nothing"' renew nothing
usage '--at' check -d www.example.jp --at tomorrow
usage '--at' check -d www.example.jp --at 2026-13-01
usage '-d' certonly -n --standalone
usage 'rsa1024' certonly -n -d www.example.jp --standalone --key-type rsa1024
usage '--http-01-port' certonly -n -d www.example.jp --standalone --http-01-port 0
usage '-w' certonly -n -d www.example.jp --webroot
usage 'challenge' certonly -n -d www.example.jp
usage '--cert-name' certonly -n -d www.example.jp --standalone --cert-name ../../etc/x
usage 'not a mail address' register -n -m nobody --agree-tos
usage 'no mail address' register -n --agree-tos
usage 'HS1' register -n -m a@example.jp --agree-tos --eab-kid x --eab-hmac-key eA --eab-hmac-alg HS1
usage 'https://' --server http://127.0.0.1/dir register -n -m a@example.jp --agree-tos
usage '--state-dir' --state-dir '' status
usage '--json' check --json=yes
[ "$rows" -ge 70 ] || fail "only $rows rows were looked at"
[ "$wrong" -eq 0 ] || fail "$wrong of $rows messages are wrong"
echo "$rows messages"
finish
