/* Any YAML: the tree is sound, its places lie within the text, and each value can be written so that it is read the same. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "data/yaml.h"
#include "fuzz.h"

static void quoted(const char *text)
{
	char *written = yaml_quote(text), *line = str_fmt("- %s\n", written);
	struct diags d = {0};
	struct yaml_node *root = NULL;

	fuzz_must(yaml_parse("again.yaml", line, strlen(line), &root, &d) == 0, "what was written cannot be read");
	fuzz_must(root != NULL && root->kind == YAML_LIST && root->count == 1 && root->value[0]->kind == YAML_SCALAR,
	          "a value is something else when it is read again");
	fuzz_same(text, root->value[0]->text, "a value is another one when it is read again");
	yaml_node_free(root);
	diags_clear(&d);
	free(line);
	free(written);
}

static void walk(const struct yaml_node *n, int depth)
{
	fuzz_must(depth <= YAML_DEPTH_MAX, "nested too deeply");
	fuzz_must(n->line >= 1 && n->column >= 1 && n->end_line >= n->line, "a place that cannot be");
	fuzz_must((n->kind == YAML_SCALAR) == (n->text != NULL), "a text where there is none");
	if (n->kind == YAML_SCALAR)
		quoted(n->text);
	for (size_t i = 0; i < n->count; i++) {
		if (n->kind == YAML_MAP) {
			fuzz_must(n->key[i]->kind == YAML_SCALAR, "a key that is no text");
			fuzz_must(yaml_get(n, n->key[i]->text) != NULL, "a key that is not found");
		}
		walk(n->value[i], depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yaml_node *root = NULL;
	struct diags d = {0};

	if (yaml_parse("fuzz.yaml", (const char *)data, size, &root, &d) != 0) {
		fuzz_must(d.total > 0, "a mistake without a word");
		fuzz_must(root == NULL, "a mistake and a tree");
	} else if (root != NULL) {
		walk(root, 0);
	}
	yaml_node_free(root);
	fuzz_diags(&d);
	return 0;
}
