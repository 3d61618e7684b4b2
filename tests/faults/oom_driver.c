/*
 * Every allocation fails once: what tegata does with the fake CA and a store of its own, without network and without a
 * program of its own, so that thousands of times take seconds.
 *
 *   oom_driver [SEED STEP [STORY]]   of each story (or this one) every STEPth place, beginning somewhere by SEED; a line per story
 *   oom_driver STORY N               its allocation N alone: what is said, and who allocated what is left
 *
 * A place is where the same functions call each other; at each the first allocation fails. (All allocations of a first issue are half
 * a million, most of them OpenSSL's in one loop.)
 *
 * Each allocation has a process of its own. It may end with a typed error, go on without what it wanted, or end at once as
 * mem_new() does ("out of memory"); then the same is done again as the next run would, and must succeed with what was left.
 */
#include "config.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "../unit/visit_maker.h"
#include "oom.h"
#include "pki/csr.h"
#include "pki/pkcs12.h"
#include "pki/revocation.h"
#include "run/revoke.h"

#include <openssl/crypto.h>

#define FD_MAX 64
#define HANG_SEC 60
#define ROUNDS 2

struct bench {
	struct rig *p;
	struct http_port port; /* the fake CA's, where nothing fails */
	char *pem;             /* a chain and its key, for what reads them */
	struct buf key;
	bool open_before[FD_MAX];
};

struct story {
	const char *name;
	void (*prepare)(struct bench *b);
	int (*act)(struct bench *b, struct err *e);
	void (*check)(struct bench *b); /* NULL = only that the second time succeeds */
};

enum ending { WENT_ON, TYPED, AT_ONCE, NOT_STRUCK, ENDINGS };
enum { BAD_UNTYPED = 20, BAD_LEAK, BAD_STATE };

static sigjmp_buf escape;
static bool may_escape;

void __real__exit(int status) __attribute__((noreturn));
void __wrap__exit(int status) __attribute__((noreturn));

/* Where the program would end, the process is as after its end: nothing but its files is left of it. */
void __wrap__exit(int status)
{
	if (!may_escape)
		__real__exit(status);
	may_escape = false;
	siglongjmp(escape, 1);
}

static int perform_unharmed(void *self, const struct http_request *q, size_t n, struct http_response *r, struct err *e)
{
	struct bench *b = self;
	int rc;

	oom_pause();
	rc = b->p->w->ca.port.perform(b->p->w->ca.port.self, q, n, r, e);
	oom_resume();
	return rc;
}

/* ---- the stories */

#define CERTIFICATES \
	"  - {name: one, names: [a.example, b.example], challenge: {webroot: @}}\n" \
	"  - {name: two, names: [c.example], challenge: {webroot: @}}\n"

static void open_site(struct bench *b, const char *certificates)
{
	rig_open(b->p, certificates);
	b->port = (struct http_port){.self = b, .perform = perform_unharmed};
	b->p->r->s.port = &b->port;
}

static void prepare_site(struct bench *b)
{
	open_site(b, CERTIFICATES);
}

static int act_visit(struct bench *b, struct err *e)
{
	struct visit_options o = {0};
	struct visit_report report = {0};
	const struct err *worst;
	int rc = visit(&b->p->r->s, &o, &report, e);

	worst = rc == 0 ? visit_worst(&report) : NULL;
	if (worst != NULL)
		rc = err_set(e, worst->kind, "%s", worst->cause);
	visit_report_clear(&report);
	return rc;
}

static void prepare_renewal(struct bench *b)
{
	struct err e = ERR_INIT;

	prepare_site(b);
	if (act_visit(b, &e) != 0)
		fail_msg("visit: %s", e.cause);
	rig_wait(b->p, 80 * 86400);
	open_site(b, CERTIFICATES);
}

/* What is live holds together, and no more was ordered than needed and once more. */
static void check_live(struct bench *b)
{
	static const char *const names[] = {"one", "two"};

	for (size_t i = 0; i < 2; i++) {
		struct store_generation g = rig_live(b->p, names[i]);
		char *dir = str_fmt("%s/live/%s", b->p->r->options.state_dir, names[i]);
		char *key_path = fs_join(dir, "privkey.pem"), *cert_path = fs_join(dir, "cert.pem");
		char *key_pem = scratch_read(key_path), *cert_pem = scratch_read(cert_path);
		struct err e = ERR_INIT;
		struct key *key = NULL;
		struct cert *cert = NULL;

		assert_non_null(key_pem);
		assert_non_null(cert_pem);
		assert_int_equal(key_load_pem(key_pem, strlen(key_pem), &key, &e), 0);
		assert_int_equal(cert_load_pem(cert_pem, strlen(cert_pem), &cert, &e), 0);
		assert_true(cert_has_key(cert, key));
		assert_string_equal(cert_fingerprint(cert), g.fingerprint);
		cert_free(cert);
		key_free(key);
		free(key_pem);
		free(cert_pem);
		free(key_path);
		free(cert_path);
		free(dir);
		store_generation_clear(&g);
	}
}

static void check_first(struct bench *b)
{
	check_live(b);
	assert_in_range(b->p->w->ca.order_count, 2, 4);
}

static void check_renewal(struct bench *b)
{
	check_live(b);
	assert_in_range(b->p->w->ca.order_count, 4, 6);
}

static void prepare_nothing(struct bench *b)
{
	open_site(b, "  []\n");
}

static int act_load(struct bench *b, struct err *e)
{
	struct site s;
	int rc;

	site_init(&s, &b->p->r->options);
	rc = site_load(&s, e);
	site_clear(&s);
	return rc;
}

static void prepare_load(struct bench *b)
{
	run_write(b->p->r, "entitlements.yaml", "- \"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e.jp\"\n"
	          "- {fqdn: www.example.jp, first_issued: 2026-01-01}\n- \"*.example.co.jp\"\n");
	run_write(b->p->r, "tegata.yaml", "cas: [{profile: jprs, server: \"" FAKE_DIRECTORY_URL "\"}]\n"
	          "certificates:\n  - {name: one, names: [\"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e.jp\", www.example.jp], challenge: {webroot: /w}}\n"
	          "  - {name: two, names: [a.example.co.jp], challenge: {webroot: /w}, key: rsa2048}\n");
}

/* Another CA's credentials: an account is there already at the first. */
static void prepare_register(struct bench *b)
{
	static const char key[] = "0123456789abcdef0123456789abcdef";
	char *accounts = fs_join(b->p->r->options.state_dir, "accounts");
	struct err e = ERR_INIT;

	run_close(b->p->r);
	assert_int_equal(fs_remove_tree(accounts, &e), 0);
	free(accounts);
	open_site(b, "  []\n");
	b->p->w->ca.eab_kid = "kid-1";
	b->p->w->ca.eab_key = key;
	b->p->w->ca.eab_key_len = sizeof key - 1;
	b->p->w->ca.terms = "https://ca.test/terms";
}

static int act_register(struct bench *b, struct err *e)
{
	struct register_request q = {.agree_tos = true, .no_contact = true, .key_type = KEY_EC_P256, .eab_kid = "kid-1",
	                             .eab_hmac_key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"};
	struct register_result r = {0};
	int rc = register_account(&b->p->r->s, &q, &r, e);

	register_result_clear(&r);
	return rc;
}

static void check_register(struct bench *b)
{
	assert_int_equal(b->p->w->ca.account_count, 2); /* rig_setup() made the first */
}

static int act_revoke(struct bench *b, struct err *e)
{
	struct revoke_request q = {.name = "one", .reason = 4};
	struct revoke_result r = {0};
	int rc = revoke_certificate(&b->p->r->s, &q, &r, e);

	revoke_result_clear(&r);
	return rc;
}

static void prepare_chain(struct bench *b)
{
	char *path = fs_join(b->p->r->options.state_dir, "live/one/fullchain.pem"), *text;

	prepare_renewal(b);
	b->pem = scratch_read(path);
	assert_non_null(b->pem);
	free(path);
	path = fs_join(b->p->r->options.state_dir, "live/one/privkey.pem");
	text = scratch_read(path);
	assert_non_null(text);
	buf_init_secret(&b->key, KEY_PEM_MAX);
	assert_int_equal(buf_append_str(&b->key, text), 0);
	free(text);
	free(path);
}

static int act_chain(struct bench *b, struct err *e)
{
	int64_t now = clock_now(b->p->r->s.clock);
	struct strs names = {0};
	struct chain *chain = NULL;
	struct key *key = NULL;
	char *root = NULL;
	struct buf out;
	int rc = -1;

	buf_init(&out, 65536);
	strs_add(&names, "a.example");
	strs_add(&names, "b.example");
	if (chain_parse(b->pem, strlen(b->pem), &chain, e) == 0 && key_load_pem(b->key.data, b->key.len, &key, e) == 0 &&
	    chain_verify(chain, key, &names, now, e) == 0 && chain_anchor(chain, now, &root, e) == 0 &&
	    chain_save_full(chain, &out, e) == 0 && pkcs12_make(key, chain, "secret", "one", &out, e) == 0 &&
	    revocation_ocsp_request(chain_at(chain, 0), chain_at(chain, 1), &out, e) == 0)
		rc = 0;
	buf_clear(&out);
	free(root);
	chain_free(chain);
	key_free(key);
	strs_clear(&names);
	return rc;
}

static int sign_with(enum key_type type, struct err *e)
{
	struct key *key = NULL, *again = NULL;
	struct csr *csr = NULL;
	struct strs names = {0};
	char *thumbprint = NULL;
	struct buf pem, out;
	int rc = -1;

	buf_init_secret(&pem, KEY_PEM_MAX);
	buf_init(&out, 65536);
	strs_add(&names, "a.example");
	if (key_generate(type, &key, e) == 0 && key_save_pem(key, &pem, e) == 0 && key_load_pem(pem.data, pem.len, &again, e) == 0 &&
	    key_thumbprint(again, &thumbprint, e) == 0 && key_sign_jws(again, "text", 4, &out, e) == 0) {
		buf_truncate(&out, 0);
		if (csr_make(again, &names, &out, e) == 0 && csr_load(out.data, out.len, &csr, e) == 0)
			rc = 0;
	}
	csr_free(csr);
	free(thumbprint);
	key_free(key);
	key_free(again);
	strs_clear(&names);
	buf_clear(&pem);
	buf_clear(&out);
	return rc;
}

static int act_keys(struct bench *b, struct err *e)
{
	(void)b;
	return sign_with(KEY_EC_P256, e) == 0 ? sign_with(KEY_EC_P384, e) : -1;
}

/* More than what a text has room for at first. */
#define LONG_NAME "a-name-that-is-longer-than-what-a-text-has-room-for-at-first"

/* Without memory no text, but never another one: jansson's own writer leaves names out then. */
static int act_json(struct bench *b, struct err *e)
{
	static const char wanted[] = "{\"" LONG_NAME "\":true,\"path\\\\\":\"C:\\\\x\\ty\",\"list\":[\"a\\\\\"],\"n\":1}";
	struct json *made = json_new_object(), *list = json_new_array(), *read = NULL;
	char *got;
	int rc;

	(void)b;
	json_set_bool(made, LONG_NAME, true);
	json_set_str(made, "path\\", "C:\\x\ty");
	json_add_str(list, "a\\");
	json_set(made, "list", list);
	json_set_int(made, "n", 1);
	got = json_format_compact(made);
	assert_string_equal(got, wanted);
	rc = json_parse(got, strlen(got), &read, e);
	if (rc == 0 && !(str_eq(json_str(read, "path\\"), "C:\\x\ty") && str_eq(json_text(json_at(json_get(read, "list"), 0)), "a\\")))
		fail_msg("%s", got);
	free(got);
	json_free(read);
	json_free(made);
	return rc;
}

static const struct story stories[] = {
	{"json", prepare_nothing, act_json, NULL},
	{"load", prepare_load, act_load, NULL},
	{"register", prepare_register, act_register, check_register},
	{"issue", prepare_site, act_visit, check_first},
	{"renew", prepare_renewal, act_visit, check_renewal},
	{"revoke", prepare_renewal, act_revoke, NULL},
	{"chain", prepare_chain, act_chain, NULL},
	{"keys", prepare_nothing, act_keys, NULL},
};
#define STORIES (sizeof stories / sizeof *stories)

/* ---- one allocation */

static void note_files(bool open_now[FD_MAX])
{
	for (int fd = 0; fd < FD_MAX; fd++)
		open_now[fd] = fcntl(fd, F_GETFD) >= 0;
}

static void close_others(const bool open_before[FD_MAX])
{
	for (int fd = 0; fd < FD_MAX; fd++)
		if (!open_before[fd])
			close(fd);
}

/* The story with its nth allocation failing. */
static enum ending strike(const struct story *s, struct bench *b, unsigned long n, unsigned long *count)
{
	struct err e = ERR_INIT;
	enum ending ending;
	int rc;

	if (sigsetjmp(escape, 1) != 0) {
		oom_disarm();
		close_others(b->open_before);
		b->p->r->loaded = false;
		return AT_ONCE;
	}
	may_escape = true;
	oom_arm(n, false);
	rc = s->act(b, &e);
	*count = oom_disarm();
	may_escape = false;
	ending = !oom_struck() ? NOT_STRUCK : rc == 0 ? WENT_ON : TYPED;
	if (rc != 0 && (e.kind == ERR_NONE || e.cause == NULL || *e.cause == '\0')) {
		fprintf(stderr, "an error without kind or words\n");
		__real__exit(BAD_UNTYPED);
	}
	if (rc != 0)
		fprintf(stderr, "%s: %s\n", err_kind_name(e.kind), e.cause);
	if (n == 0 && rc != 0)
		__real__exit(BAD_STATE);
	err_clear(&e);
	return ending;
}

/* As the next run, a day later; everything that was loaded is loaded anew. */
static void heal(const struct story *s, struct bench *b)
{
	struct err e = ERR_INIT;

	rig_wait(b->p, 86400 + 3600);
	if (s->prepare == prepare_register || s->prepare == prepare_nothing)
		open_site(b, "  []\n");
	else if (s->prepare != prepare_load)
		open_site(b, CERTIFICATES);
	if (s->act(b, &e) != 0) {
		fprintf(stderr, "the next run: %s: %s\n", err_kind_name(e.kind), e.cause);
		__real__exit(BAD_STATE);
	}
	if (s->check != NULL)
		s->check(b);
}

static enum ending round_of(const struct story *s, unsigned long n, unsigned long *count)
{
	struct bench b = {0};
	enum ending ending;
	void *rig = NULL;

	note_files(b.open_before);
	rig_setup(&rig);
	b.p = rig;
	s->prepare(&b);
	ending = strike(s, &b, n, count);
	heal(s, &b);
	free(b.pem);
	buf_clear(&b.key);
	rig_teardown(&rig);
	OPENSSL_thread_stop(); /* its list of errors */
	return ending;
}

/* What libraries keep for later they keep once: only what a second round leaves as well is lost. */
static enum ending rounds(const struct story *s, unsigned long n, bool tell)
{
	enum ending ending;
	unsigned long count = 0;
	long before = 0;

	for (int i = 0; i < ROUNDS; i++) {
		if (i > 0 || tell)
			oom_note(true);
		before = oom_live();
		ending = round_of(s, n, &count);
		if (ending == AT_ONCE || oom_live() == before)
			return ending;
	}
	fprintf(stderr, "%ld blocks are left\n", oom_live() - before);
	oom_tell();
	__real__exit(BAD_LEAK);
}

static void on_crash(int signal)
{
	void *frame[40];

	oom_disarm();
	backtrace_symbols_fd(frame, backtrace(frame, 40), STDERR_FILENO);
	raise(signal); /* the handler is gone by now */
}

/* In a process of its own, what it says into `said`; the answer is its status as waitpid() gives it. */
static int apart(const struct story *s, unsigned long n, int said)
{
	struct sigaction crash = {.sa_handler = on_crash, .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
	int status = 0;
	pid_t pid;

	fflush(stdout);
	assert_int_equal(ftruncate(said, 0), 0);
	lseek(said, 0, SEEK_SET);
	pid = fork();
	if (pid == 0) {
		dup2(said, STDERR_FILENO);
		dup2(said, STDOUT_FILENO);
		sigaction(SIGSEGV, &crash, NULL);
		sigaction(SIGBUS, &crash, NULL);
		sigaction(SIGABRT, &crash, NULL);
		alarm(HANG_SEC);
		__real__exit((int)rounds(s, n, false));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void show(int said)
{
	char part[4096];
	ssize_t got;

	lseek(said, 0, SEEK_SET);
	while ((got = read(said, part, sizeof part)) > 0)
		fwrite(part, 1, (size_t)got, stdout);
}

struct tally {
	size_t places;
	unsigned long all, tried, ending[ENDINGS], crashes, hangs, leaks, bad;
};

static void judge(const struct story *s, unsigned long n, int said, struct tally *t)
{
	const char *what;
	int status = apart(s, n, said);

	t->tried++;
	if (WIFEXITED(status) && WEXITSTATUS(status) < ENDINGS) {
		t->ending[WEXITSTATUS(status)]++;
		return;
	}
	if (WIFSIGNALED(status)) {
		what = WTERMSIG(status) == SIGALRM ? "it hangs" : "it crashes";
		t->hangs += WTERMSIG(status) == SIGALRM;
		t->crashes += WTERMSIG(status) != SIGALRM;
	} else if (WEXITSTATUS(status) == BAD_LEAK) {
		what = "memory is lost";
		t->leaks++;
	} else {
		what = WEXITSTATUS(status) == BAD_UNTYPED ? "an error that says nothing" : "a bad state is left";
		t->bad++;
	}
	printf("FAILED: %s, allocation %lu: %s\n", s->name, n, what);
	show(said);
}

static bool tell(const char *name, const struct tally *t)
{
	printf("%s: %lu allocations at %zu places, %lu failed once: %lu typed errors, %lu ended at once, %lu went on, %lu not reached; %lu crashes, "
	       "%lu hangs, %lu leaks, %lu bad states\n", name, t->all, t->places, t->tried, t->ending[TYPED], t->ending[AT_ONCE],
	       t->ending[WENT_ON], t->ending[NOT_STRUCK], t->crashes, t->hangs, t->leaks, t->bad);
	fflush(stdout);
	return t->crashes + t->hangs + t->leaks + t->bad == 0;
}

static bool all_of(const struct story *s, unsigned long seed, unsigned long step)
{
	struct tally t = {0};
	unsigned long *place;
	int said = memfd_create("said", MFD_CLOEXEC);

	assert_true(said >= 0);
	round_of(s, 0, &t.all); /* what is made once is made */
	oom_places_begin();
	round_of(s, 0, &t.all);
	place = oom_places_take(&t.places);
	for (size_t i = seed % step; i < t.places; i += step)
		judge(s, place[i], said, &t);
	free(place);
	close(said);
	return tell(s->name, &t);
}

static const struct story *story_named(const char *name)
{
	for (size_t i = 0; i < STORIES; i++)
		if (str_eq(stories[i].name, name))
			return &stories[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct story *one = argc > 2 ? story_named(argv[argc > 3 ? 3 : 1]) : NULL;
	unsigned long seed = argc > 2 ? strtoul(argv[1], NULL, 10) : 0, step = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
	unsigned long ignored;
	bool good = true;
	void *frame[1];

	if (backtrace(frame, 1) == 0) {
		printf("skipped: this C library does not tell who called\n");
		return 77;
	}
	if (one != NULL && argc == 3) {
		round_of(one, 0, &ignored);
		round_of(one, 0, &ignored);
		printf("ending %d\n", (int)rounds(one, step, true));
		return 0;
	}
	for (size_t i = 0; i < STORIES; i++)
		if (one == NULL || one == &stories[i])
			good = all_of(&stories[i], seed, step != 0 ? step : 1) && good;
	return good ? 0 : 1;
}
