#!/bin/bash
# A deploy hook that fails so and so often before it succeeds: exit status 9 until then, and exactly one success.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need named nginx jq
named_start example.jp
nginx_start
pebble_start nonce_reject=0
registered_fqdns example.jp
# It fails as often as the file "failures" says, which it counts down.
cat >"$work/hook" <<-END
	#!/bin/sh
	left=\$(cat "$work/failures")
	[ "\$left" -gt 0 ] || { echo "\$TEGATA_GENERATION" >>"$work/done"; exit 0; }
	echo \$((left - 1)) >"$work/failures"
	echo "\$left more before the balancer answers" >&2
	exit 3
END
cat >"$work/other" <<-END
	#!/bin/sh
	echo "\$TEGATA_GENERATION" >>"$work/done.other"
END
chmod 755 "$work/hook" "$work/other"
settings 'certificates:' "- {name: www, names: [www.example.jp], challenge: {webroot: $webroot}, deploy: [$work/hook, $work/other]}"
register
: >"$work/done"
succeeded() { is "for which generations it succeeded" "$(tr '\n' ' ' <"$work/done")" "$1"; }

# owed GENERATION FAILURES-LEFT: as status and the JSON of the run before say it
owed() {
	t 0 status
	out_has "deploy owed $work/hook" "$(($2 + 1)) more before the balancer answers"
	out_lacks "$work/other" 'last try'
	t 0 status --json
	json_is '[.certificates[0] | .state, .generation, .deploy_owed, .failures]' "[\"valid\",$1,[\"$work/hook\"],0]"
	jq -e '.certificates[0].deploy_error | contains("exit status 3")' "$work/out" >/dev/null || fail "the exit status of the hook is not told"
}

for k in 1 2 3; do
	step "$k times"
	echo "$k" >"$work/failures"
	if [ "$k" -eq 1 ]; then first=(run); else first=(renew --force); fi
	t 9 "${first[@]}" --json
	json_is '[.ok, (.certificates[0] | .outcome, .generation, .deployed, .deploy_owed, .error, .deploy_error.kind)]' \
		"[false,\"issued\",$k,[\"$work/other\"],1,null,\"hook\"]"
	holds_together www
	before=$(asked)
	for ((left = k - 1; left > 0; left--)); do
		owed "$k" "$left"
		t 9 run --json
		json_is '[.certificates[0] | .outcome, .deployed, .deploy_owed, .deploy_error.kind]' '["kept",[],1,"hook"]'
	done
	owed "$k" 0
	t 0 run --json
	json_is '[.ok, (.certificates[0] | .outcome, .deployed, .deploy_owed, .deploy_error)]' "[true,\"kept\",[\"$work/hook\"],0,null]"
	t 0 run
	t 0 deploy
	is "what it says" "$(out)$(err)" ''
	succeeded "$(seq -s ' ' 1 "$k") "
	t 0 status
	out_lacks 'deploy owed'
	[ "$(asked)" -le $((before + 1)) ] || fail "the CA was asked $(($(asked) - before)) times"
done
is "what the other one heard" "$(tr '\n' ' ' <"$work/done.other")" '1 2 3 '

step "a newer certificate takes the debt over"
echo 2 >"$work/failures"
t 9 renew --force
t 9 renew --force
owed 5 0
t 0 run
succeeded '1 2 3 5 '

step "a visit that is to leave deploys alone leaves the debt, and says nothing of it"
t 0 renew --force --no-deploy
succeeded '1 2 3 5 '
t 0 run --no-deploy
t 0 status --json
json_is '.certificates[0].deploy_owed' "[\"$work/hook\",\"$work/other\"]"
t 0 deploy
succeeded '1 2 3 5 6 '
finish
