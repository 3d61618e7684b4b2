hook_tests = \
	tests/hooks/deploy.sh \
	tests/hooks/mail.sh \
	tests/hooks/nsupdate.sh \
	tests/hooks/webhook.sh
TESTS += $(hook_tests)
EXTRA_DIST += $(hook_tests) tests/hooks/lib.sh
