/* A fake CA, a clock that stands still, and a session with an account. Every function ends the test when something is wrong. */
#ifndef TEGATA_TESTS_ACME_MAKER_H
#define TEGATA_TESTS_ACME_MAKER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "../fake/fake_ca.h"
#include "../fake/fake_clock.h"
#include "acme/account.h"
#include "acme/session.h"

struct world {
	struct fake_clock clock;
	struct fake_ca ca;
	struct session *session;
	struct key *key;
	char *account_url;
};

static inline int world_setup(void **state)
{
	struct world *w = mem_new(1, sizeof *w);

	sig_install();
	sig_reset();
	fake_clock_init(&w->clock, (int64_t)time(NULL));
	fake_ca_init(&w->ca, &w->clock.clock);
	*state = w;
	return 0;
}

static inline int world_teardown(void **state)
{
	struct world *w = *state;

	sig_reset();
	session_close(w->session);
	key_free(w->key);
	free(w->account_url);
	fake_ca_clear(&w->ca);
	free(w);
	return 0;
}

static inline void world_open(struct world *w, int nonce_window)
{
	struct session_options o = { .port = &w->ca.port, .clock = &w->clock.clock, .directory_url = FAKE_DIRECTORY_URL,
	                             .nonce_window = nonce_window };
	struct err e = ERR_INIT;

	if (session_open(&o, &w->session, &e) != 0)
		fail_msg("session_open: %s", e.cause);
}

static inline void world_register(struct world *w)
{
	struct account_request q = { .terms_agreed = true };
	struct err e = ERR_INIT;
	bool existed = true;

	if (w->session == NULL)
		world_open(w, 0);
	if (w->key == NULL)
		assert_int_equal(key_generate(KEY_EC_P256, &w->key, &e), 0);
	q.key = w->key;
	if (account_create(w->session, &q, &w->account_url, &existed, &e) != 0)
		fail_msg("account_create: %s", e.cause);
	assert_false(existed);
	session_set_account(w->session, w->key, w->account_url);
}

/* e holds this kind of error and the text; it is empty again afterwards. */
static inline void world_error(struct err *e, enum err_kind kind, const char *text)
{
	char *all = err_text(e);

	assert_string_equal(err_kind_name(e->kind), err_kind_name(kind));
	if (text != NULL && strstr(all, text) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", text, all);
	free(all);
	err_clear(e);
}

/* newOrder's payload. */
static inline char *world_order_payload(const char *name)
{
	return str_fmt("{\"identifiers\":[{\"type\":\"dns\",\"value\":\"%s\"}]}", name);
}

#endif
