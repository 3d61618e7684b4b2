libtegata_a_SOURCES += \
	include/entitle/coverage.h \
	include/entitle/effective.h \
	include/entitle/entry.h \
	include/entitle/first_use.h \
	include/entitle/fqdn.h \
	include/entitle/list_change.h \
	include/entitle/period.h \
	include/entitle/rule.h \
	src/entitle/coverage.c \
	src/entitle/coverage_check.c \
	src/entitle/coverage_nearest.c \
	src/entitle/effective.c \
	src/entitle/entry.c \
	src/entitle/first_use.c \
	src/entitle/fqdn.c \
	src/entitle/list_change.c \
	src/entitle/period.c \
	src/entitle/rule.c
