## `make bench` prints figures. Nothing of it is run by `make check`.
EXTRA_PROGRAMS += \
	tests/bench/contract \
	tests/bench/measure \
	tests/bench/relay
tests_bench_contract_LDADD = libtegata.a $(JANSSON_LIBS) $(YAML_LIBS) $(IDN2_LIBS) $(LIBINTL)
tests_bench_measure_LDADD =
tests_bench_relay_LDADD =
CLEANFILES += $(EXTRA_PROGRAMS)
EXTRA_DIST += tests/bench/run.sh

bench: all $(EXTRA_PROGRAMS)
	@$(AM_TESTS_ENVIRONMENT) $(srcdir)/tests/bench/run.sh

.PHONY: bench
