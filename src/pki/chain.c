#include "config.h"

#include "pki/chain.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "internal.h"

#define NAMES_SHOWN_MAX 300 /* bytes of a list of names in a message */

struct chain {
	struct cert *cert[CHAIN_CERTS_MAX];
	size_t count;
};

static int line_of(const char *text, const char *pos)
{
	int line = 1;

	for (; text < pos; text++)
		line += *text == '\n';
	return line;
}

/* What stands there is never quoted: it may be a private key. */
static int not_a_chain(const char *pem, const char *pos, struct err *e)
{
	return err_set(e, ERR_CERTIFICATE,
	               _("line %d of the downloaded chain begins something that is not a certificate in PEM"),
	               line_of(pem, pos));
}

static int parse_into(struct chain *c, const char *pem, size_t len, struct err *e)
{
	const char *pos = pem, *end = pem + len;
	struct buf der;
	int got, rc = -1;

	buf_init(&der, CHAIN_PEM_MAX);
	for (;;) {
		buf_truncate(&der, 0);
		got = pem_next("CERTIFICATE", &pos, end, &der);
		if (got == 0)
			break;
		if (got < 0) {
			not_a_chain(pem, pos, e);
			goto out;
		}
		if (c->count == CHAIN_CERTS_MAX) {
			err_set(e, ERR_CERTIFICATE, _("the downloaded chain holds more than %d certificates"), CHAIN_CERTS_MAX);
			goto out;
		}
		if (cert_load_der(der.data, der.len, &c->cert[c->count], e) != 0) {
			err_wrap(e, _("certificate %zu of the downloaded chain"), c->count + 1);
			goto out;
		}
		c->count++;
	}
	if (c->count == 0)
		err_set(e, ERR_CERTIFICATE, _("the downloaded chain holds no certificate"));
	else
		rc = 0;
out:
	buf_clear(&der);
	return rc;
}

int chain_parse(const char *pem, size_t len, struct chain **out, struct err *e)
{
	struct chain *c;

	if (len > CHAIN_PEM_MAX)
		return err_set(e, ERR_CERTIFICATE, _("the downloaded chain is larger than %d bytes"), CHAIN_PEM_MAX);
	c = mem_new(1, sizeof *c);
	if (parse_into(c, pem, len, e) != 0) {
		chain_free(c);
		return -1;
	}
	*out = c;
	return 0;
}

void chain_free(struct chain *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->count; i++)
		cert_free(c->cert[i]);
	free(c);
}

size_t chain_count(const struct chain *c)
{
	return c->count;
}

const struct cert *chain_at(const struct chain *c, size_t i)
{
	return i < c->count ? c->cert[i] : NULL;
}

/* The members of a that b lacks, for a message; NULL = none. */
static char *difference(const struct strs *a, const struct strs *b)
{
	struct strs only = {0};
	char *joined, *shown = NULL;

	for (size_t i = 0; i < a->count; i++)
		if (!strs_has(b, a->item[i]))
			strs_add(&only, a->item[i]);
	if (only.count > 0) {
		joined = strs_join(&only, ", ");
		shown = str_escape(joined, strlen(joined), NAMES_SHOWN_MAX);
		free(joined);
	}
	strs_clear(&only);
	return shown;
}

static int check_names(const struct cert *leaf, const struct strs *names, struct err *e)
{
	char *missing = difference(names, cert_dns_names(leaf));
	char *extra = difference(cert_dns_names(leaf), names);
	int rc = 0;

	if (missing != NULL)
		rc = err_set(e, ERR_CERTIFICATE, _("the certificate lacks names that were ordered: %s"), missing);
	else if (extra != NULL)
		rc = err_set(e, ERR_CERTIFICATE, _("the certificate holds names that were not ordered: %s"), extra);
	else if (cert_has_other_names(leaf))
		rc = err_set(e, ERR_CERTIFICATE, _("the certificate holds names that are not DNS names"));
	free(missing);
	free(extra);
	return rc;
}

static int check_dates(const struct cert *leaf, int64_t now, struct err *e)
{
	int64_t begin = cert_not_before(leaf), end = cert_not_after(leaf);
	const char *wrong = NULL;
	char *from, *to;

	if (begin >= end)
		wrong = _("the certificate ends before it begins");
	else if (begin > now + CLOCK_DAY_SEC)
		wrong = _("the certificate is not valid yet");
	else if (now >= end)
		wrong = _("the certificate has ended already");
	if (wrong == NULL)
		return 0;
	from = time_format_utc(begin);
	to = time_format_utc(end);
	err_set(e, ERR_CERTIFICATE, _("%s (valid from %s to %s)"), wrong, from, to);
	free(from);
	free(to);
	return -1;
}

/* OpenSSL's own reading: 1 = a CA by basicConstraints, which its keyUsage and other extensions do not contradict. */
static bool is_ca(const struct cert *c)
{
	return X509_check_ca(cert_x509(c)) == 1;
}

static bool says_ca(const struct cert *c)
{
	return (X509_get_extension_flags(cert_x509(c)) & EXFLAG_CA) != 0;
}

static bool has_sane_extensions(const struct cert *c)
{
	return (X509_get_extension_flags(cert_x509(c)) & EXFLAG_INVALID) == 0;
}

/* Certificate `at` and the one behind it. */
static int check_link(const struct chain *c, size_t at, struct err *e)
{
	const struct cert *child = c->cert[at], *parent = c->cert[at + 1];
	EVP_PKEY *pkey = X509_get0_pubkey(cert_x509(parent));

	if (!is_ca(parent))
		return err_set(e, ERR_CERTIFICATE, _("certificate %zu of the chain (%s) is not one of a CA"), at + 2,
		               cert_subject(parent));
	if (X509_check_issued(cert_x509(parent), cert_x509(child)) != X509_V_OK)
		return err_set(e, ERR_CERTIFICATE, _("certificate %zu of the chain was not issued by the one behind it (%s)"),
		               at + 1, cert_subject(parent));
	if (pkey == NULL || X509_verify(cert_x509(child), pkey) != 1)
		return err_set(e, ERR_CERTIFICATE, _("certificate %zu of the chain is not signed by the one behind it (%s)"),
		               at + 1, cert_subject(parent));
	return 0;
}

static int check_links(const struct chain *c, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i + 1 < c->count && rc == 0; i++)
		rc = check_link(c, i, e);
	ERR_clear_error();
	return rc;
}

/* All but whose key it is. */
static int verify(const struct chain *c, const struct strs *names, int64_t now, struct err *e)
{
	const struct cert *leaf = c->cert[0];

	if (check_names(leaf, names, e) != 0)
		return -1;
	if (says_ca(leaf))
		return err_set(e, ERR_CERTIFICATE, _("the certificate is one of a CA, not of a server"));
	if (!has_sane_extensions(leaf))
		return err_set(e, ERR_CERTIFICATE, _("the certificate's extensions cannot be read"));
	if (check_dates(leaf, now, e) != 0)
		return -1;
	return check_links(c, e);
}

int chain_verify(const struct chain *c, const struct key *k, const struct strs *names, int64_t now, struct err *e)
{
	if (!cert_has_key(c->cert[0], k))
		return err_set(e, ERR_CERTIFICATE, _("the first certificate of the chain is not for our key"));
	return verify(c, names, now, e);
}

int chain_verify_csr(const struct chain *c, const struct csr *r, const struct strs *names, int64_t now, struct err *e)
{
	if (!cert_has_evp(c->cert[0], csr_evp(r)))
		return err_set(e, ERR_CERTIFICATE,
		               _("the first certificate of the chain is not for the key of the certificate request"));
	return verify(c, names, now, e);
}

/* Some roots have no common name; the whole subject then says more than nothing. */
static const char *subject_for_people(const struct cert *c)
{
	return *cert_subject_cn(c) != '\0' ? cert_subject_cn(c) : cert_subject(c);
}

static const struct cert *last_of(const struct chain *c)
{
	return c->cert[c->count - 1];
}

const char *chain_intermediate(const struct chain *c)
{
	return c->count > 1 ? subject_for_people(c->cert[1]) : NULL;
}

const char *chain_top_issuer(const struct chain *c)
{
	const struct cert *last = last_of(c);

	return *cert_issuer_cn(last) != '\0' ? cert_issuer_cn(last) : cert_issuer(last);
}

bool chain_is_preferred(const struct chain *c, const char *common_name)
{
	if (common_name == NULL || *common_name == '\0')
		return false;
	return str_eq(chain_top_issuer(c), common_name) || str_eq(subject_for_people(last_of(c)), common_name);
}

/* Whether the leaf is in date is asked elsewhere: a clock a little behind must not look like a missing root. */
static int forgive_dates_of_leaf(int good, X509_STORE_CTX *ctx)
{
	int code = X509_STORE_CTX_get_error(ctx);

	if (good || X509_STORE_CTX_get_error_depth(ctx) != 0)
		return good;
	if (code != X509_V_ERR_CERT_NOT_YET_VALID && code != X509_V_ERR_CERT_HAS_EXPIRED)
		return 0;
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	return 1;
}

/* What a root that may only sign mail, or that was distrusted, is good for is told by its trust settings. */
static void set_rules(X509_STORE_CTX *ctx, int64_t now)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

	X509_VERIFY_PARAM_set_time(param, (time_t)now);
	X509_VERIFY_PARAM_set_trust(param, X509_TRUST_SSL_SERVER);
	X509_VERIFY_PARAM_clear_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
	X509_STORE_CTX_set_verify_cb(ctx, forgive_dates_of_leaf);
}

/* The name of the root that `ctx` found; owned. */
static char *root_name(X509_STORE_CTX *ctx)
{
	const STACK_OF(X509) *built = X509_STORE_CTX_get0_chain(ctx);
	X509_NAME *name = X509_get_subject_name(sk_X509_value(built, sk_X509_num(built) - 1));
	char *text = cert_common_name(name);

	if (text == NULL || *text == '\0')
		str_replace(&text, cert_name_line(name));
	return text != NULL ? text : str_dup("");
}

STACK_OF(X509) *chain_rest(const struct chain *c)
{
	STACK_OF(X509) *rest = sk_X509_new_null();

	for (size_t i = 1; rest != NULL && i < c->count; i++) {
		if (sk_X509_push(rest, cert_x509(c->cert[i])) > 0)
			continue;
		sk_X509_free(rest);
		rest = NULL;
	}
	return rest;
}

int chain_anchor(const struct chain *c, int64_t now, char **root, struct err *e)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *rest = chain_rest(c);
	int rc = -1;

	if (store == NULL || ctx == NULL || rest == NULL || X509_STORE_set_default_paths(store) != 1 ||
	    X509_STORE_CTX_init(ctx, store, cert_x509(c->cert[0]), rest) != 1) {
		ossl_fail(e, ERR_IO, _("cannot read the trust store of this machine"));
		goto out;
	}
	set_rules(ctx, now);
	*root = X509_verify_cert(ctx) == 1 ? root_name(ctx) : NULL;
	ERR_clear_error();
	rc = 0;
out:
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	sk_X509_free(rest);
	return rc;
}

/* What of a chain matters to those who connect: each certificate once, without a root at the end. */
struct essence {
	const struct cert *cert[CHAIN_CERTS_MAX];
	size_t count;
};

/* e->count = not in it. */
static size_t find_in(const struct essence *e, const struct cert *c)
{
	size_t i = 0;

	while (i < e->count && !str_eq(cert_fingerprint(e->cert[i]), cert_fingerprint(c)))
		i++;
	return i;
}

static struct essence essence_of(const struct chain *c)
{
	struct essence e = {.count = 0};

	for (size_t i = 0; i < c->count; i++)
		if (find_in(&e, c->cert[i]) == e.count)
			e.cert[e.count++] = c->cert[i];
	if (e.count > 1 && cert_is_self_issued(e.cert[e.count - 1]))
		e.count--;
	return e;
}

enum chain_match chain_compare(const struct chain *wanted, const struct chain *served)
{
	struct essence want = essence_of(wanted), have = essence_of(served);
	size_t next = 0;

	if (!str_eq(cert_fingerprint(want.cert[0]), cert_fingerprint(have.cert[0])))
		return CHAIN_OTHER_LEAF;
	for (size_t i = 0; i < have.count; i++) {
		size_t at = find_in(&want, have.cert[i]);

		/* A stranger, or one out of order, which not every client sorts out. */
		if (at == want.count || at < next)
			return CHAIN_OTHER_INTERMEDIATE;
		next = at + 1;
	}
	return have.count == want.count ? CHAIN_SAME : CHAIN_NO_INTERMEDIATE;
}

/* Certificates from `first` up to, not including, `end`. */
static int save(const struct chain *c, size_t first, size_t end, struct buf *out, struct err *e)
{
	size_t before = out->len;

	for (size_t i = first; i < end; i++) {
		if (cert_save_pem(c->cert[i], out, e) != 0) {
			buf_truncate(out, before);
			return -1;
		}
	}
	return 0;
}

int chain_save_leaf(const struct chain *c, struct buf *out, struct err *e)
{
	return save(c, 0, 1, out, e);
}

int chain_save_rest(const struct chain *c, struct buf *out, struct err *e)
{
	return save(c, 1, c->count, out, e);
}

int chain_save_full(const struct chain *c, struct buf *out, struct err *e)
{
	return save(c, 0, c->count, out, e);
}
