#include "config.h"

#include "run/connect.h"

#include <stdlib.h>
#include <string.h>

#include "acme/account.h"
#include "base/i18n.h"

static const char *accept_language(void)
{
	const char *lang = getenv("LC_ALL");

	if (!lang || !*lang)
		lang = getenv("LC_MESSAGES");
	if (!lang || !*lang)
		lang = getenv("LANG");
	return lang && str_starts(lang, "ja") ? "ja, en;q=0.8" : "en";
}

int connect_bare(const struct site *s, const struct ca_setting *ca, struct connection *out, struct err *e)
{
	struct http_options o = {
		.ca_file = ca->ca_file, .user_agent = "tegata/" PACKAGE_VERSION, .accept_language = accept_language()};
	struct session_options so = {.port = s->port, .clock = s->clock, .directory_url = ca->server};
	struct connection c = {0};

	if (!s->port) {
		if (http_open(&o, &c.http, e) < 0)
			return -1;
		so.port = http_port_of(c.http);
	}
	if (session_open(&so, &c.session, e) < 0) {
		connect_close(&c);
		return -1;
	}
	*out = c;
	return 0;
}

static int load_account(struct site *s, const struct ca_setting *ca, struct store_account *a, struct key **key,
                        struct err *e)
{
	bool found = false;

	if (store_account_find(s->store, ca->server, ca->eab_kid, a, &found, e) < 0)
		return -1;
	if (!found) {
		err_set(e, ERR_CONFIG, _("there is no account yet at %s"), ca->server);
		err_advise(e, _("Register first: `tegata register -m ADDRESS`%s"),
		           str_eq(ca->rule, "none") ? "." : _(" with the EAB key id and HMAC key from the customer page."));
		return -1;
	}
	return key_load_pem(a->key_pem, strlen(a->key_pem), key, e);
}

/* The answer to an earlier registration got lost: ask the CA by the key, and keep what it says. */
static int confirm_account(struct site *s, struct connection *c, struct store_account *a, struct err *e)
{
	if (account_find(c->session, c->key, &a->url, e) < 0)
		return err_wrap(e, _("looking up the account of an unfinished registration"));
	if (!a->url) {
		err_set(e, ERR_CONFIG, _("the registration at %s was never completed"), a->server);
		err_advise(e, "%s", _("Run `tegata register` again with the same EAB credentials; the key is kept."));
		return -1;
	}
	return store_account_save(s->store, a, e);
}

int connect_account(struct site *s, const struct ca_setting *ca, struct connection *out, struct err *e)
{
	struct store_account a = {0};
	struct connection c = {0};
	struct key *key = NULL;
	int rc = -1;

	if (load_account(s, ca, &a, &key, e) < 0 || connect_bare(s, ca, &c, e) < 0)
		goto out;
	c.key = key;
	key = NULL;
	if (!a.url && confirm_account(s, &c, &a, e) < 0)
		goto out;
	c.account_url = str_dup(a.url);
	session_set_account(c.session, c.key, c.account_url);
	*out = c;
	c = (struct connection){0};
	rc = 0;
out:
	key_free(key);
	connect_close(&c);
	store_account_clear(&a);
	return rc;
}

void connect_close(struct connection *c)
{
	session_close(c->session);
	http_close(c->http);
	key_free(c->key);
	free(c->account_url);
	*c = (struct connection){0};
}

struct http_stats connect_stats(const struct connection *c)
{
	return c->http ? http_stats_of(c->http) : (struct http_stats){0};
}
