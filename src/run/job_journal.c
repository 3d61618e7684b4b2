#include "config.h"

#include "run/job.h"

static void journal_of(const struct job *j, struct store_journal *out)
{
	*out = (struct store_journal){
		.name = str_dup(j->cert->name),
		.ca = str_dup(j->ca->name),
		.server = str_dup(j->ca->server),
		.order_url = str_dup(j->order.url),
		.finalize_url = str_dup(j->order.finalize_url),
		.generation = j->generation,
		.begun_at = j->begun_at,
		.task_count = j->task_count,
	};
	strs_copy(&out->names, &j->names);
	out->task = mem_new(j->task_count, sizeof *out->task);
	for (size_t i = 0; i < j->task_count; i++) {
		const struct solver_task *t = &j->task[i];
		static const char *const methods[] = {
			[SOLVER_WEBROOT] = "webroot", [SOLVER_STANDALONE] = "standalone", [SOLVER_HOOK] = "hook"};

		out->task[i] = (struct store_journal_task){
			.type = str_dup(solver_type_name(t->plan.type)),
			.method = str_dup(methods[t->plan.method]),
			.webroot = str_dup(t->plan.webroot),
			.identifier = str_dup(t->identifier),
			.token = str_dup(t->token),
			.key_authorization = str_dup(t->key_authorization),
			.record_name = str_dup(t->record_name),
			.record_value = str_dup(t->record_value),
			.wildcard = t->wildcard,
			.made_folder = t->made_folder,
		};
	}
}

int job_journal_write(struct job *j, struct site *s, struct err *e)
{
	struct store_journal journal;
	int rc;

	/* Another order than the one that was gone on with began when it was made. */
	if (j->begun_at == 0 || (j->order.url && j->begun_url && !str_eq(j->order.url, j->begun_url)))
		j->begun_at = clock_now(s->clock);
	if (j->order.url)
		str_replace(&j->begun_url, str_dup(j->order.url));
	journal_of(j, &journal);
	j->on_disk = true;
	rc = store_journal_save(s->store, &journal, e);
	store_journal_clear(&journal);
	return rc;
}

bool job_journal_goes_on(const struct site *s, const struct store_journal *j, int64_t now)
{
	int64_t limit = settings_certificate(&s->settings, j->name) ? JOB_RESUME_SEC : JOB_RESUME_STRANGE_SEC;

	return j->order_url && j->finalize_url && j->begun_at > now - limit && j->begun_at < now + JOB_RESUME_STRANGE_SEC;
}
