#include "config.h"

#include "run/output.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <signal.h>
#include <sys/wait.h>

#include "run_maker.h"
#include "skipping.h"

#define SETTINGS "certificates:\n  - name: shop\n    names: [example.jp]\n    challenge: {webroot: /w}\n"

static int setup(void **state)
{
	int rc = run_setup(state);
	struct run *r = *state;

	run_open(r, SETTINGS, "- example.jp\n");
	run_issue(r, "shop", "example.jp", RUN_NOW, RUN_NOW + 86400);
	return rc;
}

static char *in(const struct run *r, const char *name)
{
	return fs_join(r->dir, name);
}

static int write_one(struct run *r, const struct output_setting *o, struct err *e)
{
	return output_write(&r->s, o, "shop", 1, e);
}

static char *live(struct run *r, const char *file)
{
	char *path = store_live_path(r->s.store, "shop", file), *text = scratch_read(path);

	assert_non_null(text);
	free(path);
	return text;
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	return st.st_mode & 07777;
}

/* Nothing but this in the folder: no temporary file is left. */
static void assert_folder(const char *dir, const char *expected)
{
	struct strs names = {0};
	struct err e = ERR_INIT;
	char *all;

	assert_int_equal(fs_list(dir, &names, &e), 0);
	all = strs_join(&names, " ");
	assert_string_equal(all ? all : "", expected);
	free(all);
	strs_clear(&names);
}

static char *make_folder(struct run *r, const char *name, mode_t mode)
{
	char *dir = in(r, name);

	assert_int_equal(mkdir(dir, 0755), 0);
	assert_int_equal(chmod(dir, mode), 0);
	return dir;
}

static void test_copies(void **state)
{
	static const struct { const char *file; mode_t asked, is; } cases[] = {
		{"cert.pem", 0, 0644}, {"chain.pem", 0640, 0640}, {"fullchain.pem", 0600, 0600}, {"privkey.pem", 0, 0600},
		{"privkey.pem", 0440, 0440},
	};
	struct run *r = *state;
	char *dir = make_folder(r, "out", 0755), *path = fs_join(dir, "file");
	struct err e = ERR_INIT;

	umask(0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct output_setting o = {.kind = OUTPUT_COPY, .path = path, .file = str_dup(cases[i].file), .mode = cases[i].asked};
		char *expected = live(r, cases[i].file), *is;

		if (write_one(r, &o, &e) != 0)
			fail_msg("%s: %s", cases[i].file, e.cause);
		is = scratch_read(path);
		assert_string_equal(is, expected);
		assert_int_equal(mode_of(path), cases[i].is);
		assert_folder(dir, "file");
		free(is);
		free(expected);
		free(o.file);
	}
	free(path);
	free(dir);
}

/* As HAProxy reads it: the leaf first, its key anywhere. */
static void test_combined(void **state)
{
	struct run *r = *state;
	char *dir = make_folder(r, "out", 0700), *path = fs_join(dir, "shop.pem"), *text;
	struct output_setting o = {.kind = OUTPUT_COMBINED, .path = path};
	char *full = live(r, "fullchain.pem"), *key = live(r, "privkey.pem");
	struct err e = ERR_INIT;
	EVP_PKEY *pkey;
	X509 *leaf;
	BIO *bio;

	assert_int_equal(write_one(r, &o, &e), 0);
	text = scratch_read(path);
	assert_true(str_starts(text, full));
	assert_string_equal(text + strlen(full), key);
	assert_int_equal(mode_of(path), 0600);
	bio = BIO_new_mem_buf(text, -1);
	leaf = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	assert_int_equal(BIO_reset(bio), 1);
	pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	assert_int_equal(X509_check_private_key(leaf, pkey), 1);
	BIO_free(bio);
	X509_free(leaf);
	EVP_PKEY_free(pkey);
	free(text);
	free(full);
	free(key);
	free(path);
	free(dir);
}

/* Does it open with this password, and hold key, leaf and the rest? */
static bool opens(const char *path, const char *password)
{
	FILE *f = fopen(path, "rb");
	PKCS12 *p12 = d2i_PKCS12_fp(f, NULL);
	STACK_OF(X509) *rest = NULL;
	EVP_PKEY *key = NULL;
	X509 *leaf = NULL;
	bool ok;

	assert_non_null(p12);
	fclose(f);
	ok = PKCS12_parse(p12, password, &key, &leaf, &rest) == 1;
	if (ok) {
		assert_int_equal(X509_check_private_key(leaf, key), 1);
		assert_int_equal(sk_X509_num(rest), 1);
	}
	ERR_clear_error();
	sk_X509_pop_free(rest, X509_free);
	EVP_PKEY_free(key);
	X509_free(leaf);
	PKCS12_free(p12);
	return ok;
}

static void test_pkcs12(void **state)
{
	static const struct { const char *text; mode_t mode; const char *password, *error; } cases[] = {
		{"secret\n", 0600, "secret", NULL},
		{"secret", 0640, "secret", NULL},
		{"secret\r\nmore\n", 0400, "secret", NULL},
		{"two words \\ \"x\"\nnot this\n", 0600, "two words \\ \"x\"", NULL},
		{"\n", 0600, NULL, "the first line of the password file password is empty"},
		{"", 0600, NULL, "the first line of the password file password is empty"},
		{"a\rb\n", 0600, NULL, "the password file password has a carriage return in its first line"},
		{"secret\n", 0644, NULL, "the password file password is open to others (mode 0644)"},
		{"secret\n", 0620, NULL, "the password file password is open to others (mode 0620)"},
	};
	struct run *r = *state;
	char *dir = make_folder(r, "out", 0755), *path = fs_join(dir, "shop.p12"), *password = in(r, "password");
	struct output_setting o = {.kind = OUTPUT_PKCS12, .path = path};
	struct err e = ERR_INIT;

	if (write_one(r, &o, &e) != 0)
		fail_msg("%s", e.cause);
	assert_true(opens(path, ""));
	o.password_file = password;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		scratch_write(password, cases[i].text, cases[i].mode);
		if (cases[i].error) {
			char *all = str_fmt("writing the output out/shop.p12: %s", cases[i].error);

			assert_int_equal(write_one(r, &o, &e), -1);
			run_error(r, &e, ERR_CONFIG, all);
			free(all);
			continue;
		}
		if (write_one(r, &o, &e) != 0)
			fail_msg("%s", e.cause);
		assert_true(opens(path, cases[i].password));
		assert_false(opens(path, "another"));
		assert_int_equal(mode_of(path), 0600);
	}
	/* Not as far as the NUL, which would be a much shorter password than the one in the file. */
	assert_int_equal(fs_write_atomic(password, "ab\0cret\n", 8, NULL, &e), 0);
	assert_int_equal(write_one(r, &o, &e), -1);
	run_error(r, &e, ERR_CONFIG, "writing the output out/shop.p12: the password file password is no text: it has a NUL");
	assert_int_equal(unlink(password), 0);
	assert_int_equal(write_one(r, &o, &e), -1);
	run_error(r, &e, ERR_CONFIG,
	          "writing the output out/shop.p12: the password file password: No such file or directory");
	assert_folder(dir, "shop.p12");
	free(password);
	free(path);
	free(dir);
}

static void refused(struct run *r, const char *path, enum err_kind kind, const char *text, const char *advice)
{
	struct output_setting o = {.kind = OUTPUT_COMBINED, .path = (char *)(uintptr_t)path};
	struct err e = ERR_INIT;

	assert_int_equal(write_one(r, &o, &e), -1);
	if (advice && (!e.advice || !strstr(e.advice, advice)))
		fail_msg("\"%s\" is not in \"%s\"", advice, e.advice ? e.advice : "");
	run_error(r, &e, kind, text);
}

static void test_folders_that_others_rule(void **state)
{
	static const mode_t modes[] = {0777, 0775, 01777, 0757};
	struct run *r = *state;
	char *dir = make_folder(r, "open", 0755), *below = fs_join(dir, "below"), *path = fs_join(dir, "x.pem");
	char *deep = fs_join(below, "x.pem"), *text;

	assert_int_equal(mkdir(below, 0755), 0);
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		text = str_fmt("writing the output open/x.pem: the folder open can be written to by %s (mode %04o), who could put "
		               "something else there",
		               (modes[i] & 2) != 0 ? "every user" : "its whole group", (unsigned)modes[i]);

		assert_int_equal(chmod(dir, modes[i]), 0);
		refused(r, path, ERR_CONFIG, text, "chmod go-w");
		free(text);
	}
	assert_folder(dir, "below");
	/* Whoever can write above can put another folder in its place, but for the sticky bit. */
	assert_int_equal(chmod(dir, 0777), 0);
	refused(r, deep, ERR_CONFIG, "writing the output open/below/x.pem: the folder open can be written to by every user (mode "
	        "0777), who could put something else there", "chmod go-w");
	assert_int_equal(chmod(dir, 01777), 0);
	{
		struct output_setting o = {.kind = OUTPUT_COMBINED, .path = deep};
		struct err e = ERR_INIT;

		if (write_one(r, &o, &e) != 0)
			fail_msg("%s", e.cause);
	}
	if (geteuid() == 0) {
		assert_int_equal(chmod(dir, 0755), 0);
		assert_int_equal(chown(dir, NOBODY, NOBODY), 0);
		refused(r, path, ERR_CONFIG, "writing the output open/x.pem: the folder open belongs to the user nobody, who could put "
		        "something else there at any moment", "chown root");
	}
	free(deep);
	free(path);
	free(below);
	free(dir);
}

static void test_places(void **state)
{
	struct run *r = *state;
	char *dir = make_folder(r, "out", 0755), *path = fs_join(dir, "shop.pem"), *elsewhere = in(r, "elsewhere");
	char *nowhere = in(r, "no/where/x.pem"), *text;
	struct output_setting o = {.kind = OUTPUT_COMBINED, .path = path};
	struct err e = ERR_INIT;

	refused(r, nowhere, ERR_IO, "writing the output no/where/x.pem: looking at no: No such file or directory", "mkdir -p");
	/* A link at the final name is replaced, not followed. */
	scratch_write(elsewhere, "precious", 0644);
	assert_int_equal(symlink(elsewhere, path), 0);
	assert_int_equal(write_one(r, &o, &e), 0);
	assert_int_equal(mode_of(path), 0600);
	text = scratch_read(elsewhere);
	assert_string_equal(text, "precious");
	free(text);
	/* A folder at the final name stays, and nothing is left beside it. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	refused(r, path, ERR_IO, "writing the output out/shop.pem: writing out/shop.pem: Is a directory", NULL);
	assert_folder(dir, "shop.pem");
	free(nowhere);
	free(elsewhere);
	free(path);
	free(dir);
}

static void swap_for_ever(const char *link, const char *a, const char *b)
{
	char *other = str_fmt("%s.new", link);

	for (size_t i = 0;; i++) {
		(void)unlink(other);
		if (symlink(i % 2 ? a : b, other) == 0)
			(void)rename(other, link);
	}
}

/* Root may follow a link of root's own; in the folder of somebody else, even that could be put in the place of another. */
static void test_links_of_others(void **state)
{
	struct run *r = *state;
	char *good = make_folder(r, "good", 0755), *theirs = make_folder(r, "theirs", 0755), *link = fs_join(theirs, "link");
	char *path = fs_join(link, "shop.pem");

	if (geteuid() != 0)
		SKIP_BECAUSE("only root can show it");
	assert_int_equal(symlink(good, link), 0);
	assert_int_equal(chown(theirs, NOBODY, NOBODY), 0);
	refused(r, path, ERR_CONFIG, "writing the output theirs/link/shop.pem: the folder theirs belongs to the user nobody, who could put "
	        "something else there at any moment", "chown root");
	assert_int_equal(chown(theirs, 0, 0), 0);
	assert_int_equal(chmod(theirs, 01777), 0);
	assert_int_equal(lchown(link, NOBODY, NOBODY), 0);
	refused(r, path, ERR_CONFIG, "writing the output theirs/link/shop.pem: theirs/link belongs to the user nobody, who could change it "
	        "at any moment", "chown root");
	assert_folder(good, "");
	free(path);
	free(link);
	free(theirs);
	free(good);
}

/* A link on the way that is somebody else's: where it led when it was looked at is where the output goes, or nowhere. */
static void test_a_link_that_changes(void **state)
{
	struct run *r = *state;
	char *good = make_folder(r, "good", 0755), *open = make_folder(r, "open", 0777), *link = in(r, "link");
	char *path = fs_join(link, "shop.pem");
	struct output_setting o = {.kind = OUTPUT_COMBINED, .path = path};
	int written = 0, refused_count = 0;
	pid_t pid;

	assert_int_equal(symlink(good, link), 0);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0)
		swap_for_ever(link, good, open);
	for (int i = 0; i < 20000 && (i < 300 || written == 0 || refused_count == 0); i++) {
		struct err e = ERR_INIT;

		if (write_one(r, &o, &e) == 0)
			written++;
		else
			refused_count++;
		err_clear(&e);
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(written > 0);
	assert_true(refused_count > 0);
	assert_folder(good, "shop.pem");
	assert_folder(open, "");
	free(path);
	free(link);
	free(open);
	free(good);
}

static void test_owners(void **state)
{
	struct run *r = *state;
	char *dir = make_folder(r, "out", 0755), *path = fs_join(dir, "shop.pem");
	struct output_setting o = {.kind = OUTPUT_COMBINED, .path = path, .owner = str_dup("nobody"), .mode = 0640};
	struct err e = ERR_INIT;
	struct stat st;

	if (geteuid() == 0) {
		o.group = str_dup("12345");
		assert_int_equal(write_one(r, &o, &e), 0);
		assert_int_equal(lstat(path, &st), 0);
		assert_int_equal(st.st_uid, NOBODY);
		assert_int_equal(st.st_gid, 12345);
		assert_int_equal(st.st_mode & 07777, 0640);
	}
	str_replace(&o.owner, str_dup("no-such-user"));
	assert_int_equal(write_one(r, &o, &e), -1);
	run_error(r, &e, ERR_CONFIG, "writing the output out/shop.pem: owner: there is no user \"no-such-user\"");
	str_replace(&o.owner, NULL);
	str_replace(&o.group, str_dup("no-such-group"));
	assert_int_equal(write_one(r, &o, &e), -1);
	run_error(r, &e, ERR_CONFIG, "writing the output out/shop.pem: group: there is no group \"no-such-group\"");
	free(o.group);
	free(path);
	free(dir);
}

static void make_external(struct run *r, int number)
{
	char *meta = str_fmt("%s/generations/shop/%06d/meta.json", r->options.state_dir, number), *text = scratch_read(meta);
	char *at = text ? strstr(text, "\"external_key\": false") : NULL;
	char *key = str_fmt("%s/generations/shop/%06d/privkey.pem", r->options.state_dir, number);

	assert_non_null(at);
	memcpy(at, "\"external_key\": true ", strlen("\"external_key\": false"));
	scratch_write(meta, text, 0600);
	assert_int_equal(unlink(key), 0);
	free(key);
	free(text);
	free(meta);
}

static void test_a_key_that_is_elsewhere(void **state)
{
	struct run *r = *state;
	char *dir = make_folder(r, "out", 0755), *path = fs_join(dir, "x");
	struct output_setting o = {.kind = OUTPUT_COMBINED, .path = path};
	struct err e = ERR_INIT;
	enum output_kind kinds[] = {OUTPUT_COMBINED, OUTPUT_PKCS12, OUTPUT_COPY};

	make_external(r, 1);
	o.file = str_dup("privkey.pem");
	for (size_t i = 0; i < 3; i++) {
		o.kind = kinds[i];
		assert_int_equal(write_one(r, &o, &e), -1);
		run_error(r, &e, ERR_CONFIG,
		          "writing the output out/x: the key of this certificate is elsewhere (csr), so a file with the key cannot be made");
	}
	str_replace(&o.file, str_dup("fullchain.pem"));
	if (write_one(r, &o, &e) != 0)
		fail_msg("%s", e.cause);
	assert_folder(dir, "x");
	free(o.file);
	free(path);
	free(dir);
}

static void test_ids(void **state)
{
	struct output_setting o = {.path = str_dup("/etc/haproxy/shop.pem")};
	char *id = output_id(&o);

	(void)state;
	assert_string_equal(id, "output:/etc/haproxy/shop.pem");
	free(id);
	free(o.path);
}

/* A run that was killed left the key beside it; what only looks like that stays. */
static void test_what_a_killed_run_left(void **state)
{
	static const char *const left[] = {".shop.pem.tmp-1", ".shop.pem.tmp-4194304", ".shop.pem.tmp-", ".shop.pem.tmp-1x", ".shop.pem2.tmp-1",
	                                   "shop.pem.tmp-1"};
	struct run *r = *state;
	char *dir = make_folder(r, "out", 0700), *path = fs_join(dir, "shop.pem");
	struct output_setting o = {.kind = OUTPUT_COMBINED, .path = path};
	struct err e = ERR_INIT;

	for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
		char *one = fs_join(dir, left[i]);

		scratch_write(one, "key", 0600);
		free(one);
	}
	assert_int_equal(write_one(r, &o, &e), 0);
	assert_folder(dir, ".shop.pem.tmp- .shop.pem.tmp-1x .shop.pem2.tmp-1 shop.pem shop.pem.tmp-1");
	free(path);
	free(dir);
}

/* The file of before gets a second name, as it is, and keeps it. */
static void test_what_was_there_before(void **state)
{
	struct run *r = *state;
	char *dir = make_folder(r, "out", 0755), *path = fs_join(dir, "shop.pem"), *before = str_fmt("%s.before-tegata", path), *kept = NULL, *text;
	struct output_setting o = {.kind = OUTPUT_COPY, .file = str_dup("fullchain.pem"), .path = path};
	struct stat was, is;
	struct err e = ERR_INIT;

	assert_int_equal(output_keep_before(&o, &kept, &e), 0);
	assert_null(kept);
	assert_folder(dir, "");
	scratch_write(path, "bought elsewhere\n", 0640);
	assert_int_equal(stat(path, &was), 0);
	assert_int_equal(output_keep_before(&o, &kept, &e), 0);
	assert_string_equal(kept, before);
	assert_int_equal(write_one(r, &o, &e), 0);
	assert_folder(dir, "shop.pem shop.pem.before-tegata");
	text = scratch_read(before);
	assert_string_equal(text, "bought elsewhere\n");
	assert_int_equal(stat(before, &is), 0);
	assert_true(is.st_ino == was.st_ino && is.st_mode == was.st_mode && is.st_uid == was.st_uid && is.st_gid == was.st_gid);
	free(text);
	free(kept);
	kept = NULL;
	/* Once. */
	assert_int_equal(output_keep_before(&o, &kept, &e), 0);
	assert_null(kept);
	text = scratch_read(before);
	assert_string_equal(text, "bought elsewhere\n");
	free(text);
	/* A link is kept as a link. */
	assert_int_equal(unlink(path) | unlink(before), 0);
	assert_int_equal(symlink("/nowhere", path), 0);
	assert_int_equal(output_keep_before(&o, &kept, &e), 0);
	assert_int_equal(lstat(before, &is), 0);
	assert_true(S_ISLNK(is.st_mode));
	free(kept);
	kept = NULL;
	/* What cannot be kept is not written over. */
	assert_int_equal(unlink(path) | unlink(before), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(output_keep_before(&o, &kept, &e), -1);
	assert_non_null(strstr(e.advice, "Put it aside by hand, then tegata writes its own: mv "));
	run_error(r, &e, ERR_IO, "writing the output out/shop.pem: out/shop.pem is not tegata's, and cannot be kept as "
	          "out/shop.pem.before-tegata: Operation not permitted");
	assert_null(kept);
	free(o.file);
	free(before);
	free(path);
	free(dir);
}

#define WITH(f) cmocka_unit_test_setup_teardown(f, setup, run_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_copies),
		WITH(test_combined),
		WITH(test_pkcs12),
		WITH(test_folders_that_others_rule),
		WITH(test_places),
		WITH(test_links_of_others),
		WITH(test_a_link_that_changes),
		WITH(test_owners),
		WITH(test_what_was_there_before),
		WITH(test_what_a_killed_run_left),
		WITH(test_a_key_that_is_elsewhere),
		cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
