/* One answer of a CA: as a problem document, and as renewal information. The first line is the status and Retry-After. */
#include "config.h"

#include <stdlib.h>

#include "acme/ari.h"
#include "acme/problem.h"
#include "fuzz.h"

static void as_problem(const struct json *j)
{
	struct problem p = {0};
	char *text;

	problem_read(j, &p);
	fuzz_shown(p.type);
	fuzz_shown(p.detail);
	fuzz_shown(p.instance);
	fuzz_must(p.sub_count <= PROBLEM_SUB_MAX, "too many subproblems are kept");
	for (size_t i = 0; i < p.sub_count; i++) {
		fuzz_shown(p.sub[i].type);
		fuzz_shown(p.sub[i].detail);
		fuzz_shown(p.sub[i].identifier);
	}
	text = problem_text(&p);
	fuzz_shown(text);
	problem_advice(p.type);
	problem_kind(p.type);
	free(text);
	problem_clear(&p);
}

static void as_renewal(const struct http_response *r, int failures)
{
	struct ari_answer a = {0};

	ari_read(r, FUZZ_NOW, failures, &a);
	fuzz_shown(a.error);
	fuzz_shown(a.explanation_url);
	fuzz_must((a.error != NULL) == (a.start == 0 && a.end == 0), "a window and an error, or neither");
	fuzz_must(a.error != NULL || a.start < a.end, "a window without time in it");
	fuzz_must(a.next_at > FUZZ_NOW && a.next_at <= FUZZ_NOW + ARI_RETRY_MAX_SEC, "the next question is far off");
	ari_answer_clear(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = fuzz_line(&data, &size);
	struct http_response r = {.body = fuzz_text(data, size), .body_len = size, .status = 200};
	struct err e = ERR_INIT;
	struct json *j = NULL;
	char *rest;
	long status = strtol(line, &rest, 10);

	if (status >= 100 && status <= 599)
		r.status = (int)status;
	if (*rest == ' ')
		r.retry_after = str_dup(rest + 1);
	if (json_parse(r.body, r.body_len, &j, &e) == 0)
		as_problem(j);
	else
		fuzz_err(&e);
	json_free(j);
	if (r.status >= 400) {
		problem_is(&r, "badNonce");
		fuzz_must(problem_of_response(&r, FUZZ_NOW, &e) == -1, "an error that is none");
		fuzz_must(e.retry_at == 0 || e.retry_at >= FUZZ_NOW, "a time to try again that has passed");
		fuzz_err(&e);
	}
	as_renewal(&r, (int)(size % 9));
	http_response_clear(&r);
	free(line);
	return 0;
}
