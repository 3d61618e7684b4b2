#include "config.h"

#include "run/job.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/log.h"
#include "base/sig.h"
#include "data/b64url.h"
#include "entitle/fqdn.h"
#include "pki/digest.h"

#define TEXTS_PER_TASK 5

int job_plan(const struct certificate_setting *c, const char *name, struct solver_plan *out, struct err *e)
{
	const struct challenge_setting *s = settings_challenge(c, name);

	if (!s) {
		err_set(e, ERR_CONFIG, _("no challenge is configured for %s"), name);
		err_advise(e, "%s",
		           _("Say how the name is to be validated: --webroot -w FOLDER, --standalone, --hook NAME, or "
		             "`challenge` in the settings."));
		return -1;
	}
	*out = (struct solver_plan){.port = s->port,
	                            .addresses = &s->addresses,
	                            .present = &s->hook,
	                            .cleanup = hook_is_set(&s->cleanup) ? &s->cleanup : NULL};
	if (solver_type_parse(s->type, &out->type) < 0)
		return err_set(e, ERR_CONFIG, _("challenge type %s is not known"), s->type);
	if (fqdn_is_wildcard(name) && out->type != SOLVER_DNS_01) {
		err_set(e, ERR_CONFIG, _("%s is a wildcard, which can only be validated by dns-01"), name);
		err_advise(e, "%s",
		           _("Give it a `challenge` of its own with `type: dns-01` and a DNS hook such as `nsupdate`."));
		return -1;
	}
	out->method = s->method == CHALLENGE_WEBROOT      ? SOLVER_WEBROOT
	              : s->method == CHALLENGE_STANDALONE ? SOLVER_STANDALONE
	                                                  : SOLVER_HOOK;
	if (s->method == CHALLENGE_WEBROOT)
		out->webroot = settings_webroot(s, name);
	if (s->method == CHALLENGE_WEBROOT && !out->webroot)
		return err_set(e, ERR_CONFIG, _("no webroot is configured for %s"), name);
	return 0;
}

int job_init(struct job *j, const struct certificate_setting *cert, const struct ca_setting *ca,
             const struct strs *names, struct err *e)
{
	struct strs types = {0};
	int rc = 0;

	*j = (struct job){.cert = cert, .ca = ca};
	for (size_t i = 0; rc == 0 && i < names->count; i++) {
		struct solver_plan plan;

		rc = job_plan(cert, names->item[i], &plan, e);
		if (rc == 0)
			strs_add(&types, solver_type_name(plan.type));
	}
	strs_copy(&j->names, names);
	order_init(&j->order, names, &types);
	order_set_patience(&j->order, (int64_t)ca->patience * 1000);
	strs_clear(&types);
	return rc;
}

static void tasks_clear(struct job *j)
{
	for (size_t i = 0; i < j->task_count; i++)
		solver_task_clear(&j->task[i]);
	for (size_t i = 0; j->task_text && i < j->task_count * TEXTS_PER_TASK; i++)
		free(j->task_text[i]);
	free(j->task);
	free(j->task_text);
	j->task = NULL;
	j->task_text = NULL;
	j->task_count = 0;
}

void job_clear(struct job *j)
{
	tasks_clear(j);
	order_clear(&j->order);
	key_free(j->key);
	csr_free(j->csr);
	free(j->begun_url);
	strs_clear(&j->names);
	*j = (struct job){0};
}

static int make_task(struct job *j, const struct order_authorization *a, const char *thumbprint, struct err *e)
{
	struct solver_task *t = &j->task[j->task_count];
	char **text = &j->task_text[j->task_count * TEXTS_PER_TASK];
	unsigned char digest[DIGEST_SHA256_LEN];
	char *name = a->wildcard ? str_fmt("*.%s", a->identifier) : str_dup(a->identifier);
	int rc = job_plan(j->cert, name, &t->plan, e);

	free(name);
	if (rc < 0)
		return -1;
	text[0] = str_fmt("%s.%s", a->token, thumbprint);
	t->certificate = j->cert->name;
	t->identifier = text[3] = str_dup(a->identifier);
	t->wildcard = a->wildcard;
	t->token = text[4] = str_dup(a->token);
	t->key_authorization = text[0];
	t->all_names = &j->names;
	if (t->plan.type == SOLVER_DNS_01) {
		digest_sha256(text[0], strlen(text[0]), digest);
		text[1] = str_fmt("_acme-challenge.%s", a->identifier);
		text[2] = b64url_encode(digest, sizeof digest);
		t->record_name = text[1];
		t->record_value = text[2];
	}
	j->task_count++;
	return 0;
}

static int make_tasks(struct job *j, const struct key *account_key, struct err *e)
{
	char *thumbprint = NULL;
	int rc = key_thumbprint(account_key, &thumbprint, e);

	tasks_clear(j);
	j->task = mem_new(j->order.authz_count, sizeof *j->task);
	j->task_text = mem_new(j->order.authz_count * TEXTS_PER_TASK, sizeof *j->task_text);
	for (size_t i = 0; rc == 0 && i < j->order.authz_count; i++)
		if (!j->order.authz[i].valid)
			rc = make_task(j, &j->order.authz[i], thumbprint, e);
	for (size_t i = 0; i < j->task_count; i++)
		j->task[i].remaining = j->task_count - 1 - i;
	free(thumbprint);
	return rc;
}

int job_present(struct job *j, struct site *s, struct solver_set *set, const struct key *account_key, struct err *e)
{
	if (make_tasks(j, account_key, e) < 0 || job_journal_write(j, s, e) < 0)
		return -1;
	for (size_t i = 0; i < j->task_count; i++) {
		log_progress(_("%s: preparing %zu of %zu names"), j->cert->name, i + 1, j->task_count);
		if (sig_check(e) < 0)
			return -1;
		if (solver_present(set, &j->task[i], e) < 0)
			return err_wrap(e, _("preparing the %s challenge for %s"), solver_type_name(j->task[i].plan.type),
			                j->task[i].identifier);
	}
	return 0;
}

bool job_needs_responder(const struct job *j)
{
	for (size_t i = 0; i < j->task_count; i++)
		if (j->task[i].plan.method == SOLVER_STANDALONE)
			return true;
	return false;
}

/*
 * A signal that comes meanwhile ends the run, but leaves nothing behind: what it broke off is done again. A second one
 * is obeyed.
 */
static int take_away(struct solver_set *set, struct solver_task *t, int *signo, struct err *e)
{
	if (!t->presented || solver_cleanup(set, t, e) == 0)
		return 0;
	if (e->kind != ERR_INTERRUPTED || *signo != 0)
		return -1;
	err_clear(e);
	*signo = sig_take();
	t->presented = true;
	return solver_cleanup(set, t, e);
}

void job_cleanup(struct job *j, struct solver_set *set)
{
	int signo = sig_take();

	for (size_t i = 0; i < j->task_count; i++) {
		struct err e = ERR_INIT;

		if (take_away(set, &j->task[i], &signo, &e) < 0) {
			char *text = err_text(&e);

			log_warn(_("%s: taking away the challenge for %s: %s"), j->cert->name, j->task[i].identifier, text);
			free(text);
			/* A hook has said what it had to say; a file that a full or broken disk kept is tried once more. */
			if (e.kind == ERR_INTERRUPTED || j->task[i].plan.method == SOLVER_WEBROOT)
				j->cleanup_owed = true;
		}
		err_clear(&e);
	}
	sig_put_back(signo);
	tasks_clear(j);
}

int job_key_policy(const struct certificate_setting *c, struct fs_policy *out, struct err *e)
{
	struct fs_policy p = {.uid = (uid_t)-1, .gid = (gid_t)-1, .mode = c->key_mode ? c->key_mode : 0600};
	gid_t ignored;

	if (c->key_owner && fs_lookup_user(c->key_owner, &p.uid, &ignored) < 0)
		return err_set(e, ERR_CONFIG, _("key_owner: there is no user \"%s\""), c->key_owner);
	if (c->key_group && fs_lookup_group(c->key_group, &p.gid) < 0)
		return err_set(e, ERR_CONFIG, _("key_group: there is no group \"%s\""), c->key_group);
	*out = p;
	return 0;
}

/* Does the CA still hold something that the next run can go on with? */
static bool stays_in_flight(const struct job *j)
{
	if (j->taken_over && !j->asked)
		return true;
	return j->order.url && (j->unstored || order_may_resume(&j->order));
}

/* What a signal broke off is in the journal with its challenges: that one stays as it is. */
static int keep_for_later(struct job *j, struct site *s, struct err *e)
{
	j->in_flight = true;
	return j->cleanup_owed ? 0 : job_journal_write(j, s, e);
}

static int leave_nothing(struct job *j, struct site *s, struct err *e)
{
	if (j->generation > 0 && !j->issued && store_generation_drop(s->store, j->cert->name, j->generation, e) < 0)
		return -1;
	return j->cleanup_owed ? 0 : store_journal_remove(s->store, j->cert->name, e);
}

void job_end(struct job *j, struct site *s)
{
	bool stays = !j->issued && stays_in_flight(j);
	struct err e = ERR_INIT;

	if (!stays && !j->on_disk)
		return;
	if ((stays ? keep_for_later(j, s, &e) : leave_nothing(j, s, &e)) < 0) {
		char *text = err_text(&e);

		log_warn(_("%s: tidying up: %s"), j->cert->name, text);
		free(text);
	}
	err_clear(&e);
	j->on_disk = false;
}
