libtegata_a_SOURCES += \
	src/run/backoff.c include/run/backoff.h \
	src/run/clockcheck.c include/run/clockcheck.h \
	src/run/connect.c include/run/connect.h \
	src/run/deploy.c include/run/deploy.h \
	src/run/deploy_env.c include/run/deploy_env.h \
	src/run/due.c include/run/due.h \
	src/run/entitlements.c include/run/entitlements.h \
	src/run/entitlements_edit.c \
	src/run/forethought.c include/run/forethought.h \
	src/run/forethought_file.c \
	src/run/health.c include/run/health.h \
	src/run/history.c include/run/history.h \
	src/run/issue.c include/run/issue.h \
	src/run/job.c include/run/job.h \
	src/run/job_install.c \
	src/run/job_journal.c \
	src/run/job_recover.c \
	src/run/job_request.c \
	src/run/job_resume.c \
	src/run/ledger.c include/run/ledger.h \
	src/run/look.c include/run/look.h \
	src/run/look_lapse.c include/run/look_lapse.h \
	src/run/notify.c include/run/notify.h \
	src/run/outlook.c include/run/outlook.h \
	src/run/output.c include/run/output.h \
	src/run/plan.c include/run/plan.h \
	src/run/refusal.c include/run/refusal.h \
	src/run/refusal_books.c include/run/refusal_books.h \
	src/run/register.c include/run/register.h \
	src/run/renewal_info.c include/run/renewal_info.h \
	src/run/revoke.c include/run/revoke.h \
	src/run/revoked.c include/run/revoked.h \
	src/run/scan.c include/run/scan.h \
	src/run/scan_read_apache.c \
	src/run/scan_read_nginx.c \
	src/run/served.c include/run/served.h \
	src/run/site.c include/run/site.h \
	src/run/site_csr.c \
	src/run/site_hooks.c \
	src/run/site_gate.c \
	src/run/site_rule.c \
	src/run/status.c include/run/status.h \
	src/run/tell.c include/run/tell.h \
	src/run/visit.c include/run/visit.h \
	src/run/visit_first_uses.c include/run/visit_first_uses.h \
	src/run/visit_lapse.c include/run/visit_lapse.h \
	src/run/visit_move.c include/run/visit_move.h \
	src/run/visit_note.c include/run/visit_note.h \
	src/run/visit_owed.c include/run/visit_owed.h
