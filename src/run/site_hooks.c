#include "config.h"

#include "run/site.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/i18n.h"
#include "base/log.h"

struct inspection {
	const struct site *s;
	struct diags *d;
	struct strs seen; /* places: what `defaults` says stands in many certificates */
};

struct hook_dirs site_hooks_dirs(const struct site *s, const char *user)
{
	return (struct hook_dirs){s->hooks_dir, s->shipped_hooks_dir, user};
}

static bool is_new(struct inspection *in, const struct hook_spec *h)
{
	char *place = str_fmt("%s:%d:%d", h->file ? h->file : "", h->line, h->column);

	if (strs_has(&in->seen, place)) {
		free(place);
		return false;
	}
	strs_take(&in->seen, place);
	return true;
}

/* Who is not allowed to look knows nothing bad. */
static void tell(struct inspection *in, const struct hook_spec *h, const struct err *e)
{
	const char *file = h->file ? h->file : _("settings");
	char *text = err_text(e);

	if (e->sys_errno == EACCES && geteuid() != 0)
		log_warn(_("%s:%d: whether this hook can be run, the user that checks cannot see: %s"), file, h->line, text);
	else if (e->advice)
		diags_add(in->d, file, h->line, h->column, _("%s. %s"), text, e->advice);
	else
		diags_add(in->d, file, h->line, h->column, "%s", text);
	free(text);
}

static void inspect(struct inspection *in, const struct hook_spec *h, const char *user)
{
	struct hook_dirs dirs = site_hooks_dirs(in->s, user);
	struct err e = ERR_INIT;
	char *path = NULL;

	if (!hook_is_set(h) || !is_new(in, h))
		return;
	if (hook_find(h, &dirs, &path, &e) < 0)
		tell(in, h, &e);
	err_clear(&e);
	free(path);
}

static void inspect_certificate(struct inspection *in, const struct certificate_setting *c)
{
	const struct hook_users *users = &in->s->settings.hook_users;

	for (size_t i = 0; i < c->challenge_count; i++) {
		inspect(in, &c->challenge[i].hook, users->challenge);
		inspect(in, &c->challenge[i].cleanup, users->challenge);
	}
	for (size_t i = 0; i < c->deploy_count; i++)
		inspect(in, &c->deploy[i], users->deploy);
}

void site_hooks_check(const struct site *s, struct diags *d)
{
	struct inspection in = {.s = s, .d = d};

	inspect_certificate(&in, &s->settings.defaults);
	for (size_t i = 0; i < s->settings.certificate_count; i++)
		inspect_certificate(&in, &s->settings.certificate[i]);
	for (size_t i = 0; i < s->settings.notify_count; i++)
		inspect(&in, &s->settings.notify[i].hook, s->settings.hook_users.notify);
	strs_clear(&in.seen);
}
