#include "config.h"

#include "run/clockcheck.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "base/str.h"

enum clockcheck clockcheck_local(int64_t now)
{
	return now < RELEASE_DATE_SEC ? CLOCKCHECK_WRONG : CLOCKCHECK_GOOD;
}

enum clockcheck clockcheck_skew(int64_t skew_sec)
{
	if (skew_sec > CLOCKCHECK_WRONG_SEC || skew_sec < -CLOCKCHECK_WRONG_SEC)
		return CLOCKCHECK_WRONG;
	return skew_sec > CLOCKCHECK_WARN_SEC || skew_sec < -CLOCKCHECK_WARN_SEC ? CLOCKCHECK_OFF : CLOCKCHECK_GOOD;
}

int clockcheck_error_local(int64_t now, struct err *e)
{
	char *shown = time_format_utc(now), *made = time_format_utc(RELEASE_DATE_SEC);

	err_set(e, ERR_IO,
	        _("the clock of this machine shows %s, but this version of tegata was made after %s: nothing is decided by such a clock"),
	        shown, made);
	err_advise(e, _("Set the clock and let it be kept right: `timedatectl set-ntp true`, or install chrony; `timedatectl` shows "
	                "how it stands. Nothing else is needed: the next run goes on."));
	free(shown);
	free(made);
	return -1;
}

/* "26 hours", or "9 minutes" below two hours. */
static char *length_of(uint64_t sec)
{
	unsigned long minutes = (unsigned long)(sec / 60), hours = (unsigned long)(sec / 3600);

	return hours < 2 ? str_fmt(P_("%lu minute", "%lu minutes", minutes), minutes)
	                 : str_fmt(P_("%lu hour", "%lu hours", hours), hours);
}

int clockcheck_error_skew(int64_t skew_sec, int64_t now, struct err *e)
{
	uint64_t size = skew_sec < 0 ? 0 - (uint64_t)skew_sec : (uint64_t)skew_sec;
	char *length = length_of(size), *shown = time_format_utc(now);

	err_set(e, ERR_IO,
	        skew_sec < 0 ? _("the clock of this machine is %s behind the CA's: it shows %s")
	                     : _("the clock of this machine is %s ahead of the CA's: it shows %s"),
	        length, shown);
	err_advise(e, _("See `timedatectl` (or `chronyc tracking`) and set the clock if it is wrong; if it is right, the CA's is not, "
	                "and there is nothing to do here."));
	free(length);
	free(shown);
	return -1;
}
