## `make bench` prints figures. Nothing of it is run by `make check`.
EXTRA_PROGRAMS += \
	tests/bench/measure \
	tests/bench/relay
tests_bench_measure_LDADD =
tests_bench_relay_LDADD =
CLEANFILES += $(EXTRA_PROGRAMS)
EXTRA_DIST += tests/bench/run.sh

bench: all $(EXTRA_PROGRAMS)
	@$(AM_TESTS_ENVIRONMENT) $(srcdir)/tests/bench/run.sh

.PHONY: bench
