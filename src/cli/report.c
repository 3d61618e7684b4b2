#include "config.h"

#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/log.h"
#include "exits.h"
#include "output.h"

#define SHOWN_MAX (64 * 1024)

/* Names of files and of hosts stand in messages as they are; whatever they hold does nothing to a terminal. Owned. */
static char *harmless(const char *text)
{
	return str_shown(text, SHOWN_MAX);
}

static void print_indented(const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		fprintf(stderr, "  %.*s\n", (int)length, text);
		text += length + (text[length] == '\n');
	}
}

static void print_retry(const struct err *e, bool again)
{
	char *when;

	if (e->retry_at > 0) {
		when = output_local_time(e->retry_at);
		fprintf(stderr, "  %s: %s\n", again ? _("next try") : _("not before"), when);
		free(when);
	} else if (again) {
		fprintf(stderr, "  %s: %s\n", _("next try"), _("the next run"));
	}
}

void report_failure(const struct err *e, bool again)
{
	char *cause = harmless(e->cause ? e->cause : _("failed")), *doing = e->doing ? harmless(e->doing) : NULL;
	char *advice = e->advice ? harmless(e->advice) : NULL;

	log_progress_end();
	fflush(stdout);
	if (strchr(cause, '\n') != NULL) {
		fprintf(stderr, "tegata: %s:\n", doing ? doing : _("several things are wrong"));
		print_indented(cause);
	} else if (doing) {
		fprintf(stderr, "tegata: %s: %s\n", doing, cause);
	} else {
		fprintf(stderr, "tegata: %s\n", cause);
	}
	if (advice)
		fprintf(stderr, "  %s: %s\n", _("what to do"), advice);
	print_retry(e, again);
	free(cause);
	free(doing);
	free(advice);
}

struct json *report_json(const struct err *e)
{
	struct json *j;

	if (e->kind == ERR_NONE)
		return NULL;
	j = json_new_object();
	json_set_str(j, "kind", err_kind_name(e->kind));
	json_set_str(j, "doing", e->doing);
	json_set_str(j, "cause", e->cause);
	json_set_str(j, "advice", e->advice);
	json_set_str(j, "problem_type", e->problem_type);
	output_set_number(j, "http_status", e->http_status);
	output_set_time(j, "retry_at", e->retry_at);
	return j;
}

int report_error(const struct cli *c, struct err *e)
{
	int status = exits_status(e->kind);

	if (c->json) {
		struct json *j = output_object("tegata.error.v1", false);

		log_progress_end();
		json_set(j, "error", report_json(e));
		output_json(j);
	} else {
		report_failure(e, false);
	}
	err_clear(e);
	return status;
}
