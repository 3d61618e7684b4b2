check_PROGRAMS += \
	tests/unit/test_cli_args \
	tests/unit/test_cli_certonly \
	tests/unit/test_cli_check \
	tests/unit/test_cli_entitlements \
	tests/unit/test_cli_forecast \
	tests/unit/test_cli_help \
	tests/unit/test_cli_monitoring \
	tests/unit/test_cli_output \
	tests/unit/test_cli_prompt \
	tests/unit/test_cli_register \
	tests/unit/test_cli_show \
	tests/unit/test_cli_status
EXTRA_DIST += tests/unit/cli_run.h
