#!/bin/sh
# The shipped notify hook for mail: the message that a sendmail program gets, and what it says when there is none.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/hooks/lib.sh"

# The hook appends to PATH; a machine's own sendmail must not answer for the fake.
sed 's,^PATH=.*,:,' "$hooks/mail" >"$work/hook"
chmod 755 "$work/hook"
command -v base64 >/dev/null 2>&1 || { echo "base64 is not here"; exit 77; }
fake sendmail "cat >$work/message"

mail() {
	wanted=$1
	shift
	rm -f "$work/message"
	run "$wanted" TEGATA_STAGE=notify TEGATA_EVENT=renew-failed TEGATA_LEVEL=error TEGATA_EVENT_KEY=renew-failed/shop/0a1b2c3d \
		TEGATA_CERT_NAME=shop TEGATA_HOST=www1.example.jp TEGATA_MAIL_TO=admin@example.jp "$@" "$work/hook" notify renew-failed shop
	: >"$work/head"
	: >"$work/body"
	[ -e "$work/message" ] || return 0
	sed '/^$/q' "$work/message" >"$work/head"
	sed '1,/^$/d' "$work/message" | base64 -d >"$work/body" || wrong "the body is not base64"
	awk 'length($0) > 78 { print "a line of " length($0) " columns: " $0 }' "$work/message" >"$work/long"
	[ ! -s "$work/long" ] || wrong "$(cat "$work/long")"
}

# The subject as people see it.
subject() {
	sed -n '/^Subject: /,/^[^ S]/p' "$work/head" | sed -n 's/^.*=?UTF-8?B?\([A-Za-z0-9+/=]*\)?=$/\1/p' | while read -r word; do
		printf '%s' "$word" | base64 -d || echo "(not base64)"
	done
}

mail 0 TEGATA_TEXT='ordering has failed 3 times' TEGATA_NAMES='example.jp www.example.jp' TEGATA_SERIAL=0abc \
	TEGATA_NOT_AFTER=2026-12-20T14:13:20Z TEGATA_NEXT_TRY=2026-12-01T00:00:00Z
has calls "$calls" 'sendmail -i -t'
has head "$(cat "$work/head")" 'From: tegata <root@www1.example.jp>
To: admin@example.jp
Subject: =?UTF-8?B?*
Date: ???, ?? ??? 2??? ??:??:?? +0000
Message-ID: <renew-failed.shop.0a1b2c3d.2???????@www1.example.jp>
Auto-Submitted: auto-generated
X-Tegata-Event: renew-failed
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: base64*'
has subject "$(subject)" 'tegata on www1.example.jp: ordering has failed 3 times'
has body "$(cat "$work/body")" 'ordering has failed 3 times

event:         renew-failed
level:         error
host:          www1.example.jp
certificate:   shop
names:         example.jp www.example.jp
serial:        0abc
ends:          2026-12-20T14:13:20Z
next try:      2026-12-01T00:00:00Z
*tegata status shop'

# Texts of every kind; characters are not cut in two.
newline='
'
text='証明書「shop」の更新に失敗しました。"引用" と \円 と $HOME と 🔑。次の試行は明日です。'
mail 0 TEGATA_TEXT="$text" LANG=ja_JP.UTF-8
has subject "$(subject)" "tegata on www1.example.jp: 証明書「shop」の更新に失敗しました。*"
[ "$(sed 1q "$work/body")" = "$text" ] || wrong "the text did not come through: $(cat "$work/body")"
for word in $(sed -n 's/^.*=?UTF-8?B?\([A-Za-z0-9+/=]*\)?=$/\1/p' "$work/head"); do
	printf '%s' "$word" | base64 -d | iconv -f UTF-8 -t UTF-8 >/dev/null || wrong "a word of the subject holds half a character"
done
mail 0 TEGATA_TEXT="one${newline}Bcc: everybody@example.jp"
has subject "$(subject)" 'tegata on www1.example.jp: one Bcc: everybody@example.jp'
case $(cat "$work/head") in *"${newline}Bcc:"*) wrong "a text became a header" ;; esac
mail 0 TEGATA_TEXT="$(printf '%0900d' 7)"
mail 0 TEGATA_TEXT=
has subject "$(subject)" 'tegata on www1.example.jp: renew-failed'

# The same event of one day has one id; tests have their own.
mail 0
first=$(sed -n '/^Message-ID/p' "$work/head")
mail 0
has id "$(sed -n '/^Message-ID/p' "$work/head")" "$first"
mail 0 TEGATA_EVENT=test TEGATA_EVENT_KEY=test
first=$(sed -n '/^Message-ID/p' "$work/head")
mail 0 TEGATA_EVENT=test TEGATA_EVENT_KEY=test
[ "$first" != "$(sed -n '/^Message-ID/p' "$work/head")" ] || wrong "two tests have one id"

mail 0 TEGATA_MAIL_FROM='Tegata <t@example.jp>' TEGATA_MAIL_TO='a@example.jp, b@example.jp'
has head "$(cat "$work/head")" 'From: Tegata <t@example.jp>
To: a@example.jp, b@example.jp
*'

# Programs.
mv "$bin/sendmail" "$bin/msmtp"
mail 0
has calls "$calls" 'sendmail -i -t'
mv "$bin/msmtp" "$work/my-mta"
mail 0 SENDMAIL="$work/my-mta"
mail 1
has err "$err" '*neither sendmail nor msmtp*'
mail 1 SENDMAIL=/nowhere/sendmail
has err "$err" '*no program "/nowhere/sendmail"*'
fake sendmail 'cat >/dev/null; exit 75'
mail 1
has err "$err" '*did not take the mail for admin@example.jp'
mail 1 TEGATA_MAIL_TO=
has err "$err" 'TEGATA_MAIL_TO*'
mail 1 TEGATA_MAIL_TO="a@example.jp${newline}Bcc: b@example.jp"
[ -z "$calls" ] || wrong "an address with two lines was used"
mail 1 TEGATA_STAGE=deploy
has err "$err" '*is for notify, not for "deploy"'

finish
