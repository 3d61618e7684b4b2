libtegata_a_SOURCES += \
	include/entitle/coverage.h \
	include/entitle/entry.h \
	include/entitle/fqdn.h \
	include/entitle/period.h \
	src/entitle/coverage.c \
	src/entitle/coverage_check.c \
	src/entitle/coverage_nearest.c \
	src/entitle/entry.c \
	src/entitle/fqdn.c \
	src/entitle/period.c
