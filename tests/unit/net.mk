check_PROGRAMS += \
	tests/unit/test_wire \
	tests/unit/test_http
