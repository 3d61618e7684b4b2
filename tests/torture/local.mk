## What it survives: a row of the table of contrib/run-torture.sh each, here in its short form.
torture_tests =
TESTS += $(torture_tests)
EXTRA_DIST += $(torture_tests) tests/torture/lib.sh

## The fault proxy in front of the CA: proxy_start.
EXTRA_DIST += tests/faults/proxy.py

torture_tests += tests/torture/nonces.sh

include tests/faults/local.mk
torture_tests += tests/torture/kill.sh tests/torture/errors.sh tests/torture/power.sh
EXTRA_DIST += tests/torture/scenarios.sh tests/faults/power.py

## The network helper, taken over.
torture_tests += tests/torture/sandbox.sh
EXTRA_PROGRAMS += tests/faults/taken_over
check_DATA += tests/faults/taken_over
tests_faults_taken_over_SOURCES = \
	tests/faults/taken_over.c \
	src/net/worker_confine.c \
	src/net/worker_landlock.c \
	src/net/worker_seccomp.c
tests_faults_taken_over_CFLAGS = $(TEGATA_CFLAGS) $(CURL_CFLAGS) $(SECCOMP_CFLAGS)
tests_faults_taken_over_LDADD = libtegata.a $(CURL_LIBS) $(SECCOMP_LIBS) $(LIBINTL)

## Many at once.
torture_tests += tests/torture/crowd.sh
EXTRA_DIST += tests/faults/crowd.py

## A CA that lies.
torture_tests += tests/torture/hostile-ca.sh
EXTRA_PROGRAMS += tests/faults/peak
check_DATA += tests/faults/peak
tests_faults_peak_LDADD =
CLEANFILES += tests/faults/peak$(EXEEXT)
EXTRA_DIST += \
	tests/faults/hostile.py \
	tests/faults/hostile_acme.py \
	tests/faults/hostile_base.py \
	tests/faults/hostile_cert.py \
	tests/faults/hostile_http.py

## Hostile input, and fuzzing (tests/fuzz).
torture_tests += tests/torture/hostile-input.sh tests/torture/fuzz.sh
EXTRA_DIST += tests/faults/hostile_input.py tests/faults/hostile_input_cases.py

torture_tests += tests/torture/outage.sh tests/torture/mutants.sh
EXTRA_DIST += tests/faults/dns.py tests/faults/mutate.py tests/faults/mutants.py

## Allocations that fail, and what reads or watches the program.
torture_tests += tests/torture/memory.sh tests/torture/sanitizers.sh
torture_tests += tests/torture/neighbours.sh tests/torture/secrets.sh
EXTRA_DIST += tests/faults/secrets.py

## Wrong clocks.
torture_tests += tests/torture/clock.sh
