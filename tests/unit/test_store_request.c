#include "config.h"

#include "store/store.h"

#include "killer.h"
#include "pki/csr.h"
#include "pki/key.h"

#define NAME "a.jp"

static struct issued one, two;
static struct buf request, other_request;

static void make_request(const struct issued *i, struct buf *der)
{
	struct strs names = {0};
	struct key *key = NULL;
	struct err e = ERR_INIT;

	strs_add(&names, NAME);
	buf_init(der, CSR_PEM_MAX);
	assert_int_equal(key_load_pem(i->key_pem, strlen(i->key_pem), &key, &e), 0);
	assert_int_equal(csr_make(key, &names, der, &e), 0);
	key_free(key);
	strs_clear(&names);
}

static int make_all(void **state)
{
	(void)state;
	one = issued_make(NAME);
	two = issued_make(NAME);
	make_request(&one, &request);
	make_request(&two, &other_request);
	return 0;
}

static int clear_all(void **state)
{
	(void)state;
	buf_clear(&request);
	buf_clear(&other_request);
	issued_clear(&one);
	issued_clear(&two);
	return 0;
}

static int begin_request(struct store *s, const struct buf *der, struct err *e)
{
	int number = 0;

	return store_generation_begin_request(s, NAME, der->data, der->len, &number, e) == 0 ? number : -1;
}

static int finish(struct store *s, int number, bool external, const struct issued *i, struct err *e)
{
	struct store_pems pems = {i->cert, i->chain, i->fullchain};
	struct store_generation g = {.name = (char[]){NAME}, .number = number, .fingerprint = i->fingerprint, .not_after = 2000,
	                             .external_key = external};
	int rc;

	strs_add(&g.names, NAME);
	rc = store_generation_finish(s, &g, &pems, e);
	strs_clear(&g.names);
	return rc;
}

static void write_request(const struct place *p, const char *below, const struct buf *der)
{
	char *path = place_path(p, below);
	struct err e = ERR_INIT;

	assert_int_equal(fs_write_atomic(path, der->data, der->len, NULL, &e), 0);
	free(path);
}

static void test_life(void **state)
{
	struct place *p = *state;
	struct store_generation g = {0};
	struct err e = ERR_INIT;
	struct buf back;
	bool found = false;
	char *left;

	buf_init(&back, CSR_PEM_MAX);
	assert_int_equal(begin_request(p->s, &request, &e), 1);
	assert_int_equal(store_generation_request(p->s, NAME, 1, &back, &e), 0);
	assert_int_equal(back.len, request.len);
	assert_memory_equal(back.data, request.data, request.len);
	assert_int_equal(store_generation_key(p->s, NAME, 1, &back, &e), -1);
	assert_error(&e, ERR_IO, "000001/privkey.pem");
	assert_int_equal(store_generation_switch(p->s, NAME, 1, &e), -1);
	assert_error(&e, ERR_IO, "000001 does not hold together");
	assert_int_equal(finish(p->s, 1, true, &one, &e), 0);
	assert_int_equal(finish(p->s, 1, true, &one, &e), -1);
	assert_error(&e, ERR_INTERNAL, "complete already");
	assert_int_equal(store_generation_switch(p->s, NAME, 1, &e), 0);
	assert_int_equal(store_generation_live(p->s, NAME, &g, &found, &e), 0);
	assert_true(found && g.external_key);
	store_generation_clear(&g);
	left = place_list(p, "live/" NAME);
	assert_string_equal(left, "cert.pem chain.pem fullchain.pem meta.json request.der");
	free(left);

	/* One with a key of ours takes its place, and the other way round. */
	assert_int_equal(issued_put(p->s, NAME, &two, &e), 2);
	assert_int_equal(store_generation_request(p->s, NAME, 2, &back, &e), -1);
	assert_error(&e, ERR_IO, "000002/request.der");
	assert_int_equal(begin_request(p->s, &request, &e), 3);
	assert_int_equal(finish(p->s, 3, true, &one, &e), 0);
	assert_int_equal(store_generation_switch(p->s, NAME, 3, &e), 0);
	assert_int_equal(store_generation_drop(p->s, NAME, 1, &e), 0);
	assert_int_equal(store_generation_switch(p->s, NAME, 2, &e), 0);
	buf_clear(&back);
}

static void test_refused(void **state)
{
	struct place *p = *state;
	struct buf empty;
	struct buf back;
	struct err e = ERR_INIT;
	char *left;
	int number = 0;

	buf_init(&empty, 10);
	buf_init(&back, 10);
	assert_int_equal(begin_request(p->s, &empty, &e), -1);
	assert_error(&e, ERR_INTERNAL, "0 bytes");
	assert_int_equal(store_generation_begin_request(p->s, NAME, "x", CSR_PEM_MAX + 1, &number, &e), -1);
	assert_error(&e, ERR_INTERNAL, "65537 bytes");
	assert_int_equal(store_generation_begin_request(p->s, "../x", "x", 1, &number, &e), -1);
	assert_error(&e, ERR_INTERNAL, "cannot be a name");
	assert_int_equal(store_generation_request(p->s, "../x", 1, &back, &e), -1);
	assert_error(&e, ERR_INTERNAL, "cannot be a name");
	assert_int_equal(store_generation_request(p->s, NAME, 0, &back, &e), -1);
	assert_error(&e, ERR_INTERNAL, "cannot have a generation 0");

	assert_int_equal(begin_request(p->s, &other_request, &e), 1);
	assert_int_equal(finish(p->s, 1, true, &one, &e), -1);
	assert_error(&e, ERR_IO, "request.der is of another key than cert.pem");
	assert_int_equal(finish(p->s, 1, false, &two, &e), -1); /* it has no key, whatever is said */
	assert_error(&e, ERR_IO, "000001/privkey.pem");
	assert_int_equal(issued_begin(p->s, NAME, &one, &e), 2);
	assert_int_equal(finish(p->s, 2, true, &one, &e), -1);
	assert_error(&e, ERR_IO, "000002/request.der");
	left = place_list(p, "generations/" NAME "/000001");
	assert_string_equal(left, "request.der");
	free(left);
	buf_clear(&back);
	buf_clear(&empty);
}

static void test_damage(void **state)
{
	struct place *p = *state;
	char *path = place_path(p, "generations/" NAME "/000001/request.der");
	struct store_generation g = {0};
	struct err e = ERR_INIT;
	bool found;

	assert_int_equal(begin_request(p->s, &request, &e), 1);
	assert_int_equal(finish(p->s, 1, true, &one, &e), 0);
	assert_int_equal(store_generation_switch(p->s, NAME, 1, &e), 0);

	/* Of another key, or nonsense: only the whole check reads it. */
	write_request(p, "generations/" NAME "/000001/request.der", &other_request);
	assert_int_equal(store_generation_live(p->s, NAME, &g, &found, &e), 0);
	store_generation_clear(&g);
	assert_int_equal(store_generation_check(p->s, NAME, 1, &e), -1);
	assert_error(&e, ERR_IO, "request.der is of another key than cert.pem");
	place_write(p, "generations/" NAME "/000001/request.der", "nonsense");
	assert_int_equal(store_generation_check(p->s, NAME, 1, &e), -1);
	assert_error(&e, ERR_IO, "000001 does not hold together");

	assert_int_equal(unlink(path), 0);
	assert_int_equal(store_generation_live(p->s, NAME, &g, &found, &e), -1);
	assert_error(&e, ERR_IO, "request.der");
	place_write(p, "generations/" NAME "/000001/privkey.pem", one.key_pem); /* no help: meta.json says what there is */
	assert_int_equal(store_generation_check(p->s, NAME, 1, &e), -1);
	assert_error(&e, ERR_IO, "request.der");
	assert_int_equal(store_generation_switch(p->s, NAME, 1, &e), -1);
	assert_error(&e, ERR_IO, "request.der");
	write_request(p, "generations/" NAME "/000001/request.der", &request);
	assert_int_equal(store_generation_check(p->s, NAME, 1, &e), 0);
	free(path);
}

/* An order that is under way keeps its generation, and can be gone on with from what the journal says. */
static void test_resumed(void **state)
{
	struct place *p = *state;
	struct store_journal j = {.name = (char[]){NAME}, .ca = (char[]){"c"}, .server = (char[]){"s"},
	                          .order_url = (char[]){"https://ca.example/order/1"},
	                          .finalize_url = (char[]){"https://ca.example/order/1/f"}};
	struct store_journal back = {0};
	struct err e = ERR_INIT;
	struct buf der;
	bool found = false;
	char *left;

	assert_int_equal(begin_request(p->s, &request, &e), 1);
	j.generation = begin_request(p->s, &request, &e);
	assert_int_equal(store_journal_save(p->s, &j, &e), 0);
	store_close(p->s); /* the end of that run */
	p->s = store_made(p->state);
	assert_int_equal(store_generation_sweep(p->s, NAME, &e), 0);
	left = place_list(p, "generations/" NAME);
	assert_string_equal(left, "000002");
	free(left);
	assert_int_equal(store_journal_load(p->s, NAME, &back, &found, &e), 0);
	assert_true(found);
	assert_int_equal(back.generation, 2);
	assert_string_equal(back.order_url, j.order_url);
	assert_string_equal(back.finalize_url, j.finalize_url);
	buf_init(&der, CSR_PEM_MAX);
	assert_int_equal(store_generation_request(p->s, NAME, back.generation, &der, &e), 0);
	assert_int_equal(finish(p->s, back.generation, true, &one, &e), 0);
	assert_int_equal(store_generation_switch(p->s, NAME, 2, &e), 0);
	buf_clear(&der);
	store_journal_clear(&back);
}

static void live_one(struct place *p)
{
	char *folder = place_path(p, "generations/" NAME);
	struct err e = ERR_INIT;

	assert_int_equal(fs_remove_tree(folder, &e), 0);
	free(folder);
	folder = place_path(p, "live/" NAME);
	assert_int_equal(fs_remove_tree(folder, &e), 0);
	free(folder);
	assert_int_equal(begin_request(p->s, &request, &e), 1);
	assert_int_equal(finish(p->s, 1, true, &one, &e), 0);
	assert_int_equal(store_generation_switch(p->s, NAME, 1, &e), 0);
}

static int issues_another(struct store *s)
{
	struct err e = ERR_INIT;

	if (begin_request(s, &other_request, &e) != 2 || finish(s, 2, true, &two, &e) != 0)
		return __LINE__;
	return store_generation_switch(s, NAME, 2, &e) == 0 ? 0 : __LINE__;
}

static void one_or_two(struct place *p, bool done)
{
	struct store_generation g = {0};
	struct err e = ERR_INIT;
	int *list = NULL;
	size_t count = 0;
	bool found = false;

	assert_int_equal(store_generation_live(p->s, NAME, &g, &found, &e), 0);
	assert_true(found && (g.number == 2 || (!done && g.number == 1)));
	assert_int_equal(store_generation_sweep(p->s, NAME, &e), 0);
	assert_int_equal(store_generation_numbers(p->s, NAME, &list, &count, &e), 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(store_generation_check(p->s, NAME, list[i], &e), 0);
	assert_int_equal(place_has(p, "generations/" NAME "/000002"), count == 2);
	store_generation_clear(&g);
	free(list);
}

static void test_killed(void **state)
{
	struct place *p = *state;

	assert_true(killer_everywhere(p, live_one, issues_another, one_or_two) > 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_refused, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_damage, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_resumed, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_killed, place_setup, place_teardown),
	};

	return cmocka_run_group_tests(tests, make_all, clear_all);
}
