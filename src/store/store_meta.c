#include "config.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "internal.h"

#define SCHEMA "tegata.generation.v1"

static struct json *meta_json(const struct store_generation *g)
{
	struct json *j = store_doc_new(SCHEMA);

	json_set_str(j, "name", g->name);
	json_set_int(j, "number", g->number);
	json_set_strs(j, "names", &g->names);
	json_set_str(j, "ca", g->ca);
	json_set_str(j, "server", g->server);
	json_set_str(j, "account_url", g->account_url);
	json_set_str(j, "key_type", g->key_type);
	json_set_str(j, "serial", g->serial);
	json_set_str(j, "fingerprint", g->fingerprint);
	json_set_str(j, "issuer", g->issuer);
	json_set_int(j, "not_before", g->not_before);
	json_set_int(j, "not_after", g->not_after);
	json_set_int(j, "issued_at", g->issued_at);
	json_set_str(j, "order_url", g->order_url);
	json_set_bool(j, "external_key", g->external_key);
	store_doc_set_id(j, "cert_id", g->cert_id);
	store_doc_set_id(j, "spki_sha256", g->spki_sha256);
	store_doc_set_text(j, "intermediate", g->intermediate);
	store_doc_set_text(j, "top_issuer", g->top_issuer);
	store_doc_set_id(j, "profile", g->profile);
	return j;
}

int store_meta_write(const char *dir, const struct store_generation *g, struct err *e)
{
	struct json *j = meta_json(g);
	char *path = fs_join(dir, "meta.json");
	int rc = store_doc_write(path, j, 0644, e);

	free(path);
	json_free(j);
	return rc;
}

/* NULL, or what is wrong (owned). */
static char *read_meta(const struct json *j, struct store_generation *out)
{
	const char *bad = NULL;

	out->name = store_doc_str(j, "name", &bad);
	out->number = (int)store_doc_int(j, "number", STORE_NUMBER_MAX, &bad);
	store_doc_strs(j, "names", &out->names, &bad);
	out->ca = store_doc_str(j, "ca", &bad);
	out->server = store_doc_str(j, "server", &bad);
	out->account_url = store_doc_str(j, "account_url", &bad);
	out->key_type = store_doc_str(j, "key_type", &bad);
	out->serial = store_doc_str(j, "serial", &bad);
	out->fingerprint = store_doc_str(j, "fingerprint", &bad);
	out->issuer = store_doc_str(j, "issuer", &bad);
	out->not_before = store_doc_int(j, "not_before", STORE_TIME_MAX, &bad);
	out->not_after = store_doc_int(j, "not_after", STORE_TIME_MAX, &bad);
	out->issued_at = store_doc_int(j, "issued_at", STORE_TIME_MAX, &bad);
	out->order_url = store_doc_str(j, "order_url", &bad);
	out->external_key = store_doc_bool(j, "external_key", &bad);
	out->cert_id = store_doc_id(j, "cert_id", &bad);
	out->spki_sha256 = store_doc_id(j, "spki_sha256", &bad);
	out->intermediate = store_doc_text(j, "intermediate", &bad);
	out->top_issuer = store_doc_text(j, "top_issuer", &bad);
	out->profile = store_doc_id(j, "profile", &bad);
	if (out->fingerprint == NULL)
		bad = "fingerprint";
	else if (out->names.count == 0)
		bad = "names";
	else if (out->not_after == 0)
		bad = "not_after";
	return bad != NULL ? store_doc_bad(bad) : NULL;
}

int store_meta_read(const char *dir, struct store_generation *out, char **broken, struct err *e)
{
	struct store_generation g = {0};
	struct json *j = NULL;
	char *path = fs_join(dir, "meta.json");
	char *why = NULL;
	int rc = store_doc_read(path, SCHEMA, &j, &why, e);

	free(path);
	if (rc != 0)
		return -1;
	if (j != NULL)
		why = read_meta(j, &g);
	else if (why == NULL)
		why = str_dup(_("it is not there"));
	json_free(j);
	*broken = why;
	if (why != NULL)
		store_generation_clear(&g);
	else
		*out = g;
	return 0;
}
