check_PROGRAMS += \
	tests/unit/test_account \
	tests/unit/test_acme_musts \
	tests/unit/test_acme_renewal \
	tests/unit/test_acme_revoke \
	tests/unit/test_ari \
	tests/unit/test_jws \
	tests/unit/test_order \
	tests/unit/test_order_chain \
	tests/unit/test_order_create \
	tests/unit/test_order_resume \
	tests/unit/test_problem \
	tests/unit/test_session

fake_ca = tests/fake/fake_ca.c tests/fake/fake_ca.h tests/fake/fake_cert.c tests/fake/fake_cert.h \
	tests/fake/fake_clock.h tests/fake/fake_jws.c tests/fake/fake_jws.h \
	tests/unit/acme_maker.h tests/unit/x509_maker.c tests/unit/x509_maker.h
tests_unit_test_account_SOURCES = tests/unit/test_account.c $(fake_ca)
tests_unit_test_acme_musts_SOURCES = tests/unit/test_acme_musts.c $(fake_ca)
tests_unit_test_acme_renewal_SOURCES = tests/unit/test_acme_renewal.c $(fake_ca)
tests_unit_test_acme_revoke_SOURCES = tests/unit/test_acme_revoke.c $(fake_ca)
tests_unit_test_jws_SOURCES = tests/unit/test_jws.c tests/fake/fake_jws.c tests/fake/fake_jws.h
tests_unit_test_order_SOURCES = tests/unit/test_order.c tests/unit/order_maker.h
tests_unit_test_order_chain_SOURCES = tests/unit/test_order_chain.c tests/unit/order_maker.h
tests_unit_test_order_create_SOURCES = tests/unit/test_order_create.c tests/unit/order_maker.h
tests_unit_test_order_resume_SOURCES = tests/unit/test_order_resume.c tests/unit/order_maker.h
tests_unit_test_session_SOURCES = tests/unit/test_session.c $(fake_ca)
