## What it survives: a row of the table of contrib/run-torture.sh each, here in its short form.
torture_tests =
TESTS += $(torture_tests)
EXTRA_DIST += $(torture_tests) tests/torture/lib.sh

## The fault proxy in front of the CA: proxy_start.
EXTRA_DIST += tests/faults/proxy.py

torture_tests += tests/torture/nonces.sh

include tests/faults/local.mk
torture_tests += tests/torture/kill.sh
EXTRA_DIST += tests/torture/scenarios.sh
