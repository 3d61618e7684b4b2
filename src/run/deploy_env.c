#include "config.h"

#include "run/deploy_env.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/hook.h"
#include "pki/cert.h"
#include "run/job.h"

#define CERT_FILE_MAX (256 * 1024)

static void add_path(struct strs *env, const struct site *s, const char *variable, const char *name, const char *file)
{
	char *path = store_live_path(s->store, name, file);

	(void)hook_env_add(env, variable, path);
	free(path);
}

/* What the store says is as good as its owner: nothing that a careless script could take for more than a word. */
static void add_words(struct strs *env, const char *variable, const char *value)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.:_+* -";

	if (value && *value != '-' && value[strspn(value, plain)] == '\0')
		hook_env_add(env, variable, value);
}

static void add_text(struct strs *env, const char *variable, char *owned)
{
	add_words(env, variable, owned);
	free(owned);
}

/* The certificate that this one follows; where nothing is known, nothing is said. */
static void add_old_serial(struct strs *env, const struct site *s, const struct store_generation *g, bool newer_too)
{
	struct store_generation old = {0};
	struct err ignored = ERR_INIT;
	int *numbers = NULL, number = 0;
	size_t count = 0;

	if (store_generation_numbers(s->store, g->name, &numbers, &count, &ignored) == 0)
		for (size_t i = 0; i < count; i++)
			if (numbers[i] < g->number || (newer_too && numbers[i] != g->number))
				number = numbers[i];
	if (number > 0 && store_generation_load(s->store, g->name, number, &old, &ignored) == 0)
		add_words(env, "TEGATA_OLD_SERIAL", old.serial);
	store_generation_clear(&old);
	err_clear(&ignored);
	free(numbers);
}

/* Generations of older versions did not record it. */
static char *spki_of_file(const struct site *s, const struct store_generation *g)
{
	char *path = store_generation_path(s->store, g->name, g->number, "cert.pem"), *spki = NULL;
	struct err ignored = ERR_INIT;
	struct cert *cert = NULL;
	struct buf pem;

	buf_init(&pem, CERT_FILE_MAX);
	if (fs_read(path, &pem, &ignored) == 0 && cert_load_pem(pem.data, pem.len, &cert, &ignored) == 0)
		spki = str_dup(cert_spki_sha256(cert));
	cert_free(cert);
	buf_clear(&pem);
	err_clear(&ignored);
	free(path);
	return spki;
}

static void add_paths(struct strs *env, const struct site *s, const struct store_generation *g)
{
	add_path(env, s, "TEGATA_CERT_DIR", g->name, NULL);
	if (!g->external_key)
		add_path(env, s, "TEGATA_KEY_PATH", g->name, "privkey.pem");
	add_path(env, s, "TEGATA_CERT_PATH", g->name, "cert.pem");
	add_path(env, s, "TEGATA_CHAIN_PATH", g->name, "chain.pem");
	add_path(env, s, "TEGATA_FULLCHAIN_PATH", g->name, "fullchain.pem");
	add_path(env, s, "RENEWED_LINEAGE", g->name, NULL);
}

void deploy_env(const struct site *s, const struct certificate_setting *c, const struct store_generation *g,
                const char *reason, struct strs *env)
{
	hook_env_add(env, "TEGATA_STAGE", "deploy");
	hook_env_add(env, "TEGATA_CERT_NAME", g->name);
	if (settings_has_siblings(&s->settings, c))
		hook_env_add(env, "TEGATA_GROUP", c->group);
	hook_env_add(env, "TEGATA_REASON", reason);
	add_words(env, "TEGATA_SERIAL", g->serial);
	add_words(env, "TEGATA_KEY_TYPE", g->key_type);
	add_old_serial(env, s, g, str_eq(reason, "rollback"));
	add_paths(env, s, g);
	add_text(env, "TEGATA_NAMES", strs_join(&g->names, " "));
	add_text(env, "RENEWED_DOMAINS", strs_join(&g->names, " "));
	add_text(env, "TEGATA_GENERATION", str_fmt("%d", g->number));
	add_text(env, "TEGATA_NOT_AFTER", time_format_utc(g->not_after));
	add_text(env, "TEGATA_SPKI_SHA256", g->spki_sha256 ? str_dup(g->spki_sha256) : spki_of_file(s, g));
	add_text(env, "TEGATA_NEXT_SPKI_SHA256", job_request_next_spki(s, g->name));
}
