#include "config.h"

#include "run/renewal_info.h"

#include <stdlib.h>

#include "acme/ari.h"
#include "base/i18n.h"
#include "base/log.h"
#include "run/connect.h"

#define NOT_OFFERED_SEC 86400 /* a CA may begin to offer it */

bool renewal_info_is_due(const struct look *l, int64_t now)
{
	const struct store_ari *a = &l->state.ari;

	if (!l->present || l->damaged || !l->live.cert_id || now >= l->live.not_after)
		return false;
	if (!str_eq(l->live.server, l->ca->server))
		return false;
	if (!str_eq(a->cert_id, l->live.cert_id))
		return true;
	/* A time that no answer can have set was noted under another clock. */
	return now >= a->next_at || a->next_at > now + ARI_RETRY_MAX_SEC;
}

/* What is recorded of an earlier certificate does not hold for this one. */
static struct store_ari *record_of(struct look *l)
{
	struct store_ari *a = &l->state.ari;

	if (str_eq(a->cert_id, l->live.cert_id))
		return a;
	free(a->cert_id);
	free(a->explanation_url);
	free(a->error);
	*a = (struct store_ari){.cert_id = str_dup(l->live.cert_id)};
	return a;
}

static void show_window(const struct look *l, const struct ari_answer *answer)
{
	char *start = time_format_utc(answer->start), *end = time_format_utc(answer->end);

	if (answer->explanation_url)
		log_event(_("%s: the CA suggests to renew between %s and %s, and says why at %s"), l->cert->name, start, end,
		          answer->explanation_url);
	else
		log_verbose(_("%s: the CA suggests to renew between %s and %s"), l->cert->name, start, end);
	free(start);
	free(end);
}

static void take_answer(struct look *l, const struct http_response *r, int64_t now)
{
	struct store_ari *a = record_of(l);
	struct ari_answer answer = {0};

	ari_read(r, now, a->failures, &answer);
	a->failures = answer.failures;
	a->next_at = answer.next_at;
	a->not_offered = false;
	str_replace(&a->error, str_dup(answer.error));
	if (answer.error) {
		log_verbose(_("%s: no renewal information from the CA: %s"), l->cert->name, answer.error);
	} else {
		if (a->start != answer.start || a->end != answer.end || !str_eq(a->explanation_url, answer.explanation_url))
			show_window(l, &answer);
		a->start = answer.start;
		a->end = answer.end;
		a->fetched_at = now;
		str_replace(&a->explanation_url, str_dup(answer.explanation_url));
	}
	ari_answer_clear(&answer);
}

/* The CA itself could not be reached: to each of them that is an answer that did not come. */
static void take_failure(struct look *const *looks, size_t n, const struct err *e, int64_t now)
{
	for (size_t i = 0; i < n; i++) {
		struct http_response none = {0};

		err_copy(&none.err, e);
		take_answer(looks[i], &none, now);
		http_response_clear(&none);
	}
}

static void note_not_offered(struct look *const *looks, size_t n, int64_t now)
{
	for (size_t i = 0; i < n; i++) {
		struct store_ari *a = record_of(looks[i]);

		a->not_offered = true;
		a->next_at = now + NOT_OFFERED_SEC;
		a->start = a->end = a->fetched_at = 0;
		a->failures = 0;
		str_replace(&a->error, NULL);
		str_replace(&a->explanation_url, NULL);
	}
}

static int fetch(struct session *session, struct look *const *looks, size_t n, int64_t now, struct err *e)
{
	const char *base = session_directory(session)->renewal_info;
	struct http_response *responses = mem_new(n, sizeof *responses);
	char **urls = mem_new(n, sizeof *urls);
	int rc;

	for (size_t i = 0; i < n; i++)
		urls[i] = ari_url(base, looks[i]->live.cert_id);
	rc = session_get_all(session, (const char *const *)urls, n, responses, e);
	for (size_t i = 0; i < n; i++) {
		if (rc == 0)
			take_answer(looks[i], &responses[i], now);
		http_response_clear(&responses[i]);
		free(urls[i]);
	}
	free(responses);
	free(urls);
	return rc;
}

static void ask(struct site *s, struct look *const *looks, size_t n, struct issue_counts *counts)
{
	int64_t now = clock_now(s->clock);
	struct connection c = {0};
	struct err e = ERR_INIT;
	struct http_stats stats;
	int rc = connect_bare(s, looks[0]->ca, &c, &e);

	if (rc == 0 && !session_directory(c.session)->renewal_info)
		note_not_offered(looks, n, now);
	else if (rc == 0)
		rc = fetch(c.session, looks, n, now, &e);
	if (rc < 0 && e.kind != ERR_INTERRUPTED)
		take_failure(looks, n, &e, now);
	stats = connect_stats(&c);
	counts->requests += stats.requests;
	counts->connections += stats.connections;
	connect_close(&c);
	err_clear(&e);
}

static void save(struct site *s, struct look *l)
{
	struct err e = ERR_INIT;

	if (store_state_save(s->store, l->cert->name, &l->state, &e) < 0)
		log_warn(_("%s: the CA's suggestion could not be recorded: %s"), l->cert->name, e.cause);
	err_clear(&e);
}

void renewal_info_round(struct site *s, struct look *const *looks, size_t n, bool keep_nothing,
                        struct issue_counts *counts)
{
	struct look **due = mem_new(n ? n : 1, sizeof *due);
	int64_t now = clock_now(s->clock);

	for (size_t c = 0; c < s->settings.ca_count; c++) {
		size_t count = 0;

		for (size_t i = 0; i < n; i++)
			if (looks[i]->ca == &s->settings.ca[c] && renewal_info_is_due(looks[i], now))
				due[count++] = looks[i];
		if (count > 0)
			ask(s, due, count, counts);
		for (size_t i = 0; !keep_nothing && i < count; i++)
			save(s, due[i]);
	}
	free(due);
}

void renewal_info_absent(struct site *s, struct look *l)
{
	if (!l->live.cert_id)
		return;
	note_not_offered(&l, 1, clock_now(s->clock));
	save(s, l);
}
