/*
 * OpenSSL without memory: in each operation every allocation of the library fails once. Either that is said, with an error,
 * or the outcome is the same as with memory: half-read certificates, without some of their names, would be worse than none.
 */
#include "config.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>

#include "revocation_maker.h"
#include "scratch.h"

#include "pki/chain.h"
#include "pki/csr.h"
#include "pki/digest.h"
#include "pki/pkcs12.h"

#define PLACES_MAX 1000000
#define ALL_UNTIL 250 /* of the later places fewer and fewer: reading a key makes OpenSSL look through all that it knows */

/* ---- the library's allocator */

static long left = -1; /* allocations that succeed until one fails; -1 = none does */

static bool fails(void)
{
	return left >= 0 && left-- == 0;
}

static void *take(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return size == 0 || fails() ? NULL : malloc(size);
}

static void *resize(void *p, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	if (size == 0) {
		free(p);
		return NULL;
	}
	return fails() ? NULL : realloc(p, size);
}

static void release(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* ---- what is done: each says in `out` what came of it */

struct world {
	struct fixture *f;
	struct key *key;
	struct chain *chain;
	struct strs names;
	char *cert_pem, *key_pem, *rsa_pem, *chain_pem, *csr_pem;
	struct buf csr, ocsp, crl;
	char *dir; /* with the root, which is all that the machine trusts */
};

static void say(struct buf *out, const char *text)
{
	assert_int_equal(buf_append_fmt(out, "%s\n", text), 0);
}

static void say_list(struct buf *out, const struct strs *list)
{
	char *text = strs_join(list, " ");

	say(out, text);
	free(text);
}

static void say_cert(struct buf *out, const struct cert *c)
{
	assert_int_equal(buf_append_fmt(out, "%lld %lld %d\n", (long long)cert_not_before(c), (long long)cert_not_after(c),
	                                cert_has_other_names(c)), 0);
	say(out, cert_serial(c));
	say(out, cert_fingerprint(c));
	say(out, cert_subject(c));
	say(out, cert_subject_cn(c));
	say(out, cert_issuer(c));
	say(out, cert_issuer_cn(c));
	say(out, cert_authority_key_id(c));
	say(out, cert_spki_sha256(c));
	say_list(out, cert_dns_names(c));
	say_list(out, cert_ocsp_urls(c));
	say_list(out, cert_crl_urls(c));
}

static int load_cert(const struct world *w, struct buf *out, struct err *e)
{
	struct cert *c = NULL;
	int rc = cert_load_pem(w->cert_pem, strlen(w->cert_pem), &c, e);

	if (rc == 0)
		say_cert(out, c);
	else
		assert_null(c);
	cert_free(c);
	return rc;
}

static int save_cert_der(const struct world *w, struct buf *out, struct err *e)
{
	return cert_save_der(w->f->leaf, out, e);
}

static int save_cert_pem(const struct world *w, struct buf *out, struct err *e)
{
	return cert_save_pem(w->f->leaf, out, e);
}

static int make_request(const struct world *w, struct buf *out, struct err *e)
{
	return csr_make(w->key, &w->names, out, e);
}

static int load_any_request(const char *text, size_t len, struct buf *out, struct err *e)
{
	struct csr *c = NULL;
	int rc = csr_load(text, len, &c, e);

	if (rc == 0) {
		say_list(out, csr_names(c));
		say(out, csr_spki_sha256(c));
		rc = csr_save_der(c, out, e);
	} else {
		assert_null(c);
	}
	csr_free(c);
	return rc;
}

static int load_request(const struct world *w, struct buf *out, struct err *e)
{
	return load_any_request(w->csr.data, w->csr.len, out, e);
}

static int load_request_pem(const struct world *w, struct buf *out, struct err *e)
{
	return load_any_request(w->csr_pem, strlen(w->csr_pem), out, e);
}

static int make_key(const struct world *w, struct buf *out, struct err *e)
{
	struct key *k = NULL;
	int rc = key_generate(KEY_EC_P384, &k, e);

	(void)w;
	if (rc == 0)
		say(out, key_type_name(key_type_of(k)));
	else
		assert_null(k);
	key_free(k);
	return rc;
}

static int load_any_key(const char *pem, struct buf *out, struct err *e)
{
	struct key *k = NULL;
	char *hex = NULL;
	int rc = key_load_pem(pem, strlen(pem), &k, e);

	if (rc == 0)
		rc = key_spki_sha256(k, &hex, e);
	if (rc == 0)
		say(out, hex);
	free(hex);
	key_free(k);
	return rc;
}

static int load_key(const struct world *w, struct buf *out, struct err *e)
{
	return load_any_key(w->key_pem, out, e);
}

static int load_rsa_key(const struct world *w, struct buf *out, struct err *e)
{
	return load_any_key(w->rsa_pem, out, e);
}

static int save_key(const struct world *w, struct buf *out, struct err *e)
{
	return key_save_pem(w->key, out, e);
}

static int public_key(const struct world *w, struct buf *out, struct err *e)
{
	char *thumbprint = NULL;
	int rc = key_thumbprint(w->key, &thumbprint, e);

	if (rc == 0)
		say(out, thumbprint);
	else
		assert_null(thumbprint);
	free(thumbprint);
	return rc;
}

static int sign(const struct world *w, struct buf *out, struct err *e)
{
	return key_sign_jws(w->key, "text", 4, out, e);
}

static int authenticate(const struct world *w, struct buf *out, struct err *e)
{
	unsigned char mac[64];
	size_t len = 0;
	int rc = mac_sign(MAC_HS384, "secret", 6, "text", 4, mac, &len, e);

	(void)w;
	return rc == 0 ? buf_append(out, mac, len) : rc;
}

static int read_chain(const struct world *w, struct buf *out, struct err *e)
{
	struct chain *c = NULL;
	int rc = chain_parse(w->chain_pem, strlen(w->chain_pem), &c, e);

	if (rc == 0)
		rc = chain_verify(c, w->key, &w->names, NOW, e);
	if (rc == 0)
		rc = chain_save_full(c, out, e);
	if (rc == 0)
		say(out, chain_top_issuer(c));
	chain_free(c);
	return rc;
}

static int find_anchor(const struct world *w, struct buf *out, struct err *e)
{
	char *root = NULL;
	int rc = chain_anchor(w->chain, NOW, &root, e);

	if (rc == 0)
		say(out, root ? root : "none");
	free(root);
	return rc;
}

static int make_pkcs12(const struct world *w, struct buf *out, struct err *e)
{
	return pkcs12_make(w->key, w->chain, "", "www", out, e);
}

static int ask_ocsp(const struct world *w, struct buf *out, struct err *e)
{
	return revocation_ocsp_request(w->f->leaf, w->f->issuer, out, e);
}

static void say_revocation(struct buf *out, const struct revocation *r)
{
	assert_int_equal(buf_append_fmt(out, "%s %lld %d %lld", revocation_status_name(r->status), (long long)r->revoked_at,
	                                r->reason, (long long)r->next_update), 0);
}

static int read_ocsp(const struct world *w, struct buf *out, struct err *e)
{
	struct revocation r = {0};
	int rc = revocation_ocsp_read(w->ocsp.data, w->ocsp.len, w->f->leaf, w->f->issuer, NOW, &r, e);

	if (rc == 0)
		say_revocation(out, &r);
	return rc;
}

static int read_crl(const struct world *w, struct buf *out, struct err *e)
{
	struct revocation r = {0};
	int rc = revocation_crl_read(w->crl.data, w->crl.len, w->f->leaf, w->f->issuer, NOW, &r, e);

	if (rc == 0)
		say_revocation(out, &r);
	return rc;
}

static const struct operation {
	const char *what;
	int (*run)(const struct world *w, struct buf *out, struct err *e);
	bool differs; /* each time, as there is chance in it */
	const char *otherwise; /* what is said too: a trust store that cannot be read is as none */
} operations[] = {
	{"reading a certificate", load_cert, false, NULL},
	{"writing a certificate as DER", save_cert_der, false, NULL},
	{"writing a certificate as PEM", save_cert_pem, false, NULL},
	{"making a request", make_request, true, NULL},
	{"reading a request in DER", load_request, false, NULL},
	{"reading a request in PEM", load_request_pem, false, NULL},
	{"making a key", make_key, false, NULL},
	{"reading a key", load_key, false, NULL},
	{"reading an RSA key", load_rsa_key, false, NULL},
	{"writing a key", save_key, false, NULL},
	{"the public half of a key", public_key, false, NULL},
	{"signing", sign, true, NULL},
	{"a MAC", authenticate, false, NULL},
	{"reading and verifying a chain", read_chain, false, NULL},
	{"looking for the root", find_anchor, false, "none\n"},
	{"PKCS#12", make_pkcs12, true, NULL},
	{"asking by OCSP", ask_ocsp, false, NULL},
	{"an answer of OCSP", read_ocsp, false, NULL},
	{"a list of what was revoked", read_crl, false, NULL},
};

/* ---- what they work on */

static void take_bio(BIO *bio, struct buf *out)
{
	char *data = NULL;
	long len = BIO_get_mem_data(bio, &data);

	buf_init(out, 1 << 20);
	assert_int_equal(buf_append(out, data, (size_t)len), 0);
	BIO_free(bio);
}

static void make_ocsp(struct world *w)
{
	struct fixture *f = w->f;
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), f->x[LEAF], f->x[CA]);
	ASN1_TIME *from = time_of(NOW - DAY), *to = time_of(NOW + DAY), *revoked = time_of(NOW - 2 * DAY);
	OCSP_RESPONSE *response;
	BIO *bio = BIO_new(BIO_s_mem());

	assert_non_null(OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_REVOKED, 4, revoked, from, to));
	assert_int_equal(OCSP_basic_sign(basic, f->x[RESPONDER], f->key[RESPONDER], EVP_sha256(), NULL, 0), 1);
	response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	assert_int_equal(i2d_OCSP_RESPONSE_bio(bio, response), 1);
	take_bio(bio, &w->ocsp);
	OCSP_RESPONSE_free(response);
	ASN1_TIME_free(revoked);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	OCSP_CERTID_free(id);
	OCSP_BASICRESP_free(basic);
}

static void make_crl(struct world *w)
{
	struct fixture *f = w->f;
	ASN1_TIME *from = time_of(NOW - DAY), *to = time_of(NOW + DAY);
	X509_CRL *crl = X509_CRL_new();
	X509_REVOKED *entry = X509_REVOKED_new();
	BIO *bio = BIO_new(BIO_s_mem());

	assert_int_equal(X509_CRL_set_version(crl, 1), 1);
	assert_int_equal(X509_CRL_set_issuer_name(crl, X509_get_subject_name(f->x[CA])), 1);
	assert_int_equal(X509_CRL_set1_lastUpdate(crl, from), 1);
	assert_int_equal(X509_CRL_set1_nextUpdate(crl, to), 1);
	assert_int_equal(X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(f->x[LEAF])), 1);
	assert_int_equal(X509_REVOKED_set_revocationDate(entry, from), 1);
	assert_int_equal(X509_CRL_add0_revoked(crl, entry), 1);
	assert_true(X509_CRL_sign(crl, f->key[CA], EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509_CRL(bio, crl), 1);
	take_bio(bio, &w->crl);
	X509_CRL_free(crl);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
}

static void make_leaf(struct fixture *f)
{
	static const char *const names[] = {"DNS:www.example.jp", "DNS:*.example.jp", NULL};
	struct maker_spec spec = issued(f, CA, "www.example.jp", "00F1E2D3C4", "serverAuth");

	EVP_PKEY_free(f->key[LEAF]);
	X509_free(f->x[LEAF]);
	cert_free(f->leaf);
	spec.sans = names;
	spec.access = "OCSP;URI:http://ocsp.example/";
	spec.crls = "URI:http://crl.example/1";
	spec.key_ids = true;
	make(f, LEAF, spec);
	f->leaf = loaded(f->x[LEAF]);
}

static void make_request_pem(struct world *w)
{
	const unsigned char *p = (const unsigned char *)w->csr.data;
	X509_REQ *req = d2i_X509_REQ(NULL, &p, (long)w->csr.len);
	BIO *bio = BIO_new(BIO_s_mem());
	struct buf pem;

	assert_int_equal(PEM_write_bio_X509_REQ(bio, req), 1);
	take_bio(bio, &pem);
	w->csr_pem = buf_take(&pem);
	buf_clear(&pem);
	X509_REQ_free(req);
}

static int setup(void **state)
{
	struct world *w = mem_new(1, sizeof *w);
	EVP_PKEY *rsa = EVP_RSA_gen(2048);
	struct err e = ERR_INIT;
	void *f = NULL;
	char *ca, *root;

	revocation_setup(&f);
	w->f = f;
	make_leaf(w->f);
	w->cert_pem = maker_cert_pem(w->f->x[LEAF]);
	ca = maker_cert_pem(w->f->x[CA]);
	w->chain_pem = str_fmt("%s%s", w->cert_pem, ca);
	w->key_pem = maker_key_pem(w->f->key[LEAF]);
	w->rsa_pem = maker_key_pem(rsa);
	strs_add(&w->names, "*.example.jp");
	strs_add(&w->names, "www.example.jp");
	buf_init(&w->csr, CSR_PEM_MAX);
	assert_int_equal(key_load_pem(w->key_pem, strlen(w->key_pem), &w->key, &e), 0);
	assert_int_equal(chain_parse(w->chain_pem, strlen(w->chain_pem), &w->chain, &e), 0);
	assert_int_equal(csr_make(w->key, &w->names, &w->csr, &e), 0);
	make_request_pem(w);
	make_ocsp(w);
	make_crl(w);
	w->dir = scratch_make();
	root = fs_join(w->dir, "root.pem");
	scratch_write(root, ca, 0644);
	setenv("SSL_CERT_FILE", root, 1);
	setenv("SSL_CERT_DIR", "/nonexistent", 1);
	EVP_PKEY_free(rsa);
	free(root);
	free(ca);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	void *f = w->f;

	revocation_teardown(&f);
	scratch_remove(w->dir);
	key_free(w->key);
	chain_free(w->chain);
	strs_clear(&w->names);
	buf_clear(&w->csr);
	buf_clear(&w->ocsp);
	buf_clear(&w->crl);
	free(w->cert_pem);
	free(w->key_pem);
	free(w->rsa_pem);
	free(w->chain_pem);
	free(w->csr_pem);
	free(w);
	return 0;
}

/* ---- each place once */

/* Shared with the child, which ends where there is no memory for a digest. */
struct progress {
	long place;
	long said, same, ended;
	bool done;
	char wrong[300];
};

static void judge(struct progress *p, const struct operation *o, int rc, const struct err *e, const struct buf *out,
                  const struct buf *wanted)
{
	/* The numbers of a signature are a little longer or shorter. */
	bool same = o->differs ? out->len + 6 > wanted->len && out->len < wanted->len + 6
	                       : out->len == wanted->len && memcmp(out->data, wanted->data, out->len) == 0;

	if (rc == 0 && (same || (o->otherwise != NULL && strcmp(out->data, o->otherwise) == 0)))
		p->same++;
	else if (rc != 0 && e->kind != ERR_NONE && e->cause != NULL && *e->cause != '\0')
		p->said++;
	else if (rc == 0)
		snprintf(p->wrong, sizeof p->wrong, "%zu octets and not %zu: %.200s", out->len, wanted->len, o->differs ? "" : out->data);
	else
		snprintf(p->wrong, sizeof p->wrong, "failed without a word");
}

static void try_places(const struct world *w, const struct operation *o, struct progress *p, const struct buf *wanted)
{
	while (!p->done && p->wrong[0] == '\0' && p->place < PLACES_MAX) {
		struct err e = ERR_INIT;
		struct buf out;
		int rc;

		buf_init(&out, 1 << 20);
		left = p->place;
		rc = o->run(w, &out, &e);
		p->done = left >= 0;
		left = -1;
		judge(p, o, rc, &e, &out, wanted);
		/* OpenSSL's queue of errors is not to be left full for who comes next. */
		if (p->wrong[0] == '\0' && rc != 0 && ERR_peek_error() != 0)
			snprintf(p->wrong, sizeof p->wrong, "errors were left in the queue after: %.200s", e.cause);
		ERR_clear_error();
		buf_clear(&out);
		err_clear(&e);
		p->place += p->place < ALL_UNTIL ? 1 : p->place / 8;
	}
}

static void run_places(const struct world *w, const struct operation *o, struct progress *p, const struct buf *wanted)
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(9);
		try_places(w, o, p, wanted);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 1))
		fail_msg("%s, allocation %ld: status %#x", o->what, p->place, (unsigned)status);
	if (WEXITSTATUS(status) == 1) {
		p->ended++;
		p->place++;
	}
}

static void without_memory(const struct world *w, const struct operation *o)
{
	struct progress *p = mmap(NULL, sizeof *p, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct err e = ERR_INIT;
	struct buf wanted;

	assert_true(p != MAP_FAILED);
	buf_init(&wanted, 1 << 20);
	for (int warm = 0; warm < 2; warm++) { /* what is fetched once is fetched now */
		buf_truncate(&wanted, 0);
		if (o->run(w, &wanted, &e) != 0)
			fail_msg("%s: %s", o->what, e.cause);
	}
	while (!p->done && p->wrong[0] == '\0' && p->place < PLACES_MAX)
		run_places(w, o, p, &wanted);
	print_message("%s: %ld errors, %ld the same, %ld ended\n", o->what, p->said, p->same - 1, p->ended);
	if (p->wrong[0] != '\0')
		fail_msg("%s, allocation %ld: %s", o->what, p->place, p->wrong);
	assert_true(p->done);
	assert_true(p->said + p->ended > 0);
	buf_clear(&wanted);
	munmap(p, sizeof *p);
}

static void every_allocation_fails_once(void **state)
{
	for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
		without_memory(*state, &operations[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_allocation_fails_once, setup, teardown),
	};

	if (CRYPTO_set_mem_functions(take, resize, release) != 1)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
