#include "config.h"

#include "run/tell.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "base/str.h"
#include "entitle/fqdn.h"
#include "pki/digest.h"
#include "run/backoff.h"

#define DAY CLOCK_DAY_SEC
#define LONG_LIFE_SEC (60 * DAY) /* from here on, steps in days have meaning */
#define KEY_HASH_LEN 16

struct step {
	int64_t sec;
	char word[16]; /* "10d", "1/5" */
};

static struct tell_event *add(struct tell_event out[TELL_MAX], size_t *n, enum events_id id, char *detail, char *text)
{
	size_t count;
	struct tell_event *ev = &out[(*n)++];

	*ev = (struct tell_event){.id = id, .level = events_table(&count)[id].level, .detail = detail, .text = text};
	return ev;
}

static char *day_of(int64_t t)
{
	return date_format(date_of_jst(t));
}

static const char *event_name(enum events_id id)
{
	size_t count;

	return events_table(&count)[id].name;
}

static bool is_of(const struct store_told *t, enum events_id id)
{
	return str_eq(t->event, event_name(id));
}

static bool was_told_of(const struct store_state *st, enum events_id id)
{
	for (size_t i = 0; i < st->told_count; i++)
		if (is_of(&st->told[i], id) && st->told[i].at != 0)
			return true;
	return false;
}

/* A happening that no hook has taken yet. */
static const struct store_told *pending(const struct store_state *st, enum events_id id)
{
	for (size_t i = 0; i < st->told_count; i++)
		if (is_of(&st->told[i], id) && st->told[i].at == 0 && st->told[i].failures < TELL_TRIES_MAX)
			return &st->told[i];
	return NULL;
}

static bool is_failing(const struct tell_facts *f)
{
	return f->failure_kind != ERR_NONE;
}

static bool ends_within(const struct tell_facts *f, int64_t sec, int64_t now)
{
	return !f->serial || f->not_after - now <= sec;
}

/* The smallest step that what is left has come down to; false = none yet. Steps in descending order. */
static bool reached(int64_t left, const struct step *steps, size_t n, struct step *out)
{
	bool found = false;

	for (size_t i = 0; i < n && left <= steps[i].sec; i++) {
		*out = steps[i];
		found = true;
	}
	return found;
}

static bool reached_of_life(const struct tell_facts *f, int64_t now, struct step *out)
{
	static const struct step days[] = {{20 * DAY, "20d"}, {10 * DAY, "10d"}, {5 * DAY, "5d"}, {2 * DAY, "2d"}, {DAY, "1d"}};
	int64_t life = f->not_after > f->not_before ? f->not_after - f->not_before : 0;
	const struct step shares[] = {{life / 5, "1/5"}, {life / 10, "1/10"}, {life / 20, "1/20"}, {life / 50, "1/50"},
	                              {life / 100, "1/100"}};

	if (life >= LONG_LIFE_SEC)
		return reached(f->not_after - now, days, sizeof days / sizeof days[0], out);
	return reached(f->not_after - now, shares, sizeof shares / sizeof shares[0], out);
}

static void tell_renewed(const struct tell_facts *f, const struct store_state *st, struct tell_event *out, size_t *n)
{
	char *until;

	if (!f->serial || (!f->issued_now && !pending(st, EVENTS_RENEWED)))
		return;
	until = day_of(f->not_after);
	add(out, n, EVENTS_RENEWED, str_dup(f->serial),
	    str_fmt(_("%s: a new certificate is in place, good until %s"), f->name, until));
	free(until);
}

/* Hooks may say several lines, but an event is one for people. */
static char *one_line(const char *text)
{
	char *line = str_dup(text ? text : "");

	for (char *c = line; (c = strpbrk(c, "\r\n\t")) != NULL;)
		*c++ = ' ';
	return line;
}

static char *next_try_text(const struct tell_facts *f)
{
	char *at, *text;

	if (f->next_try == 0)
		return str_dup(_("the next run tries again"));
	at = time_format_jst(f->next_try);
	text = str_fmt(_("the next try is not before %s"), at);
	free(at);
	return text;
}

static char *failing_text(const struct tell_facts *f, int64_t now)
{
	char *why = one_line(f->failure_text), *next = next_try_text(f);
	char *day = f->serial ? day_of(f->not_after) : NULL, *text;

	if (!day)
		text = str_fmt(_("%s: no certificate could be had (%s); there is none so far: %s"), f->name, next, why);
	else if (f->not_after <= now)
		text = str_fmt(_("%s: not renewed (%s); the certificate in place ended on %s: %s"), f->name, next, day, why);
	else
		text = str_fmt(_("%s: not renewed (%s); the certificate in place is good until %s: %s"), f->name, next, day,
		               why);
	free(why);
	free(next);
	free(day);
	return text;
}

static void tell_failing(const struct tell_facts *f, int64_t now, struct tell_event *out, size_t *n)
{
	const char *type = f->problem_type;

	if (!is_failing(f) || f->failure_kind == ERR_INTERRUPTED || f->failure_kind == ERR_LOCKED)
		return;
	if (f->failures < TELL_FAILURES && !backoff_is_lasting(f->failure_kind, type) &&
	    !ends_within(f, TELL_SOON_SEC, now))
		return;
	add(out, n, EVENTS_RENEW_FAILED,
	    str_fmt("%s%s%s", err_kind_name(f->failure_kind), type ? " " : "", type ? type : ""), failing_text(f, now));
}

/* The end of what was told, or one that no hook has taken yet; the serial gives each end a key of its own. */
static void tell_well_again(const struct tell_facts *f, const struct store_state *st, struct tell_event *out, size_t *n)
{
	const char *serial = f->serial ? f->serial : "";

	if (!is_failing(f) && (was_told_of(st, EVENTS_RENEW_FAILED) || pending(st, EVENTS_RECOVERED)))
		add(out, n, EVENTS_RECOVERED, str_dup(serial), str_fmt(_("%s: ordering works again"), f->name));
}

static void tell_deploys(const struct tell_facts *f, const struct store_state *st, struct tell_event *out, size_t *n)
{
	char *text = one_line(f->deploy_text);

	if (f->deploy_failed)
		add(out, n, EVENTS_DEPLOY_FAILED, str_fmt("%d %s", f->generation, f->deploy_failed),
		    str_fmt(_("%s: the certificate in place is not deployed everywhere (%s); each run tries again: %s"), f->name,
		            f->deploy_failed, text));
	else if (was_told_of(st, EVENTS_DEPLOY_FAILED) || pending(st, EVENTS_DEPLOYED))
		add(out, n, EVENTS_DEPLOYED, str_fmt("%d", f->generation),
		    f->deployed_now ? str_fmt(_("%s: everything is deployed now"), f->name)
		                    : str_fmt(_("%s: no deployment is owed any more"), f->name));
	free(text);
}

static void tell_ending(const struct tell_facts *f, int64_t now, struct tell_event *out, size_t *n)
{
	struct tell_event *ev;
	struct step step;
	char *day;

	if (!f->serial)
		return;
	day = day_of(f->not_after);
	if (f->not_after <= now) {
		add(out, n, EVENTS_EXPIRED, str_dup(f->serial), str_fmt(_("%s: the certificate in place ended on %s"), f->name, day));
	} else if ((is_failing(f) || f->renew_at < now - DAY) && reached_of_life(f, now, &step)) {
		char *at = time_format_jst(f->not_after);

		ev = add(out, n, EVENTS_EXPIRING, str_fmt("%s %s", step.word, f->serial),
		         str_fmt(_("%s: the certificate in place ends at %s and was not renewed"), f->name, at));
		if (ends_within(f, 2 * DAY, now))
			ev->level = EVENTS_ERROR;
		free(at);
	}
	free(day);
}

/* What it means for the certificate, in one sentence. */
static char *consequence(const struct tell_facts *f, bool ended)
{
	if (!f->falling && f->entry_revokes)
		return str_dup(_("Other entries cover its names, too; but if the CA counts this one, it revokes the certificate"));
	if (!f->falling)
		return str_dup(_("Other entries cover its names, too"));
	if (!f->entry_revokes)
		return str_fmt(_("After that day nothing can be ordered for %s; the certificate itself lives on"), f->falling);
	if (ended && f->along)
		return str_fmt(_("Nothing can be ordered for %s, and the CA revokes the certificate, with it for %s"), f->falling, f->along);
	if (ended)
		return str_fmt(_("Nothing can be ordered for %s, and the CA revokes the certificate"), f->falling);
	if (f->along)
		return str_fmt(_("Then the CA revokes the certificate: for %s, and with it for %s"), f->falling, f->along);
	return str_fmt(_("Then the CA revokes the certificate, and no other can be had for %s"), f->falling);
}

/* … and in others what is done about it, or can be. */
static char *remedy(const struct tell_facts *f, int64_t now)
{
	char *renew = str_fmt(_("Renew the contract on the customer page, then: tegata entitlements renew %s"), f->entry), *day, *text;

	if (!f->falling || !f->along)
		return renew;
	if (f->shrink_at > now) {
		day = day_of(f->shrink_at);
		text = str_fmt(_("On %s tegata puts a certificate without %s in place. To keep them: %s"), day, f->falling, renew);
		free(day);
	} else if (f->shrink_at > 0) {
		text = str_fmt(_("tegata puts a certificate without %s in place as soon as it can. To keep them: %s"), f->falling, renew);
	} else if (f->fixed) {
		text = str_fmt(_("%s. Or make a request (csr) without them, and take them out of `names`"), renew);
	} else {
		text = str_fmt(_("%s. Or let them go: tegata run --accept-lapse %s (or `on_lapse: shrink`)"), renew, f->name);
	}
	free(renew);
	return text;
}

static char *entry_text(const struct tell_facts *f, const char *day, int64_t now)
{
	bool ended = f->entry_ends_at <= now;
	char *then = consequence(f, ended), *what = remedy(f, now), *entry = fqdn_shown(f->entry), *text;

	text = str_fmt(ended ? _("%s: the use period of the registered %s ended on %s. %s. %s")
	                     : _("%s: the use period of the registered %s ends on %s. %s. %s"),
	               f->name, entry, day, then, what);
	free(entry);
	free(then);
	free(what);
	return text;
}

/* By a clock that went back it is less near again: who was told of a later step has heard of this one. Owned. */
static char *lapsing_detail(const struct tell_facts *f, const struct store_state *st, const char *day,
                            const struct step *step)
{
	char *end = str_fmt("%s %s ", f->entry, day), *detail = str_fmt("%s%s", end, step->word);
	size_t len = strlen(end);

	for (size_t i = 0; i < st->told_count; i++) {
		const struct store_told *t = &st->told[i];

		if (is_of(t, EVENTS_ENTRY_LAPSING) && t->at != 0 && str_starts(t->detail, end) &&
		    strtol(t->detail + len, NULL, 10) < strtol(step->word, NULL, 10))
			str_replace(&detail, str_dup(t->detail));
	}
	free(end);
	return detail;
}

static void tell_entry(const struct tell_facts *f, const struct store_state *st, int64_t now, struct tell_event *out,
                       size_t *n)
{
	static const struct step steps[] = {{60 * DAY, "60d"}, {30 * DAY, "30d"}, {14 * DAY, "14d"}, {7 * DAY, "7d"},
	                                    {DAY, "1d"}};
	struct tell_event *ev;
	struct step step;
	char *day;

	if (!f->entry)
		return;
	day = day_of(f->entry_ends_at - 1);
	if (f->entry_ends_at <= now) {
		add(out, n, EVENTS_ENTRY_ENDED, str_fmt("%s %s", f->entry, day), entry_text(f, day, now));
	} else if (reached(f->entry_ends_at - now, steps, sizeof steps / sizeof steps[0], &step)) {
		ev = add(out, n, EVENTS_ENTRY_LAPSING, lapsing_detail(f, st, day, &step), entry_text(f, day, now));
		if (f->entry_ends_at - now <= TELL_SOON_SEC)
			ev->level = EVENTS_ERROR;
	}
	free(day);
}

/* Names with ", " between. Owned. */
static char *shown_list(const char *names)
{
	struct strs all = {0};
	char *text;

	for (const char *at = names; *at; at += strspn(at, ", ")) {
		size_t len = strcspn(at, ", ");

		strs_take(&all, str_fmt("%.*s", (int)len, at));
		at += len;
	}
	text = fqdn_shown_all(&all);
	strs_clear(&all);
	return text;
}

/* The names are told from the detail when no hook took it in the visit that dropped them. */
static void tell_dropped(const struct tell_facts *f, const struct store_state *st, struct tell_event *out, size_t *n)
{
	const struct store_told *left = pending(st, EVENTS_NAMES_DROPPED);
	char *detail = f->let_go && f->serial ? str_fmt("%s %s", f->serial, f->let_go) : left ? str_dup(left->detail) : NULL;
	const char *names = detail ? strchr(detail, ' ') : NULL;
	char *shown;

	if (!names) {
		free(detail);
		return;
	}
	shown = shown_list(names + 1);
	add(out, n, EVENTS_NAMES_DROPPED, detail,
	    str_fmt(_("%s: the certificate in place is without %s, whose use period ends. They come back by themselves when the contract is "
	              "renewed and that is noted: tegata entitlements renew"),
	            f->name, shown));
	free(shown);
}

static void tell_moved_back(const struct tell_facts *f, const struct store_state *st, struct tell_event *out, size_t *n)
{
	const struct store_told *left = pending(st, EVENTS_MOVED_BACK);
	char *why = one_line(f->moved_back);

	if (f->moved_back)
		add(out, n, EVENTS_MOVED_BACK, str_fmt("%d %s", f->failures, f->serial ? f->serial : ""), str_fmt("%s: %s", f->name, why));
	else if (left)
		add(out, n, EVENTS_MOVED_BACK, str_dup(left->detail),
		    str_fmt(_("%s: the certificate of another CA could not be put to use; the one before it is in place again"), f->name));
	free(why);
}

/* Most often the visit that learns of it has replaced it already; what no hook took then is told later. */
static void tell_revoked(const struct tell_facts *f, const struct store_state *st, struct tell_event *out, size_t *n)
{
	const struct store_told *left = pending(st, EVENTS_REVOKED);
	const char *replaced = f->revoked_serial ? f->revoked_serial : left ? left->detail : NULL;

	if (!f->serial)
		return;
	if (f->revoked)
		add(out, n, EVENTS_REVOKED, str_dup(f->serial),
		    str_fmt(_("%s: the CA revoked the certificate in place (serial %s); tegata orders another"), f->name, f->serial));
	else if (replaced && !str_eq(replaced, f->serial))
		add(out, n, EVENTS_REVOKED, str_dup(replaced),
		    str_fmt(_("%s: the CA revoked the certificate with serial %s; another is in its place"), f->name, replaced));
}

static void tell_untrusted(const struct tell_facts *f, struct tell_event *out, size_t *n)
{
	if (f->serial && f->untrusted)
		add(out, n, EVENTS_UNTRUSTED_CHAIN, str_dup(f->untrusted),
		    str_fmt(_("%s: no root that this machine trusts stands above the certificate in place"), f->name));
}

static void drop(struct store_state *st, size_t i)
{
	free(st->told[i].event);
	free(st->told[i].detail);
	st->told_count--;
	memmove(&st->told[i], &st->told[i + 1], (st->told_count - i) * sizeof *st->told);
}

/* Does it still matter that this was told, or is to be? */
static bool still_matters(const struct store_told *t, const struct tell_facts *f, const struct tell_event *ev, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_of(t, ev[i].id))
			return t->at != 0 || str_eq(t->detail, ev[i].detail);
	/* Told of a failure, one wants to hear its end; what fails otherwise, not yet long enough to be told, is none. */
	if (is_of(t, EVENTS_RENEW_FAILED))
		return is_failing(f) && t->at != 0;
	/* An end that no hook took waits for the next one; a new failure that is told makes it stale. */
	if (is_of(t, EVENTS_RECOVERED)) {
		for (size_t i = 0; i < n; i++)
			if (ev[i].id == EVENTS_RENEW_FAILED)
				return false;
		return is_failing(f) && t->failures < TELL_TRIES_MAX;
	}
	return false;
}

static bool is_told(const struct store_state *st, const struct tell_event *ev)
{
	for (size_t i = 0; i < st->told_count; i++)
		if (is_of(&st->told[i], ev->id) && st->told[i].at != 0 && str_eq(st->told[i].detail, ev->detail))
			return true;
	return false;
}

static void forget_what_ended(const struct tell_facts *f, struct store_state *st, const struct tell_event *ev, size_t n)
{
	for (size_t i = st->told_count; i-- > 0;)
		if (!still_matters(&st->told[i], f, ev, n))
			drop(st, i);
}

static int by_id(const void *a, const void *b)
{
	return (int)((const struct tell_event *)a)->id - (int)((const struct tell_event *)b)->id;
}

size_t tell_decide(const struct tell_facts *f, struct store_state *st, int64_t now, struct tell_event out[TELL_MAX])
{
	size_t n = 0, kept = 0;

	tell_renewed(f, st, out, &n);
	tell_failing(f, now, out, &n);
	tell_well_again(f, st, out, &n);
	tell_deploys(f, st, out, &n);
	tell_ending(f, now, out, &n);
	tell_revoked(f, st, out, &n);
	tell_untrusted(f, out, &n);
	tell_entry(f, st, now, out, &n);
	tell_dropped(f, st, out, &n);
	tell_moved_back(f, st, out, &n);
	forget_what_ended(f, st, out, n);
	for (size_t i = 0; i < n; i++) {
		if (is_told(st, &out[i]))
			tell_event_clear(&out[i]);
		else
			out[kept++] = out[i];
	}
	qsort(out, kept, sizeof *out, by_id);
	return kept;
}

void tell_event_clear(struct tell_event *e)
{
	free(e->detail);
	free(e->text);
	*e = (struct tell_event){0};
}

char *tell_event_key(const struct tell_event *ev, const char *name)
{
	char *hash = digest_sha256_hex(ev->detail, strlen(ev->detail)), *key;

	hash[KEY_HASH_LEN] = '\0';
	key = str_fmt("%s/%s/%s", event_name(ev->id), name, hash);
	free(hash);
	return key;
}

static bool is_happening(enum events_id id)
{
	return id == EVENTS_RENEWED || id == EVENTS_RECOVERED || id == EVENTS_DEPLOYED || id == EVENTS_NAMES_DROPPED ||
	       id == EVENTS_MOVED_BACK;
}

static void put(struct store_state *st, const struct tell_event *ev, int64_t at, int failures)
{
	st->told = mem_resize(st->told, st->told_count + 1, sizeof *st->told);
	st->told[st->told_count++] = (struct store_told){
		.event = str_dup(event_name(ev->id)), .detail = str_dup(ev->detail), .at = at, .failures = failures};
}

void tell_record(struct store_state *st, const struct tell_event *ev, bool well, int64_t now)
{
	int failures = 0;

	/* What was told with another detail is remembered until the new one is told too: it wants its end. */
	for (size_t i = st->told_count; i-- > 0;) {
		struct store_told *t = &st->told[i];

		if (!is_of(t, ev->id) || (!well && t->at != 0 && !str_eq(t->detail, ev->detail)))
			continue;
		if (str_eq(t->detail, ev->detail))
			failures = t->failures;
		drop(st, i);
	}
	if (!well)
		put(st, ev, 0, failures < INT32_MAX ? failures + 1 : failures);
	else if (!is_happening(ev->id))
		put(st, ev, now != 0 ? now : 1, 0);
}
