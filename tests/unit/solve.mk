check_PROGRAMS += \
	tests/unit/test_challenge_hook \
	tests/unit/test_inherited \
	tests/unit/test_standalone \
	tests/unit/test_webroot
EXTRA_DIST += tests/unit/scratch.h
