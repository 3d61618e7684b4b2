check_PROGRAMS += \
	tests/unit/test_advise \
	tests/unit/test_coverage \
	tests/unit/test_coverage_props \
	tests/unit/test_edit \
	tests/unit/test_effective \
	tests/unit/test_entry \
	tests/unit/test_forecast \
	tests/unit/test_forecast_props \
	tests/unit/test_first_use \
	tests/unit/test_fqdn \
	tests/unit/test_lapse \
	tests/unit/test_list_change \
	tests/unit/test_period \
	tests/unit/test_rule \
	tests/unit/test_rules \
	tests/unit/test_suggest

EXTRA_DIST += tests/unit/forecast_maker.h
