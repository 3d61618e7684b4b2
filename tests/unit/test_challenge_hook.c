#include "config.h"

#include "solve/challenge_hook.h"

#include "scratch.h"

#define TOKEN "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
#define KEY_AUTHORIZATION TOKEN ".9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"
#define VALUE "gfj9Xq0Ta5FWSVQ3QJ1Z3iQ0Y7QKpSPzDbPzZ6pxd5I"

struct bed {
	char *dir, *out;
	struct hook_spec record;  /* writes its arguments and the interesting part of its environment to `out` */
	struct hook_spec other;
	struct strs names;
	struct solver_set *set;
};

static void put_script(const char *dir, const char *name, const char *body)
{
	char *path = fs_join(dir, name);
	char *text = str_fmt("#!/bin/sh\n%s\n", body);

	scratch_write(path, text, 0755);
	free(text);
	free(path);
}

static int setup(void **state)
{
	struct bed *b = mem_new(1, sizeof *b);
	struct solver_options options = {.worker_user = NULL};
	struct err e = ERR_INIT;

	b->dir = scratch_make();
	b->out = fs_join(b->dir, "out");
	options.hook_dirs.local = b->dir;
	assert_int_equal(solver_open(&options, &b->set, &e), 0);
	put_script(b->dir, "record", "{ echo \"$*\"; env | grep -E '^(TEGATA|CERTBOT)_' | LC_ALL=C sort; } >>\"$OUT\"\n"
	           "echo '  said so '");
	put_script(b->dir, "fail", "echo \"$*\" >>\"$OUT\"; echo 'no such zone' >&2; exit 1");
	strs_add(&b->record.words, "record");
	strs_take(&b->record.env, str_fmt("OUT=%s", b->out));
	hook_copy(&b->other, &b->record);
	strs_add(&b->names, "*.example.jp");
	strs_add(&b->names, "example.jp");
	strs_add(&b->names, "www.example.jp");
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bed *b = *state;

	solver_close(b->set);
	scratch_remove(b->dir);
	free(b->out);
	hook_clear(&b->record);
	hook_clear(&b->other);
	strs_clear(&b->names);
	free(b);
	return 0;
}

static struct solver_task task_of(struct bed *b, enum solver_type type)
{
	return (struct solver_task){
		.plan = {.type = type, .method = SOLVER_HOOK, .present = &b->record},
		.certificate = "www", .identifier = "example.jp", .token = TOKEN, .key_authorization = KEY_AUTHORIZATION,
		.record_name = "_acme-challenge.example.jp", .record_value = VALUE, .all_names = &b->names, .remaining = 2,
	};
}

/* What the hooks wrote since the last look. */
static void wrote(struct bed *b, const char *want)
{
	char *text = scratch_read(b->out);

	if (want == NULL) {
		assert_null(text);
		return;
	}
	assert_non_null(text);
	assert_string_equal(text, want);
	free(text);
	assert_int_equal(unlink(b->out), 0);
}

static void http_variables(void **state)
{
	struct bed *b = *state;
	struct solver_task t = task_of(b, SOLVER_HTTP_01);
	struct err e = ERR_INIT;

	assert_int_equal(solver_present(b->set, &t, &e), 0);
	assert_true(t.presented);
	assert_string_equal(t.auth_output, "said so");
	wrote(b, "present example.jp\n"
	         "CERTBOT_ALL_DOMAINS=example.jp,example.jp,www.example.jp\n"
	         "CERTBOT_ALL_IDENTIFIERS=example.jp,example.jp,www.example.jp\n"
	         "CERTBOT_DOMAIN=example.jp\n"
	         "CERTBOT_IDENTIFIER=example.jp\n"
	         "CERTBOT_REMAINING_CHALLENGES=2\n"
	         "CERTBOT_TOKEN=" TOKEN "\n"
	         "CERTBOT_VALIDATION=" KEY_AUTHORIZATION "\n"
	         "TEGATA_CERT_NAME=www\n"
	         "TEGATA_IDENTIFIER=example.jp\n"
	         "TEGATA_KEY_AUTHORIZATION=" KEY_AUTHORIZATION "\n"
	         "TEGATA_STAGE=present\n"
	         "TEGATA_TOKEN=" TOKEN "\n"
	         "TEGATA_TYPE=http-01\n"
	         "TEGATA_WILDCARD=0\n");
	assert_int_equal(solver_ready(b->set, &e), 0);
	assert_int_equal(solver_cleanup(b->set, &t, &e), 0);
	assert_false(t.presented);
	solver_task_clear(&t);
}

static void dns_variables_at_cleanup(void **state)
{
	struct bed *b = *state;
	struct solver_task t = task_of(b, SOLVER_DNS_01);
	struct err e = ERR_INIT;

	t.wildcard = true;
	t.presented = true;
	t.auth_output = str_dup("id 7\nid 8");
	assert_int_equal(solver_cleanup(b->set, &t, &e), 0);
	wrote(b, "cleanup example.jp\n"
	         "CERTBOT_ALL_DOMAINS=example.jp,example.jp,www.example.jp\n"
	         "CERTBOT_ALL_IDENTIFIERS=example.jp,example.jp,www.example.jp\n"
	         "CERTBOT_AUTH_OUTPUT=id 7\n"
	         "CERTBOT_DOMAIN=example.jp\n"
	         "CERTBOT_IDENTIFIER=example.jp\n"
	         "CERTBOT_REMAINING_CHALLENGES=2\n"
	         "CERTBOT_VALIDATION=" VALUE "\n"
	         "TEGATA_CERT_NAME=www\n"
	         "TEGATA_IDENTIFIER=example.jp\n"
	         "TEGATA_KEY_AUTHORIZATION=" KEY_AUTHORIZATION "\n"
	         "TEGATA_RECORD_NAME=_acme-challenge.example.jp\n"
	         "TEGATA_RECORD_VALUE=" VALUE "\n"
	         "TEGATA_STAGE=cleanup\n"
	         "TEGATA_TOKEN=" TOKEN "\n"
	         "TEGATA_TYPE=dns-01\n"
	         "TEGATA_WILDCARD=1\n");
	solver_task_clear(&t);
}

static void certbots_pair(void **state)
{
	struct bed *b = *state;
	struct solver_task t = task_of(b, SOLVER_DNS_01);
	struct err e = ERR_INIT;

	b->record.plain_args = true;
	b->record.shell = str_dup("echo \"auth $#\" >>\"$OUT\"; echo record-17");
	b->other.plain_args = true;
	b->other.shell = str_dup("echo \"clean $CERTBOT_AUTH_OUTPUT\" >>\"$OUT\"");
	t.plan.cleanup = &b->other;
	assert_int_equal(solver_present(b->set, &t, &e), 0);
	assert_int_equal(solver_cleanup(b->set, &t, &e), 0);
	wrote(b, "auth 0\nclean record-17\n");
	solver_task_clear(&t);
}

static void certbots_auth_hook_is_not_run_again(void **state)
{
	struct bed *b = *state;
	struct solver_task t = task_of(b, SOLVER_DNS_01);
	struct hook_spec unset = {0};
	struct err e = ERR_INIT;

	b->record.plain_args = true;
	t.plan.cleanup = &unset;
	assert_int_equal(solver_present(b->set, &t, &e), 0);
	assert_int_equal(unlink(b->out), 0);
	assert_int_equal(solver_cleanup(b->set, &t, &e), 0);
	wrote(b, NULL);
	solver_task_clear(&t);
}

static void a_failing_hook_is_owed_its_cleanup(void **state)
{
	struct bed *b = *state;
	struct solver_task t = task_of(b, SOLVER_DNS_01);
	struct err e = ERR_INIT;
	char *text;

	str_replace(&b->record.words.item[0], str_dup("fail"));
	assert_int_equal(solver_present(b->set, &t, &e), -1);
	assert_int_equal(e.kind, ERR_CHALLENGE);
	text = err_text(&e);
	assert_string_equal(text, "the hook \"fail\" failed with exit status 1: no such zone");
	free(text);
	assert_true(t.presented);
	err_clear(&e);
	assert_int_equal(solver_cleanup(b->set, &t, &e), -1);
	assert_int_equal(e.kind, ERR_CHALLENGE);
	assert_false(t.presented);
	wrote(b, "present example.jp\ncleanup example.jp\n");
	err_clear(&e);
	solver_task_clear(&t);
}

static void a_hook_that_is_not_there_owes_nothing(void **state)
{
	struct bed *b = *state;
	struct solver_task t = task_of(b, SOLVER_DNS_01);
	struct err e = ERR_INIT;

	str_replace(&b->record.words.item[0], str_dup("nothing"));
	assert_int_equal(solver_present(b->set, &t, &e), -1);
	assert_int_equal(e.kind, ERR_CHALLENGE);
	assert_false(t.presented);
	err_clear(&e);
}

static void hostile_values_never_reach_a_hook(void **state)
{
	static const struct { const char *identifier, *name, *value, *token; } table[] = {
		{"example.jp\nupdate delete", "_acme-challenge.example.jp", VALUE, TOKEN},
		{"-v", "_acme-challenge.example.jp", VALUE, TOKEN},
		{"", "_acme-challenge.example.jp", VALUE, TOKEN},
		{NULL, "_acme-challenge.example.jp", VALUE, TOKEN},
		{"example.jp", "_acme-challenge.example.jp 60 A", VALUE, TOKEN},
		{"example.jp", NULL, VALUE, TOKEN},
		{"example.jp", "_acme-challenge.example.jp", "a\" \"b", TOKEN},
		{"example.jp", "_acme-challenge.example.jp", "", TOKEN},
		{"example.jp", "_acme-challenge.example.jp", VALUE, "../x"},
	};
	struct bed *b = *state;

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct solver_task t = task_of(b, SOLVER_DNS_01);
		struct err e = ERR_INIT;

		t.identifier = table[i].identifier;
		t.record_name = table[i].name;
		t.record_value = table[i].value;
		t.token = table[i].token;
		assert_int_equal(solver_present(b->set, &t, &e), -1);
		assert_int_equal(e.kind, ERR_CHALLENGE);
		err_clear(&e);
		t.presented = true;
		assert_int_equal(solver_cleanup(b->set, &t, &e), -1);
		err_clear(&e);
	}
	wrote(b, NULL);
}

static void the_last_guard_holds(void **state)
{
	struct bed *b = *state;
	struct solver_task t = task_of(b, SOLVER_DNS_01);
	struct strs env = {0};
	struct err e = ERR_INIT;

	t.certificate = "www\nX=1";
	assert_int_equal(challenge_hook_env(&t, "present", &env, &e), -1);
	assert_non_null(strstr(e.cause, "TEGATA_CERT_NAME"));
	err_clear(&e);
	strs_clear(&env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(http_variables, setup, teardown),
		cmocka_unit_test_setup_teardown(dns_variables_at_cleanup, setup, teardown),
		cmocka_unit_test_setup_teardown(certbots_pair, setup, teardown),
		cmocka_unit_test_setup_teardown(certbots_auth_hook_is_not_run_again, setup, teardown),
		cmocka_unit_test_setup_teardown(a_failing_hook_is_owed_its_cleanup, setup, teardown),
		cmocka_unit_test_setup_teardown(a_hook_that_is_not_there_owes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(hostile_values_never_reach_a_hook, setup, teardown),
		cmocka_unit_test_setup_teardown(the_last_guard_holds, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
