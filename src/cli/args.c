#include "config.h"

#include "args.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"

#define LONG_BASE 256 /* values of long options begin behind all letters */
#define SHOWN_MAX 80

struct parser {
	const struct options_row *table;
	size_t rows;
	struct option *longs;
	char *shorts;
	char **argv;
};

static int takes(const struct options_row *row)
{
	if (row->arg == NULL)
		return no_argument;
	return options_value_is_free(row) ? optional_argument : required_argument;
}

static void parser_init(struct parser *p, char **argv)
{
	size_t length = 0;

	p->table = options_table(&p->rows);
	p->longs = mem_new(p->rows + 1, sizeof *p->longs);
	p->shorts = mem_new(2 * p->rows + 2, 1);
	p->shorts[length++] = ':';
	p->argv = argv;
	for (size_t i = 0; i < p->rows; i++) {
		const struct options_row *row = &p->table[i];

		p->longs[i] = (struct option){row->name, takes(row), NULL, LONG_BASE + (int)i};
		if (row->letter == 0)
			continue;
		p->shorts[length++] = row->letter;
		if (row->arg)
			p->shorts[length++] = ':';
	}
}

/* The row a value of getopt_long stands for; NULL = none. */
static const struct options_row *row_of(const struct parser *p, int value)
{
	if (value >= LONG_BASE && (size_t)(value - LONG_BASE) < p->rows)
		return &p->table[value - LONG_BASE];
	for (size_t i = 0; i < p->rows; i++)
		if (value > 0 && p->table[i].letter == value)
			return &p->table[i];
	return NULL;
}

static int unknown(const struct parser *p, const char *text, struct err *e)
{
	const char **names = mem_new(p->rows + 1, sizeof *names), *near = NULL;
	size_t count = 0, length = strcspn(text, "=");
	char *shown = str_escape(text, length, SHOWN_MAX), *word;

	for (size_t i = 0; i < p->rows; i++)
		if (p->table[i].help == NULL || *p->table[i].help)
			names[count++] = p->table[i].name;
	if (length > 2 && str_starts(text, "--")) {
		word = str_ndup(text + 2, length - 2);
		near = str_nearest(word, names);
		for (size_t i = 0; near == NULL && i < count; i++)
			if (str_starts(names[i], word))
				near = names[i];
		free(word);
	}
	if (near != NULL)
		err_set(e, ERR_USAGE, _("unknown option \"%s\"; did you mean \"--%s\"?"), shown, near);
	else
		err_set(e, ERR_USAGE, _("unknown option \"%s\""), shown);
	free(shown);
	free(names);
	return -1;
}

static int unknown_letter(int letter, struct err *e)
{
	char text[3] = {'-', (char)letter, '\0'};
	char *shown = str_escape(text, strlen(text), SHOWN_MAX);

	err_set(e, ERR_USAGE, _("unknown option \"%s\""), shown);
	free(shown);
	return -1;
}

/* What getopt_long refused. */
static int refused(const struct parser *p, int result, struct err *e)
{
	const struct options_row *row = row_of(p, optopt);
	const char *dashes = optopt >= LONG_BASE ? "--" : "-";
	char letter[2] = {row ? row->letter : '\0', '\0'};
	const char *name = row == NULL ? "" : optopt >= LONG_BASE ? row->name : letter;

	if (row != NULL && result == ':')
		return err_set(e, ERR_USAGE, _("%s%s needs a value: %s"), dashes, name, row->arg);
	if (row != NULL)
		return err_set(e, ERR_USAGE, _("%s%s takes no value"), dashes, name);
	if (optopt != 0)
		return unknown_letter(optopt, e);
	return unknown(p, p->argv[optind - 1], e);
}

/* getopt_long takes beginnings of names as well; they would mean something else once there is another option. */
static bool written_out(const struct parser *p, const struct options_row *row, const char **text)
{
	size_t length;

	*text = optarg != NULL && optarg == p->argv[optind - 1] ? p->argv[optind - 2] : p->argv[optind - 1];
	length = strcspn(*text, "=");
	return length == strlen(row->name) + 2 && strncmp(*text + 2, row->name, length - 2) == 0;
}

static int take(const struct parser *p, int result, struct args *out, struct err *e)
{
	const struct options_row *row = result == '?' || result == ':' ? NULL : row_of(p, result);
	const char *text;

	if (row == NULL)
		return refused(p, result, e);
	if (result >= LONG_BASE && !written_out(p, row, &text))
		return unknown(p, text, e);
	if (row->arg != NULL && optarg != NULL && *optarg == '\0')
		return err_set(e, ERR_USAGE, _("--%s needs a value: %s"), row->name, row->arg);
	out->given = mem_resize(out->given, out->count + 1, sizeof *out->given);
	out->given[out->count++] = (struct args_given){options_row(row->id), row->name, row->arg ? optarg : NULL};
	return 0;
}

int args_parse(int argc, char **argv, struct args *out, struct err *e)
{
	struct parser p;
	struct err later = ERR_INIT;
	int rc = 0, result;

	parser_init(&p, argv);
	/* With it, glibc would stop at the first word, and options behind the command would be lost. */
	unsetenv("POSIXLY_CORRECT");
	opterr = 0;
	optind = 0;
	while ((result = getopt_long(argc, argv, p.shorts, p.longs, NULL)) != -1) {
		if (take(&p, result, out, rc == 0 ? e : &later) < 0)
			rc = -1;
		err_clear(&later);
	}
	out->word = argv + optind;
	out->word_count = (size_t)(argc - optind);
	free(p.longs);
	free(p.shorts);
	return rc;
}

void args_clear(struct args *a)
{
	free(a->given);
	*a = (struct args){0};
}

size_t args_times(const struct args *a, enum options_id id)
{
	size_t times = 0;

	for (size_t i = 0; i < a->count; i++)
		times += a->given[i].row->id == id;
	return times;
}

bool args_has(const struct args *a, enum options_id id)
{
	return args_times(a, id) > 0;
}

const char *args_value(const struct args *a, enum options_id id)
{
	const char *value = NULL;

	for (size_t i = 0; i < a->count; i++)
		if (a->given[i].row->id == id)
			value = a->given[i].value;
	return value;
}

void args_values(const struct args *a, enum options_id id, struct strs *out)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->given[i].row->id == id)
			strs_add(out, a->given[i].value);
}

void args_split(const char *value, struct strs *out)
{
	for (;;) {
		size_t length = strcspn(value, ","), blanks = strspn(value, " \t");
		size_t end = length;

		while (end > blanks && (value[end - 1] == ' ' || value[end - 1] == '\t'))
			end--;
		strs_take(out, blanks < end ? str_ndup(value + blanks, end - blanks) : str_dup(""));
		if (value[length] == '\0')
			return;
		value += length + 1;
	}
}
