#include "config.h"

#include "store/store.h"

#include <signal.h>
#include <sys/resource.h>

#include "pki/key.h"
#include "store_maker.h"
#include "skipping.h"

static void assert_live(struct store *s, const char *name, int number)
{
	struct store_generation g = {0};
	struct err e = ERR_INIT;
	bool found = false;

	assert_int_equal(store_generation_live(s, name, &g, &found, &e), 0);
	assert_int_equal(found, number != 0);
	if (number == 0)
		return;
	assert_int_equal(g.number, number);
	assert_int_equal(store_generation_check(s, name, number, &e), 0);
	store_generation_clear(&g);
}

static void test_life(void **state)
{
	struct place *p = *state;
	struct issued one = issued_make("a.jp");
	struct issued two = issued_make("a.jp");
	struct err e = ERR_INIT;
	struct strs names = {0};
	struct buf key;
	int *numbers = NULL;
	size_t count = 9;
	char target[100] = "";
	char *live = store_live_path(p->s, "a.jp", NULL);
	char *cert = store_live_path(p->s, "a.jp", "cert.pem");
	char *text;

	assert_live(p->s, "a.jp", 0);
	assert_int_equal(issued_begin(p->s, "a.jp", &one, &e), 1);
	assert_int_equal(place_mode(p, "generations/a.jp/000001/privkey.pem"), 0600);
	buf_init_secret(&key, KEY_PEM_MAX);
	assert_int_equal(store_generation_key(p->s, "a.jp", 1, &key, &e), 0);
	assert_string_equal(key.data, one.key_pem);
	buf_clear(&key);
	assert_int_equal(store_generation_switch(p->s, "a.jp", 1, &e), -1); /* not complete */
	assert_error(&e, ERR_IO, "000001 does not hold together");
	assert_int_equal(issued_finish(p->s, "a.jp", 1, &one, &e), 0);
	assert_live(p->s, "a.jp", 0);
	assert_int_equal(store_generation_switch(p->s, "a.jp", 1, &e), 0);
	assert_live(p->s, "a.jp", 1);
	assert_true(readlink(live, target, sizeof target - 1) > 0);
	assert_string_equal(target, "../generations/a.jp/000001");
	text = scratch_read(cert);
	assert_string_equal(text, one.cert);
	free(text);

	assert_int_equal(issued_put(p->s, "a.jp", &two, &e), 2);
	assert_live(p->s, "a.jp", 2);
	assert_int_equal(store_generation_switch(p->s, "a.jp", 1, &e), 0); /* and back */
	assert_live(p->s, "a.jp", 1);
	assert_int_equal(store_generation_drop(p->s, "a.jp", 1, &e), -1);
	assert_error(&e, ERR_INTERNAL, "is live");
	assert_int_equal(store_generation_numbers(p->s, "a.jp", &numbers, &count, &e), 0);
	assert_int_equal(count, 2);
	assert_int_equal(numbers[0], 1);
	assert_int_equal(numbers[1], 2);
	free(numbers);
	assert_int_equal(store_generation_drop(p->s, "a.jp", 2, &e), 0);
	assert_false(place_has(p, "generations/a.jp/000002"));
	assert_int_equal(store_live_names(p->s, &names, &e), 0);
	assert_int_equal(names.count, 1);
	assert_string_equal(names.item[0], "a.jp");
	strs_clear(&names);
	free(cert);
	free(live);
	issued_clear(&two);
	issued_clear(&one);
}

static void test_meta(void **state)
{
	struct place *p = *state;
	struct issued one = issued_make("a.jp");
	struct store_generation g = {0};
	struct err e = ERR_INIT;

	assert_int_equal(issued_put(p->s, "a.jp", &one, &e), 1);
	assert_int_equal(store_generation_load(p->s, "a.jp", 1, &g, &e), 0);
	assert_string_equal(g.name, "a.jp");
	assert_int_equal(g.names.count, 1);
	assert_string_equal(g.ca, "jprs");
	assert_string_equal(g.server, "https://ca.example/dir");
	assert_string_equal(g.account_url, "https://ca.example/acct/1");
	assert_string_equal(g.key_type, "ecdsa-p256");
	assert_string_equal(g.serial, "01");
	assert_string_equal(g.fingerprint, one.fingerprint);
	assert_string_equal(g.issuer, "CN=Test CA");
	assert_int_equal(g.not_before, 1000);
	assert_int_equal(g.not_after, 2000);
	assert_int_equal(g.issued_at, 1500);
	assert_string_equal(g.order_url, "https://ca.example/order/1");
	store_generation_clear(&g);
	issued_clear(&one);
}

/* What this version adds; a meta.json without it (test_meta) has none of it. */
static void test_meta_more(void **state)
{
	struct place *p = *state;
	struct issued one = issued_make("a.jp");
	struct store_pems pems = {one.cert, one.chain, one.fullchain};
	struct store_generation g = {.name = (char[]){"a.jp"}, .number = 1, .fingerprint = one.fingerprint, .not_after = 2000,
		.cert_id = (char[]){"aki.serial"}, .spki_sha256 = (char[]){"00ff"}, .intermediate = (char[]){"Test \\x07 CA"},
		.top_issuer = (char[]){"Root"}, .profile = (char[]){"shortlived"}};
	struct store_generation back = {0};
	struct err e = ERR_INIT;
	char *path = place_path(p, "generations/a.jp/000001/meta.json");
	char *text;

	strs_add(&g.names, "a.jp");
	assert_int_equal(issued_begin(p->s, "a.jp", &one, &e), 1);
	assert_int_equal(store_generation_finish(p->s, &g, &pems, &e), 0);
	assert_int_equal(store_generation_load(p->s, "a.jp", 1, &back, &e), 0);
	assert_string_equal(back.cert_id, "aki.serial");
	assert_string_equal(back.spki_sha256, "00ff");
	assert_string_equal(back.intermediate, "Test \\x07 CA");
	assert_string_equal(back.top_issuer, "Root");
	assert_string_equal(back.profile, "shortlived");
	assert_false(back.external_key);
	store_generation_clear(&back);
	assert_null(back.profile);

	text = str_fmt("{\"schema\": \"tegata.generation.v1\", \"name\": \"a.jp\", \"not_after\": 5, \"fingerprint\": \"%s\", "
	               "\"number\": 1, \"names\": [\"a.jp\"]}", one.fingerprint);
	scratch_write(path, text, 0600);
	free(text);
	assert_int_equal(store_generation_load(p->s, "a.jp", 1, &back, &e), 0);
	assert_null(back.cert_id);
	assert_null(back.spki_sha256);
	assert_null(back.intermediate);
	assert_null(back.top_issuer);
	assert_null(back.profile);
	assert_false(back.external_key);
	store_generation_clear(&back);
	strs_clear(&g.names);
	free(path);
	issued_clear(&one);
}

/* A complete generation is never written to again, nor does one become complete that does not fit together. */
static void test_finish_refuses(void **state)
{
	struct place *p = *state;
	struct issued one = issued_make("a.jp");
	struct issued two = issued_make("a.jp");
	struct issued mixed;
	struct err e = ERR_INIT;

	assert_int_equal(issued_finish(p->s, "a.jp", 1, &one, &e), -1);
	assert_error(&e, ERR_IO, "000001/privkey.pem");
	assert_int_equal(issued_begin(p->s, "a.jp", &one, &e), 1);
	assert_int_equal(issued_finish(p->s, "a.jp", 1, &two, &e), -1);
	assert_error(&e, ERR_IO, "is not the key of");
	mixed = one;
	mixed.fingerprint = two.fingerprint;
	assert_int_equal(issued_finish(p->s, "a.jp", 1, &mixed, &e), -1);
	assert_error(&e, ERR_IO, "meta.json");
	mixed = one;
	mixed.chain = two.chain;
	assert_int_equal(issued_finish(p->s, "a.jp", 1, &mixed, &e), -1);
	assert_error(&e, ERR_IO, "fullchain.pem");
	mixed.chain = one.chain;
	mixed.cert = (char[]){"-----BEGIN NOTHING-----\n"};
	assert_int_equal(issued_finish(p->s, "a.jp", 1, &mixed, &e), -1);
	assert_error(&e, ERR_IO, "does not hold together");
	assert_false(place_has(p, "generations/a.jp/000001/meta.json"));

	/* What an earlier try left is no hindrance. */
	place_write(p, "generations/a.jp/000001/cert.pem", "half a cert");
	place_write(p, "generations/a.jp/000001/.meta.json.tmp-17", "{");
	assert_int_equal(issued_finish(p->s, "a.jp", 1, &one, &e), 0);
	assert_false(place_has(p, "generations/a.jp/000001/.meta.json.tmp-17"));
	assert_int_equal(issued_finish(p->s, "a.jp", 1, &one, &e), -1);
	assert_error(&e, ERR_INTERNAL, "complete already");
	assert_int_equal(place_mode(p, "generations/a.jp/000001/cert.pem"), 0644);
	assert_int_equal(place_mode(p, "generations/a.jp/000001/chain.pem"), 0644);
	assert_int_equal(place_mode(p, "generations/a.jp/000001/fullchain.pem"), 0644);
	assert_int_equal(place_mode(p, "generations/a.jp/000001"), 0700);
	issued_clear(&two);
	issued_clear(&one);
}

static void test_numbers(void **state)
{
	struct place *p = *state;
	struct issued one = issued_make("a.jp");
	struct err e = ERR_INIT;
	static const struct { const char *below; int next; } cases[] = {
		{"generations/a.jp/000007", 8},
		{"generations/a.jp/9", 9},          /* none of ours */
		{"generations/a.jp/0000050", 10},   /* nor this */
		{"generations/a.jp/-00060", 11},
		{"generations/a.jp/1000000", 1000001},
		{"generations/a.jp/9999999999", 1000002},
	};
	char *path = place_path(p, "generations/a.jp");
	char *link = place_path(p, "live/b.jp");

	assert_int_equal(mkdir(path, 0700), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		str_replace(&path, place_path(p, cases[i].below));
		assert_int_equal(mkdir(path, 0700), 0);
		assert_int_equal(issued_begin(p->s, "a.jp", &one, &e), cases[i].next);
	}
	str_replace(&path, place_path(p, "generations/a.jp/999999999"));
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(issued_begin(p->s, "a.jp", &one, &e), -1);
	assert_error(&e, ERR_IO, "no number left");

	/* Under a live link that hangs in the air nothing unfinished appears. */
	assert_int_equal(symlink("../generations/b.jp/000004", link), 0);
	assert_int_equal(issued_begin(p->s, "b.jp", &one, &e), 5);
	free(link);
	free(path);
	issued_clear(&one);
}

static void test_crash_before_finish(void **state)
{
	struct place *p = *state;
	struct issued one = issued_make("a.jp");
	struct issued two = issued_make("a.jp");
	struct err e = ERR_INIT;
	struct store_journal j = {.name = (char[]){"a.jp"}, .ca = (char[]){"c"}, .server = (char[]){"s"}, .generation = 3};
	char *left;

	assert_int_equal(issued_put(p->s, "a.jp", &one, &e), 1);
	assert_int_equal(issued_begin(p->s, "a.jp", &two, &e), 2);
	assert_int_equal(issued_begin(p->s, "a.jp", &two, &e), 3);
	place_write(p, "generations/a.jp/000003/fullchain.pem", "ha");
	store_close(p->s);
	p->s = store_made(p->state);
	assert_live(p->s, "a.jp", 1);

	assert_int_equal(store_journal_save(p->s, &j, &e), 0);
	assert_int_equal(store_generation_sweep(p->s, "a.jp", &e), 0);
	left = place_list(p, "generations/a.jp");
	assert_string_equal(left, "000001 000003");
	free(left);
	assert_int_equal(issued_finish(p->s, "a.jp", 3, &two, &e), 0); /* resumed */
	assert_int_equal(issued_begin(p->s, "a.jp", &two, &e), 4);
	assert_int_equal(store_journal_remove(p->s, "a.jp", &e), 0);
	assert_int_equal(store_generation_sweep(p->s, "a.jp", &e), 0);
	left = place_list(p, "generations/a.jp");
	assert_string_equal(left, "000001 000003");
	free(left);
	assert_live(p->s, "a.jp", 1);
	assert_int_equal(store_generation_sweep(p->s, "never.jp", &e), 0);
	issued_clear(&two);
	issued_clear(&one);
}

/* A file of generation 1, which is live, is changed (NULL = removed); what both checks then say (NULL = all is well). */
struct damage {
	const char *file, *text, *live, *check;
};

static void assert_damage(struct place *p, const struct damage *d)
{
	char *below = str_fmt("generations/a.jp/000001/%s", d->file);
	char *path = place_path(p, below);
	char *good = scratch_read(path);
	struct store_generation g = {0};
	struct err e = ERR_INIT;
	bool found = false;

	if (d->text != NULL)
		place_write(p, below, d->text);
	else
		assert_int_equal(unlink(path), 0);
	if (d->live != NULL) {
		assert_int_equal(store_generation_live(p->s, "a.jp", &g, &found, &e), -1);
		assert_non_null(strstr(e.doing, "live/a.jp does not hold together"));
		assert_non_null(e.advice);
		assert_error(&e, ERR_IO, d->live);
	} else {
		assert_int_equal(store_generation_live(p->s, "a.jp", &g, &found, &e), 0);
		store_generation_clear(&g);
	}
	assert_int_equal(store_generation_check(p->s, "a.jp", 1, &e), -1);
	assert_error(&e, ERR_IO, d->check);
	assert_int_equal(store_generation_switch(p->s, "a.jp", 1, &e), -1);
	err_clear(&e);
	place_write(p, below, good);
	assert_live(p->s, "a.jp", 1);
	free(good);
	free(path);
	free(below);
}

#define META "{\"schema\": \"tegata.generation.v1\", \"name\": \"a.jp\", \"not_after\": 5, \"fingerprint\": \"00\", "

#define META_1 META "\"number\": 1, \"names\": [\"a.jp\"], "

static void test_damage(void **state)
{
	struct place *p = *state;
	struct issued one = issued_make("a.jp");
	struct issued two = issued_make("a.jp");
	const struct damage cases[] = {
		{"privkey.pem", NULL, "privkey.pem", "privkey.pem"},
		{"cert.pem", NULL, "cert.pem", "cert.pem"},
		{"chain.pem", NULL, "chain.pem", "chain.pem"},
		{"fullchain.pem", NULL, "fullchain.pem", "fullchain.pem"},
		{"meta.json", NULL, "meta.json", "meta.json"},
		{"privkey.pem", "", "is empty", "is empty"},
		{"privkey.pem", two.key_pem, NULL, "is not the key of"},
		{"privkey.pem", "garbage", NULL, "does not hold together"},
		{"cert.pem", two.cert, "cert.pem", "is not the key of"},
		{"cert.pem", "garbage", "fullchain.pem is not", "does not hold together"},
		{"chain.pem", "", "fullchain.pem is not", "fullchain.pem is not"},
		{"meta.json", "{}", "meta.json cannot be used", "meta.json cannot be used"},
		{"meta.json", META "\"number\": 2, \"names\": [\"a.jp\"]}", "another certificate", "another certificate"},
		{"meta.json", META "\"number\": 1, \"names\": [\"a.jp\"]}", "is not the certificate of", "is not the cert"},
		{"meta.json", META "\"number\": 1, \"names\": [7]}", "\"names\"", "\"names\""},
		{"meta.json", META "\"number\": 1, \"names\": []}", "\"names\"", "\"names\""},
		{"meta.json", META_1 "\"external_key\": 1}", "\"external_key\"", "\"external_key\""},
		{"meta.json", META_1 "\"external_key\": \"no\"}", "\"external_key\"", "\"external_key\""},
		{"meta.json", META_1 "\"cert_id\": 7}", "\"cert_id\"", "\"cert_id\""},
		{"meta.json", META_1 "\"spki_sha256\": []}", "\"spki_sha256\"", "\"spki_sha256\""},
		{"meta.json", META_1 "\"intermediate\": true}", "\"intermediate\"", "\"intermediate\""},
		{"meta.json", META_1 "\"top_issuer\": {}}", "\"top_issuer\"", "\"top_issuer\""},
		{"meta.json", META_1 "\"profile\": 1}", "\"profile\"", "\"profile\""},
		{"meta.json", META "\"number\": 0, \"names\": [\"a.jp\"]}", "another certificate", "another certificate"},
	};
	struct err e = ERR_INIT;

	assert_int_equal(issued_put(p->s, "a.jp", &one, &e), 1);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_damage(p, &cases[i]);
	issued_clear(&two);
	issued_clear(&one);
}

/* The same length, so that only the content tells. */
static void test_same_length(void **state)
{
	struct place *p = *state;
	struct issued one = issued_make("a.jp");
	struct err e = ERR_INIT;
	struct store_generation g = {0};
	char *middle;
	bool found;

	assert_int_equal(issued_put(p->s, "a.jp", &one, &e), 1);
	middle = one.fullchain + strlen(one.cert) + 100;
	*middle = *middle == 'A' ? 'B' : 'A';
	place_write(p, "generations/a.jp/000001/fullchain.pem", one.fullchain);
	assert_int_equal(store_generation_live(p->s, "a.jp", &g, &found, &e), 0);
	store_generation_clear(&g);
	assert_int_equal(store_generation_check(p->s, "a.jp", 1, &e), -1);
	assert_error(&e, ERR_IO, "fullchain.pem is not");
	issued_clear(&one);
}

static void test_live_links(void **state)
{
	struct place *p = *state;
	static const char *const targets[] = {
		"../generations/b.jp/000001", "../generations/a.jp/1", "../generations/a.jp/000001/", "/etc",
		"../generations/a.jp/../b.jp/000001", "../../x", "../generations/a.jp/000002", "../generations/a.jp/0000001",
	};
	struct issued one = issued_make("a.jp");
	struct issued two = issued_make("a.jp");
	struct store_generation g = {0};
	struct err e = ERR_INIT;
	char *link = place_path(p, "live/a.jp");
	bool found;
	int number;

	assert_int_equal(issued_put(p->s, "a.jp", &one, &e), 1);
	assert_int_equal(issued_put(p->s, "b.jp", &one, &e), 1);
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		assert_int_equal(unlink(link), 0);
		assert_int_equal(symlink(targets[i], link), 0);
		assert_int_equal(store_generation_live(p->s, "a.jp", &g, &found, &e), -1);
		assert_error(&e, ERR_IO, "live/a.jp does not hold together: ");
	}
	/* Issuing anew sets it right. */
	number = issued_put(p->s, "a.jp", &two, &e);
	assert_int_equal(number, 2);
	assert_live(p->s, "a.jp", 2);

	/* A folder is not ours to remove; whoever put it there is told. */
	assert_int_equal(unlink(link), 0);
	assert_int_equal(mkdir(link, 0700), 0);
	assert_int_equal(store_generation_live(p->s, "a.jp", &g, &found, &e), -1);
	assert_error(&e, ERR_IO, "it is not a link");
	assert_int_equal(store_generation_switch(p->s, "a.jp", 1, &e), -1);
	assert_error(&e, ERR_IO, "live/a.jp");
	free(link);
	issued_clear(&two);
	issued_clear(&one);
}

static const char *const way[] = {"", "generations", "generations/a.jp", "generations/a.jp/000001", "live"};
static const char *const private_folders[] = {"accounts", "state", "journal"};

static void test_shared_key(void **state)
{
	struct place *p = *state;
	struct issued one = issued_make("a.jp");
	struct err e = ERR_INIT;
	const struct fs_policy group = {.uid = (uid_t)-1, .gid = geteuid() == 0 ? NOBODY : getegid(), .mode = 0640};
	const struct fs_policy owner = {.uid = NOBODY, .gid = (gid_t)-1, .mode = 0400};
	struct stat st;
	char *path = place_path(p, "generations/a.jp/000001/privkey.pem");
	int number = 0;

	assert_int_equal(issued_put(p->s, "private.jp", &one, &e), 1);
	for (size_t i = 0; i < sizeof way / sizeof *way; i++) {
		if (!str_starts(way[i], "generations/a.jp"))
			assert_int_equal(place_mode(p, way[i]), 0700);
	}
	assert_int_equal(store_generation_begin(p->s, "a.jp", one.key_pem, strlen(one.key_pem), &group, &number, &e), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_gid, group.gid);
	assert_int_equal(st.st_uid, geteuid());
	for (size_t i = 0; i < sizeof way / sizeof *way; i++)
		assert_int_equal(place_mode(p, way[i]), 0711);
	for (size_t i = 0; i < sizeof private_folders / sizeof *private_folders; i++)
		assert_int_equal(place_mode(p, private_folders[i]), 0700);
	assert_int_equal(place_mode(p, "generations/private.jp"), 0700);
	assert_int_equal(place_mode(p, "generations/private.jp/000001/privkey.pem"), 0600);
	if (geteuid() == 0) {
		assert_int_equal(store_generation_begin(p->s, "o.jp", one.key_pem, strlen(one.key_pem), &owner, &number, &e), 0);
		str_replace(&path, place_path(p, "generations/o.jp/000001/privkey.pem"));
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_uid, NOBODY);
		assert_int_equal(st.st_mode & 07777, 0400);
		assert_int_equal(place_mode(p, "generations/o.jp"), 0711);
	}
	free(path);
	issued_clear(&one);
}

/* What somebody of the key's group sees of a store that is root's: the key through live/, and nothing else. */
static int reads_as_group(const char *dir)
{
	static const struct { const char *below; bool readable; } cases[] = {
		{"live/a.jp/privkey.pem", true}, {"live/a.jp/fullchain.pem", true}, {"live/private.jp/privkey.pem", false},
		{"live/private.jp/cert.pem", false}, {"accounts", false}, {"journal", false}, {"state", false}, {"live", false},
		{"generations/a.jp", false},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *path = str_fmt("%s/%s", dir, cases[i].below);
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		free(path);
		if ((fd >= 0) != cases[i].readable)
			return (int)i + 1;
	}
	return 0;
}

static void test_group_reads(void **state)
{
	struct place *p = *state;
	struct issued one = issued_make("a.jp");
	const struct fs_policy group = {.uid = (uid_t)-1, .gid = NOBODY, .mode = 0640};
	struct err e = ERR_INIT;
	int number = 0;
	char *unused = fs_join(p->dir, "unused");

	if (geteuid() != 0)
		SKIP_BECAUSE("only root can show it");
	assert_int_equal(mkdir(unused, 0700), 0);
	assert_int_equal(issued_put(p->s, "private.jp", &one, &e), 1);
	assert_int_equal(store_generation_begin(p->s, "a.jp", one.key_pem, strlen(one.key_pem), &group, &number, &e), 0);
	assert_int_equal(issued_finish(p->s, "a.jp", number, &one, &e), 0);
	assert_int_equal(store_generation_switch(p->s, "a.jp", number, &e), 0);
	assert_int_equal(as_nobody(reads_as_group, p->state), 0);
	assert_int_equal(chown(p->state, 0, 0), 0);
	free(unused);
	issued_clear(&one);
}

static void set_file_limit(rlim_t most)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = most < limit.rlim_max ? most : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Stands for a full disk: writes stop in the middle. */
static void test_no_room(void **state)
{
	struct place *p = *state;
	struct issued one = issued_make("a.jp");
	struct issued two = issued_make("a.jp");
	struct err e = ERR_INIT;
	struct store_state st = {.failures = 7};
	char *left;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(issued_put(p->s, "a.jp", &one, &e), 1);
	assert_int_equal(store_state_save(p->s, "a.jp", &st, &e), 0);
	set_file_limit(20);
	assert_int_equal(issued_begin(p->s, "a.jp", &two, &e), -1);
	assert_int_equal(e.sys_errno, EFBIG);
	assert_error(&e, ERR_IO, "000002/privkey.pem");
	st.failures = 8;
	assert_int_equal(store_state_save(p->s, "a.jp", &st, &e), -1);
	assert_error(&e, ERR_IO, "state/a.jp.json");
	set_file_limit(RLIM_INFINITY);
	left = place_list(p, "generations/a.jp");
	assert_string_equal(left, "000001");
	free(left);
	left = place_list(p, "state");
	assert_string_equal(left, "a.jp.json");
	free(left);
	assert_int_equal(store_state_load(p->s, "a.jp", &st, &e), 0);
	assert_int_equal(st.failures, 7);

	assert_int_equal(issued_begin(p->s, "a.jp", &two, &e), 2);
	set_file_limit(strlen(two.fullchain) - 1);
	assert_int_equal(issued_finish(p->s, "a.jp", 2, &two, &e), -1);
	assert_error(&e, ERR_IO, "000002/fullchain.pem");
	set_file_limit(RLIM_INFINITY);
	assert_live(p->s, "a.jp", 1);
	assert_int_equal(issued_finish(p->s, "a.jp", 2, &two, &e), 0);
	assert_int_equal(store_generation_switch(p->s, "a.jp", 2, &e), 0);
	assert_live(p->s, "a.jp", 2);
	issued_clear(&two);
	issued_clear(&one);
}

static struct issued shared_issued[2];

#define EXPECT(condition) \
	do { \
		if (!(condition)) \
			return __LINE__; \
	} while (0)

static int meets_read_only(const char *dir)
{
	struct err e = ERR_INIT;
	struct store *s = NULL;
	struct store_generation g = {0};
	struct store_state st = {0};
	bool found = false;
	char *state = fs_join(dir, "s");
	char *folder;

	EXPECT(store_open(state, &s, &e) == 0 && store_lock(s, 0, &e) == 0);
	EXPECT(issued_put(s, "a.jp", &shared_issued[0], &e) == 1);

	folder = fs_join(state, "generations/a.jp");
	EXPECT(chmod(folder, 0500) == 0);
	EXPECT(issued_begin(s, "a.jp", &shared_issued[1], &e) == -1);
	EXPECT(e.kind == ERR_IO && e.sys_errno == EACCES && strstr(e.cause, "000002") != NULL);
	err_clear(&e);
	EXPECT(chmod(folder, 0700) == 0);

	EXPECT(issued_begin(s, "a.jp", &shared_issued[1], &e) == 2);
	EXPECT(issued_finish(s, "a.jp", 2, &shared_issued[1], &e) == 0);
	str_replace(&folder, fs_join(state, "live"));
	EXPECT(chmod(folder, 0500) == 0);
	EXPECT(store_generation_switch(s, "a.jp", 2, &e) == -1);
	EXPECT(e.kind == ERR_IO && e.sys_errno == EACCES && strstr(e.cause, "live/a.jp") != NULL);
	err_clear(&e);
	EXPECT(store_generation_live(s, "a.jp", &g, &found, &e) == 0 && found && g.number == 1);
	store_generation_clear(&g);
	EXPECT(chmod(folder, 0700) == 0);
	EXPECT(store_generation_switch(s, "a.jp", 2, &e) == 0);

	/* Not being allowed to read is neither damage nor emptiness. */
	str_replace(&folder, fs_join(state, "state"));
	EXPECT(store_state_save(s, "a.jp", &st, &e) == 0 && chmod(folder, 0) == 0);
	EXPECT(store_state_load(s, "a.jp", &st, &e) == -1 && e.kind == ERR_IO && strstr(e.cause, "a.jp.json") != NULL);
	err_clear(&e);
	EXPECT(chmod(folder, 0700) == 0);
	str_replace(&folder, fs_join(state, "generations/a.jp/000002"));
	EXPECT(chmod(folder, 0) == 0);
	EXPECT(store_generation_live(s, "a.jp", &g, &found, &e) == -1 && e.kind == ERR_IO && e.sys_errno == EACCES);
	EXPECT(e.doing == NULL);
	err_clear(&e);
	EXPECT(chmod(folder, 0700) == 0);

	free(folder);
	free(state);
	store_close(s);
	return 0;
}

static void test_read_only(void **state)
{
	struct place *p = *state;
	char *dir = fs_join(p->dir, "theirs");

	shared_issued[0] = issued_make("a.jp");
	shared_issued[1] = issued_make("a.jp");
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(as_nobody(meets_read_only, dir), 0);
	issued_clear(&shared_issued[0]);
	issued_clear(&shared_issued[1]);
	free(dir);
}

static int64_t now_us(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Killed at every delay up to that of some four issues: what is live always holds together, the lock is free, and the next run goes on. */
static void test_killed(void **state)
{
	struct place *p = *state;
	struct issued two[2] = {issued_make("a.jp"), issued_make("a.jp")};
	struct err e = ERR_INIT;
	int64_t one_us = now_us();

	assert_int_equal(issued_put(p->s, "a.jp", &two[0], &e), 1);
	one_us = now_us() - one_us;
	store_close(p->s);
	for (int round = 0; round < 60; round++) {
		int64_t delay_us = one_us * round / 15;
		struct timespec delay = {.tv_sec = delay_us / 1000000, .tv_nsec = delay_us % 1000000 * 1000};
		struct store_generation g = {0};
		bool found = false;
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			struct store *s = NULL;

			if (store_open(p->state, &s, &e) != 0 || store_lock(s, 0, &e) != 0)
				_exit(1);
			for (int i = 0;; i++) {
				int number = issued_put(s, "a.jp", &two[i % 2], &e);

				if (number < 0 || (number > 2 && store_generation_drop(s, "a.jp", number - 2, &e) != 0))
					_exit(1);
			}
		}
		nanosleep(&delay, NULL);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		assert_int_equal(store_open(p->state, &p->s, &e), 0);
		assert_int_equal(store_lock(p->s, 0, &e), 0);
		assert_int_equal(store_generation_live(p->s, "a.jp", &g, &found, &e), 0);
		assert_true(found);
		assert_int_equal(store_generation_check(p->s, "a.jp", g.number, &e), 0);
		assert_int_equal(store_generation_sweep(p->s, "a.jp", &e), 0);
		store_generation_clear(&g);
		store_close(p->s);
	}
	p->s = store_made(p->state);
	assert_true(issued_put(p->s, "a.jp", &two[0], &e) > 2);
	issued_clear(&two[0]);
	issued_clear(&two[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_meta, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_meta_more, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_finish_refuses, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_numbers, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_crash_before_finish, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_damage, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_same_length, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_live_links, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_shared_key, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_group_reads, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_no_room, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_read_only, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_killed, place_setup, place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
