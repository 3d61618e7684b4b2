#!/bin/bash
# The generations of a certificate: which are kept, and going back to one, which stays until the time to renew.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx jq
named_start example.jp
nginx_start
pebble_start nonce_reject=0
registered_fqdns example.jp
cat >"$work/hook" <<-END
	#!/bin/sh
	[ ! -e "$work/broken" ] || { echo "the balancer does not answer" >&2; exit 3; }
	echo "\$TEGATA_GENERATION \$TEGATA_REASON" >>"$work/deployed"
END
chmod 755 "$work/hook"
wanted() { settings 'certificates:' "- {name: www, names: [www.example.jp], challenge: {webroot: $webroot}, deploy: $work/hook, keep: $1}"; }
generation() { is "the live generation" "$(readlink "$(live www)")" "../generations/www/00000$1"; }
deployed() { is "the last deployed" "$(tail -n 1 "$work/deployed")" "$1"; }
kept() { is "the generations" "$(ls "$state/generations/www" | tr '\n' ' ')" "$1 "; }
wanted 3
register

step "nothing yet"
t 0 history www
out_has 'www: nothing was issued yet'
t 2 rollback www
err_has 'www has no earlier generation to go back to' 'tegata history www'
t 2 history nothing-of-this-name
err_has 'no certificate named "nothing-of-this-name"' 'tegata status'
t 2 history
t 2 rollback
t 2 rollback www first

step "as many as the settings say are kept, the newest first"
t 0 run
for n in 2 3 4; do t 0 renew --force; done
kept '000002 000003 000004'
deployed '4 forced'
t 0 history www
is "the numbers" "$(sed -n 's/^\([* ] [0-9]*\)  issued.*/\1/p' "$work/out" | tr '\n' ' ')" '* 4   3   2 '
out_has "serial $(serial "$(live www cert)" | cut -d = -f 2 | tr A-F a-f)" 'www.example.jp'
out_lacks 'cannot be gone back to'
before=$(asked POST)
t 0 history www --json
json_is '[.generations[] | [.generation, .live, .damage]]' '[[4,true,null],[3,false,null],[2,false,null]]'
json_is '.generations[0].serial' "\"$(serial "$(live www cert)" | cut -d = -f 2 | tr A-F a-f)\""

step "back to the one before, without a word to the CA: deployed, and it stays over later runs"
t 0 rollback www
out_has 'www: generation 3 is live again'
generation 3
deployed '3 rollback'
holds_together www
t 0 status
out_has 'generation 3 was chosen by rollback'
for n in 1 2; do
	t 0 run
	generation 3
done
t 0 renew
generation 3
t 0 status --json
json_is '.certificates[0].held' 3
is "how often something was deployed" "$(wc -l <"$work/deployed")" 5

step "to one by its number; what is live already or is not there any more is told, and nothing happens"
t 0 rollback www 2 --json
json_is '[.command, .certificates[0].generation, .certificates[0].deployed[0]]' "[\"rollback\",2,\"$work/hook\"]"
generation 2
t 2 rollback www 2
err_has 'generation 2 of www is live already'
for n in 1 5; do
	t 2 rollback www "$n"
	err_has "www has no generation $n" 'tegata history www'
done
is "how often something was deployed" "$(wc -l <"$work/deployed")" 6
is "signed requests for all of that" "$(asked POST)" "$before"

step "a hook that fails is owed, also after going back"
: >"$work/broken"
t 9 rollback www 3
generation 3
err_has 'the balancer does not answer'
t 9 run
rm "$work/broken"
t 0 run
deployed '3 not-due'

step "one that is damaged is not gone back to, and history says why"
: >"$state/generations/www/000004/cert.pem"
t 0 history www
out_has 'cannot be gone back to'
t 10 rollback www 4
err_has 'going back to an earlier certificate of www' 000004
generation 3
echo '{' >"$state/generations/www/000004/meta.json"
t 10 rollback www 4
err_has meta.json
generation 3

step "--force, and what makes it due, end it; a number is never used again"
t 0 renew www --force
generation 5
deployed '5 forced'
t 0 status
out_lacks 'chosen by rollback'
t 0 rollback www 3
t 0 run
generation 3
wanted 2
note www '.revocation.serial = "'"$(serial "$(live www cert)" | cut -d = -f 2 | tr A-F a-f)"'" | .revocation.status = "revoked" | .revocation.next_at = (now | floor) + 3600'
t 0 run
generation 6
is "how many are kept" "$(ls "$state/generations/www" | wc -l)" 2

step "back to the newest is no choice that stays"
t 0 rollback www 5
t 0 rollback www 6
t 0 status --json
json_is '.certificates[0].held' null
finish
