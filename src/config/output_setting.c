#include "config.h"

#include "config/reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"

#define MODE_OTHERS 07
#define NAME_PLACE "{name}"

static const char key_file[] = "privkey.pem";
static const char *const files[] = {key_file, "cert.pem", "chain.pem", "fullchain.pem", NULL};

static const struct {
	const char *key;
	enum output_kind kind;
} kinds[] = {{"combined", OUTPUT_COMBINED}, {"pkcs12", OUTPUT_PKCS12}, {"copy", OUTPUT_COPY}};

const char *const *output_setting_files(void)
{
	return files;
}

bool output_setting_has_key(const struct output_setting *o)
{
	return o->kind != OUTPUT_COPY || str_eq(o->file, key_file);
}

static bool check_path(const struct reader *r, const struct keys_row *row, const struct yaml_node *n)
{
	if (!str_ends(n->text, "/"))
		return true;
	reader_say(r, n, _("%s: \"%s\" is a folder; write the path of the file"), row->name, n->text);
	return false;
}

/* Exactly one of the three keys that say what it is. */
static bool find_kind(const struct reader *r, const struct keys_row *key, const struct yaml_node *map,
                      struct output_setting *out)
{
	int found = 0;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (yaml_is_null(yaml_get(map, kinds[i].key)))
			continue;
		out->kind = kinds[i].kind;
		found++;
	}
	if (found > 1)
		reader_say(r, map, _("%s: only one of combined, pkcs12 and copy can be used in one mapping"), key->name);
	else if (found == 0 && reader_all_known(KEYS_OUTPUT, map))
		reader_say(r, map, _("%s: the mapping needs one of combined, pkcs12 and copy"), key->name);
	return found == 1;
}

static bool check_companions(const struct reader *r, const struct keys_row *key, const struct yaml_node *map,
                             const struct output_setting *o)
{
	const struct yaml_node *to = yaml_get(map, "to"), *password = yaml_get(map, "password_file");
	const struct yaml_node *mode = yaml_get(map, "mode");
	size_t before = r->d->total;

	if (o->kind == OUTPUT_COPY && yaml_is_null(to) && reader_all_known(KEYS_OUTPUT, map))
		reader_say(r, map, _("%s: copy needs \"to\": the path of the file to write"), key->name);
	if (o->kind != OUTPUT_COPY && !yaml_is_null(to))
		reader_say(r, to, _("to: only beside copy"));
	if (o->kind != OUTPUT_PKCS12 && !yaml_is_null(password))
		reader_say(r, password, _("password_file: only beside pkcs12"));
	if (output_setting_has_key(o) && (o->mode & MODE_OTHERS) != 0)
		reader_say(r, mode, _("mode: %s would open the private key in this file to everybody on this machine; use \"0600\", "
		                      "or \"0640\" with a group"), mode->text);
	return r->d->total == before;
}

static bool read_map(const struct reader *r, const struct keys_row *key, const struct yaml_node *map,
                     struct output_setting *out)
{
	bool good = find_kind(r, key, map, out), one_kind = good;

	good &= reader_all_known(KEYS_OUTPUT, map);
	for (size_t i = 0; i < map->count; i++) {
		const struct keys_row *row = reader_row(r, KEYS_OUTPUT, map, i);

		if (row == NULL)
			continue;
		good &= reader_simple(r, row, map->value[i], out);
		if (good && row->offset == offsetof(struct output_setting, written))
			good &= check_path(r, row, map->value[i]);
	}
	if (one_kind)
		good &= check_companions(r, key, map, out);
	return good;
}

static void read_one(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                     struct certificate_setting *out)
{
	struct output_setting o = {.place = reader_place(r, n)};
	bool good = false;

	if (n->kind == YAML_MAP)
		good = read_map(r, row, n, &o);
	else
		reader_bad(r, row, n);
	if (!good) {
		output_setting_clear(&o);
		return;
	}
	o.path = str_dup(o.written);
	out->output = mem_resize(out->output, out->output_count + 1, sizeof o);
	out->output[out->output_count++] = o;
}

void output_setting_read(const struct reader *r, const struct keys_row *row, const struct yaml_node *n,
                         struct certificate_setting *out)
{
	out->has_output = true;
	if (n->kind != YAML_LIST)
		read_one(r, row, n, out);
	for (size_t i = 0; n->kind == YAML_LIST && i < n->count; i++)
		read_one(r, row, n->value[i], out);
}

void output_setting_fill(struct output_setting *o, const char *name)
{
	struct strs parts = {0};
	const char *rest = o->written, *at;

	while ((at = strstr(rest, NAME_PLACE)) != NULL) {
		strs_take(&parts, str_ndup(rest, (size_t)(at - rest)));
		rest = at + strlen(NAME_PLACE);
	}
	strs_add(&parts, rest);
	str_replace(&o->path, strs_join(&parts, name));
	strs_clear(&parts);
}

struct listed {
	const struct output_setting *o;
	size_t index; /* in the order of the files */
};

static int by_path(const void *a, const void *b)
{
	const struct listed *left = a, *right = b;
	int order = strcmp(left->o->path, right->o->path);

	return order != 0 ? order : (left->index > right->index) - (left->index < right->index);
}

static bool same_place(const struct output_setting *a, const struct output_setting *b)
{
	return str_eq(a->path, b->path) && a->place.file == b->place.file && a->place.line == b->place.line &&
	       a->place.column == b->place.column;
}

static void say_twice(const struct output_setting *a, const struct output_setting *b, struct diags *d)
{
	if (same_place(a, b))
		diags_add(d, b->place.file, b->place.line, b->place.column,
		          _("outputs: \"%s\" would be made of several certificates; write {name} in it, which stands for the "
		            "certificate's name"), b->path);
	else
		diags_add(d, b->place.file, b->place.line, b->place.column,
		          _("outputs: \"%s\" is already made by the output at %s:%d:%d; each needs a path of its own"), b->path,
		          a->place.file, a->place.line, a->place.column);
}

void output_setting_check(const struct settings *s, struct diags *d)
{
	struct listed *all;
	size_t total = 0, count = 0;

	for (size_t i = 0; i < s->certificate_count; i++)
		total += s->certificate[i].output_count;
	if (total < 2)
		return;
	all = mem_new(total, sizeof *all);
	for (size_t i = 0; i < s->certificate_count; i++) {
		for (size_t j = 0; j < s->certificate[i].output_count; j++) {
			all[count] = (struct listed){&s->certificate[i].output[j], count};
			count++;
		}
	}
	qsort(all, count, sizeof *all, by_path);
	for (size_t i = 1; i < count; i++) {
		const struct output_setting *before = all[i - 1].o, *o = all[i].o;
		bool told = i > 1 && same_place(all[i - 2].o, before) && same_place(before, o);

		if (!told && str_eq(before->path, o->path))
			say_twice(before, o, d);
	}
	free(all);
}

void output_setting_clear(struct output_setting *o)
{
	free(o->written);
	free(o->path);
	free(o->file);
	free(o->owner);
	free(o->group);
	free(o->password_file);
	*o = (struct output_setting){0};
}

void output_setting_copy(struct output_setting *to, const struct output_setting *from)
{
	*to = *from;
	to->written = str_dup(from->written);
	to->path = str_dup(from->path);
	to->file = str_dup(from->file);
	to->owner = str_dup(from->owner);
	to->group = str_dup(from->group);
	to->password_file = str_dup(from->password_file);
}
