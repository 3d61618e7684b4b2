libtegata_a_SOURCES += \
	include/base/buf.h \
	include/base/clock.h \
	include/base/err.h \
	include/base/fs.h \
	include/base/fs_call.h \
	include/base/guise.h \
	include/base/hook.h \
	include/base/i18n.h \
	include/base/launch.h \
	include/base/lock.h \
	include/base/log.h \
	include/base/proc.h \
	include/base/roff.h \
	include/base/sig.h \
	include/base/str.h \
	include/base/trust.h \
	src/base/buf.c \
	src/base/clock.c \
	src/base/date.c \
	src/base/err.c \
	src/base/fs.c \
	src/base/fs_call.c \
	src/base/fs_clean.c \
	src/base/fs_read.c \
	src/base/guise.c \
	src/base/hook.c \
	src/base/hook_env.c \
	src/base/hook_find.c \
	src/base/launch.c \
	src/base/lock.c \
	src/base/log.c \
	src/base/mem.c \
	src/base/proc.c \
	src/base/roff.c \
	src/base/sig.c \
	src/base/str.c \
	src/base/strs.c \
	src/base/time.c \
	src/base/trust.c

## Only where coverage is measured.
if COVERAGE
libtegata_a_SOURCES += src/base/gcov.c
endif
