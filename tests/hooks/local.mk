hook_tests = \
	tests/hooks/deploy.sh \
	tests/hooks/nsupdate.sh
TESTS += $(hook_tests)
EXTRA_DIST += $(hook_tests) tests/hooks/lib.sh
