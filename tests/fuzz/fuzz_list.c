/*
 * The list of entries, and changes made to its text in place. The first line holds the changes: "+NAME", "-NAME" or
 * "=NAME", after NAME letters for what is put (f, e, r, g) or taken away (F, E, R, G). The rest is the list.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "data/yaml.h"
#include "entitle/coverage.h"
#include "entitle/edit.h"
#include "entitle/effective.h"
#include "entitle/fqdn.h"
#include "fuzz.h"

#define CHANGES_MAX 4

static bool read_list(const char *text, struct entry_list *l, struct diags *d)
{
	struct yaml_node *root = NULL;

	if (yaml_parse("list.yaml", text, strlen(text), &root, d) == 0)
		entry_list_read("list.yaml", root, l, d);
	yaml_node_free(root);
	return d->total == 0;
}

static enum edit_value todo(const char *flags, char put)
{
	if (strchr(flags, put) != NULL)
		return EDIT_PUT;
	return strchr(flags, put - 'a' + 'A') != NULL ? EDIT_TAKE_AWAY : EDIT_KEEP;
}

/* Points into `line`. */
static size_t read_changes(char *line, struct edit_change *c, struct strs *names)
{
	char *save = NULL;
	size_t n = 0;

	for (char *w = strtok_r(line, " ", &save); w != NULL && n < CHANGES_MAX; w = strtok_r(NULL, " ", &save)) {
		char *comma = strchr(w, ','), *name = NULL, *why = NULL;
		const char *flags = comma != NULL ? comma + 1 : "";

		if (comma != NULL)
			*comma = '\0';
		if (fqdn_normalize(w + 1, &name, &why) == 0) {
			c[n] = (struct edit_change){
				.action = *w == '+' ? EDIT_ADD : *w == '-' ? EDIT_REMOVE : EDIT_SET,
				.fqdn = name, .written = *w == '+' ? w + 1 : NULL,
				.first_issued_do = todo(flags, 'f'), .first_issued = {2026, 2, 19},
				.ends_do = todo(flags, 'e'), .ends = {2027, 2, 28},
				.registered_do = todo(flags, 'g'), .registered = {2026, 1, 31},
				.renewed_do = todo(flags, 'r'), .renewed = 3};
			n++;
			strs_take(names, name);
		} else {
			fuzz_shown(why);
		}
		free(why);
	}
	return n;
}

static void check_changed(const char *text, const struct edit_change *c, size_t n, bool was_good)
{
	struct entry_list after = {0};
	struct diags d = {0};
	bool good = read_list(text, &after, &d);

	fuzz_must(good || !was_good, "a list is broken by a change");
	for (size_t i = 0; i < n; i++) {
		bool later = false;

		for (size_t k = i + 1; k < n; k++)
			later = later || str_eq(c[k].fqdn, c[i].fqdn);
		if (!later)
			fuzz_must((entry_list_find(&after, c[i].fqdn) != NULL) == (c[i].action != EDIT_REMOVE), "a change is not there");
	}
	entry_list_clear(&after);
	diags_clear(&d);
}

static void use(const struct entry_list *l, const struct strs *names)
{
	const struct rule *rule = rule_preset("jpdirect");
	const struct coverage_input in = {.rule = rule, .list = l, .names = names, .at = FUZZ_NOW};
	struct coverage_result r;
	struct effective end;
	struct strs normal = {0};

	coverage_check(&in, &r);
	coverage_names(&r, &normal);
	for (size_t i = 0; i < r.count; i++)
		fuzz_shown(r.name[i].message);
	effective_find(&(struct effective_input){.rule = rule, .list = l, .names = &normal, .not_after = FUZZ_NOW + 8640000}, &end);
	strs_clear(&normal);
	coverage_result_clear(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = fuzz_line(&data, &size), *text = fuzz_text(data, size), *out = NULL;
	struct edit_change change[CHANGES_MAX] = {0};
	struct entry_list l = {0};
	struct strs names = {0};
	struct diags d = {0};
	struct err e = ERR_INIT;
	bool good = read_list(text, &l, &d);
	size_t n = read_changes(line, change, &names);

	fuzz_diags(&d);
	for (size_t i = 0; i < l.count; i++)
		fuzz_must(fqdn_is_normal(l.item[i].fqdn), "an entry whose name is not in normal form");
	use(&l, &names);
	if (edit_apply("list.yaml", text, change, n, &out, &e) == 0)
		check_changed(out, change, n, good);
	else
		fuzz_must(e.kind != ERR_INTERNAL, e.cause != NULL ? e.cause : "internal");
	if (e.kind != ERR_NONE)
		fuzz_err(&e);
	free(out);
	entry_list_clear(&l);
	strs_clear(&names);
	free(text);
	free(line);
	return 0;
}
