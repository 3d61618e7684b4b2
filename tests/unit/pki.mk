check_PROGRAMS += \
	tests/unit/test_cert \
	tests/unit/test_chain \
	tests/unit/test_chain_trust \
	tests/unit/test_csr \
	tests/unit/test_digest \
	tests/unit/test_key

tests_unit_test_cert_SOURCES = tests/unit/test_cert.c tests/unit/x509_maker.c tests/unit/x509_maker.h
tests_unit_test_chain_SOURCES = tests/unit/test_chain.c tests/unit/x509_maker.c tests/unit/x509_maker.h
tests_unit_test_chain_trust_SOURCES = tests/unit/test_chain_trust.c tests/unit/x509_maker.c tests/unit/x509_maker.h
