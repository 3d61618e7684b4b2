libtegata_a_SOURCES += \
	include/solve/challenge_hook.h \
	include/solve/folder.h \
	include/solve/solver.h \
	include/solve/inherited.h \
	include/solve/standalone.h \
	include/solve/webroot.h \
	src/solve/challenge_hook.c \
	src/solve/folder.c \
	src/solve/solver.c \
	src/solve/inherited.c \
	src/solve/standalone.c \
	src/solve/webroot.c
