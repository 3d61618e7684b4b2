/* Any JSON: what is read is written and read the same again. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "data/json.h"
#include "fuzz.h"

static void look(const struct json *j)
{
	struct strs keys = {0};

	json_keys(j, &keys);
	json_strs(j, "names", &keys);
	for (size_t i = 0; i < keys.count; i++)
		json_int(j, keys.item[i], 0);
	strs_clear(&keys);
	for (size_t i = 0; i < json_count(j) && i < 100; i++)
		look(json_at(j, i));
	fuzz_must(json_text(NULL) == NULL && json_bool(j, "absent", true), "an absent member");
}

static char *again(const char *text, bool pretty)
{
	struct err e = ERR_INIT;
	struct json *j = NULL;
	char *out;

	fuzz_must(json_parse(text, strlen(text), &j, &e) == 0, "what was written cannot be read");
	out = pretty ? json_format_pretty(j) : json_format_compact(j);
	json_free(j);
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = ERR_INIT;
	struct json *j = NULL;
	char *compact, *pretty, *back;

	if (json_parse((const char *)data, size, &j, &e) != 0) {
		fuzz_err(&e);
		return 0;
	}
	look(j);
	compact = json_format_compact(j);
	pretty = json_format_pretty(j);
	back = again(compact, true);
	fuzz_same(pretty, back, "compact and pretty JSON differ");
	free(back);
	back = again(pretty, false);
	fuzz_same(compact, back, "pretty and compact JSON differ");
	free(back);
	free(pretty);
	free(compact);
	json_free(j);
	return 0;
}
