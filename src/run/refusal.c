#include "config.h"

#include "run/refusal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "acme/problem.h"
#include "base/i18n.h"
#include "entitle/fqdn.h"
#include "run/refusal_books.h"

#define NAMES_SHOWN_MAX 3

#define STEP(s) (1u << REFUSAL_##s)
#define ASKING (STEP(ORDER) | STEP(AUTHORIZATION) | STEP(FINALIZE))
#define VALIDATING (STEP(AUTHORIZATION) | STEP(CHALLENGE))
#define ANY_STEP (~0u)

static const char *const step_names[] = {"register", "order", "authorization", "challenge", "finalize", "download"};
_Static_assert(sizeof step_names / sizeof *step_names == REFUSAL_STEP_COUNT, "one name for each step");

static const char *const cause_names[] = {
	"unknown", "unregistered", "unpaid", "ended", "caa", "dns", "dnssec", "region-filter", "basic-auth", "connection",
	"wrong-answer", "key-type", "eab", "rate", "maintenance", "public-suffix", "idn",
};
_Static_assert(sizeof cause_names / sizeof *cause_names == REFUSAL_CAUSE_COUNT, "one name for each cause");

const char *refusal_step_name(enum refusal_step s)
{
	return s < REFUSAL_STEP_COUNT ? step_names[s] : NULL;
}

const char *refusal_cause_name(enum refusal_cause c)
{
	return c < REFUSAL_CAUSE_COUNT ? cause_names[c] : NULL;
}

/*
 * What may lie behind a refusal. A row fits when all that it gives does: the problem type (that of the line, or of a
 * subproblem in it), words in the CA's text whatever their case, the HTTP status (4 and 5: the whole class), the
 * challenge. Of each type the first row that fits counts; rows with words alone come before them, rows with a status
 * alone count when nothing else did.
 * certain: the words say it. The others are what experience with other CAs suggests; contract causes among them are
 * only thought of where the CA is known to sell registered names.
 */
struct row {
	unsigned steps;
	const char *type, *words;
	int status;
	const char *challenge;
	bool certain;
	enum refusal_cause cause[3];
};

#define CONTRACT {REFUSAL_UNREGISTERED, REFUSAL_UNPAID, REFUSAL_ENDED}

static const struct row rows[] = {
	{ASKING, NULL, "not been delegated", 0, NULL, true, {REFUSAL_UNREGISTERED}},
	{ASKING, NULL, "no suitable certificate product", 0, NULL, true, {REFUSAL_UNREGISTERED, REFUSAL_UNPAID}},
	{ASKING, NULL, "public suffix", 0, NULL, true, {REFUSAL_PUBLIC_SUFFIX}},
	{ASKING, NULL, "internationalized", 0, NULL, true, {REFUSAL_IDN}},
	{ASKING, NULL, "internationalised", 0, NULL, true, {REFUSAL_IDN}},
	{ASKING, NULL, "punycode", 0, NULL, true, {REFUSAL_IDN}},
	{VALIDATING, NULL, "secondary validation", 0, NULL, true, {REFUSAL_REGION_FILTER}},
	{VALIDATING, NULL, "perspective", 0, NULL, true, {REFUSAL_REGION_FILTER}},
	{VALIDATING, NULL, "corroborat", 0, NULL, true, {REFUSAL_REGION_FILTER}},
	{VALIDATING, NULL, "www-authenticate", 0, "http-01", true, {REFUSAL_BASIC_AUTH}},
	{VALIDATING, NULL, "basic auth", 0, "http-01", true, {REFUSAL_BASIC_AUTH}},

	{STEP(REGISTER), "externalAccountRequired", NULL, 0, NULL, true, {REFUSAL_EAB}},
	{STEP(REGISTER), "unauthorized", NULL, 0, NULL, true, {REFUSAL_EAB}},
	{STEP(REGISTER), "malformed", "binding", 0, NULL, true, {REFUSAL_EAB}},
	{STEP(REGISTER), "malformed", "EAB", 0, NULL, true, {REFUSAL_EAB}},
	{STEP(REGISTER), "malformed", "MAC", 0, NULL, true, {REFUSAL_EAB}},
	{STEP(REGISTER), "malformed", NULL, 0, NULL, false, {REFUSAL_EAB}},
	{STEP(REGISTER), "badPublicKey", NULL, 0, NULL, true, {REFUSAL_KEY_TYPE}},
	{ASKING, "externalAccountRequired", NULL, 0, NULL, true, {REFUSAL_EAB}},

	{ANY_STEP, "rateLimited", NULL, 0, NULL, true, {REFUSAL_RATE}},
	{ANY_STEP, "serverInternal", NULL, 0, NULL, true, {REFUSAL_MAINTENANCE}},
	{STEP(ORDER) | STEP(FINALIZE) | STEP(CHALLENGE), "badCSR", NULL, 0, NULL, true, {REFUSAL_KEY_TYPE}},
	{STEP(ORDER) | STEP(FINALIZE) | STEP(CHALLENGE), "badPublicKey", NULL, 0, NULL, true, {REFUSAL_KEY_TYPE}},

	{ANY_STEP, "caa", "SERVFAIL", 0, NULL, true, {REFUSAL_DNSSEC, REFUSAL_CAA}},
	{ANY_STEP, "caa", "DNSSEC", 0, NULL, true, {REFUSAL_DNSSEC, REFUSAL_CAA}},
	{ANY_STEP, "caa", NULL, 0, NULL, true, {REFUSAL_CAA}},
	{VALIDATING, "dns", "SERVFAIL", 0, NULL, true, {REFUSAL_DNSSEC, REFUSAL_DNS}},
	{VALIDATING, "dns", "DNSSEC", 0, NULL, true, {REFUSAL_DNSSEC}},
	{VALIDATING, "dns", "TXT", 0, "dns-01", true, {REFUSAL_WRONG_ANSWER, REFUSAL_DNS}},
	{VALIDATING, "dns", NULL, 0, NULL, true, {REFUSAL_DNS}},
	{VALIDATING, "connection", "could not resolve", 0, NULL, true, {REFUSAL_DNS}},
	{VALIDATING, "connection", "no such host", 0, NULL, true, {REFUSAL_DNS}},
	{VALIDATING, "connection", "NXDOMAIN", 0, NULL, true, {REFUSAL_DNS}},
	{VALIDATING, "connection", "403", 0, "http-01", true, {REFUSAL_REGION_FILTER, REFUSAL_CONNECTION}},
	{VALIDATING, "connection", NULL, 0, "dns-01", true, {REFUSAL_DNS, REFUSAL_REGION_FILTER}},
	{VALIDATING, "connection", NULL, 0, NULL, true, {REFUSAL_CONNECTION, REFUSAL_REGION_FILTER}},
	{VALIDATING, "tls", NULL, 0, NULL, true, {REFUSAL_CONNECTION}},
	{VALIDATING, "incorrectResponse", "401", 0, "http-01", true, {REFUSAL_BASIC_AUTH}},
	{VALIDATING, "incorrectResponse", "403", 0, "http-01", true, {REFUSAL_REGION_FILTER, REFUSAL_WRONG_ANSWER}},
	{VALIDATING, "incorrectResponse", NULL, 0, NULL, true, {REFUSAL_WRONG_ANSWER}},
	{STEP(CHALLENGE), "unauthorized", "401", 0, "http-01", true, {REFUSAL_BASIC_AUTH}},
	{STEP(CHALLENGE), "unauthorized", "403", 0, "http-01", true, {REFUSAL_REGION_FILTER, REFUSAL_WRONG_ANSWER}},
	{STEP(CHALLENGE), "unauthorized", "timeout", 0, "http-01", true, {REFUSAL_CONNECTION, REFUSAL_REGION_FILTER}},
	{STEP(CHALLENGE), "unauthorized", NULL, 4, NULL, false, CONTRACT},
	{STEP(CHALLENGE), "unauthorized", NULL, 0, NULL, true, {REFUSAL_WRONG_ANSWER}},
	{STEP(CHALLENGE), "rejectedIdentifier", NULL, 0, NULL, false, CONTRACT},

	{ASKING, "unauthorized", NULL, 0, NULL, false, CONTRACT},
	{ASKING, "rejectedIdentifier", NULL, 0, NULL, false, CONTRACT},
	{ASKING, "unsupportedIdentifier", NULL, 0, NULL, false, CONTRACT},
	{STEP(ORDER), "malformed", NULL, 0, NULL, false, CONTRACT},

	{ANY_STEP, NULL, NULL, 429, NULL, true, {REFUSAL_RATE}},
	{ANY_STEP, NULL, NULL, 5, NULL, true, {REFUSAL_MAINTENANCE}},
};
#define ROW_COUNT (sizeof rows / sizeof *rows)

/* Types that mean something else than the names, at whatever step: what we say of them is in acme/problem. */
static const char *const known_elsewhere[] = {
	"accountDoesNotExist", "alreadyReplaced", "badNonce", "badSignatureAlgorithm", "invalidContact", "invalidProfile", "orderNotReady",
	"unsupportedContact", "userActionRequired",
};

struct found {
	enum refusal_cause cause[REFUSAL_CAUSES_MAX];
	size_t count;
	bool certain; /* of the first */
};

static void add_cause(struct found *f, enum refusal_cause c, bool certain)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->cause[i] == c)
			return;
	if (c == REFUSAL_UNKNOWN || f->count == REFUSAL_CAUSES_MAX)
		return;
	if (f->count == 0)
		f->certain = certain;
	f->cause[f->count++] = c;
}

static bool is_contract(enum refusal_cause c)
{
	return c == REFUSAL_UNREGISTERED || c == REFUSAL_UNPAID || c == REFUSAL_ENDED;
}

/* A status code in a text, not digits that happen to stand in an address, a port or a token. */
static bool stands_alone(const char *text, const char *at, size_t len)
{
	char before = at > text ? at[-1] : ' ', after = at[len];

	if (after == '.')
		after = at[len + 1];
	return strchr(" \"'([=", before) && !isalnum((unsigned char)after) && after != '-' && after != '_';
}

static bool has_words(const char *text, const char *words)
{
	size_t len = strlen(words);

	for (const char *at = strcasestr(text, words); at; at = strcasestr(at + 1, words))
		if (!isdigit((unsigned char)*words) || stands_alone(text, at, len))
			return true;
	return false;
}

static bool has_type(const char *line, const char *type)
{
	char *mark = str_fmt("(%s)", type);
	bool has = strstr(line, mark) != NULL;

	free(mark);
	return has;
}

static bool names_a_type(const char *line)
{
	for (size_t i = 0; i < ROW_COUNT; i++)
		if (rows[i].type && has_type(line, rows[i].type))
			return true;
	return false;
}

static bool fits(const struct refusal_facts *f, const struct row *r, const char *line)
{
	int status = f->err->http_status;

	if (!(r->steps & 1u << f->step))
		return false;
	if (r->type && !has_type(line, r->type) && (names_a_type(line) || !str_eq(f->err->problem_type, r->type)))
		return false;
	if (r->status && r->status != status && r->status != status / 100)
		return false;
	return (!r->words || has_words(line, r->words)) && (!r->challenge || str_eq(r->challenge, f->challenge_type));
}

static bool decided_before(const struct refusal_facts *f, size_t row, const char *line)
{
	for (size_t i = 0; i < row; i++)
		if (str_eq(rows[i].type, rows[row].type) && fits(f, &rows[i], line))
			return true;
	return false;
}

static bool sells_entries(const struct refusal_facts *f)
{
	return f->rule && f->rule->checked;
}

/* One line of the CA's text: each name that failed has its own. */
static void read_line(const struct refusal_facts *f, const char *line, struct found *out)
{
	size_t before = out->count;

	for (size_t i = 0; i < ROW_COUNT; i++) {
		const struct row *r = &rows[i];
		bool status_alone = !r->type && !r->words;

		if (!fits(f, r, line) || (r->type && decided_before(f, i, line)) || (status_alone && out->count > before))
			continue;
		for (size_t k = 0; k < sizeof r->cause / sizeof *r->cause; k++)
			if (r->certain || sells_entries(f) || !is_contract(r->cause[k]))
				add_cause(out, r->cause[k], r->certain);
	}
}

static bool has_idn(const struct strs *names)
{
	for (size_t i = 0; names && i < names->count; i++)
		if (strstr(names->item[i], "xn--"))
			return true;
	return false;
}

static bool is_known_elsewhere(const char *type)
{
	for (size_t i = 0; i < sizeof known_elsewhere / sizeof *known_elsewhere; i++)
		if (str_eq(type, known_elsewhere[i]))
			return true;
	return false;
}

/* An order refused in words that nobody has seen: no single type can be relied on for an entry that is not there. */
static bool is_strange_refusal(const struct refusal_facts *f)
{
	const struct err *e = f->err;

	return f->step == REFUSAL_ORDER && e->problem_type && e->http_status >= 400 && e->http_status < 500 &&
	       !is_known_elsewhere(e->problem_type) && sells_entries(f);
}

static void read_text(const struct refusal_facts *f, struct found *out)
{
	const char *at = f->err->cause ? f->err->cause : "";

	do {
		size_t len = strcspn(at, "\n");
		char *line = str_ndup(at, len);

		read_line(f, line, out);
		free(line);
		at += len;
	} while (*at++);
	if (out->count == 0 && is_strange_refusal(f)) {
		add_cause(out, REFUSAL_UNREGISTERED, false);
		add_cause(out, REFUSAL_UNPAID, false);
		add_cause(out, REFUSAL_ENDED, false);
	}
	if (out->count > 0 && is_contract(out->cause[0]) && f->step == REFUSAL_ORDER && has_idn(f->names))
		add_cause(out, REFUSAL_IDN, false);
}

/* The contract causes among those found, put into the order that the books suggest. */
static void sharpen(const struct refusal_books *b, struct found *f)
{
	struct found sharp = {0};
	enum refusal_cause ranked[3];
	bool certain, done = false;
	size_t n = refusal_books_rank(b, ranked, &certain);

	if (n == 0)
		return;
	for (size_t i = 0; i < f->count; i++) {
		if (!is_contract(f->cause[i])) {
			add_cause(&sharp, f->cause[i], f->certain);
			continue;
		}
		for (size_t k = 0; !done && k < n; k++)
			add_cause(&sharp, ranked[k], f->certain || certain);
		done = true;
	}
	*f = sharp;
}

static void find(const struct refusal_facts *f, struct refusal_books *b, struct found *out)
{
	if (f->err->kind == ERR_CA || f->err->kind == ERR_CHALLENGE || f->err->kind == ERR_RATELIMIT)
		read_text(f, out);
	refusal_books_look_up(f, b);
	sharpen(b, out);
}

size_t refusal_causes(const struct refusal_facts *f, enum refusal_cause out[REFUSAL_CAUSES_MAX])
{
	struct refusal_books books = {0};
	struct found found = {0};

	find(f, &books, &found);
	memcpy(out, found.cause, sizeof found.cause);
	return found.count;
}

/* What it is and what to do, where words are enough; of each cause the first row that fits the challenge. */
static const struct {
	enum refusal_cause cause;
	const char *challenge;
	const char *text;
} actions[] = {
	{REFUSAL_DNS, NULL,
	 N_("the name cannot be looked up from outside. Check its records at every one of its name servers, and the delegation to them.")},
	{REFUSAL_DNSSEC, NULL,
	 N_("a name server of the zone gives an error (SERVFAIL), or the DNSSEC signatures are wrong or too old. A CA must refuse then, "
	    "also when only the lookup of CAA fails. Check the zone with a DNSSEC checker, and that its servers answer a CAA query.")},
	{REFUSAL_REGION_FILTER, "dns-01",
	 N_("the CA looks from several places in the world, and not all of them get the same answer. Check that every name server of the "
	    "zone is reachable from everywhere and answers alike.")},
	{REFUSAL_REGION_FILTER, NULL,
	 N_("the CA looks from several places in the world, and something keeps some of them out: a filter by country, a firewall, an "
	    "access rule. Let everybody reach /.well-known/acme-challenge/ on port 80, over IPv4 and, where there is an AAAA record, IPv6.")},
	{REFUSAL_BASIC_AUTH, NULL,
	 N_("the site asks for a password (Basic authentication). Let /.well-known/acme-challenge/ through without one.")},
	{REFUSAL_CONNECTION, NULL,
	 N_("the CA cannot reach the server from outside. See that port 80 is open to the whole world, over IPv4 and, where the name has "
	    "an AAAA record, over IPv6, and that redirects lead to a server that answers.")},
	{REFUSAL_WRONG_ANSWER, "dns-01",
	 N_("the TXT record at _acme-challenge was not there yet, or another one was, at a name server that the CA asked. Let the DNS "
	    "hook wait until every authoritative server has it.")},
	{REFUSAL_WRONG_ANSWER, NULL,
	 N_("the CA got something else than the response. Check the webroot, and the redirects, caches and access rules in front of "
	    "/.well-known/acme-challenge/.")},
	{REFUSAL_EAB, NULL,
	 N_("the CA does not know these EAB credentials, or they were used before: they work for one registration only. Compare key id and "
	    "HMAC key with the customer page, or take new ones there; give --eab-kid and --eab-hmac-key-file.")},
	{REFUSAL_RATE, NULL,
	 N_("more was asked for than the CA allows for a while. tegata waits by itself; trying earlier only makes it worse.")},
	{REFUSAL_MAINTENANCE, NULL,
	 N_("the CA has a problem of its own, or maintenance, which can take days. tegata tries again by itself; what is in place stays "
	    "in place.")},
	{REFUSAL_PUBLIC_SUFFIX, NULL,
	 N_("no CA issues for a public suffix such as co.jp, nor for a wildcard right below one. Correct the name in the settings.")},
	{REFUSAL_IDN, NULL,
	 N_("the CA does not take internationalized names over ACME; of this one it is not known whether it does. Ask it; the name was "
	    "sent in its xn-- form, as RFC 8555 has it.")},
};

static char *action_text(enum refusal_cause c, const char *challenge)
{
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
		if (actions[i].cause == c && (!actions[i].challenge || str_eq(actions[i].challenge, challenge)))
			return str_dup(_(actions[i].text));
	return str_dup("");
}

static char *caa_text(const struct refusal_facts *f)
{
	if (!f->caa)
		return str_dup(_("a CAA record of the name, or of a domain above it, does not allow this CA. Allow the CA's domain there: with "
		                 "issue, and for wildcards with issuewild."));
	return str_fmt(_("a CAA record of the name, or of a domain above it, does not allow this CA. Allow \"%s\" there: with issue, and for "
	                 "wildcards with issuewild."),
	               f->caa);
}

static char *key_text(const struct refusal_facts *f)
{
	if (f->step == REFUSAL_REGISTER)
		return str_dup(_("the CA does not take this type of account key. Try `register --account-key rsa2048`."));
	if (!f->key_type || str_starts(f->key_type, "rsa"))
		return str_dup(_("the CA does not take this key or request. The safest choice is `key: rsa2048`."));
	return str_fmt(_("the CA does not take a key of type %s. The safest choice is `key: rsa2048`."), f->key_type);
}

static char *shown_names(const struct strs *names)
{
	struct strs some = {0};
	char *joined;

	if (!names || names->count == 0)
		return str_dup(_("the name"));
	for (size_t i = 0; i < names->count && i < NAMES_SHOWN_MAX; i++)
		strs_take(&some, fqdn_shown(names->item[i]));
	if (names->count > NAMES_SHOWN_MAX)
		strs_add(&some, "...");
	joined = strs_join(&some, ", ");
	strs_clear(&some);
	return joined;
}

static char *period_text(const struct refusal_books *b)
{
	char *last = date_format(b->last), *entry = fqdn_shown(b->ended ? b->ended->fqdn : b->near->fqdn), *text;

	if (b->ended)
		text = str_fmt(_("the period of the entry %s has ended: by the list its last day was %s."), entry, last);
	else
		text = str_fmt(_("the period of the entry %s has ended: by the list its last day is %s, but the CA's books count."),
		               entry, last);
	free(entry);
	free(last);
	return text;
}

static char *unbegun_text(const struct refusal_books *b)
{
	char *entry = fqdn_shown(b->fresh->fqdn), *text;

	text = str_fmt(_("the entry %s, under which nothing was issued so far, is not registered with the CA yet, or not paid for."),
	               entry);
	free(entry);
	return text;
}

static char *renewal_text(const struct refusal_books *b)
{
	char *entry = fqdn_shown(b->renewed->fqdn), *text;

	text = str_fmt(_("the renewal of %s that the list tells of has not been paid, or not been booked yet."), entry);
	free(entry);
	return text;
}

/* One text for all that the contract may lack. */
static char *contract_text(const struct refusal_facts *f, const struct refusal_books *b)
{
	char *names, *text;

	if (b->ended || b->near)
		return period_text(b);
	if (b->renewed)
		return renewal_text(b);
	if (b->fresh)
		return unbegun_text(b);
	names = b->uncovered ? fqdn_shown(b->uncovered) : shown_names(f->names);
	if (b->uncovered && !sells_entries(f))
		text = str_fmt(_("%s is not registered with the CA."), names);
	else
		text = str_fmt(_("%s is not registered with the CA, not paid for, or not in its period."), names);
	free(names);
	return text;
}

static char *contract_advice(const struct refusal_facts *f, const struct refusal_books *b, bool said)
{
	char *what = contract_text(f, b), *text;

	if (said)
		text = str_fmt(_("%s Check on the customer page that the FQDN is registered, paid for and in its period."), what);
	else
		text = str_fmt(_("%s Check on the customer page that the FQDN is registered, paid for and in its period; it is not known in "
		                 "which words this CA says that it is not."),
		               what);
	free(what);
	return text;
}

static char *text_of(const struct refusal_facts *f, const struct refusal_books *b, enum refusal_cause c, bool said)
{
	if (is_contract(c))
		return contract_advice(f, b, said);
	if (c == REFUSAL_CAA)
		return caa_text(f);
	if (c == REFUSAL_KEY_TYPE)
		return key_text(f);
	return action_text(c, f->challenge_type);
}

static char *compose(const struct refusal_facts *f, const struct refusal_books *b, const struct found *found)
{
	struct strs sentences = {0};
	bool contract_told = false;
	char *joined;

	for (size_t i = 0; i < found->count; i++) {
		bool contract = is_contract(found->cause[i]);
		char *text;

		if (contract && contract_told)
			continue;
		contract_told |= contract;
		text = text_of(f, b, found->cause[i], found->certain);
		strs_take(&sentences, str_fmt(i == 0 && found->certain ? _("Most likely %s") : i == 0 ? _("Possibly %s") : _("Or possibly %s"),
		                              text));
		free(text);
	}
	joined = strs_join(&sentences, " ");
	strs_clear(&sentences);
	return joined;
}

/* What acme/problem says of the type alone is said better here; links and the like that follow it stay. */
static const char *rest_of_advice(const struct err *e)
{
	const char *general = problem_advice(e->problem_type), *rest = e->advice;

	if (rest && general && str_starts(rest, general))
		rest += strlen(general);
	while (rest && *rest == ' ')
		rest++;
	return rest && *rest ? rest : NULL;
}

void refusal_advise(const struct refusal_facts *f, struct err *e)
{
	struct refusal_books books = {0};
	struct found found = {0};
	const char *rest = rest_of_advice(e);
	char *text;

	find(f, &books, &found);
	if (found.count == 0)
		return;
	text = compose(f, &books, &found);
	if (rest && !strstr(rest, text))
		str_replace(&text, str_fmt("%s %s", text, rest));
	err_advise(e, "%s", text);
	free(text);
}
