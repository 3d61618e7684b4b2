#!/bin/sh
# The shipped dns-01 hook: what it hands to nsupdate, how long it waits, and what it refuses.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/hooks/lib.sh"

value=gfj9Xq0Ta5FWSVQ3QJ1Z3iQ0Y7QKpSPzDbPzZ6pxd5I
key=$work/tsig.key
: >"$key"
fake nsupdate 'cat >>"$log"'
fake dig "echo '\"other\"'; echo '\"$value\"'"

nsupdate() {
	wanted=$1
	stage=$2
	shift 2
	run "$wanted" TEGATA_STAGE="$stage" TEGATA_TYPE=dns-01 TEGATA_RECORD_NAME=_acme-challenge.example.jp \
		TEGATA_RECORD_VALUE="$value" TEGATA_NSUPDATE_CONF= TEGATA_NSUPDATE_SERVER=192.0.2.1 "$@" \
		"$hooks/nsupdate" "$stage" example.jp
}

nsupdate 0 present TEGATA_NSUPDATE_KEY_FILE="$key"
has calls "$calls" "nsupdate -t 30 -k $key
server 192.0.2.1 53
update add _acme-challenge.example.jp. 60 TXT \"$value\"
send
dig +norecurse +short +time=2 +tries=1 -p 53 @192.0.2.1 _acme-challenge.example.jp. TXT"

nsupdate 0 cleanup TEGATA_NSUPDATE_ZONE=example.jp TEGATA_NSUPDATE_PORT=5353
has calls "$calls" "nsupdate -t 30
server 192.0.2.1 5353
zone example.jp
update delete _acme-challenge.example.jp. TXT \"$value\"
send"

nsupdate 0 present TEGATA_NSUPDATE_CHECK='192.0.2.2#5300 2001:db8::1' TEGATA_NSUPDATE_TTL=10
has calls "$calls" '*example.jp. 10 TXT*@192.0.2.1 *-p 5300 @192.0.2.2 *-p 53 @2001:db8::1 *'

# A value may begin with a dash; all of base64url is allowed.
fake dig "echo '\"-_abc\"'"
nsupdate 0 present TEGATA_RECORD_VALUE=-_abc
has calls "$calls" '*TXT "-_abc"*'

# The settings' file; the environment wins.
printf '# comment\n\nTEGATA_NSUPDATE_SERVER=192.0.2.9\nTEGATA_NSUPDATE_TTL=33' >"$work/conf"
nsupdate 0 cleanup TEGATA_NSUPDATE_CONF="$work/conf"
has calls "$calls" '*server 192.0.2.1 53*'
run 0 TEGATA_STAGE=present TEGATA_TYPE=dns-01 TEGATA_RECORD_NAME=_acme-challenge.example.jp TEGATA_RECORD_VALUE=-_abc \
	TEGATA_NSUPDATE_CONF="$work/conf" "$hooks/nsupdate" present example.jp
has calls "$calls" '*server 192.0.2.9 53*. 33 TXT*'
# shellcheck disable=SC2016 # it must stay as it is
printf 'TEGATA_NSUPDATE_SERVER=$(touch %s)\n' "$work/ran" >"$work/conf"
run 1 TEGATA_STAGE=present TEGATA_TYPE=dns-01 TEGATA_RECORD_NAME=_acme-challenge.example.jp TEGATA_RECORD_VALUE=abc \
	TEGATA_NSUPDATE_CONF="$work/conf" "$hooks/nsupdate" present example.jp
[ ! -e "$work/ran" ] || wrong "the settings' file was executed"
echo 'PATH=/x' >"$work/conf"
nsupdate 1 present TEGATA_NSUPDATE_CONF="$work/conf"
has err "$err" '*"PATH" is not a setting of this hook'
nsupdate 1 present TEGATA_NSUPDATE_CONF="$work/none"
has err "$err" 'cannot read*'

# A server that never answers with it, and one that refuses.
fake dig 'echo "\"another\""'
nsupdate 1 present TEGATA_NSUPDATE_WAIT=0
has err "$err" 'after 0 seconds 192.0.2.1 does not answer for _acme-challenge.example.jp. with the new value'
fake nsupdate 'cat >>"$log"; echo "update failed: REFUSED" >&2; exit 2'
nsupdate 1 present
has err "$err" '*REFUSED*did not take the update*'
case $calls in *dig*) wrong "waited for an update that was refused" ;; esac
nsupdate 1 cleanup
has err "$err" '*did not take the removal*'

# Nothing of this may become a line of nsupdate's input.
newline='
'
for bad in "TEGATA_RECORD_NAME=a${newline}update delete b" 'TEGATA_RECORD_NAME=a b' 'TEGATA_RECORD_NAME=' 'TEGATA_RECORD_NAME=-a' \
	"TEGATA_RECORD_VALUE=a${newline}send" 'TEGATA_RECORD_VALUE=a"b' 'TEGATA_RECORD_VALUE=' 'TEGATA_RECORD_VALUE=a;b' \
	'TEGATA_NSUPDATE_SERVER=a b' 'TEGATA_NSUPDATE_SERVER=-v' 'TEGATA_NSUPDATE_PORT=0' 'TEGATA_NSUPDATE_PORT=65536' \
	'TEGATA_NSUPDATE_PORT=5x' 'TEGATA_NSUPDATE_TTL=1 A' 'TEGATA_NSUPDATE_ZONE=a b' "TEGATA_NSUPDATE_WAIT=1${newline}" \
	'TEGATA_NSUPDATE_KEY_FILE=relative' "TEGATA_NSUPDATE_KEY_FILE=$work/nothing" 'TEGATA_NSUPDATE_SERVER=' \
	'TEGATA_TYPE=http-01'; do
	nsupdate 1 present "$bad"
	[ -z "$calls" ] || wrong "$bad reached a program: $calls"
	[ -n "$err" ] || wrong "$bad was refused without a word"
done
nsupdate 1 deploy
has err "$err" '*is for present and cleanup*'
rm "$bin/nsupdate"
nsupdate 1 present
has err "$err" '*no program nsupdate*'

finish
