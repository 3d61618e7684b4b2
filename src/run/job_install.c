#include "config.h"

#include <stdlib.h>

#include "acme/ari.h"
#include "base/fs.h"
#include "base/i18n.h"
#include "base/log.h"
#include "pki/chain.h"
#include "run/job.h"

static bool is_preferred(const struct job *j, const char *pem, size_t len)
{
	struct err ignored = ERR_INIT;
	struct chain *c = NULL;
	bool yes = chain_parse(pem, len, &c, &ignored) == 0 && chain_is_preferred(c, j->cert->preferred_chain);

	chain_free(c);
	err_clear(&ignored);
	return yes;
}

bool job_install_wants_chains(struct job *j)
{
	if (j->chains_looked_at || !j->cert->preferred_chain)
		return false;
	j->chains_looked_at = true;
	return !is_preferred(j, j->order.pem, j->order.pem_len) && order_want_alternates(&j->order);
}

static int verify(const struct job *j, const struct chain *c, int64_t now, struct err *e)
{
	if (j->csr)
		return chain_verify_csr(c, j->csr, &j->names, now, e);
	if (!j->key)
		return err_set(e, ERR_CERTIFICATE, "%s", _("the key of the order is not there any more"));
	return chain_verify(c, j->key, &j->names, now, e);
}

static int read_chain(const struct job *j, const char *pem, size_t len, int64_t now, struct chain **out, struct err *e)
{
	struct chain *c = NULL;

	if (chain_parse(pem, len, &c, e) < 0 || verify(j, c, now, e) < 0) {
		chain_free(c);
		return -1;
	}
	*out = c;
	return 0;
}

/* One of the alternates takes the place of the CA's first when it is what was asked for, and good. */
static void choose_chain(const struct job *j, int64_t now, struct chain **c)
{
	const char *wanted = j->cert->preferred_chain;

	if (!wanted || chain_is_preferred(*c, wanted))
		return;
	for (size_t i = 0; i < j->order.alternate_count; i++) {
		const struct order_chain *a = &j->order.alternate[i];
		struct err ignored = ERR_INIT;
		struct chain *other = NULL;

		if (a->pem && read_chain(j, a->pem, a->len, now, &other, &ignored) == 0 && chain_is_preferred(other, wanted)) {
			chain_free(*c);
			*c = other;
			return;
		}
		chain_free(other);
		err_clear(&ignored);
	}
	log_warn(_("%s: the CA offers no chain up to \"%s\" (preferred_chain); its first one, up to \"%s\", is used"), j->cert->name,
	         wanted, chain_top_issuer(*c) ? chain_top_issuer(*c) : "?");
}

static int format_chain(const struct chain *c, struct buf *leaf, struct buf *rest, struct buf *full, struct err *e)
{
	if (chain_save_leaf(c, leaf, e) < 0 || chain_save_rest(c, rest, e) < 0)
		return -1;
	return chain_save_full(c, full, e);
}

static void describe(const struct job *j, const struct chain *c, const char *account_url, struct store_generation *g)
{
	const struct cert *leaf = chain_at(c, 0);

	*g = (struct store_generation){
		.name = str_dup(j->cert->name),
		.number = j->generation,
		.ca = str_dup(j->ca->name),
		.server = str_dup(j->ca->server),
		.account_url = str_dup(account_url),
		.key_type = str_dup(key_type_name(job_request_key_type(j))),
		.serial = str_dup(cert_serial(leaf)),
		.fingerprint = str_dup(cert_fingerprint(leaf)),
		.issuer = str_dup(cert_issuer(leaf)),
		.not_before = cert_not_before(leaf),
		.not_after = cert_not_after(leaf),
		.order_url = str_dup(j->order.url),
		.external_key = j->csr != NULL,
		.cert_id = ari_cert_id(cert_authority_key_id(leaf), cert_serial(leaf)),
		.spki_sha256 = str_dup(cert_spki_sha256(leaf)),
		.intermediate = str_dup(chain_intermediate(c)),
		.top_issuer = str_dup(chain_top_issuer(c)),
		.profile = str_dup(j->cert->acme_profile),
	};
	strs_copy(&g->names, &j->names);
}

static int write_generation(const struct job *j, struct site *s, const struct chain *c, const char *account_url,
                            struct err *e)
{
	struct store_generation g;
	struct buf one, rest, full;
	int rc = -1;

	describe(j, c, account_url, &g);
	g.issued_at = clock_now(s->clock);
	buf_init(&one, CHAIN_PEM_MAX);
	buf_init(&rest, CHAIN_PEM_MAX);
	buf_init(&full, CHAIN_PEM_MAX);
	if (format_chain(c, &one, &rest, &full, e) == 0) {
		struct store_pems pems = {.cert = one.data, .chain = rest.data, .fullchain = full.data};

		rc = store_generation_finish(s->store, &g, &pems, e);
	}
	store_generation_clear(&g);
	buf_clear(&one);
	buf_clear(&rest);
	buf_clear(&full);
	return rc;
}

/* Not in the way of anything: clients have trust stores of their own, and this machine's may just be old. */
static bool lacks_anchor(const char *name, const struct chain *c, int64_t now)
{
	struct err e = ERR_INIT;
	bool lacks = false;
	char *root = NULL;

	if (chain_anchor(c, now, &root, &e) < 0) {
		log_verbose(_("%s: the trust store of this machine cannot be read: %s"), name, e.cause);
	} else if (!root) {
		lacks = true;
		log_warn(_("%s: no root certificate in the trust store of this machine stands above the new certificate, whose chain "
		           "ends at \"%s\". It is in place all the same. Most often this machine's ca-certificates is older than the "
		           "CA's root: clients whose trust store is that old will not accept the certificate"),
		         name, chain_top_issuer(c) ? chain_top_issuer(c) : "?");
	}
	err_clear(&e);
	free(root);
	return lacks;
}

/* Before it is complete: a complete one that nobody spoke of would be taken for one that only lacks the switch. */
static int note_prepared(const struct job *j, struct site *s, struct err *e)
{
	struct store_state st = {0};
	int rc = store_state_load(s->store, j->cert->name, &st, e);

	if (rc == 0 && st.prepared != j->generation) {
		st.prepared = j->generation;
		rc = store_state_save(s->store, j->cert->name, &st, e);
	}
	store_state_clear(&st);
	return rc;
}

static int put_in_place(const struct job *j, struct site *s, const struct chain *c, const char *account_url,
                        struct err *e)
{
	if (j->prepare && note_prepared(j, s, e) < 0)
		return -1;
	if (write_generation(j, s, c, account_url, e) < 0)
		return -1;
	return j->prepare ? 0 : store_generation_switch(s->store, j->cert->name, j->generation, e);
}

int job_install(struct job *j, struct site *s, const char *account_url, struct err *e)
{
	int64_t now = clock_now(s->clock);
	struct chain *c = NULL;
	int rc = -1;

	if (read_chain(j, j->order.pem, j->order.pem_len, now, &c, e) < 0)
		return err_wrap(e, _("checking the certificate that the CA sent"));
	choose_chain(j, now, &c);
	if (put_in_place(j, s, c, account_url, e) < 0) {
		j->unstored = e->kind == ERR_IO;
		err_wrap(e, _("storing the certificate"));
		goto out;
	}
	j->issued = true;
	j->untrusted = !j->prepare && lacks_anchor(j->cert->name, c, now);
	rc = 0;
out:
	chain_free(c);
	return rc;
}

int job_install_prepared(struct site *s, const char *name, int number, bool *untrusted, struct err *e)
{
	char *path = store_generation_path(s->store, name, number, "fullchain.pem");
	struct chain *c = NULL;
	struct buf pem;
	int rc;

	buf_init(&pem, CHAIN_PEM_MAX);
	rc = fs_read(path, &pem, e);
	if (rc == 0)
		rc = chain_parse(pem.data, pem.len, &c, e);
	if (rc == 0)
		rc = store_generation_switch(s->store, name, number, e);
	if (rc == 0)
		*untrusted = lacks_anchor(name, c, clock_now(s->clock));
	chain_free(c);
	buf_clear(&pem);
	free(path);
	return rc;
}
