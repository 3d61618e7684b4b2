/* Lists, certificates and forecasts in one line of text each; for the tests of entitle/forecast. */
#ifndef FORECAST_MAKER_H
#define FORECAST_MAKER_H

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "entitle/forecast.h"

#define MAKER_DAY ((int64_t)CLOCK_DAY_SEC)
#define MAKER_CERTIFICATES_MAX 8

static inline int64_t maker_day(const char *date)
{
	struct date d = {0};

	if (date_parse(date, &d) != 0)
		abort();
	return date_jst_begin(d);
}

static inline void maker_words(const char *text, struct strs *out)
{
	char *copy = str_dup(text), *save = NULL;

	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		strs_add(out, w);
	free(copy);
}

/* "a.jp b.jp=2027-02-28 c.jp@2026-02-19": nothing known, a stated end, a first issuance. */
static inline void maker_list(const char *text, struct entry_list *l)
{
	struct strs words = {0};

	maker_words(text, &words);
	for (size_t i = 0; i < words.count; i++) {
		struct entry e = {.fqdn = words.item[i]};
		char *mark = strpbrk(words.item[i], "=@");

		if (mark) {
			e.has_ends = *mark == '=';
			e.has_first_issued = *mark == '@';
			if (date_parse(mark + 1, e.has_ends ? &e.ends : &e.first_issued) != 0)
				abort();
			*mark = '\0';
		}
		entry_list_add(l, &e);
	}
	strs_clear(&words);
}

struct maker { /* a world of a few certificates, all under one rule */
	struct rule rule;
	struct entry_list list;
	struct strs names[MAKER_CERTIFICATES_MAX];
	struct forecast_certificate certificate[MAKER_CERTIFICATES_MAX];
	struct forecast_input in;
};

static inline void maker_init(struct maker *m, const char *rule, const char *list, const char *at, const char *until)
{
	*m = (struct maker){.rule = *rule_preset(rule)};
	maker_list(list, &m->list);
	m->in = (struct forecast_input){.list = &m->list, .certificate = m->certificate, .at = maker_day(at), .until = maker_day(until)};
}

/* from NULL: not obtained yet; else it lives for `days` from that day on. */
static inline struct forecast_certificate *maker_add(struct maker *m, const char *name, const char *names, const char *from,
                                                     int days)
{
	size_t i = m->in.count++;
	struct forecast_certificate *c = &m->certificate[i];

	maker_words(names, &m->names[i]);
	*c = (struct forecast_certificate){.name = name, .rule = &m->rule, .names = &m->names[i]};
	if (from) {
		c->not_before = maker_day(from);
		c->not_after = c->not_before + days * MAKER_DAY;
	}
	return c;
}

static inline void maker_clear(struct maker *m)
{
	entry_list_clear(&m->list);
	for (size_t i = 0; i < m->in.count; i++)
		strs_clear(&m->names[i]);
}

/* An instant in Japan, "2027-02-28", or with the time when it is not midnight. */
static inline char *maker_when(int64_t t)
{
	char *text = time_format_jst(t);

	text[strstr(text, "T00:00:00") ? 10 : 19] = '\0';
	return text;
}

static inline void maker_show_list(struct strs *parts, const char *sign, const struct strs *l)
{
	char *joined = strs_join(l, ",");

	if (l->count > 0)
		strs_take(parts, str_fmt("%s%s", sign, joined));
	free(joined);
}

/* "2027-03-01 revocation B entry=example.jp names=… innocent=… end=2027-03-01" */
static inline char *maker_show(const struct forecast_event *v)
{
	struct strs parts = {0};
	char *text;

	strs_take(&parts, maker_when(v->at));
	strs_add(&parts, forecast_kind_name(v->kind));
	if (v->certificate)
		strs_add(&parts, v->certificate);
	if (v->entry)
		strs_take(&parts, str_fmt("entry=%s", v->entry));
	maker_show_list(&parts, "certificates=", &v->certificates);
	maker_show_list(&parts, "names=", &v->names);
	maker_show_list(&parts, "innocent=", &v->innocent);
	if (v->end_at != 0) {
		char *end = maker_when(v->end_at);
		strs_take(&parts, str_fmt("end=%s", end));
		free(end);
	}
	if (v->days != 0)
		strs_take(&parts, str_fmt("days=%d", v->days));
	text = strs_join(&parts, " ");
	strs_clear(&parts);
	return text;
}

static inline char *maker_show_all(const struct forecast *f)
{
	struct strs lines = {0};
	char *text;

	for (size_t i = 0; i < f->count; i++)
		strs_take(&lines, maker_show(&f->event[i]));
	strs_add(&lines, "");
	text = strs_join(&lines, "\n");
	strs_clear(&lines);
	return text;
}

#endif
