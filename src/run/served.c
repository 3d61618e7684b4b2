#include "config.h"

#include "run/served.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"

#define NAMES_SHOWN 3
#define NAME_MAX_SHOWN 100

char *served_id(const struct served_setting *p)
{
	return str_fmt("served:%s", p->label);
}

enum probe_key served_key(bool one_of_several, enum key_type key)
{
	if (!one_of_several)
		return PROBE_KEY_ANY;
	return key == KEY_EC_P256 || key == KEY_EC_P384 ? PROBE_KEY_EC : PROBE_KEY_RSA;
}

static bool is_wildcard(const char *name)
{
	return str_starts(name, "*.");
}

/* Does one of the certificate's names stand for this host (RFC 9525: a wildcard for exactly one label)? */
static bool is_named(const struct strs *names, const char *host)
{
	const char *dot = strchr(host, '.');

	for (size_t i = 0; i < names->count; i++) {
		const char *name = names->item[i];

		if (str_eq(name, host) || (is_wildcard(name) && dot && dot != host && str_eq(name + 1, dot)))
			return true;
	}
	return false;
}

static const char *first_plain(const struct strs *names)
{
	for (size_t i = 0; i < names->count; i++)
		if (!is_wildcard(names->item[i]))
			return names->item[i];
	return NULL;
}

void served_request(const struct served_setting *p, const struct strs *names, enum probe_key key,
                    struct probe_request *out, char **made)
{
	char *lower = str_lower_ascii(p->host ? p->host : "");
	const char *name = p->name;

	if (!name && p->host && is_named(names, lower))
		name = p->host;
	if (!name)
		name = first_plain(names);
	if (!name && names->count > 0)
		name = *made = str_fmt("www%s", names->item[0] + 1);
	free(lower);
	*out = (struct probe_request){
		.protocol = p->protocol, .host = p->host ? p->host : "localhost", .port = p->port, .name = name, .key = key};
}

static char *names_of(const struct cert *c)
{
	const struct strs *names = cert_dns_names(c);
	struct strs shown = {0};
	char *text;

	for (size_t i = 0; i < names->count && i < NAMES_SHOWN; i++)
		strs_take(&shown, str_escape(names->item[i], strlen(names->item[i]), NAME_MAX_SHOWN));
	if (names->count > NAMES_SHOWN)
		strs_add(&shown, "…");
	if (names->count == 0)
		strs_add(&shown, *cert_subject(c) ? cert_subject(c) : "-");
	text = strs_join(&shown, ", ");
	strs_clear(&shown);
	return text;
}

/* "serial 04ab, for a.jp, b.jp, ends 2026-12-01T…" */
static char *describe(const struct cert *c)
{
	char *names = names_of(c), *end = time_format_jst(cert_not_after(c));
	char *text = str_fmt(_("serial %s, for %s, ends %s"), cert_serial(c), names, end);

	free(names);
	free(end);
	return text;
}

static void say_other_leaf(const struct served_setting *p, const struct cert *wanted, const struct cert *served,
                           struct err *e)
{
	bool older = strs_same_set(cert_dns_names(wanted), cert_dns_names(served));
	char *is = describe(served);

	if (older)
		err_set(e, ERR_HOOK, _("the service %s does not serve the new certificate (serial %s) but another one for the same names: %s"),
		        p->label, cert_serial(wanted), is);
	else
		err_set(e, ERR_HOOK, _("the service %s serves another certificate: %s; it should be serial %s"), p->label, is,
		        cert_serial(wanted));
	if (older)
		err_advise(e, "%s",
		           _("The server was not reloaded, or its settings name another file. All deploy hooks are run again at the "
		             "next run."));
	else
		err_advise(e, "%s",
		           _("Do the server's settings name the files of this certificate for this name? `name` in `served` says "
		             "which name it is asked for. All deploy hooks are run again at the next run."));
	free(is);
}

static void say_intermediate(const struct served_setting *p, const struct chain *wanted, bool missing, struct err *e)
{
	const char *above = chain_intermediate(wanted);

	if (missing)
		err_set(e, ERR_HOOK,
		        _("the service %s serves the right certificate, but without its intermediate certificate (%s): clients that do "
		          "not know that one fail"),
		        p->label, above ? above : "-");
	else
		err_set(e, ERR_HOOK,
		        _("the service %s serves the right certificate, but with another intermediate certificate than %s: clients that "
		          "do not know that one fail"),
		        p->label, above ? above : "-");
	err_advise(e, "%s",
	           missing ? _("Most often the server's settings name cert.pem where fullchain.pem is needed.")
	                   : _("The server's settings name a file of intermediates of their own: fullchain.pem, or chain.pem of the same "
	                       "folder, is the right one."));
}

/* What it sent, read; NULL and *e set when it is nothing that can be compared. */
static struct chain *read_served(const struct served_setting *p, const struct probe_result *r, struct err *e)
{
	struct chain *c = NULL;
	struct err why = ERR_INIT;

	if (r->err.kind != ERR_NONE)
		err_set(e, ERR_HOOK, _("the service %s cannot be looked at: %s"), p->label, r->err.cause ? r->err.cause : "-");
	else if (chain_parse(r->pem ? r->pem : "", r->pem_len, &c, &why) < 0)
		err_set(e, ERR_HOOK, _("the service %s serves something that cannot be read: %s"), p->label, why.cause);
	if (r->err.kind != ERR_NONE)
		err_advise(e, "%s", _("Does it run, and does it listen there? All deploy hooks are run again at the next run."));
	err_clear(&why);
	return c;
}

enum served_state served_verdict(const struct served_setting *p, const struct chain *wanted,
                                 const struct probe_result *r, struct err *e)
{
	struct chain *served = read_served(p, r, e);
	enum served_state state = SERVED_WRONG;

	if (!served)
		return SERVED_LATER;
	switch (chain_compare(wanted, served)) {
	case CHAIN_SAME:
		state = SERVED_WELL;
		break;
	case CHAIN_OTHER_LEAF:
		say_other_leaf(p, chain_at(wanted, 0), chain_at(served, 0), e);
		state = SERVED_LATER;
		break;
	case CHAIN_NO_INTERMEDIATE:
		say_intermediate(p, wanted, true, e);
		break;
	case CHAIN_OTHER_INTERMEDIATE:
		say_intermediate(p, wanted, false, e);
		break;
	}
	chain_free(served);
	return state;
}
