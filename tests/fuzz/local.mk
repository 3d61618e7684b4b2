## Fuzz targets. As tests they run what lies in tests/fuzz/corpus; contrib/run-fuzz.sh looks for more.
fuzz_programs = \
	tests/fuzz/fuzz_acme \
	tests/fuzz/fuzz_cert \
	tests/fuzz/fuzz_chain \
	tests/fuzz/fuzz_csr \
	tests/fuzz/fuzz_dates \
	tests/fuzz/fuzz_headers \
	tests/fuzz/fuzz_hook \
	tests/fuzz/fuzz_json \
	tests/fuzz/fuzz_key \
	tests/fuzz/fuzz_list \
	tests/fuzz/fuzz_names \
	tests/fuzz/fuzz_problem \
	tests/fuzz/fuzz_revocation \
	tests/fuzz/fuzz_scan \
	tests/fuzz/fuzz_settings \
	tests/fuzz/fuzz_store \
	tests/fuzz/fuzz_texts \
	tests/fuzz/fuzz_url \
	tests/fuzz/fuzz_wire \
	tests/fuzz/fuzz_yaml
check_PROGRAMS += $(fuzz_programs)
EXTRA_DIST += tests/fuzz/corpus

check_LIBRARIES += tests/fuzz/libreplay.a
tests_fuzz_libreplay_a_SOURCES = \
	tests/fuzz/fixture.h \
	tests/fuzz/fuzz.c \
	tests/fuzz/fuzz.h \
	tests/fuzz/replay.c

## What takes headers in belongs to tegata-net, and so to no library.
fuzz_intake = src/net/worker_intake.c src/net/worker.h
tests_fuzz_fuzz_acme_SOURCES = tests/fuzz/fuzz_acme.c $(fuzz_intake)
tests_fuzz_fuzz_acme_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
tests_fuzz_fuzz_headers_SOURCES = tests/fuzz/fuzz_headers.c $(fuzz_intake)
tests_fuzz_fuzz_headers_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)

fuzz_ldadd = tests/fuzz/libreplay.a $(LDADD) -lpthread
tests_fuzz_fuzz_acme_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_cert_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_chain_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_csr_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_dates_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_headers_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_hook_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_json_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_key_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_list_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_names_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_problem_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_revocation_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_scan_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_settings_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_store_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_texts_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_url_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_wire_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_yaml_LDADD = $(fuzz_ldadd)
