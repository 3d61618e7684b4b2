check_PROGRAMS += \
	tests/unit/test_events \
	tests/unit/test_keys \
	tests/unit/test_profiles \
	tests/unit/test_settings \
	tests/unit/test_settings_bad \
	tests/unit/test_settings_bad_keys \
	tests/unit/test_settings_keys \
	tests/unit/test_write
EXTRA_DIST += tests/unit/bad_settings.h
