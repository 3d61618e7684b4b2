#include "config.h"

#include "run/visit_owed.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/sig.h"
#include "run/deploy.h"
#include "run/look.h"
#include "run/visit_move.h"

static void warn(const struct visit_item *item)
{
	char *text;

	if (item->deploy_err.kind == ERR_NONE)
		return;
	text = err_text(&item->deploy_err);
	log_warn("%s: %s", item->name, text);
	free(text);
}

static void deploy(struct site *s, const struct certificate_setting *c, struct visit_item *item)
{
	struct err ignored = ERR_INIT;
	struct look l = {0};

	/* One whose state cannot be read is for a whole visit to tell of. */
	if (look_at(s, c, &l, &ignored) == 0 && l.present && !l.damaged) {
		item->name = str_dup(c->name);
		item->group = str_dup(c->group ? c->group : c->name);
		item->reason = VISIT_NOT_ASKED;
		item->generation = l.live.number;
		deploy_certificate(s, c, false, item);
		visit_move_settle(s, &l, item);
		warn(item);
	}
	look_clear(&l);
	err_clear(&ignored);
}

void visit_owed_deploy(struct site *s, const struct visit_options *o)
{
	const struct settings *settings = &s->settings;

	if (o->no_deploy || o->extra)
		return;
	for (size_t i = 0; i < settings->certificate_count && !sig_pending(); i++) {
		struct visit_report one = {.item = mem_new(1, sizeof *one.item), .count = 1};

		if (visit_chooses(o, &settings->certificate[i]))
			deploy(s, &settings->certificate[i], one.item);
		visit_report_clear(&one);
	}
}
