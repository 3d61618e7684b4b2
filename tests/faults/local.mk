## What breaks things, or looks while they break: used by the rows in tests/torture.
fault_programs = tests/faults/calls tests/faults/watch
EXTRA_PROGRAMS += $(fault_programs)
check_DATA = $(fault_programs)
tests_faults_calls_SOURCES = tests/faults/calls.c tests/faults/live.h
tests_faults_calls_LDADD = $(CRYPTO_LIBS)
tests_faults_watch_SOURCES = tests/faults/watch.c tests/faults/live.h
tests_faults_watch_LDADD = $(CRYPTO_LIBS)
