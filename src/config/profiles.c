#include "config.h"

#include "config/settings.h"

#include "base/str.h"

struct profile {
	const char *server, *rule;
	int max_names;
	enum key_type key;
	const char *caa;
};

static const char *const names[] = {"jprs", "letsencrypt", "letsencrypt-staging", "custom", NULL};

static const struct profile profiles[] = { /* in the order of names */
	{"https://acme.amecert.jprs.jp/DV/getDirectory", "jpdirect", 100, KEY_RSA2048, "jprs.jp"},
	{"https://acme-v02.api.letsencrypt.org/directory", "none", 100, KEY_EC_P256, "letsencrypt.org"},
	{"https://acme-staging-v02.api.letsencrypt.org/directory", "none", 100, KEY_EC_P256, "letsencrypt.org"},
	{NULL, "none", 0, KEY_EC_P256, NULL},
};

const char *const *settings_profile_names(void)
{
	return names;
}

int settings_profile(const char *profile, struct ca_setting *out)
{
	const struct profile *p;
	size_t i = 0;

	while (names[i] != NULL && !str_eq(names[i], profile))
		i++;
	if (names[i] == NULL)
		return -1;
	p = &profiles[i];
	out->name = str_dup(names[i]);
	out->profile = str_dup(names[i]);
	out->server = str_dup(p->server);
	out->rule = str_dup(p->rule);
	out->first_use = FIRST_USE_ASK;
	out->max_names = p->max_names;
	out->key = p->key;
	out->caa = str_dup(p->caa);
	out->max_failed_validations = CONFIG_VALIDATIONS_DEFAULT;
	return 0;
}
