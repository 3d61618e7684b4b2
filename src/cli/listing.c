#include "config.h"

#include "listing.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "entitle/fqdn.h"
#include "output.h"

char *listing_name(const char *written, struct err *e)
{
	char *normal = NULL, *why = NULL;

	if (fqdn_normalize(written, &normal, &why) == 0)
		return normal;
	err_set(e, ERR_USAGE, "%s", why);
	free(why);
	return NULL;
}

int listing_words(const struct cli *c, struct strs *out, struct err *e)
{
	struct strs raw = {0};
	int rc = 0;

	for (size_t i = 0; i < c->args.word_count; i++)
		args_split(c->args.word[i], &raw);
	for (size_t i = 0; rc == 0 && i < raw.count; i++) {
		char *name = listing_name(raw.item[i], e);

		rc = name ? 0 : -1;
		if (name && !strs_has(out, name))
			strs_add(out, name);
		free(name);
	}
	strs_clear(&raw);
	return rc;
}

char *listing_period(const struct period *p)
{
	char *first = p->has_start ? date_format(p->start) : NULL, *last = p->has_last ? output_date(p->last) : NULL, *text;

	if (first && last)
		text = str_fmt("%s – %s", first, last);
	else if (last)
		text = str_fmt(_("until %s"), last);
	else if (first)
		text = str_fmt(_("since %s"), first);
	else
		text = str_dup(_("not begun"));
	free(first);
	free(last);
	return text;
}

void listing_set_name(struct json *j, const char *fqdn)
{
	char *unicode = fqdn_unicode(fqdn);

	json_set_str(j, "fqdn", fqdn);
	json_set_str(j, "unicode", unicode);
	free(unicode);
}

void listing_set_period(struct json *j, const struct period *p)
{
	char *first = p->has_start ? date_format(p->start) : NULL, *last = p->has_last ? date_format(p->last) : NULL;

	json_set_str(j, "period", period_source_name(p->source));
	json_set_bool(j, "perhaps", p->perhaps);
	json_set_str(j, "first_day", first);
	json_set_str(j, "last_day", last);
	output_set_time(j, "end_at", p->end_at);
	free(first);
	free(last);
}
