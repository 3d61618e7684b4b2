#!/bin/bash
# Hook scripts written for certbot run unchanged: auth, cleanup and deploy, with certbot's variables and nothing else of ours.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx
named_start example.jp
nginx_start
pebble_start
registered_fqdns example.jp shop.example.jp '*.example.jp'
mkdir "$work/seen"

cat >"$work/auth.sh" <<-'END'
	#!/bin/sh
	# As in the manual of certbot, for a webroot.
	mkdir -p "$WWW/.well-known/acme-challenge"
	echo "$CERTBOT_VALIDATION" > "$WWW/.well-known/acme-challenge/$CERTBOT_TOKEN"
	env | sort > "$SEEN/auth.$CERTBOT_DOMAIN"
	echo "$#" > "$SEEN/auth.$CERTBOT_DOMAIN.arguments"
	echo "said by auth for $CERTBOT_DOMAIN"
END
cat >"$work/cleanup.sh" <<-'END'
	#!/bin/sh
	env | sort > "$SEEN/cleanup.$CERTBOT_DOMAIN"
	rm -f "$WWW/.well-known/acme-challenge/$CERTBOT_TOKEN"
END
cat >"$work/deploy.sh" <<-'END'
	#!/bin/sh
	env | sort > "$SEEN/deploy"
	echo "$#" > "$SEEN/deploy.arguments"
	cat "$RENEWED_LINEAGE/fullchain.pem" "$RENEWED_LINEAGE/privkey.pem" > "$SEEN/all.pem"
END
chmod 755 "$work"/*.sh

settings 'certificates:' '- name: shop' '  names: [example.jp, www.example.jp, shop.example.jp]' '  challenge:' '    type: http-01' \
	"    auth_hook: $work/auth.sh" "    cleanup_hook: $work/cleanup.sh" "    env: {WWW: $webroot, SEEN: $work/seen}" \
	"  deploy_hook: {run: $work/deploy.sh, env: {SEEN: $work/seen}}"
register
export EDITOR=leaked NOT_FOR_HOOKS=leaked
t 0 run
holds_together shop

value() { sed -n "s/^$2=//p" "$work/seen/$1"; }

step "auth: CERTBOT_* as certbot sets them"
for name in example.jp www.example.jp shop.example.jp; do
	there "$work/seen/auth.$name"
	is "arguments" "$(cat "$work/seen/auth.$name.arguments")" 0
	is CERTBOT_DOMAIN "$(value "auth.$name" CERTBOT_DOMAIN)" "$name"
	is CERTBOT_IDENTIFIER "$(value "auth.$name" CERTBOT_IDENTIFIER)" "$name"
	is CERTBOT_ALL_DOMAINS "$(value "auth.$name" CERTBOT_ALL_DOMAINS)" example.jp,www.example.jp,shop.example.jp
	token=$(value "auth.$name" CERTBOT_TOKEN)
	[[ $token =~ ^[A-Za-z0-9_-]+$ ]] || fail "CERTBOT_TOKEN is \"$token\""
	[[ $(value "auth.$name" CERTBOT_VALIDATION) =~ ^$token\.[A-Za-z0-9_-]{43}$ ]] || fail "CERTBOT_VALIDATION is not the key authorization"
	file_lacks "$work/seen/auth.$name" CERTBOT_AUTH_OUTPUT leaked
done
is "CERTBOT_REMAINING_CHALLENGES of all" \
	"$(for name in example.jp www.example.jp shop.example.jp; do value "auth.$name" CERTBOT_REMAINING_CHALLENGES; done | sort -n | tr '\n' ' ')" '0 1 2 '

step "cleanup: the same, and what auth said"
for name in example.jp www.example.jp shop.example.jp; do
	is CERTBOT_DOMAIN "$(value "cleanup.$name" CERTBOT_DOMAIN)" "$name"
	is CERTBOT_TOKEN "$(value "cleanup.$name" CERTBOT_TOKEN)" "$(value "auth.$name" CERTBOT_TOKEN)"
	is CERTBOT_VALIDATION "$(value "cleanup.$name" CERTBOT_VALIDATION)" "$(value "auth.$name" CERTBOT_VALIDATION)"
	is CERTBOT_AUTH_OUTPUT "$(value "cleanup.$name" CERTBOT_AUTH_OUTPUT)" "said by auth for $name"
done
empty_folder "$webroot"

step "deploy: RENEWED_LINEAGE and RENEWED_DOMAINS"
is RENEWED_LINEAGE "$(value deploy RENEWED_LINEAGE)" "$state/live/shop"
is RENEWED_DOMAINS "$(value deploy RENEWED_DOMAINS)" 'example.jp www.example.jp shop.example.jp'
is "arguments" "$(cat "$work/seen/deploy.arguments")" 0
file_lacks "$work/seen/deploy" leaked
cat "$(live shop fullchain)" "$(live shop privkey)" | cmp -s - "$work/seen/all.pem" || fail "the hook did not see the files"

step "dns-01: CERTBOT_VALIDATION is the record's text, there is no CERTBOT_TOKEN, a wildcard is without its star"
cat >"$work/auth-dns.sh" <<-END
	#!/bin/sh
	env | sort > "$work/seen/dns"
	printf '%s\n' 'server 127.0.0.1' "update add _acme-challenge.\$CERTBOT_DOMAIN 1 TXT \"\$CERTBOT_VALIDATION\"" send | nsupdate -k $work/tsig.key
END
cat >"$work/cleanup-dns.sh" <<-END
	#!/bin/sh
	printf '%s\n' 'server 127.0.0.1' "update delete _acme-challenge.\$CERTBOT_DOMAIN TXT \"\$CERTBOT_VALIDATION\"" send | nsupdate -k $work/tsig.key
END
chmod 755 "$work"/*-dns.sh
settings 'certificates:' '- names: ["*.example.jp"]' '  challenge: {type: dns-01, auth_hook: '"$work/auth-dns.sh, cleanup_hook: $work/cleanup-dns.sh}"
t 0 run
is CERTBOT_DOMAIN "$(value dns CERTBOT_DOMAIN)" example.jp
[[ $(value dns CERTBOT_VALIDATION) =~ ^[A-Za-z0-9_-]{43}$ ]] || fail "CERTBOT_VALIDATION is not the digest"
file_lacks "$work/seen/dns" CERTBOT_TOKEN
is "what is left" "$(dns _acme-challenge.example.jp TXT)" '"left alone"'

step "--deploy-hook is the administrator's own command line"
: >"$conf/tegata.yaml"
settings
nginx_answers() { curl -s -o /dev/null http://127.0.0.1/; }
until_true "nginx answers" nginx_answers
t 0 certonly -n -d example.jp --cert-name flag --webroot -w "$webroot" \
	--deploy-hook "echo \"\$RENEWED_LINEAGE|\$RENEWED_DOMAINS\" > '$work/seen/flag' && true"
is "what it wrote" "$(cat "$work/seen/flag")" "$state/live/flag|example.jp"
finish
