check_PROGRAMS += \
	tests/unit/test_job_recover
