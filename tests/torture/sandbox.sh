#!/bin/bash
# The network helper is taken over: nothing that it must not do succeeds, no answer of it is believed that makes no sense,
# and each layer that holds it is seen holding by itself.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/torture/lib.sh"
need setpriv jq python3
taken=$build/tests/faults/taken_over
[ -x "$taken" ] || skip "$taken is not built"

# What it would like to have: a store with a key in it, and somebody who listens.
make_ca
settings
mkdir -p "$state/accounts" "$work/bin"
echo "a private key, no other" >"$state/accounts/key.pem"
chmod 600 "$state/accounts/key.pem"
chmod 755 "$state" "$state/accounts" # whoever may become the user of the key must be stopped by something else
cp "$taken" "$work/bin/tegata-net"
cp "$build/tegata-net" "$work/bin/real"
cp "$program" "$work/bin/tegata"
export TEGATA_LIBEXECDIR=$work/bin
python3 -c '
import socket, time
held = []
for family, address in ((socket.AF_UNIX, "'"$work"'/socket"), (socket.AF_UNIX, "\0tegata-taken-over"), (socket.AF_INET, ("127.0.0.1", 8080))):
    s = socket.socket(family)
    s.bind(address)
    s.listen(50)
    held.append(s)
held.append(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
held[-1].bind("'"$work"'/socket.datagrams")
while True:
    time.sleep(60)
' &
started listener $! 127.0.0.1 8080
chmod 777 "$work/socket" "$work/socket.datagrams"

# plan LAYERS MODE
plan() {
	printf '%s\n' "layers $1" "mode $2" "key $state/accounts/key.pem" "store $state" "socket $work/socket" "port 8080" >"$work/bin/taken-over"
}

# tegata's first request is for a CA's directory; as root, or as the owner of all that is there.
ask() {
	# shellcheck disable=SC2034 # lib.sh reads it
	last_command="tegata register, with the helper taken over"
	"${as[@]}" env TEGATA_LIBEXECDIR="$work/bin" timeout -k 2 15 "$work/bin/tegata" --config-dir "$folder" --state-dir "$work/var-$1" --json register -n \
		--no-email --agree-tos --eab-kid "$kid" --eab-hmac-key-file "$work/hmac" --server https://localhost:1/dir --ca-file "$ca" \
		>"$work/out" 2>"$work/err" </dev/null
	said=$?
}
echo "$hmac" >"$work/hmac"
chmod 644 "$work/hmac" "$ca"

# attempt COLUMN LAYERS: what came of each, in $work/COLUMN.
attempt() {
	plan "$2" attempts
	ask "$1"
	[ "$said" -eq 6 ] || fail "$1: exit status $said"
	tr ' ' '\n' <"$work/out" | sed -n 's/^\([a-z0-9+-]*\)=\([A-Z0-9]*\).*/\1 \2/p' >"$work/$1"
	is "how many attempts were made as $1" "$(wc -l <"$work/$1")" 59
	echo "a private key, no other" | cmp -s - "$state/accounts/key.pem" || restore "$1"
}

# Only who is held by too little could get there.
restore() {
	case $1 in all | all-as-user) fail "the key was changed" ;; esac
	echo "a private key, no other" >"$state/accounts/key.pem"
	chmod 600 "$state/accounts/key.pem"
}

succeeded() { awk '$2 == "DONE" && $1 !~ /^\+/ { print $1 }' "$work/$1"; }
came_of() { awk -v name="$2" '$1 == name { print $2 }' "$work/$1"; }

mv "$work/bin/tegata-net" "$work/bin/taken" && mv "$work/bin/real" "$work/bin/tegata-net"
"$work/bin/tegata" --config-dir "$conf" --json doctor >"$work/doctor" || fail "tegata doctor: $(cat "$work/doctor")"
mv "$work/bin/tegata-net" "$work/bin/real" && mv "$work/bin/taken" "$work/bin/tegata-net"
in_force() { [ "$(jq -r ".sandbox[] | select(.name == \"$1\").in_force" "$work/doctor")" = true ]; }
in_force seccomp || skip "this machine or this build has no filter of system calls to show"
in_force landlock || skip "this kernel has no Landlock to show"

step "confined as tegata-net is, and by parts of it"
as=() folder=$conf
attempt none none
attempt user user
attempt seccomp 'limits seccomp'
attempt landlock 'begin landlock'
attempt all all
cp -r "$conf" "$work/etc-of-user"
chown -R 1234:1234 "$state" "$work/etc-of-user"
mkdir -p "$work/var-all-as-user" "$work/var-none-as-user"
chown 1234:1234 "$work/var-all-as-user" "$work/var-none-as-user"
as=(setpriv --reuid=1234 --regid=1234 --clear-groups) folder=$work/etc-of-user
attempt none-as-user none
attempt all-as-user all

printf '%-22s %-13s' attempt 'all (user)' && printf ' %-13s' 'all (root)' 'seccomp' 'Landlock' 'own user' 'none (user)' 'none (root)' && echo
while read -r name _; do
	printf '%-22s' "$name"
	for column in all-as-user all seccomp landlock user none-as-user none; do
		printf ' %-13s' "$(came_of "$column" "$name")"
	done
	echo
done <"$work/all"

count=0
for column in all all-as-user; do
	[ -z "$(succeeded "$column")" ] || fail "$column: could be done: $(succeeded "$column" | tr '\n' ' ')"
	count=$((count + $(grep -vc '^+' "$work/$column")))
	while read -r name result; do
		case $name in +*) is "$name, which has to go on" "$result" DONE ;; esac
	done <"$work/$column"
done

step "each layer holds by itself, and without any of them the attempts are real"
for name in read-private-key list-store write-store write-tmp exec fork ptrace-parent read-parent kill-parent local-socket local-datagram \
	listen-tcp map-write-exec memfd parent-mem append-to-key; do
	is "$name unconfined, as root" "$(came_of none "$name")" DONE
done
for name in read-private-key list-store write-store write-tmp append-to-key exec fork kill-parent local-socket listen-tcp map-write-exec; do
	is "$name, unconfined, as the owner" "$(came_of none-as-user "$name")" DONE
done
for name in read-private-key list-store read-shadow write-store write-tmp append-to-key unlink-key mkdir ptrace-parent kill-parent listen-tcp \
	abstract-socket; do
	[ "$(came_of landlock "$name")" != DONE ] || fail "Landlock alone does not stop: $name"
done
for name in exec fork clone clone3 ptrace-parent read-parent kill-parent tgkill-parent pidfd-kill-parent sigio-to-parent write-store \
	write-tmp append-to-key unlink-key mkdir map-write-exec run-what-was-written memfd listen-tcp raise-limit stop-life-timer local-socket local-datagram; do
	[ "$(came_of seccomp "$name")" != DONE ] || fail "the filter alone does not stop: $name"
done
for name in read-private-key read-shadow ptrace-parent kill-parent write-store setuid-root; do
	[ "$(came_of user "$name")" != DONE ] || fail "the other user alone does not stop: $name"
done
is "the filter alone leaves reading" "$(came_of seccomp read-private-key)" DONE
is "Landlock alone leaves processes" "$(came_of landlock fork)" DONE

step "answers that make no sense"
as=() folder=$conf
answers=0
for mode in $("$taken" list); do
	plan all "$mode"
	ask answers
	[ "$said" -eq 6 ] || fail "$mode: exit status $said"
	grep -q -e 'do not understand each other' -e 'something else than was asked' -e 'has ended unexpectedly' "$work/out" ||
		fail "$mode: not told as what it is"
	! pgrep -x tegata-net >/dev/null || fail "$mode: the helper is still there"
	answers=$((answers + 1))
done

figure sandbox "$count attempts of a taken-over worker, 0 succeeded; $answers answers without sense, 0 believed"
finish
