check_PROGRAMS += \
	tests/unit/test_job_recover \
	tests/unit/test_entitlements \
	tests/unit/test_history \
	tests/unit/test_notify \
	tests/unit/test_outlook \
	tests/unit/test_output \
	tests/unit/test_revoked \
	tests/unit/test_served \
	tests/unit/test_site \
	tests/unit/test_deploy \
	tests/unit/test_status \
	tests/unit/test_visit \
	tests/unit/test_register_rules \
	tests/unit/test_revoke \
	tests/unit/test_site_gate \
	tests/unit/test_site_rule

run_maker = tests/unit/run_maker.h tests/unit/store_maker.h tests/unit/x509_maker.c tests/unit/x509_maker.h \
	tests/unit/scratch.h tests/fake/fake_clock.h
tests_unit_test_entitlements_SOURCES = tests/unit/test_entitlements.c $(run_maker)
tests_unit_test_history_SOURCES = tests/unit/test_history.c $(run_maker)
tests_unit_test_notify_SOURCES = tests/unit/test_notify.c tests/unit/skipping.h $(run_maker)
tests_unit_test_outlook_SOURCES = tests/unit/test_outlook.c $(run_maker)
tests_unit_test_output_SOURCES = tests/unit/test_output.c $(run_maker)
tests_unit_test_revoked_SOURCES = tests/unit/test_revoked.c $(run_maker)
tests_unit_test_served_SOURCES = tests/unit/test_served.c tests/unit/x509_maker.c tests/unit/x509_maker.h
tests_unit_test_site_SOURCES = tests/unit/test_site.c $(run_maker)
tests_unit_test_deploy_SOURCES = tests/unit/test_deploy.c $(run_maker)
tests_unit_test_status_SOURCES = tests/unit/test_status.c $(run_maker)
tests_unit_test_visit_SOURCES = tests/unit/test_visit.c $(run_maker)
tests_unit_test_site_gate_SOURCES = tests/unit/test_site_gate.c $(run_maker)
tests_unit_test_site_rule_SOURCES = tests/unit/test_site_rule.c $(run_maker)
check_PROGRAMS += \
	tests/unit/test_deploy_owed \
	tests/unit/test_due \
	tests/unit/test_instants \
	tests/unit/test_issue \
	tests/unit/test_plan \
	tests/unit/test_register

tests_unit_test_issue_SOURCES = tests/unit/test_issue.c $(fake_ca) tests/unit/scratch.h
tests_unit_test_register_SOURCES = tests/unit/test_register.c $(fake_ca) tests/unit/scratch.h
run_maker_headers = tests/unit/run_maker.h tests/unit/store_maker.h tests/unit/scratch.h
tests_unit_test_register_rules_SOURCES = tests/unit/test_register_rules.c $(fake_ca) $(run_maker_headers)
check_PROGRAMS += tests/unit/test_disk_errors
tests_unit_test_disk_errors_SOURCES = tests/unit/test_disk_errors.c $(fake_ca) $(run_maker_headers)
tests_unit_test_revoke_SOURCES = tests/unit/test_revoke.c $(fake_ca) $(run_maker_headers)
check_PROGRAMS += \
	tests/unit/test_backoff \
	tests/unit/test_calendar \
	tests/unit/test_clockcheck \
	tests/unit/test_health \
	tests/unit/test_refusal \
	tests/unit/test_scan \
	tests/unit/test_tell
visit_maker = $(fake_ca) $(run_maker_headers) tests/unit/visit_maker.h
check_PROGRAMS += \
	tests/unit/test_calendar_visit \
	tests/unit/test_forethought \
	tests/unit/test_ledger \
	tests/unit/test_resume \
	tests/unit/test_visit_ca \
	tests/unit/test_visit_first_uses \
	tests/unit/test_visit_hostile \
	tests/unit/test_visit_lapse \
	tests/unit/test_visit_move \
	tests/unit/test_visit_records

tests_unit_test_calendar_visit_SOURCES = tests/unit/test_calendar_visit.c $(visit_maker)
tests_unit_test_forethought_SOURCES = tests/unit/test_forethought.c $(visit_maker)
tests_unit_test_ledger_SOURCES = tests/unit/test_ledger.c tests/unit/ledger_maker.h $(visit_maker)
tests_unit_test_visit_first_uses_SOURCES = tests/unit/test_visit_first_uses.c tests/unit/ledger_maker.h $(visit_maker)
tests_unit_test_resume_SOURCES = tests/unit/test_resume.c $(visit_maker)
tests_unit_test_visit_records_SOURCES = tests/unit/test_visit_records.c $(visit_maker)
tests_unit_test_visit_hostile_SOURCES = tests/unit/test_visit_hostile.c $(visit_maker)
tests_unit_test_visit_ca_SOURCES = tests/unit/test_visit_ca.c $(visit_maker)
tests_unit_test_visit_lapse_SOURCES = tests/unit/test_visit_lapse.c $(visit_maker)
tests_unit_test_visit_move_SOURCES = tests/unit/test_visit_move.c $(visit_maker)
