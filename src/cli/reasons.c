#include "config.h"

#include "reasons.h"

#include "base/i18n.h"

static const char *const visit_texts[VISIT_REASON_COUNT] = {
	[VISIT_NOT_DUE] = N_("nothing is due"),
	[VISIT_MISSING] = N_("there is none yet"),
	[VISIT_NAMES_CHANGED] = N_("its names changed"),
	[VISIT_DUE] = N_("its renewal is due"),
	[VISIT_FORCED] = N_("it was asked for"),
	[VISIT_KEY_CHANGED] = N_("another key is wanted"),
	[VISIT_CA_CHANGED] = N_("another CA is wanted"),
	[VISIT_DAMAGED] = N_("what is on disk does not hold together"),
	[VISIT_REVOKED] = N_("the live one was revoked"),
	[VISIT_NOT_ASKED] = N_("not asked for"),
	[VISIT_LAPSING] = N_("names lapse, and it goes on without them"),
	[VISIT_RETURNED] = N_("names come back, as what covers them was renewed"),
};

const char *reasons_visit(enum visit_reason r)
{
	return _(visit_texts[r]);
}

const char *reasons_due(enum due_because b)
{
	switch (b) {
	case DUE_BY_DAYS:
		return _("the days before its end in the settings");
	case DUE_BY_CA:
		return _("the CA's suggestion");
	case DUE_BY_LATEST:
		return _("its end; the CA's suggestion is too late");
	default:
		return _("the share of its life that is left");
	}
}

const char *reasons_wait(enum backoff_why w)
{
	switch (w) {
	case BACKOFF_DAILY:
		return _("the last failure does not mend itself; tried once a day");
	case BACKOFF_CA:
		return _("the CA asked for patience");
	case BACKOFF_VALIDATIONS:
		return _("a name failed its validation too often within a day");
	default:
		return _("it failed before; tried less and less often");
	}
}

const char *reasons_wait_word(const char *word)
{
	enum backoff_why why = BACKOFF_LADDER;

	if (word)
		(void)backoff_why_parse(word, &why);
	return reasons_wait(why);
}
