/* A store in a scratch folder, and certificates for it. Every function ends the test when something is wrong. */
#ifndef TEGATA_TESTS_STORE_MAKER_H
#define TEGATA_TESTS_STORE_MAKER_H

#include "scratch.h"

#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

#include "base/log.h"
#include "pki/cert.h"
#include "store/store.h"
#include "x509_maker.h"

#define NOBODY 65534

struct place {
	char *dir;       /* scratch */
	char *state;     /* dir/state */
	struct store *s; /* locked */
};

struct issued {
	EVP_PKEY *key;
	char *key_pem, *cert, *chain, *fullchain, *fingerprint;
};

static inline struct store *store_made(const char *dir)
{
	struct err e = ERR_INIT;
	struct store *s = NULL;

	assert_int_equal(store_open(dir, &s, &e), 0);
	assert_int_equal(store_lock(s, 0, &e), 0);
	return s;
}

static inline int place_setup(void **state)
{
	struct place *p = mem_new(1, sizeof *p);

	umask(0);
	log_set_level(LOG_LEVEL_QUIET);
	p->dir = scratch_make();
	p->state = fs_join(p->dir, "state");
	p->s = store_made(p->state);
	*state = p;
	return 0;
}

static inline int place_teardown(void **state)
{
	struct place *p = *state;

	store_close(p->s);
	scratch_remove(p->dir);
	free(p->state);
	free(p);
	return 0;
}

static inline char *place_path(const struct place *p, const char *below)
{
	return fs_join(p->state, below);
}

static inline void place_write(const struct place *p, const char *below, const char *text)
{
	char *path = place_path(p, below);

	scratch_write(path, text, 0600);
	free(path);
}

static inline bool place_has(const struct place *p, const char *below)
{
	char *path = place_path(p, below);
	struct stat st;
	bool there = lstat(path, &st) == 0;

	free(path);
	return there;
}

static inline mode_t place_mode(const struct place *p, const char *below)
{
	char *path = place_path(p, below);
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	free(path);
	return st.st_mode & 07777;
}

/* Everything in folder `below` in one line, for comparing. */
static inline char *place_list(const struct place *p, const char *below)
{
	char *path = place_path(p, below);
	struct strs names = {0};
	struct err e = ERR_INIT;
	char *all;

	assert_int_equal(fs_list(path, &names, &e), 0);
	all = strs_join(&names, " ");
	strs_clear(&names);
	free(path);
	return all;
}

/* e holds this kind of error and each text; it is empty again afterwards. */
static inline void assert_error(struct err *e, enum err_kind kind, const char *text)
{
	char *all = err_text(e);

	assert_string_equal(err_kind_name(e->kind), err_kind_name(kind));
	if (all == NULL || strstr(all, text) == NULL) {
		print_error("\"%s\" is not in \"%s\"\n", text, all != NULL ? all : "");
		fail();
	}
	free(all);
	err_clear(e);
}

static inline struct issued issued_make(const char *name)
{
	char *san = str_fmt("DNS:%s", name);
	const char *const sans[] = {san, NULL};
	int64_t now = (int64_t)time(NULL);
	EVP_PKEY *ca_key = maker_key();
	struct maker_spec ca = {.subject = "Test CA", .basic = "critical,CA:TRUE", .from = now - 100, .to = now + 90000,
	                        .key = ca_key};
	X509 *issuer = maker_cert(&ca);
	struct issued i = {.key = maker_key()};
	struct maker_spec leaf = {.subject = name, .sans = sans, .from = now - 100, .to = now + 80000, .key = i.key,
	                          .issuer = issuer, .issuer_key = ca_key};
	X509 *x = maker_cert(&leaf);
	struct err e = ERR_INIT;
	struct cert *cert = NULL;

	i.key_pem = maker_key_pem(i.key);
	i.cert = maker_cert_pem(x);
	i.chain = maker_cert_pem(issuer);
	i.fullchain = str_fmt("%s%s", i.cert, i.chain);
	assert_int_equal(cert_load_pem(i.cert, strlen(i.cert), &cert, &e), 0);
	i.fingerprint = str_dup(cert_fingerprint(cert));
	cert_free(cert);
	X509_free(x);
	X509_free(issuer);
	EVP_PKEY_free(ca_key);
	free(san);
	return i;
}

static inline void issued_clear(struct issued *i)
{
	EVP_PKEY_free(i->key);
	free(i->key_pem);
	free(i->cert);
	free(i->chain);
	free(i->fullchain);
	free(i->fingerprint);
}

static inline int issued_begin(struct store *s, const char *name, const struct issued *i, struct err *e)
{
	const struct fs_policy policy = {.uid = (uid_t)-1, .gid = (gid_t)-1, .mode = 0600};
	int number = 0;

	return store_generation_begin(s, name, i->key_pem, strlen(i->key_pem), &policy, &number, e) == 0 ? number : -1;
}

static inline int issued_finish(struct store *s, const char *name, int number, const struct issued *i, struct err *e)
{
	struct store_pems pems = {i->cert, i->chain, i->fullchain};
	struct store_generation g = {
		.name = str_dup(name), .number = number, .ca = str_dup("jprs"), .server = str_dup("https://ca.example/dir"),
		.account_url = str_dup("https://ca.example/acct/1"), .key_type = str_dup("ecdsa-p256"),
		.serial = str_dup("01"), .fingerprint = str_dup(i->fingerprint), .issuer = str_dup("CN=Test CA"),
		.not_before = 1000, .not_after = 2000, .issued_at = 1500, .order_url = str_dup("https://ca.example/order/1"),
	};
	int rc;

	strs_add(&g.names, name);
	rc = store_generation_finish(s, &g, &pems, e);
	store_generation_clear(&g);
	return rc;
}

/* Begin, finish, switch. The number, or -1. */
static inline int issued_put(struct store *s, const char *name, const struct issued *i, struct err *e)
{
	int number = issued_begin(s, name, i, e);

	if (number < 0 || issued_finish(s, name, number, i, e) != 0 || store_generation_switch(s, name, number, e) != 0)
		return -1;
	return number;
}

/*
 * Runs work() in a child as nobody (or as us, when we are not root). 0 = it answered 0, otherwise 1 and its answer is
 * shown (a line of the test).
 */
static inline int as_nobody(int (*work)(const char *dir), const char *dir)
{
	int status = 0;
	int line;
	pid_t pid;

	if (geteuid() == 0)
		assert_int_equal(chown(dir, NOBODY, NOBODY), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
			_exit(255);
		line = work(dir);
		if (line != 0)
			fprintf(stderr, "the work of nobody failed: %d\n", line);
		_exit(line != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#endif
