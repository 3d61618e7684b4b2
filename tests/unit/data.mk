check_PROGRAMS += \
	tests/unit/test_b64url \
	tests/unit/test_diag \
	tests/unit/test_json \
	tests/unit/test_yaml
