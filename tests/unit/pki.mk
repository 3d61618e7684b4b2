check_PROGRAMS += \
	tests/unit/test_cert \
	tests/unit/test_chain \
	tests/unit/test_chain_trust \
	tests/unit/test_csr \
	tests/unit/test_digest \
	tests/unit/test_key \
	tests/unit/test_pkcs12 \
	tests/unit/test_pki_memory \
	tests/unit/test_revocation \
	tests/unit/test_revocation_crl

tests_unit_test_cert_SOURCES = tests/unit/test_cert.c tests/unit/x509_maker.c tests/unit/x509_maker.h
tests_unit_test_chain_SOURCES = tests/unit/test_chain.c tests/unit/x509_maker.c tests/unit/x509_maker.h
tests_unit_test_chain_trust_SOURCES = tests/unit/test_chain_trust.c tests/unit/x509_maker.c tests/unit/x509_maker.h
tests_unit_test_pkcs12_SOURCES = tests/unit/test_pkcs12.c tests/unit/x509_maker.c tests/unit/x509_maker.h
tests_unit_test_pki_memory_SOURCES = tests/unit/test_pki_memory.c tests/unit/revocation_maker.h \
	tests/unit/scratch.h tests/unit/x509_maker.c tests/unit/x509_maker.h
tests_unit_test_revocation_SOURCES = tests/unit/test_revocation.c tests/unit/revocation_maker.h \
	tests/unit/x509_maker.c tests/unit/x509_maker.h
tests_unit_test_revocation_crl_SOURCES = tests/unit/test_revocation_crl.c tests/unit/revocation_maker.h \
	tests/unit/x509_maker.c tests/unit/x509_maker.h
