#!/bin/bash
# Secrets that are known beforehand or read from the store afterwards are looked for wherever they must not be: arguments,
# environments, pipes and sockets, messages at -vv, JSON, notes, the network helper's memory, core files, files open to others.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/torture/lib.sh"
need strace python3 named nsupdate
strace -f --seccomp-bpf -e trace=execve -o "$work/try" true 2>/dev/null || skip "this machine does not let us trace"
named_start example.jp
pebble_start
password=CANARY-of-the-pkcs12-file-7f3a
variable=CANARY-of-a-hooks-environment-91c2
echo "$password" >"$work/password"
chmod 600 "$work/password"
mkdir -m 755 "$work/place"
umask 000
keys=ecdsa-p256
! is_long || keys="[ecdsa-p256, rsa2048]"
cat >"$work/hook" <<-END
	#!/bin/sh
	[ ! -e $work/canaries ] || python3 $faults/secrets.py memory $work/canaries tegata-net $work/memory
	[ ! -e $work/hold ] || { : >$work/held; sleep 20; }
	exec $libexec/hooks/nsupdate "\$@"
END
chmod 755 "$work/hook"
settings 'certificates:' '- name: www' '  names: [www.example.jp]' "  key: $keys" \
	"  challenge: {type: dns-01, hook: $work/hook, env: {TEGATA_NSUPDATE_SERVER: 127.0.0.1, TEGATA_NSUPDATE_KEY_FILE: $work/tsig.key}}" \
	"  outputs: [{pkcs12: '$work/place/{name}.p12', password_file: $work/password}, {combined: '$work/place/{name}.pem'}]" \
	"  deploy: {shell: 'exit \$WANTED', env: {CANARY: $variable, WANTED: 0}}" '  next_key: true'
chmod -R go-w "$conf"
registered_fqdns example.jp www.example.jp
printf '%s\n' "$hmac" >"$work/hmac"
chmod 600 "$work/hmac"
traced=0
calls=execve,open,openat,creat,write,writev,pwrite64,sendto,sendmsg,sendmmsg,chmod,fchmod,fchmodat,rename,renameat,renameat2
traced() {
	traced=$((traced + 1))
	run 0 strace -f --seccomp-bpf -y -v -xx -s 65536 -e trace="$calls" -e signal=none -o "$work/trace.$traced" "$program" --config-dir "$conf" --state-dir "$state" "$@"
	cat "$work/out" "$work/err" >>"$work/said"
}

step "register, run, renew, deploy at -vv, with umask 000"
traced -vv register -n -m admin@example.jp --agree-tos --eab-kid "$kid" --eab-hmac-key-file "$work/hmac"
python3 "$faults/secrets.py" canaries "$work/canaries" "$state" "$hmac" "$password" "$variable" || fail "no canaries"
traced -vv run
holds_together www
traced -vv deploy www
if is_long; then
	for _ in 1 2 3 4; do
		traced -vv renew www --force
	done
	traced -vv rollback www
	traced -vv status --json
	traced -vv plan --json
	traced -vv history www --json
	traced -vv revoke --cert-name www -n --reason superseded
fi
t 0 status --json
cat "$work/out" "$work/err" >>"$work/said"
python3 "$faults/secrets.py" canaries "$work/canaries" "$state" "$hmac" "$password" "$variable"
count=$(wc -l <"$work/canaries")

step "what was called"
writes=0
for ((i = 1; i <= traced; i++)); do
	run 0 python3 "$faults/secrets.py" trace "$work/canaries" "$work/trace.$i" "$state" CANARY
	writes=$((writes + $(sed -n 's/ writes of.*//p' "$work/out")))
done

[ "$writes" -gt 0 ] || fail "no secret was written, so nothing was seen"

step "the same look finds what is there to be found"
run 1 python3 "$faults/secrets.py" trace "$work/canaries" "$work/trace.2" "$state"
out_has 'execve shows a secret: CANARY='

step "what was said and noted"
cat "$state"/state/*.json "$state"/*.json "$state"/journal/* "$state"/accounts/*/account.json >>"$work/said" 2>/dev/null
python3 - "$work/canaries" "$work/said" <<-'END' || fail "a secret was said"
	import sys
	said = open(sys.argv[2], "rb").read()
	sys.exit(any(bytes.fromhex(c) in said for c in open(sys.argv[1]).read().split()) or len(said) < 2000)
END

step "the memory of the network helper"
[ -s "$work/memory" ] || fail "nobody looked"
! grep -qv ' 0$' "$work/memory" || fail "the network helper knows: $(cat "$work/memory")"

step "files that others may read"
open_files=$(find "$state" "$work/place" -type f -perm /077 ! -name 'cert.pem' ! -name 'chain.pem' ! -name 'fullchain.pem' ! -name 'meta.json')
python3 - "$work/canaries" "$open_files" <<-'END' || fail "open to others: $open_files"
	import sys
	secrets = [bytes.fromhex(c) for c in open(sys.argv[1]).read().split()]
	sys.exit(any(c in open(f, "rb").read() for f in sys.argv[2].split() for c in secrets))
END

step "no core"
: >"$work/hold"
run 0 python3 "$faults/secrets.py" core "$work/held" "$program" --config-dir "$conf" --state-dir "$state" renew www --force
out
figure secrets "$count secrets, $traced traced commands, $writes writes of secrets seen, 0 of them where others could read; 0 hits in arguments, environments, pipes, sockets, messages at -vv, JSON, notes, the network helper's memory ($(wc -l <"$work/memory") looks); no core"
finish
