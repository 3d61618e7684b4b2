check_PROGRAMS += \
	tests/unit/test_buf \
	tests/unit/test_date \
	tests/unit/test_err \
	tests/unit/test_hook \
	tests/unit/test_str \
	tests/unit/test_time
