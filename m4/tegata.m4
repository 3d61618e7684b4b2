# TEGATA_CHECK_FLAGS(COMPILER-FLAGS, LINKER-FLAGS, [IF-GOOD], [IF-NOT])
# Good is what compiles and links a whole program without a word; some flags are only refused by the linker.
AC_DEFUN([TEGATA_CHECK_FLAGS], [
	AC_MSG_CHECKING([whether the compiler accepts $1 $2])
	tegata_cflags=$CFLAGS
	tegata_ldflags=$LDFLAGS
	CFLAGS="$CFLAGS $1 -Werror"
	LDFLAGS="$LDFLAGS $2"
	AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <string.h>
#include <stdio.h>]], [[char text[64]; memset(text, 0, sizeof(text)); puts(text);]])],
		[tegata_good=yes], [tegata_good=no])
	CFLAGS=$tegata_cflags
	LDFLAGS=$tegata_ldflags
	AC_MSG_RESULT([$tegata_good])
	AS_IF([test "$tegata_good" = yes], [$3
		:], [$4
		:])
])

# TEGATA_TRY_CFLAGS([FLAG], ...): each one that works joins TEGATA_CFLAGS.
AC_DEFUN([TEGATA_TRY_CFLAGS], [m4_foreach([tegata_flag], [$@], [
	TEGATA_CHECK_FLAGS(m4_defn([tegata_flag]), [], [TEGATA_CFLAGS="$TEGATA_CFLAGS m4_defn([tegata_flag])"])])])

# TEGATA_TRY_LDFLAGS([FLAG], ...): each one that works joins TEGATA_LDFLAGS.
AC_DEFUN([TEGATA_TRY_LDFLAGS], [m4_foreach([tegata_flag], [$@], [
	TEGATA_CHECK_FLAGS([], m4_defn([tegata_flag]), [TEGATA_LDFLAGS="$TEGATA_LDFLAGS m4_defn([tegata_flag])"])])])
