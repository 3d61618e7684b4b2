lint_tests = \
	tests/lint/banned.sh \
	tests/lint/files.sh \
	tests/lint/functions.sh \
	tests/lint/layers.sh \
	tests/lint/man.sh \
	tests/lint/names.sh \
	tests/lint/potfiles.sh \
	tests/lint/shell.sh \
	tests/lint/style.sh \
	tests/lint/translations.sh
TESTS += $(lint_tests)
EXTRA_DIST += $(lint_tests) tests/lint/functions.allow tests/lint/prefixes
tests/lint/man.log: tegata-man$(EXEEXT)
