check_PROGRAMS += \
	tests/unit/test_wire \
	tests/unit/test_http \
	tests/unit/test_probe \
	tests/unit/test_serve \
	tests/unit/test_worker

tests_unit_test_worker_SOURCES = \
	tests/unit/test_worker.c \
	tests/unit/https_server.c \
	tests/unit/https_server.h
tests_unit_test_worker_LDADD = $(LDADD) -lssl

tests_unit_test_probe_SOURCES = \
	tests/unit/test_probe.c \
	tests/unit/probe_server.c \
	tests/unit/probe_server.h \
	tests/unit/x509_maker.c \
	tests/unit/x509_maker.h
tests_unit_test_probe_LDADD = $(LDADD) -lssl

## The worker's own parts with libcurl refusing.
check_PROGRAMS += tests/unit/test_worker_libcurl
tests_unit_test_worker_libcurl_SOURCES = \
	tests/unit/test_worker_libcurl.c \
	src/net/worker.h \
	src/net/worker_fault.c \
	src/net/worker_fetch.c \
	src/net/worker_intake.c \
	src/net/worker_ldap.c \
	src/net/worker_probe.c \
	src/net/worker_probe_fault.c
tests_unit_test_worker_libcurl_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
tests_unit_test_worker_libcurl_LDADD = $(LDADD) $(CURL_LIBS) -ldl

check_PROGRAMS += tests/unit/test_sandbox tests/unit/test_wire_room tests/unit/test_worker_words
tests_unit_test_worker_words_SOURCES = \
	tests/unit/test_worker_words.c \
	src/net/worker.h \
	src/net/worker_fault.c \
	src/net/worker_intake.c \
	src/net/worker_ldap.c \
	src/net/worker_probe_fault.c
tests_unit_test_worker_words_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
tests_unit_test_worker_words_LDADD = $(LDADD) $(CURL_LIBS)
