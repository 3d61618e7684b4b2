#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/log.h"
#include "net/http.h"
#include "run/job.h"

int job_resume_forget(struct site *s, const char *name, struct err *e)
{
	struct store_journal journal = {0};
	bool found = false;
	int rc = store_journal_load(s->store, name, &journal, &found, e);

	if (rc == 0 && found && journal.generation > 0)
		rc = store_generation_drop(s->store, name, journal.generation, e);
	if (rc == 0 && found)
		rc = store_journal_remove(s->store, name, e);
	store_journal_clear(&journal);
	return rc;
}

static bool take_request(const struct job *j, struct site *s, int number)
{
	struct err ignored = ERR_INIT;
	struct buf kept, wanted;
	bool same;

	buf_init(&kept, CSR_PEM_MAX);
	buf_init(&wanted, CSR_PEM_MAX);
	same = store_generation_request(s->store, j->cert->name, number, &kept, &ignored) == 0 &&
	       csr_save_der(j->csr, &wanted, &ignored) == 0 && kept.len == wanted.len &&
	       memcmp(kept.data, wanted.data, kept.len) == 0;
	buf_clear(&kept);
	buf_clear(&wanted);
	err_clear(&ignored);
	return same;
}

static bool take_key(struct job *j, struct site *s, int number)
{
	struct err ignored = ERR_INIT;
	struct buf pem;

	buf_init_secret(&pem, KEY_PEM_MAX);
	if (store_generation_key(s->store, j->cert->name, number, &pem, &ignored) == 0)
		(void)key_load_pem(pem.data, pem.len, &j->key, &ignored);
	buf_clear(&pem);
	err_clear(&ignored);
	if (j->key && key_type_of(j->key) == job_request_key_type(j))
		return true;
	key_free(j->key);
	j->key = NULL;
	return false;
}

/* We sign what goes to the order's URLs, and a journal may be damaged: nobody but the CA is to get that. */
static bool is_at(const char *url, const char *origin)
{
	struct err ignored = ERR_INIT;
	char *its = NULL;
	bool same;

	if (http_url_check(url, &ignored) == 0)
		its = http_url_origin(url);
	same = str_eq(its, origin);
	err_clear(&ignored);
	free(its);
	return same;
}

static bool is_of_the_ca(const struct job *j, const struct store_journal *journal)
{
	char *origin = http_url_origin(j->ca->server);
	bool both = is_at(journal->order_url, origin) && is_at(journal->finalize_url, origin);

	free(origin);
	return both;
}

static bool is_wanted(const struct job *j, const struct site *s, const struct store_journal *journal)
{
	return job_journal_goes_on(s, journal, clock_now(s->clock)) && str_eq(journal->ca, j->ca->name) &&
	       str_eq(journal->server, j->ca->server) && strs_same_set(&journal->names, &j->names) &&
	       is_of_the_ca(j, journal);
}

/* Without the key that its request was made with an order is of no use. */
static bool take_generation(struct job *j, struct site *s, int number)
{
	if (number > 0 && !(j->csr ? take_request(j, s, number) : take_key(j, s, number)))
		return false;
	j->generation = number;
	return true;
}

int job_resume(struct job *j, struct site *s, struct err *e)
{
	struct store_journal journal = {0};
	bool found = false;
	int rc = store_journal_load(s->store, j->cert->name, &journal, &found, e);

	if (rc == 0 && found && is_wanted(j, s, &journal) && take_generation(j, s, journal.generation)) {
		log_verbose(_("%s: going on with the order that an earlier run began"), j->cert->name);
		order_resume(&j->order, journal.order_url, journal.finalize_url);
		j->begun_at = journal.begun_at;
		j->begun_url = str_dup(journal.order_url);
		j->taken_over = j->on_disk = true;
	} else if (rc == 0 && found) {
		rc = job_resume_forget(s, j->cert->name, e);
	}
	store_journal_clear(&journal);
	return rc < 0 ? err_wrap(e, _("looking at the order of an earlier run")) : 0;
}
