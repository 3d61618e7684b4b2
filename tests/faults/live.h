/* Looks at the live folder of a certificate as a server would, and says what is wrong with what it finds. */
#ifndef TEGATA_TESTS_FAULTS_LIVE_H
#define TEGATA_TESTS_FAULTS_LIVE_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#define LIVE_FILE_MAX (64 * 1024)

enum { LIVE_KEY, LIVE_CERT, LIVE_CHAIN, LIVE_FULLCHAIN, LIVE_FILES };

struct live_text {
	char data[LIVE_FILE_MAX];
	size_t len;
};

struct live {
	const char *path;       /* …/live/NAME */
	bool was_there;         /* from then on it has to stay */
	unsigned sets;          /* different ones that were seen whole */
	bool external;          /* request.der stands for the key */
	struct live_text now[LIVE_FILES], good[LIVE_FILES];
};

static inline const char *live_file(const struct live *l, int which)
{
	static const char *const names[] = {"privkey.pem", "cert.pem", "chain.pem", "fullchain.pem"};

	return which == LIVE_KEY && l->external ? "request.der" : names[which];
}

static inline const char *live_read_fd(int fd, struct live_text *t)
{
	ssize_t n = 0;

	t->len = 0;
	while (t->len < LIVE_FILE_MAX && (n = read(fd, t->data + t->len, LIVE_FILE_MAX - t->len)) > 0)
		t->len += (size_t)n;
	return n < 0 ? "a file cannot be read" : NULL;
}

/* NULL, or what is wrong. dir: an open folder, or AT_FDCWD with the path in front of every name. */
static inline const char *live_read(struct live *l, int dir, const char *front)
{
	for (int i = 0; i < LIVE_FILES; i++) {
		char path[4200];
		const char *wrong;
		int fd;

		snprintf(path, sizeof path, "%s%s%s", front, *front ? "/" : "", live_file(l, i));
		fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return errno == ENOENT ? "a file is missing" : "a file cannot be opened";
		wrong = live_read_fd(fd, &l->now[i]);
		close(fd);
		if (wrong)
			return wrong;
	}
	return NULL;
}

static inline bool live_same(const struct live_text *a, const struct live_text *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static inline bool live_is_known(const struct live *l)
{
	for (int i = 0; i < LIVE_FILES; i++)
		if (!live_same(&l->now[i], &l->good[i]))
			return false;
	return true;
}

static inline X509 *live_first_cert(const struct live_text *t)
{
	BIO *b = BIO_new_mem_buf(t->data, (int)t->len);
	X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);

	BIO_free(b);
	return x;
}

static inline EVP_PKEY *live_key(const struct live_text *t)
{
	BIO *b = BIO_new_mem_buf(t->data, (int)t->len);
	EVP_PKEY *k = PEM_read_bio_PrivateKey(b, NULL, NULL, NULL);

	BIO_free(b);
	return k;
}

static inline const char *live_verify_pair(const struct live *l)
{
	X509 *leaf = live_first_cert(&l->now[LIVE_CERT]), *issuer = live_first_cert(&l->now[LIVE_CHAIN]);
	EVP_PKEY *key = l->external ? NULL : live_key(&l->now[LIVE_KEY]);
	const char *wrong = NULL;

	if (!leaf || !issuer)
		wrong = "a certificate is not whole";
	else if (!l->external && (!key || X509_check_private_key(leaf, key) != 1))
		wrong = "the key is not the certificate's";
	else if (X509_check_issued(issuer, leaf) != X509_V_OK)
		wrong = "the chain is not the certificate's";
	X509_free(leaf);
	X509_free(issuer);
	EVP_PKEY_free(key);
	return wrong;
}

static inline const char *live_verify(const struct live *l)
{
	const struct live_text *cert = &l->now[LIVE_CERT], *chain = &l->now[LIVE_CHAIN], *full = &l->now[LIVE_FULLCHAIN];

	if (full->len != cert->len + chain->len || memcmp(full->data, cert->data, cert->len) != 0 ||
	    memcmp(full->data + cert->len, chain->data, chain->len) != 0)
		return "fullchain.pem is not cert.pem and chain.pem";
	return live_verify_pair(l);
}

/* What was read makes one whole set. */
static inline const char *live_judge(struct live *l)
{
	const char *wrong;

	if (l->sets > 0 && live_is_known(l))
		return NULL;
	wrong = live_verify(l);
	if (wrong)
		return wrong;
	memcpy(l->good, l->now, sizeof l->good);
	l->sets++;
	return NULL;
}

/*
 * By one descriptor of the folder the four files must always be of one set. NULL, or what is wrong; *absent: there is nothing,
 * and never was.
 */
static inline const char *live_check_folder(struct live *l, bool *absent)
{
	int dir = open(l->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *wrong;

	*absent = dir < 0 && errno == ENOENT && !l->was_there;
	if (*absent)
		return NULL;
	if (dir < 0)
		return "the live folder is not there";
	l->was_there = true;
	wrong = live_read(l, dir, "");
	close(dir);
	return wrong ? wrong : live_judge(l);
}

#endif
