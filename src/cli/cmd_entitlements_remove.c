#include "config.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "base/log.h"
#include "changing.h"
#include "cmd.h"
#include "output.h"
#include "prompt.h"

static void refused_names(const struct site *s, const struct certificate_setting *cert, const struct entry_list *list,
                          struct strs *out)
{
	const struct ca_setting *ca = site_ca(s, cert);
	struct coverage_input in = {.rule = site_rule(s, ca), .list = list, .names = &cert->names,
	                            .at = clock_now(s->clock)};
	struct coverage_result r = {0};

	coverage_check(&in, &r);
	for (size_t i = 0; i < r.count; i++)
		if (r.name[i].name && !r.name[i].covered)
			strs_add(out, r.name[i].name);
	coverage_result_clear(&r);
}

/* Only what this change refuses: what is refused already is not its doing. */
static void tell_certificate(const struct site *s, const struct certificate_setting *cert,
                             const struct entry_list *after)
{
	struct strs before = {0}, then = {0}, lost = {0};
	char *list;

	refused_names(s, cert, &s->entries, &before);
	refused_names(s, cert, after, &then);
	for (size_t i = 0; i < then.count; i++)
		if (!strs_has(&before, then.item[i]))
			strs_add(&lost, then.item[i]);
	list = output_names(&lost);
	if (lost.count > 0)
		log_warn(_("%s will be refused: %s"), cert->name, list);
	free(list);
	strs_clear(&before);
	strs_clear(&then);
	strs_clear(&lost);
}

static void tell_consequences(const struct changing *k)
{
	struct entry_list after = {0};

	entry_list_copy(&after, &k->site.entries);
	for (size_t i = 0; i < k->fqdns.count; i++)
		(void)entry_list_remove(&after, k->fqdns.item[i]);
	for (size_t i = 0; i < k->site.settings.certificate_count; i++)
		tell_certificate(&k->site, &k->site.settings.certificate[i], &after);
	entry_list_clear(&after);
}

static int ask(const struct changing *k, struct err *e)
{
	const struct cli *c = k->cli;
	char *names, *question;
	bool yes;

	if (args_has(&c->args, OPTION_NON_INTERACTIVE) || args_has(&c->args, OPTION_DRY_RUN))
		return 0;
	if (!c->interactive)
		return err_set(e, ERR_USAGE, _("nobody is here to be asked; -n takes it out without asking"));
	names = output_names(&k->fqdns);
	question = str_fmt(_("Take %s out of the list? [y/N]"), names);
	yes = prompt_yes(question);
	free(names);
	free(question);
	return yes ? 0 : err_set(e, ERR_USAGE, _("not taken out: the question was not answered with yes"));
}

int cmd_entitlements_remove(struct cli *c)
{
	struct changing k;
	struct err e = ERR_INIT;
	int rc = changing_begin(&k, c, EDIT_REMOVE, true, &e);

	if (rc == 0) {
		tell_consequences(&k);
		rc = ask(&k, &e);
	}
	if (rc == 0)
		rc = changing_apply(&k, &e);
	return changing_end(&k, rc, &e);
}
