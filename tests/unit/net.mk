check_PROGRAMS += \
	tests/unit/test_wire \
	tests/unit/test_http \
	tests/unit/test_serve \
	tests/unit/test_worker

tests_unit_test_worker_SOURCES = \
	tests/unit/test_worker.c \
	tests/unit/https_server.c \
	tests/unit/https_server.h
tests_unit_test_worker_LDADD = $(LDADD) -lssl
