## What breaks things, or looks while they break: used by the rows in tests/torture.
fault_programs = tests/faults/calls tests/faults/watch
EXTRA_PROGRAMS += $(fault_programs)
check_DATA = $(fault_programs)
tests_faults_calls_SOURCES = tests/faults/calls.c tests/faults/live.h
tests_faults_calls_LDADD = $(CRYPTO_LIBS)
tests_faults_watch_SOURCES = tests/faults/watch.c tests/faults/live.h
tests_faults_watch_LDADD = $(CRYPTO_LIBS)

## Allocations that fail: what the row "memory" runs, and what it puts in front of programs.
if HAVE_CMOCKA
fault_programs += tests/faults/oom_driver
tests_faults_oom_driver_SOURCES = tests/faults/oom_driver.c tests/faults/oom.c tests/faults/oom.h $(fake_ca) $(run_maker_headers) \
	tests/unit/visit_maker.h
tests_faults_oom_driver_LDFLAGS = $(AM_LDFLAGS) -rdynamic -Wl,--wrap=_exit
endif
check_DATA += tests/faults/oom.so
CLEANFILES += tests/faults/oom.so
tests/faults/oom.so: $(srcdir)/tests/faults/oom.c $(srcdir)/tests/faults/oom.h
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(CC) -std=gnu11 -O2 -fPIC -shared -o $@ $(srcdir)/tests/faults/oom.c
fault_programs += tests/faults/neighbour
tests_faults_neighbour_SOURCES = tests/faults/neighbour.c
tests_faults_neighbour_LDADD = libtegata.a $(CRYPTO_LIBS) $(JANSSON_LIBS) $(YAML_LIBS) $(IDN2_LIBS) $(LIBINTL)
