#!/bin/bash
# The shipped units: systemd understands them, and the one that speaks to the CA is shut in.
. "${abs_top_srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need systemd-analyze
mkdir "$work/units"
for unit in tegata.service tegata-deploy.service; do
	there "$build/contrib/systemd/$unit"
	sed "s|^ExecStart=[^ ]*/tegata |ExecStart=$program |" "$build/contrib/systemd/$unit" >"$work/units/$unit"
	file_has "$work/units/$unit" "ExecStart=$program "
done
cp "$src/contrib/systemd/tegata.timer" "$work/units"

step "systemd-analyze verify"
SYSTEMD_UNIT_PATH=$work/units: run 0 systemd-analyze verify --man=no "$work"/units/tegata.service "$work"/units/tegata-deploy.service "$work"/units/tegata.timer
cat "$work/out" "$work/err" | grep -F "$work/units" >"$work/complaints"
is "complaints" "$(cat "$work/complaints")" ''

step "the drop-in for an ordinary user"
mkdir "$work/units/tegata.service.d"
cp "$src/contrib/systemd/ordinary-user.conf" "$work/units/tegata.service.d"
SYSTEMD_UNIT_PATH=$work/units: run 0 systemd-analyze verify --man=no "$work/units/tegata.service"
cat "$work/out" "$work/err" | grep -F "$work/units" >"$work/complaints"
is "complaints" "$(cat "$work/complaints")" ''
rm -r "$work/units/tegata.service.d"

step "exposure"
systemd-analyze security --help 2>&1 | grep -q -e --offline || skip "this systemd-analyze does not look at files"
run 0 systemd-analyze security --offline=yes --threshold=30 --no-pager "$work/units/tegata.service"
grep 'Overall exposure' "$work/out"

step "each hour, and what was missed is done later"
file_has "$work/units/tegata.timer" 'OnCalendar=hourly' 'Persistent=yes' 'RandomizedDelaySec='
finish
