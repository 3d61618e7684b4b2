#include "config.h"

#include "entitle/edit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/str.h"
#include "data/yaml.h"
#include "entitle/entry.h"
#include "entitle/fqdn.h"

#define CHANGES_MAX 16

static void read_date(const char *word, enum edit_value *todo, struct date *d)
{
	*todo = *word == '\0' ? EDIT_TAKE_AWAY : EDIT_PUT;
	if (*todo == EDIT_PUT && date_parse(word, d) != 0)
		fail_msg("no date: %s", word);
}

static void read_word(struct edit_change *c, char *word)
{
	char *value = strchr(word, '=');

	assert_non_null(value);
	*value++ = '\0';
	if (str_eq(word, "first_issued"))
		read_date(value, &c->first_issued_do, &c->first_issued);
	else if (str_eq(word, "ends"))
		read_date(value, &c->ends_do, &c->ends);
	else if (str_eq(word, "registered"))
		read_date(value, &c->registered_do, &c->registered);
	else if (str_eq(word, "written"))
		c->written = value;
	else if (str_eq(word, "renewed")) {
		c->renewed_do = *value == '\0' ? EDIT_TAKE_AWAY : EDIT_PUT;
		c->renewed = (int)strtol(value, NULL, 10);
	} else
		fail_msg("no key: %s", word);
}

/* "+a.jp ends=2027-01-31; -b.jp; =c.jp renewed=1 ends=": points into `words`, which is cut up. */
static size_t read_changes(char *words, struct edit_change *c)
{
	static const char signs[] = "+-=";
	char *save = NULL;
	size_t count = 0;

	for (char *w = strtok_r(words, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save)) {
		size_t len = strlen(w);

		if (len > 0 && w[len - 1] == ';')
			w[len - 1] = '\0';
		if (strchr(signs, *w) != NULL) {
			assert_true(count < CHANGES_MAX);
			c[count++] = (struct edit_change){.action = (enum edit_action)(strchr(signs, *w) - signs), .fqdn = w + 1};
		} else {
			assert_true(count > 0);
			read_word(&c[count - 1], w);
		}
	}
	return count;
}

/* The text after these changes, or NULL with e. */
static char *changed(const char *text, const char *changes, struct err *e)
{
	struct edit_change c[CHANGES_MAX] = {0};
	char *words = str_dup(changes), *out = NULL;

	if (edit_apply("list.yaml", text, c, read_changes(words, c), &out, e) != 0)
		assert_null(out);
	free(words);
	return out;
}

struct given { const char *text, *changes, *after; };

static void check_given(const struct given *g, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct err e = ERR_INIT;
		char *out = changed(g[i].text, g[i].changes, &e);

		if (out == NULL)
			fail_msg("case %zu (%s): %s", i, g[i].changes, e.cause);
		assert_string_equal(out, g[i].after);
		free(out);
	}
}

#define CHECK(table) check_given(table, sizeof(table) / sizeof(*(table)))

static void a_new_item_looks_like_those_before_it(void **state)
{
	static const struct given table[] = {
		{"- a.jp\n", "+b.jp", "- a.jp\n- b.jp\n"},
		{"- a.jp\n", "+*.b.jp", "- a.jp\n- \"*.b.jp\"\n"},
		{"- a.jp\n", "+xn--wgv71a119e.jp written=日本語.jp", "- a.jp\n- \"日本語.jp\"\n"},
		{"- a.jp\n", "+b.jp ends=2027-02-28", "- a.jp\n- fqdn: b.jp\n  ends: 2027-02-28\n"},
		{"- a.jp\n", "+b.jp first_issued=2026-02-19 renewed=2 registered=2026-02-01",
		 "- a.jp\n- fqdn: b.jp\n  registered: 2026-02-01\n  first_issued: 2026-02-19\n  renewed: 2\n"},
		{"- a.jp\n", "+b.jp renewed=0", "- a.jp\n- b.jp\n"},
		{"- a.jp\n", "+b.jp renewed=0 first_issued=2026-02-19", "- a.jp\n- fqdn: b.jp\n  first_issued: 2026-02-19\n"},
		{"  -   a.jp\n", "+b.jp ends=2027-02-28; +c.jp",
		 "  -   a.jp\n  -   fqdn: b.jp\n      ends: 2027-02-28\n  -   c.jp\n"},
		{"- a.jp\r\n", "+b.jp ends=2027-02-28", "- a.jp\r\n- fqdn: b.jp\r\n  ends: 2027-02-28\r\n"},
		{"- a.jp\r", "+b.jp", "- a.jp\r- b.jp\r"},
		{"- a.jp", "+b.jp", "- a.jp\n- b.jp"},
		{"- a.jp\r\n- b.jp", "+c.jp", "- a.jp\r\n- b.jp\r\n- c.jp"},
		{"\xef\xbb\xbf- a.jp\n", "+b.jp", "\xef\xbb\xbf- a.jp\n- b.jp\n"},
		{"---\n- a.jp\n...\n", "+b.jp", "---\n- a.jp\n- b.jp\n...\n"},
		{"- a.jp # why\n  # and more of it\n\n# the end\n", "+b.jp",
		 "- a.jp # why\n  # and more of it\n- b.jp\n\n# the end\n"},
		{"- a.jp\n# - old.jp\n", "+b.jp", "- a.jp\n- b.jp\n# - old.jp\n"},
		{"-\n  fqdn: a.jp\n", "+b.jp", "-\n  fqdn: a.jp\n- b.jp\n"},
		{"- {fqdn: a.jp,\n   ends: 2027-01-31}\n", "+b.jp", "- {fqdn: a.jp,\n   ends: 2027-01-31}\n- b.jp\n"},
		{"- |-\n  a.jp\n", "+b.jp", "- |-\n  a.jp\n- b.jp\n"},
		{"- \"a\\\n  .jp\"\n- b.jp\n", "+c.jp", "- \"a\\\n  .jp\"\n- b.jp\n- c.jp\n"},
		{"- a.jp\n- b.jp\n", "-b.jp; +c.jp", "- a.jp\n- c.jp\n"},
	};

	(void)state;
	CHECK(table);
}

static void a_list_may_begin_with_nothing(void **state)
{
	static const struct given table[] = {
		{"# mine\n", "+b.jp", "# mine\n- b.jp\n"},
		{"# mine", "+b.jp; +c.jp", "# mine\n- b.jp\n- c.jp"},
		{"\n", "+b.jp", "\n- b.jp\n"},
		{"[]\n", "+b.jp; +c.jp", "- b.jp\n- c.jp\n"},
		{"# mine\n  [ ]   # none yet\n# end\n", "+b.jp", "# mine\n# none yet\n- b.jp\n# end\n"},
		{"[]", "+b.jp", "- b.jp"},
		{"--- []\n", "+b.jp", "---\n- b.jp\n"},
		{"--- [] # none\r\n...\r\n", "+b.jp", "--- # none\r\n- b.jp\r\n...\r\n"},
		{"%YAML 1.1\n---\n# x\n...\n# y\n", "+b.jp", "%YAML 1.1\n---\n# x\n- b.jp\n...\n# y\n"},
		{"~\n", "+b.jp", "- b.jp\n"},
		{"--- null\n", "+b.jp", "---\n- b.jp\n"},
		{"Null # nothing\n", "+b.jp", "# nothing\n- b.jp\n"},
		{"- a.jp\n", "-a.jp; +b.jp", "- b.jp\n"},
		{"# x\n- a.jp # y\n# z\n", "-a.jp; +b.jp ends=2027-01-31", "# x\n- fqdn: b.jp\n  ends: 2027-01-31\n# z\n"},
		{"\xef\xbb\xbf", "+b.jp", "\xef\xbb\xbf- b.jp\n"},
	};
	struct err e = ERR_INIT;

	(void)state;
	CHECK(table);
	for (int i = 0; i < 2; i++) {
		char *out = changed(i == 0 ? NULL : "", "+b.jp; +c.jp", &e);

		assert_non_null(out);
		assert_int_equal(*out, '#');
		assert_true(str_ends(out, ".\n- b.jp\n- c.jp\n"));
		free(out);
	}
}

static void what_is_removed_leaves_the_rest(void **state)
{
	static const struct given table[] = {
		{"- a.jp\n- b.jp\n", "-a.jp", "- b.jp\n"},
		{"- a.jp\n- b.jp", "-b.jp", "- a.jp"},
		{"- a.jp\n", "-a.jp", ""},
		{"# the shop\n- a.jp # main\n\n# the rest\n- \"*.b.jp\" # all\n", "-a.jp", "# the shop\n\n# the rest\n- \"*.b.jp\" # all\n"},
		{"# the shop\n- a.jp # main\n\n# the rest\n- '*.b.jp' # all\n", "-*.b.jp", "# the shop\n- a.jp # main\n\n# the rest\n"},
		{"- renewed: 1\n\n  # paid\n  fqdn: a.jp\n  first_issued: 2026-01-01 # x\n  # was 2025\n- b.jp\n", "-a.jp",
		 "  # was 2025\n- b.jp\n"},
		{"-\n  # c\n  fqdn: a.jp\n-   # d\n  b.jp\n", "-a.jp", "-   # d\n  b.jp\n"},
		{"-\n  # c\n  fqdn: a.jp\n-   # d\n  b.jp\n", "-b.jp", "-\n  # c\n  fqdn: a.jp\n"},
		{"- {fqdn: a.jp, ends: 2027-01-31} # c\n- b.jp\n", "-a.jp", "- b.jp\n"},
		{"- {fqdn: a.jp, # c\n   ends: 2027-01-31,\n  }\n- b.jp\n", "-a.jp", "- b.jp\n"},
		{"- A.jp.\r\n- 日本語.jp\r\n", "-xn--wgv71a119e.jp", "- A.jp.\r\n"},
		{"\xef\xbb\xbf- a.jp\n- b.jp\n", "-a.jp", "\xef\xbb\xbf- b.jp\n"},
		{"---\n- a.jp\n...\n", "-a.jp", "---\n...\n"},
		{"- a.jp\n...\n", "-a.jp", "[]\n...\n"},
		{"# mine\r\n- a.jp\r\n- b.jp\r\n... # end", "-b.jp; -a.jp", "# mine\r\n[]\r\n... # end"},
		{"- a.jp\n...\n", "=a.jp ends=2027-01-31; -a.jp; +a.jp", "- a.jp\n...\n"},
		{"- a.jp # \xe2\x80\xa8- c.jp\n- b.jp\n", "-b.jp", "- a.jp # \xe2\x80\xa8- c.jp\n"},
		{"- a.jp\n- ? fqdn\n  : b.jp\n", "-b.jp", "- a.jp\n"},
	};

	(void)state;
	CHECK(table);
}

static void values_are_put_where_they_stand(void **state)
{
	static const struct given table[] = {
		{"- a.jp # c\n- b.jp\n", "=a.jp ends=2027-02-28", "- fqdn: a.jp # c\n  ends: 2027-02-28\n- b.jp\n"},
		{"- a.jp # c\n  # d\n# e\n", "=a.jp ends=2027-02-28", "- fqdn: a.jp # c\n  # d\n  ends: 2027-02-28\n# e\n"},
		{" -  '*.a.jp'", "=*.a.jp first_issued=2026-02-19 renewed=1",
		 " -  fqdn: '*.a.jp'\n    first_issued: 2026-02-19\n    renewed: 1"},
		{"-\n  \"日本語.jp\"\r\n", "=xn--wgv71a119e.jp ends=2027-01-31", "-\n  fqdn: \"日本語.jp\"\r\n  ends: 2027-01-31\r\n"},
		{"- fqdn: a.jp\n  renewed: 1 # paid in May\n  first_issued: 2026-02-19\n", "=a.jp renewed=2",
		 "- fqdn: a.jp\n  renewed: 2 # paid in May\n  first_issued: 2026-02-19\n"},
		{"- fqdn: a.jp\n  renewed: 1 # c\n  first_issued: 2026-02-19\n", "=a.jp renewed=0",
		 "- fqdn: a.jp\n  renewed: 0 # c\n  first_issued: 2026-02-19\n"},
		{"- fqdn: a.jp\n", "=a.jp renewed=0", "- fqdn: a.jp\n"},
		{"- a.jp\n", "=a.jp renewed=0 ends=", "- a.jp\n"},
		{"- fqdn: a.jp\n  ends: '2027-01-31'\n", "=a.jp ends=2027-01-31", "- fqdn: a.jp\n  ends: '2027-01-31'\n"},
		{"- fqdn: a.jp\n  ends: '2027-01-31'\n", "=a.jp ends=2028-01-31", "- fqdn: a.jp\n  ends: 2028-01-31\n"},
		{"- ends:\n    2027-01-31 # c\n  fqdn: a.jp\n", "=a.jp ends=2028-01-31", "- ends:\n    2028-01-31 # c\n  fqdn: a.jp\n"},
		{"-\n    # about\n    fqdn: a.jp\n\n- b.jp\n", "=a.jp ends=2028-01-31",
		 "-\n    # about\n    fqdn: a.jp\n    ends: 2028-01-31\n\n- b.jp\n"},
		{"- {fqdn: a.jp, renewed: 1} # c\n", "=a.jp renewed=2 first_issued=2026-02-19 ends=2029-01-31",
		 "- {fqdn: a.jp, renewed: 2, first_issued: 2026-02-19, ends: 2029-01-31} # c\n"},
		{"- {\"fqdn\":\"a.jp\",}\n", "=a.jp ends=2029-01-31", "- {\"fqdn\":\"a.jp\", ends: 2029-01-31,}\n"},
		{"- {fqdn: a.jp # c\n   }\n", "=a.jp ends=2029-01-31", "- {fqdn: a.jp, ends: 2029-01-31 # c\n   }\n"},
		{"- {ends: 2029-01-31, fqdn: a.jp}\n", "=a.jp ends=2030-01-31", "- {ends: 2030-01-31, fqdn: a.jp}\n"},
		{"- ? fqdn\n  : a.jp\n", "=a.jp ends=2030-01-31", "- ? fqdn\n  : a.jp\n  ends: 2030-01-31\n"},
		{"- a.jp\n- b.jp\n", "+c.jp; =b.jp ends=2027-01-31; =a.jp ends=2028-01-31; =c.jp renewed=1",
		 "- fqdn: a.jp\n  ends: 2028-01-31\n- fqdn: b.jp\n  ends: 2027-01-31\n- fqdn: c.jp\n  renewed: 1\n"},
		{"- fqdn: a.jp\n  set: \"two\n    lines\"\n", "+b.jp", "- fqdn: a.jp\n  set: \"two\n    lines\"\n- b.jp\n"},
		{"- fqdn: a.jp\n  set: web\n", "=a.jp registered=2026-01-05", "- fqdn: a.jp\n  set: web\n  registered: 2026-01-05\n"},
		{"- a.jp\n", "", "- a.jp\n"},
	};

	(void)state;
	CHECK(table);
}

static void values_are_taken_away_with_their_lines(void **state)
{
	static const struct given table[] = {
		{"- fqdn: a.jp # c\n  ends: 2027-01-31 # d\n  # e\n", "=a.jp ends=", "- fqdn: a.jp # c\n  # e\n"},
		{"- ends: 2027-01-31 # d\n  fqdn: a.jp # c\n", "=a.jp ends=", "- fqdn: a.jp # c\n"},
		{"-   ends:\n      2027-01-31 # d\n    renewed: 1\n    fqdn: a.jp # c\n", "=a.jp ends= renewed=", "-   fqdn: a.jp # c\n"},
		{"- ends: 2027-01-31 # d\n  # about\n  fqdn: a.jp\n", "=a.jp ends=", "-\n  # about\n  fqdn: a.jp\n"},
		{"- ends:\n    2027-01-31 # d\n\n  renewed: 1\n  # about\n  fqdn: a.jp\n", "=a.jp ends= renewed=",
		 "-\n\n  # about\n  fqdn: a.jp\n"},
		{"-\n  ends: 2027-01-31\n  fqdn: a.jp\n", "=a.jp ends=", "-\n  fqdn: a.jp\n"},
		{"- fqdn: a.jp\n  renewed: 1\n  first_issued: 2026-02-19\n", "=a.jp renewed= first_issued= ends=2027-02-28",
		 "- fqdn: a.jp\n  ends: 2027-02-28\n"},
		{"- renewed: 1\n  fqdn: a.jp\n  first_issued: 2026-02-19", "=a.jp renewed= first_issued= ends=2027-02-28",
		 "- fqdn: a.jp\n  ends: 2027-02-28"},
		{"- {fqdn: a.jp, ends: 2027-01-31}\n", "=a.jp ends=", "- {fqdn: a.jp}\n"},
		{"- {ends: 2027-01-31, fqdn: a.jp}\n", "=a.jp ends=", "- {fqdn: a.jp}\n"},
		{"- {ends: 2027-01-31, renewed: 1, fqdn: a.jp, first_issued: 2026-02-19 }\n", "=a.jp ends= renewed= first_issued=",
		 "- {fqdn: a.jp }\n"},
		{"- {ends: 2027-01-31, fqdn: a.jp, renewed: 1}\n", "=a.jp ends= renewed= registered=2026-01-05",
		 "- {fqdn: a.jp, registered: 2026-01-05}\n"},
		{"- {ends: 2027-01-31, fqdn: a.jp, renewed: 1, set: x}\n", "=a.jp ends=2028-01-31 renewed=",
		 "- {ends: 2028-01-31, fqdn: a.jp, set: x}\n"},
	};

	(void)state;
	CHECK(table);
}

static void the_same_entry_may_change_twice(void **state)
{
	static const struct given table[] = {
		{"- fqdn: a.jp\n  ends: 2027-01-31\n- b.jp\n", "-a.jp; +a.jp", "- b.jp\n- a.jp\n"},
		{"- b.jp\n", "+a.jp; =a.jp ends=2027-01-31; =b.jp renewed=1; =a.jp ends=; -b.jp", "- fqdn: a.jp\n"},
		{"- b.jp\n", "+a.jp; -a.jp; +a.jp", "- b.jp\n- a.jp\n"},
	};

	(void)state;
	CHECK(table);
}

static void what_cannot_be_changed_says_where_and_what_instead(void **state)
{
	static const struct {
		const char *text, *changes;
		enum err_kind kind;
		const char *cause;
	} table[] = {
		{"[a.jp, b.jp]\n", "+c.jp", ERR_CONFIG,
		 "list.yaml:1:1: a list in brackets cannot be changed line by line; write it with one \"- example.jp\" in each line"},
		{"# x\n--- [a.jp]\n", "-a.jp", ERR_CONFIG,
		 "list.yaml:2:5: a list in brackets cannot be changed line by line; write it with one \"- example.jp\" in each line"},
		{"[\n]\n", "+a.jp", ERR_CONFIG,
		 "list.yaml:1:1: nothing can be added to brackets that go over several lines; take them away, or write [] in one line"},
		{"- \"a\\\n  .jp\"\n", "-a.jp", ERR_CONFIG,
		 "list.yaml:1:3: this text goes over several lines, which cannot be changed here; write it in one line"},
		{"- fqdn: >-\n    a.jp\n", "=a.jp ends=2027-01-31", ERR_CONFIG,
		 "list.yaml:1:9: this text goes over several lines, which cannot be changed here; write it in one line"},
		{"- {fqdn: a.jp,\n   renewed: 1}\n", "=a.jp renewed=", ERR_CONFIG,
		 "list.yaml:2:4: nothing can be taken from braces that go over several lines; write them in one line"},
		{"- ? fqdn\n  : a.jp\n  ? ends\n  : 2027-01-31\n", "=a.jp ends=", ERR_CONFIG,
		 "list.yaml:3:5: this key cannot be taken away; begin its line with spaces alone, without a tab or \"?\""},
		{"- a.jp\n- a_b.jp\n", "-a.jp", ERR_CONFIG,
		 "list.yaml:2:3: \"a_b.jp\" cannot be used: it holds an underscore, which is not allowed in the names of a certificate"},
		{"- a.jp\n  - b.jp: x: y\n", "-a.jp", ERR_CONFIG, NULL},
		{"- a.jp\n---\n- b.jp\n", "-a.jp", ERR_CONFIG, NULL},
		{"a.jp: b.jp\n", "-a.jp", ERR_CONFIG, NULL},
		{"- x.jp\n- A.JP\n", "+a.jp", ERR_USAGE, "a.jp is in the list already (list.yaml, line 2)"},
		{"- x.jp\n", "+a.jp; =b.jp renewed=1", ERR_USAGE, "b.jp is not in the list (list.yaml)"},
		{"# none\n", "-b.jp", ERR_USAGE, "b.jp is not in the list (list.yaml)"},
		{"- a.jp\n", "=a.jp first_issued=2026-02-19 ends=2026-02-18", ERR_USAGE, "list.yaml:3:9: ends lies before first_issued"},
		{"- a.jp\n", "=a.jp renewed=101", ERR_USAGE,
		 "list.yaml:2:12: expected the number of paid renewals, 0 to 100, found \"101\""},
		{"- a.jp\n", "+b.jp written=c.jp", ERR_INTERNAL,
		 "list.yaml: this change would not have come out as it was asked for, so nothing was changed"},
		{"- a.jp\n", "+B.jp", ERR_INTERNAL, "B.jp is not the normal form of a name"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct err e = ERR_INIT;
		char *out = changed(table[i].text, table[i].changes, &e);

		if (out != NULL)
			fail_msg("case %zu came out as:\n%s", i, out);
		assert_string_equal(err_kind_name(e.kind), err_kind_name(table[i].kind));
		if (table[i].cause != NULL)
			assert_string_equal(e.cause, table[i].cause);
		err_clear(&e);
	}
}

static void the_nearest_entry_is_named(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_null(changed("- shop.example.jp\n- other.jp\n", "-sop.example.jp", &e));
	assert_string_equal(e.advice, "the nearest entry is shop.example.jp");
	err_clear(&e);
}

/* Random lists. */

#define ITEMS_MAX 8
#define LINES_MAX 200

static uint64_t seed;

static unsigned pick(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

struct line { char *text; int item; }; /* item: its index, or -1 */

struct made {
	struct line line[LINES_MAX];
	int count;
	const char *line_break;
	bool ended;             /* the last line has a break */
	struct entry_list list;
	char *name[ITEMS_MAX];
	int names;
	int comments;           /* each has a number of its own */
};

/* Owned; the line gets it as it is. */
static void add_line(struct made *m, int item, char *text)
{
	assert_true(m->count < LINES_MAX);
	m->line[m->count++] = (struct line){text, item};
}

static char *comment(struct made *m)
{
	return str_fmt("# <%d> - a.jp: \"'[]", m->comments++);
}

static char *maybe_comment(struct made *m)
{
	char *c, *out;

	if (pick(3) != 0)
		return str_dup("");
	c = comment(m);
	out = str_fmt("%*s%s", (int)pick(4) + 1, "", c);
	free(c);
	return out;
}

static void between(struct made *m, int item, bool comments)
{
	while (pick(4) == 0) {
		char *c = comments && pick(2) == 0 ? comment(m) : str_dup("");

		add_line(m, item, str_fmt("%*s%s", *c ? (int)pick(9) : 0, "", c));
		free(c);
	}
}

static struct date any_date(void)
{
	return (struct date){2030 + (int)pick(9), 1 + (int)pick(12), 1 + (int)pick(28)};
}

/* The pairs of an item in a random order, "key: value" each; all owned. */
static size_t make_pairs(const char *name, struct entry *e, char *pair[5])
{
	size_t count = 0;

	pair[count++] = str_fmt("fqdn: %s", name);
	if (pick(2) == 0) {
		e->has_first_issued = true;
		e->first_issued = (struct date){2020 + (int)pick(9), 2, 28};
		char *d = date_format(e->first_issued);
		pair[count++] = str_fmt(pick(2) ? "first_issued: '%s'" : "first_issued: %s", d);
		free(d);
	}
	if (pick(2) == 0) {
		e->renewed = (int)pick(4);
		pair[count++] = str_fmt("\"renewed\": %d", e->renewed);
	}
	if (pick(2) == 0) {
		e->has_ends = true;
		e->ends = any_date();
		char *d = date_format(e->ends);
		pair[count++] = str_fmt("ends:%*s%s", 1 + (int)pick(3), "", d);
		free(d);
	}
	if (pick(4) == 0) {
		e->set = str_dup("web");
		pair[count++] = str_dup("set: web");
	}
	for (size_t i = count; i > 1; i--) {
		size_t k = pick((unsigned)i);
		char *swap = pair[k];

		pair[k] = pair[i - 1];
		pair[i - 1] = swap;
	}
	return count;
}

static void put_flow(struct made *m, int item, const char *lead, char *const pair[], size_t count)
{
	char *text = str_fmt("%s{", lead), *c = maybe_comment(m);

	for (size_t i = 0; i < count; i++)
		str_replace(&text, str_fmt("%s%s%s", text, i > 0 ? ", " : "", pair[i]));
	add_line(m, item, str_fmt("%s}%s", text, c));
	free(text);
	free(c);
}

static void put_block(struct made *m, int item, const char *lead, char *const pair[], size_t count)
{
	int indent = (int)strlen(lead);
	bool alone = pick(4) == 0;

	if (alone) {
		char *c = maybe_comment(m);

		add_line(m, item, str_fmt("%.*s%s", (int)(strchr(lead, '-') - lead) + 1, lead, c));
		between(m, item, true);
		free(c);
	}
	for (size_t i = 0; i < count; i++) {
		char *c = maybe_comment(m);

		if (i > 0 && pick(2) == 0)
			between(m, item, true);
		add_line(m, item, str_fmt("%*s%s%s", i == 0 && !alone ? 0 : indent, i == 0 && !alone ? lead : "", pair[i], c));
		if (i == 0 && !alone) {
			char **text = &m->line[m->count - 1].text;
			str_replace(text, str_fmt("%s%s%s", lead, pair[i], c));
		}
		free(c);
	}
}

static void make_item(struct made *m, const char *lead)
{
	int item = m->names;
	char *name = str_fmt("%sn%d.example.jp", pick(3) == 0 ? "*." : "", item);
	struct entry e = {.fqdn = name};
	char *quoted = pick(2) == 0 ? yaml_quote(name) : str_fmt("'%s'", name), *pair[5];
	size_t count;

	if (pick(3) == 0) {
		char *c = maybe_comment(m);

		add_line(m, item, str_fmt("%s%s%s", lead, quoted, c));
		free(c);
	} else {
		count = make_pairs(quoted, &e, pair);
		if (pick(3) == 0)
			put_flow(m, item, lead, pair, count);
		else
			put_block(m, item, lead, pair, count);
		for (size_t i = 0; i < count; i++)
			free(pair[i]);
	}
	entry_list_add(&m->list, &e);
	free(e.set);
	free(quoted);
	m->name[m->names++] = name;
}

static void make_list(struct made *m)
{
	static const char *const breaks[] = {"\n", "\r\n", "\r"};
	char *lead = str_fmt("%*s-%*s", (int)pick(3), "", 1 + (int)pick(3), "");
	int items = (int)pick(ITEMS_MAX - 1);

	*m = (struct made){.line_break = breaks[pick(5) % 3], .ended = pick(4) != 0};
	between(m, -1, true);
	if (pick(3) == 0)
		add_line(m, -1, str_dup("---"));
	for (int i = 0; i < items; i++) {
		between(m, -1, true);
		make_item(m, lead);
	}
	between(m, -1, true);
	if (m->count > 0 && m->line[m->count - 1].text[0] == '\0')
		m->ended = true; /* without a break it would be no line */
	if (m->count < 2 && !m->ended)
		m->line_break = "\n"; /* there is none to go by */
	free(lead);
}

static char *text_of(const struct made *m)
{
	char *text = str_dup(pick(5) == 0 ? "\xef\xbb\xbf" : "");

	for (int i = 0; i < m->count; i++)
		str_replace(&text, str_fmt("%s%s%s", text, m->line[i].text, i + 1 < m->count || m->ended ? m->line_break : ""));
	return text;
}

static void clear_made(struct made *m)
{
	for (int i = 0; i < m->count; i++)
		free(m->line[i].text);
	for (int i = 0; i < m->names; i++)
		free(m->name[i]);
	entry_list_clear(&m->list);
}

static void any_values(struct edit_change *c)
{
	enum edit_value *todo[] = {&c->first_issued_do, &c->ends_do, &c->renewed_do, &c->registered_do};

	for (size_t i = 0; i < 4; i++)
		*todo[i] = (enum edit_value)pick(3);
	c->first_issued = (struct date){2010 + (int)pick(9), 3, 31};
	c->registered = (struct date){2011 + (int)pick(9), 4, 30};
	c->ends = any_date();
	c->renewed = (int)pick(4);
}

static void put(enum edit_value todo, struct date from, bool *has, struct date *to)
{
	if (todo == EDIT_PUT)
		*to = from;
	if (todo != EDIT_KEEP)
		*has = todo == EDIT_PUT;
}

/* What the change means, said without lines. */
static void model(struct entry_list *l, const struct edit_change *c)
{
	const struct entry *there = entry_list_find(l, c->fqdn);
	char *fqdn = str_dup(c->fqdn);
	struct entry e = {0};

	if (there != NULL)
		e = *there;
	e.fqdn = fqdn;
	put(c->first_issued_do, c->first_issued, &e.has_first_issued, &e.first_issued);
	put(c->ends_do, c->ends, &e.has_ends, &e.ends);
	put(c->registered_do, c->registered, &e.has_registered, &e.registered);
	if (c->renewed_do != EDIT_KEEP)
		e.renewed = c->renewed_do == EDIT_PUT ? c->renewed : 0;
	if (c->action == EDIT_REMOVE)
		assert_true(entry_list_remove(l, fqdn));
	else
		entry_list_add(l, &e);
	free(fqdn);
}

static char *entry_text(const struct entry *e)
{
	char *first = e->has_first_issued ? date_format(e->first_issued) : NULL, *ends = e->has_ends ? date_format(e->ends) : NULL;
	char *registered = e->has_registered ? date_format(e->registered) : NULL;
	char *text = str_fmt("%s %s %s %s %d %s\n", e->fqdn, first ? first : "-", ends ? ends : "-", registered ? registered : "-",
	                     e->renewed, e->set ? e->set : "-");

	free(first);
	free(ends);
	free(registered);
	return text;
}

static char *list_text(const struct entry_list *l)
{
	char *all = str_dup("");

	for (size_t i = 0; i < l->count; i++) {
		char *one = entry_text(&l->item[i]);

		str_replace(&all, str_fmt("%s%s", all, one));
		free(one);
	}
	return all;
}

static void check_parsed(const char *text, const struct entry_list *expected)
{
	struct yaml_node *root = NULL;
	struct entry_list l = {0};
	struct diags d = {0};
	char *a, *b;

	assert_int_equal(yaml_parse("out", text, strlen(text), &root, &d), 0);
	entry_list_read("out", root, &l, &d);
	assert_int_equal(d.total, 0);
	a = list_text(&l);
	b = list_text(expected);
	assert_string_equal(a, b);
	free(a);
	free(b);
	entry_list_clear(&l);
	yaml_node_free(root);
}

/* The lines of text without their breaks (which must all be those of m). */
static void split(const struct made *m, const char *text, struct strs *lines)
{
	size_t n = strlen(m->line_break);

	if (str_starts(text, "\xef\xbb\xbf"))
		text += 3;
	while (*text != '\0') {
		size_t len = strcspn(text, "\r\n");

		strs_take(lines, str_ndup(text, len));
		text += len;
		if (*text != '\0' && strncmp(text, m->line_break, n) != 0)
			fail_msg("another line break after line %zu", lines->count);
		text += *text != '\0' ? n : 0;
	}
}

static bool is_touched(const struct made *m, int item, const struct edit_change *c, size_t count)
{
	for (size_t i = 0; item >= 0 && i < count; i++)
		if (str_eq(c[i].fqdn, m->name[item]))
			return true;
	return false;
}

static bool only_puts(const struct edit_change *c)
{
	return c->action == EDIT_SET && c->first_issued_do != EDIT_TAKE_AWAY && c->ends_do != EDIT_TAKE_AWAY &&
	       c->renewed_do != EDIT_TAKE_AWAY && c->registered_do != EDIT_TAKE_AWAY;
}

/* Every line of an item that no change is about is there, byte for byte, in its order; a comment goes only with what is taken away. */
static void check_untouched(const struct made *m, const char *text, const struct edit_change *c, size_t count)
{
	struct strs lines = {0};
	size_t at = 0;

	split(m, text, &lines);
	for (int i = 0; i < m->count; i++) {
		if (is_touched(m, m->line[i].item, c, count))
			continue;
		while (at < lines.count && !str_eq(lines.item[at], m->line[i].text))
			at++;
		if (at++ == lines.count)
			fail_msg("line %d is not as it was: %s\n%s", i + 1, m->line[i].text, text);
	}
	for (int i = 0; i < m->count; i++) {
		const char *mark = strchr(m->line[i].text, '#');

		if (mark == NULL || m->line[i].item < 0)
			continue;
		for (size_t k = 0; k < count; k++)
			if (str_eq(c[k].fqdn, m->name[m->line[i].item]) && only_puts(&c[k]) && strstr(text, mark) == NULL)
				fail_msg("a comment is lost: %s\n%s", mark, text);
	}
	strs_clear(&lines);
}

/* One removal: just its lines are gone. */
static void check_removed(const struct made *m, const char *text, const struct edit_change *c)
{
	struct strs lines = {0};
	size_t at = 0;

	split(m, text, &lines);
	for (int i = 0; i < m->count; i++)
		if (!is_touched(m, m->line[i].item, c, 1)) {
			assert_true(at < lines.count);
			assert_string_equal(lines.item[at++], m->line[i].text);
		}
	assert_int_equal(at, lines.count);
	strs_clear(&lines);
}

static size_t make_changes(struct made *m, struct edit_change *c, char **added)
{
	size_t count = 0;

	for (int i = 0; i < m->names; i++)
		if (pick(3) == 0) {
			c[count] = (struct edit_change){.action = pick(3) == 0 ? EDIT_REMOVE : EDIT_SET, .fqdn = m->name[i]};
			if (c[count].action == EDIT_SET)
				any_values(&c[count]);
			count++;
		}
	for (unsigned i = pick(3); i > 0; i--) {
		added[i] = str_fmt("%snew%u.jp", pick(2) ? "*." : "", i);
		c[count] = (struct edit_change){.action = EDIT_ADD, .fqdn = added[i]};
		any_values(&c[count]);
		count++;
	}
	return count;
}

static void check_random(uint64_t from)
{
	struct made m;
	struct edit_change c[CHANGES_MAX] = {0};
	char *added[4] = {0}, *text, *out = NULL;
	struct err e = ERR_INIT;
	size_t count;

	seed = from;
	make_list(&m);
	text = text_of(&m);
	check_parsed(text, &m.list);
	count = make_changes(&m, c, added);
	for (size_t i = 0; i < count; i++)
		model(&m.list, &c[i]);
	if (edit_apply("random", text, c, count, &out, &e) != 0)
		fail_msg("seed %llu: %s\n%s", (unsigned long long)from, e.cause, text);
	check_parsed(out, &m.list);
	if (m.count > 0) /* a new file gets a head of its own */
		check_untouched(&m, out, c, count);
	if (count == 1 && c[0].action == EDIT_REMOVE)
		check_removed(&m, out, c);
	if (m.count > 0 && *out != '\0')
		assert_int_equal(str_starts(out, "\xef\xbb\xbf"), str_starts(text, "\xef\xbb\xbf"));
	free(out);
	free(text);
	for (size_t i = 0; i < 4; i++)
		free(added[i]);
	clear_made(&m);
}

static void random_lists_and_random_changes(void **state)
{
	const char *only = getenv("TEGATA_TEST_SEED");

	(void)state;
	if (only != NULL) {
		check_random(strtoull(only, NULL, 10));
		return;
	}
	for (uint64_t i = 0; i < 5000; i++) {
		print_message(i == 0 ? "seeds 0 to 4999 (TEGATA_TEST_SEED=N for one alone)\n" : "");
		check_random(i);
	}
}

static void a_large_list_is_changed_at_once(void **state)
{
	static const char line[] = "- fqdn: n%05d.example.jp # c\n  first_issued: 2026-02-19\n";
	enum { ITEMS = 10000, EACH = 80 };
	char *text = mem_new(ITEMS, EACH), *to = text, *out = NULL;
	struct edit_change *c = mem_new(ITEMS, sizeof *c);
	struct err e = ERR_INIT;

	(void)state;
	for (int i = 0; i < ITEMS; i++) {
		to += snprintf(to, EACH, line, i);
		c[i] = (struct edit_change){.action = EDIT_SET, .fqdn = str_fmt("n%05d.example.jp", i), .renewed_do = EDIT_PUT,
		                            .renewed = 1};
	}
	assert_int_equal(edit_apply("large", text, c, ITEMS, &out, &e), 0);
	assert_true(str_starts(out, "- fqdn: n00000.example.jp # c\n  first_issued: 2026-02-19\n  renewed: 1\n- fqdn: n00001."));
	assert_int_equal(strlen(out), strlen(text) + ITEMS * strlen("  renewed: 1\n"));
	for (int i = 0; i < ITEMS; i++)
		free((void *)(uintptr_t)c[i].fqdn);
	free(c);
	free(out);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_item_looks_like_those_before_it),
		cmocka_unit_test(a_list_may_begin_with_nothing),
		cmocka_unit_test(what_is_removed_leaves_the_rest),
		cmocka_unit_test(values_are_put_where_they_stand),
		cmocka_unit_test(values_are_taken_away_with_their_lines),
		cmocka_unit_test(the_same_entry_may_change_twice),
		cmocka_unit_test(what_cannot_be_changed_says_where_and_what_instead),
		cmocka_unit_test(the_nearest_entry_is_named),
		cmocka_unit_test(random_lists_and_random_changes),
		cmocka_unit_test(a_large_list_is_changed_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
