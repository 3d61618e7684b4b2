/* What hooks write. The first byte is how it ends; the rest goes to its standard output and its standard error. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "fuzz.h"
#include "solve/challenge_hook.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct hook_dirs dirs = {.local = "/nonexistent/hooks", .shipped = "/nonexistent/shipped"};
	char *path = fs_join(fuzz_folder(), "said");
	struct hook_spec hook = {.timeout_sec = 60, .plain_args = true};
	struct strs names = {0};
	struct solver_task t = {
		.plan = {.type = SOLVER_DNS_01, .method = SOLVER_HOOK, .present = &hook}, .certificate = "a",
		.identifier = "a.example", .token = "tok", .key_authorization = "tok.key", .all_names = &names,
		.record_name = "_acme-challenge.a.example", .record_value = "value"};
	struct err e = ERR_INIT;

	if (size == 0) {
		free(path);
		return 0;
	}
	fuzz_write(path, data + 1, size - 1);
	hook.shell = str_fmt("cat %s; cat %s >&2; exit %d", path, path, *data % 3);
	strs_add(&names, "a.example");
	if (challenge_hook_present(&dirs, &t, &e) != 0)
		fuzz_err(&e);
	else
		fuzz_must(*data % 3 == 0, "a hook that failed");
	fuzz_must(t.auth_output == NULL || strlen(t.auth_output) <= HOOK_OUTPUT_MAX, "more is kept than may be");
	solver_task_clear(&t);
	strs_clear(&names);
	hook_clear(&hook);
	free(path);
	return 0;
}
