#include "config.h"

#include "solve/solver.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/sig.h"
#include "data/b64url.h"
#include "solve/challenge_hook.h"
#include "solve/standalone.h"
#include "solve/webroot.h"

#define TOKEN_MAX 256
#define KEY_AUTHORIZATION_MAX 512
#define IDENTIFIER_MAX 253
#define RECORD_NAME_MAX 280

struct solver_set {
	struct solver_options options;
	struct strs made_folders;
	struct standalone standalone;
};

static const char *const type_names[SOLVER_TYPE_COUNT] = {
	[SOLVER_HTTP_01] = "http-01",
	[SOLVER_DNS_01] = "dns-01",
};

const char *solver_type_name(enum solver_type t)
{
	return (unsigned int)t < SOLVER_TYPE_COUNT ? type_names[t] : "?";
}

int solver_type_parse(const char *name, enum solver_type *out)
{
	for (int i = 0; i < SOLVER_TYPE_COUNT; i++) {
		if (strcmp(type_names[i], name) == 0) {
			*out = (enum solver_type)i;
			return 0;
		}
	}
	return -1;
}

int solver_open(const struct solver_options *o, struct solver_set **out, struct err *e)
{
	struct solver_set *s = mem_new(1, sizeof *s);

	(void)e;
	s->options = *o;
	*out = s;
	return 0;
}

/* Letters, digits and a few more, beginning with none of "-." so that it is neither an option nor a hidden file. */
static bool is_name(const char *s, size_t max)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:";

	if (s == NULL || *s == '\0' || *s == '-' || *s == '.')
		return false;
	return strlen(s) <= max && s[strspn(s, allowed)] == '\0';
}

static bool is_key_authorization(const char *s, const char *token)
{
	size_t len = strlen(token);

	return s != NULL && strlen(s) <= KEY_AUTHORIZATION_MAX && str_starts(s, token) && s[len] == '.' &&
	       b64url_is(s + len + 1);
}

/*
 * Whoever made the task has checked all this. Once more here, because a token becomes a file's name and the rest lines
 * of other programs.
 */
static int check_values(const struct solver_task *t, struct err *e)
{
	const char *wrong = NULL;

	if (!is_name(t->identifier, IDENTIFIER_MAX))
		wrong = _("the identifier");
	else if (t->token == NULL || !b64url_is(t->token) || strlen(t->token) > TOKEN_MAX)
		wrong = _("the token");
	else if (!is_key_authorization(t->key_authorization, t->token))
		wrong = _("the key authorization");
	else if (t->plan.type == SOLVER_DNS_01 && !is_name(t->record_name, RECORD_NAME_MAX))
		wrong = _("the name of the TXT record");
	else if (t->plan.type == SOLVER_DNS_01 && (t->record_value == NULL || !b64url_is(t->record_value)))
		wrong = _("the value of the TXT record");
	if (wrong == NULL)
		return 0;
	return err_set(e, ERR_CHALLENGE, _("a challenge is refused: %s is not what RFC 8555 allows"), wrong);
}

static int check_plan(const struct solver_plan *p, struct err *e)
{
	if (p->method != SOLVER_HOOK && p->type != SOLVER_HTTP_01)
		return err_set(e, ERR_CHALLENGE, _("%s cannot be done by webroot or standalone, only by a hook"),
		               solver_type_name(p->type));
	if (p->method == SOLVER_WEBROOT && p->webroot == NULL)
		return err_set(e, ERR_CHALLENGE, _("no webroot is given"));
	if (p->method == SOLVER_HOOK && p->present == NULL)
		return err_set(e, ERR_CHALLENGE, _("no hook is given"));
	return 0;
}

static int present_by_method(struct solver_set *s, struct solver_task *t, struct err *e)
{
	switch (t->plan.method) {
	case SOLVER_WEBROOT:
		if (webroot_present(t, &s->made_folders, e) != 0)
			return -1;
		break;
	case SOLVER_STANDALONE:
		if (standalone_present(&s->standalone, t, e) != 0)
			return -1;
		break;
	case SOLVER_HOOK:
		return challenge_hook_present(&s->options.hook_dirs, t, e);
	}
	t->presented = true;
	return 0;
}

int solver_present(struct solver_set *s, struct solver_task *t, struct err *e)
{
	if (sig_check(e) != 0 || check_plan(&t->plan, e) != 0 || check_values(t, e) != 0)
		return -1;
	return present_by_method(s, t, e);
}

int solver_ready(struct solver_set *s, struct err *e)
{
	return standalone_ready(&s->standalone, s->options.worker_user, e);
}

int solver_cleanup(struct solver_set *s, struct solver_task *t, struct err *e)
{
	if (!t->presented)
		return 0;
	t->presented = false;
	if (check_plan(&t->plan, e) != 0 || check_values(t, e) != 0)
		return -1;
	switch (t->plan.method) {
	case SOLVER_WEBROOT:
		return webroot_cleanup(t, &s->made_folders, e);
	case SOLVER_STANDALONE:
		standalone_remove(&s->standalone, t->token);
		return 0;
	case SOLVER_HOOK:
		return challenge_hook_cleanup(&s->options.hook_dirs, t, e);
	}
	return 0;
}

void solver_task_clear(struct solver_task *t)
{
	str_replace(&t->auth_output, NULL);
}

void solver_close(struct solver_set *s)
{
	if (s == NULL)
		return;
	standalone_clear(&s->standalone);
	strs_clear(&s->made_folders);
	free(s);
}
