check_PROGRAMS += \
	tests/unit/test_store \
	tests/unit/test_store_account \
	tests/unit/test_store_generation \
	tests/unit/test_store_ledger \
	tests/unit/test_store_next_key \
	tests/unit/test_store_prune \
	tests/unit/test_store_request \
	tests/unit/test_store_state \
	tests/unit/test_store_validations

store_maker = tests/unit/store_maker.h tests/unit/x509_maker.c tests/unit/x509_maker.h tests/unit/scratch.h
tests_unit_test_store_SOURCES = tests/unit/test_store.c $(store_maker)
tests_unit_test_store_account_SOURCES = tests/unit/test_store_account.c $(store_maker)
tests_unit_test_store_generation_SOURCES = tests/unit/test_store_generation.c $(store_maker)
tests_unit_test_store_ledger_SOURCES = tests/unit/test_store_ledger.c tests/unit/killer.h $(store_maker)
tests_unit_test_store_next_key_SOURCES = tests/unit/test_store_next_key.c tests/unit/killer.h $(store_maker)
tests_unit_test_store_prune_SOURCES = tests/unit/test_store_prune.c tests/unit/killer.h $(store_maker)
tests_unit_test_store_request_SOURCES = tests/unit/test_store_request.c tests/unit/killer.h $(store_maker)
tests_unit_test_store_state_SOURCES = tests/unit/test_store_state.c $(store_maker)
tests_unit_test_store_validations_SOURCES = tests/unit/test_store_validations.c tests/unit/killer.h $(store_maker)
