check_PROGRAMS += \
	tests/unit/test_buf \
	tests/unit/test_date \
	tests/unit/test_err \
	tests/unit/test_fs \
	tests/unit/test_fs_call \
	tests/unit/test_fs_clean \
	tests/unit/test_fs_read \
	tests/unit/test_guise \
	tests/unit/test_hook \
	tests/unit/test_lock \
	tests/unit/test_log \
	tests/unit/test_proc \
	tests/unit/test_roff \
	tests/unit/test_sig \
	tests/unit/test_str \
	tests/unit/test_time
EXTRA_DIST += tests/unit/skipping.h
