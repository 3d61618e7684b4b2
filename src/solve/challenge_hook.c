#include "config.h"

#include "solve/challenge_hook.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"

#define BLANKS " \t\r\n\v\f"

/* certbot names a wildcard by its base, and every challenge by itself, so that a name can be there twice. */
static char *all_names(const struct solver_task *t)
{
	struct strs names = {0};
	char *joined;

	for (size_t i = 0; t->all_names != NULL && i < t->all_names->count; i++) {
		const char *name = t->all_names->item[i];

		strs_add(&names, str_starts(name, "*.") ? name + 2 : name);
	}
	if (names.count == 0)
		strs_add(&names, t->identifier);
	joined = strs_join(&names, ",");
	strs_clear(&names);
	return joined;
}

int challenge_hook_env(const struct solver_task *t, const char *stage, struct strs *env, struct err *e)
{
	bool dns = t->plan.type == SOLVER_DNS_01;
	char *names = all_names(t);
	char *remaining = str_fmt("%zu", t->remaining);
	const struct { const char *name, *value; } table[] = {
		{"TEGATA_STAGE", stage},
		{"TEGATA_TYPE", solver_type_name(t->plan.type)},
		{"TEGATA_IDENTIFIER", t->identifier},
		{"TEGATA_WILDCARD", t->wildcard ? "1" : "0"},
		{"TEGATA_TOKEN", t->token},
		{"TEGATA_KEY_AUTHORIZATION", t->key_authorization},
		{"TEGATA_RECORD_NAME", dns ? t->record_name : NULL},
		{"TEGATA_RECORD_VALUE", dns ? t->record_value : NULL},
		{"TEGATA_CERT_NAME", t->certificate},
		{"CERTBOT_DOMAIN", t->identifier},
		{"CERTBOT_IDENTIFIER", t->identifier},
		{"CERTBOT_VALIDATION", dns ? t->record_value : t->key_authorization},
		{"CERTBOT_TOKEN", dns ? NULL : t->token},
		{"CERTBOT_REMAINING_CHALLENGES", remaining},
		{"CERTBOT_ALL_DOMAINS", names},
		{"CERTBOT_ALL_IDENTIFIERS", names},
	};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof table / sizeof *table; i++) {
		if (hook_env_add(env, table[i].name, table[i].value) != 0)
			rc = err_set(e, ERR_CHALLENGE, _("%s would have a control character in it"), table[i].name);
	}
	free(names);
	free(remaining);
	return rc;
}

/* The hook's failure is the challenge's; which challenge, the caller says. */
static void failed(struct err *e)
{
	if (e->kind != ERR_INTERRUPTED)
		e->kind = ERR_CHALLENGE;
}

/* As certbot hands it on: without the blanks at both ends. */
static char *trimmed(const char *text)
{
	size_t len;

	text += strspn(text, BLANKS);
	len = strlen(text);
	while (len > 0 && strchr(BLANKS, text[len - 1]) != NULL)
		len--;
	return str_ndup(text, len);
}

int challenge_hook_present(const struct hook_dirs *dirs, struct solver_task *t, struct err *e)
{
	struct strs args = {0};
	struct strs env = {0};
	struct hook_call call = {.hook = t->plan.present, .dirs = dirs, .args = &args, .env = &env};
	char *path = NULL;
	char *said = NULL;
	int rc = -1;

	if (hook_find(call.hook, dirs, &path, e) != 0 || challenge_hook_env(t, "present", &env, e) != 0)
		goto out;
	strs_add(&args, "present");
	strs_add(&args, t->identifier);
	/* From here on it may have changed something, even if it fails. */
	t->presented = true;
	rc = hook_run(&call, &said, e);
	if (rc == 0)
		str_replace(&t->auth_output, trimmed(said));
out:
	if (rc != 0)
		failed(e);
	free(said);
	free(path);
	strs_clear(&args);
	strs_clear(&env);
	return rc;
}

int challenge_hook_cleanup(const struct hook_dirs *dirs, const struct solver_task *t, struct err *e)
{
	bool own = t->plan.cleanup != NULL && hook_is_set(t->plan.cleanup);
	struct strs args = {0};
	struct strs env = {0};
	struct hook_call call = {.hook = own ? t->plan.cleanup : t->plan.present, .dirs = dirs, .args = &args, .env = &env};
	int rc;

	/* certbot's auth hook would set the challenge up once more. */
	if (!own && call.hook->plain_args)
		return 0;
	rc = challenge_hook_env(t, "cleanup", &env, e);
	if (rc == 0) {
		strs_add(&args, "cleanup");
		strs_add(&args, t->identifier);
		hook_env_put(&env, "CERTBOT_AUTH_OUTPUT", t->auth_output != NULL ? t->auth_output : "");
		rc = hook_run(&call, NULL, e);
	}
	if (rc != 0)
		failed(e);
	strs_clear(&args);
	strs_clear(&env);
	return rc;
}
