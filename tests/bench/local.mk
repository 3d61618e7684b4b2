## `make bench` prints figures. Nothing of it is run by `make check`.
EXTRA_PROGRAMS += \
	tests/bench/contract \
	tests/bench/measure \
	tests/bench/relay \
	tests/bench/unconfined
tests_bench_contract_LDADD = libtegata.a $(JANSSON_LIBS) $(YAML_LIBS) $(IDN2_LIBS) $(LIBINTL)
tests_bench_measure_LDADD =
tests_bench_relay_LDADD =
tests_bench_unconfined_SOURCES = \
	tests/bench/unconfined.c \
	src/net/worker.c \
	src/net/worker_fault.c \
	src/net/worker_fetch.c \
	src/net/worker_intake.c \
	src/net/worker_ldap.c \
	src/net/worker_probe.c \
	src/net/worker_probe_fault.c \
	src/net/worker_serve.c
tests_bench_unconfined_CFLAGS = $(TEGATA_CFLAGS) $(CURL_CFLAGS)
tests_bench_unconfined_LDADD = libtegata.a $(CURL_LIBS) $(LIBINTL)
CLEANFILES += $(EXTRA_PROGRAMS)
EXTRA_DIST += tests/bench/run.sh

bench: all $(EXTRA_PROGRAMS)
	@$(AM_TESTS_ENVIRONMENT) $(srcdir)/tests/bench/run.sh

.PHONY: bench
