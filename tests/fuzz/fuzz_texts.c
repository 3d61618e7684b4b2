/* Texts of anybody as they are shown, written into files and given to programs. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/hook.h"
#include "base/roff.h"
#include "data/json.h"
#include "data/yaml.h"
#include "fuzz.h"

static void as_json(const char *text)
{
	struct json *j = json_new_object(), *back = NULL;
	struct err e = ERR_INIT;
	char *out;

	json_set_str(j, "text", text);
	json_set_str(j, text, "value");
	out = json_format_compact(j);
	fuzz_must(json_parse(out, strlen(out), &back, &e) == 0, "JSON that was written cannot be read");
	fuzz_same(json_str(j, "text"), json_str(back, "text"), "a text is another one when it is read again");
	free(out);
	json_free(back);
	json_free(j);
}

static void as_yaml(const char *text)
{
	char *quoted = yaml_quote(text), *line = str_fmt("key: %s\n", quoted);
	struct yaml_node *root = NULL;
	struct diags d = {0};

	fuzz_must(yaml_parse("text", line, strlen(line), &root, &d) == 0, "YAML that was written cannot be read");
	fuzz_must(yaml_get(root, "key") != NULL && yaml_get(root, "key")->kind == YAML_SCALAR, "a text is no text any more");
	yaml_node_free(root);
	diags_clear(&d);
	free(line);
	free(quoted);
}

static void as_variable(const char *text)
{
	struct strs env = {0};
	bool control = false;

	for (const char *p = text; *p != '\0'; p++)
		control = control || (unsigned char)*p < ' ' || *p == 0x7f;
	fuzz_must((hook_env_add(&env, "NAME", text) != 0) || !control, "a variable with a control character");
	strs_clear(&env);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	char *shown = str_escape((const char *)data, size, 200), *roff;
	static const char *const words[] = {"names", "challenge", "webroot", "certificates", NULL};

	fuzz_must(strlen(shown) <= 204, "a text is shown longer than it may be");
	fuzz_shown(shown);
	roff = roff_text(shown);
	fuzz_must(*roff != '.' && *roff != '\'', "a text that is a request of roff");
	as_json(text);
	as_yaml(text);
	as_variable(text);
	str_nearest(text, words);
	fuzz_must(str_distance(text, strlen(text), text, strlen(text)) == 0, "a text differs from itself");
	free(roff);
	free(shown);
	free(text);
	return 0;
}
