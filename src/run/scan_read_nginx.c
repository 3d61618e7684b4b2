#include "config.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "run/scan.h"

#define MARK "# configuration file "
#define BLANKS " \t\r\n"
#define INCLUDES_MAX 10000

/* Where a directive stands. */
enum context { CONTEXT_MAIN, CONTEXT_HTTP, CONTEXT_SERVER, CONTEXT_OTHER };

struct include {
	char *pattern;
	enum context context;
};

/* Over all files: which of them stand where, as told by the files before. */
struct reader {
	struct scan *out;
	char *folder; /* of the first file; names of included ones are relative to it */
	struct include *include;
	size_t count;
};

/* One file. */
struct file {
	struct reader *reader;
	const char *at, *end;
	enum context base, context;
	size_t others;     /* blocks of another kind that are open */
	struct strs words; /* of the directive so far */
};

enum token { TOKEN_WORD, TOKEN_END, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_STOP };

/* ---- words */

/* A backslash protects quotes and itself; before anything else it stays, as a regular expression needs it. */
static char *unescape(const char *from, size_t len)
{
	char *s = str_ndup(from, len);
	char *write = s;

	for (const char *read = s; *read != '\0'; read++) {
		if (*read == '\\' && read[1] != '\0' && strchr("\"'\\", read[1]) != NULL)
			read++;
		*write++ = *read;
	}
	*write = '\0';
	return s;
}

static void read_quoted(struct file *f)
{
	char quote = *f->at++;
	const char *from = f->at;

	while (f->at < f->end && *f->at != quote)
		f->at += *f->at == '\\' && f->at + 1 < f->end ? 2 : 1;
	strs_take(&f->words, unescape(from, (size_t)(f->at - from)));
	f->at += f->at < f->end;
}

static bool ends_word(const char *at, const char *from)
{
	return strchr(BLANKS ";", *at) != NULL || (*at == '{' && (at == from || at[-1] != '$'));
}

static void read_plain(struct file *f)
{
	const char *from = f->at;

	while (f->at < f->end && !ends_word(f->at, from))
		f->at += *f->at == '\\' && f->at + 1 < f->end ? 2 : 1;
	strs_take(&f->words, unescape(from, (size_t)(f->at - from)));
}

static void skip_line(struct file *f)
{
	while (f->at < f->end && *f->at != '\n')
		f->at++;
}

static void skip_blanks(struct file *f)
{
	while (f->at < f->end && (*f->at == '#' || strchr(BLANKS, *f->at) != NULL)) {
		if (*f->at == '#')
			skip_line(f);
		else
			f->at++;
	}
}

static enum token next_token(struct file *f)
{
	skip_blanks(f);
	if (f->at >= f->end)
		return TOKEN_STOP;
	switch (*f->at) {
	case ';':
		f->at++;
		return TOKEN_END;
	case '{':
		f->at++;
		return TOKEN_OPEN;
	case '}':
		f->at++;
		return TOKEN_CLOSE;
	case '"':
	case '\'':
		read_quoted(f);
		return TOKEN_WORD;
	default:
		read_plain(f);
		return TOKEN_WORD;
	}
}

/* ---- Lua in a block of its own, which has other quotes and comments */

static bool is_next(const struct file *f, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(f->end - f->at) >= len && strncmp(f->at, text, len) == 0;
}

static void skip_to(struct file *f, const char *text)
{
	while (f->at < f->end && !is_next(f, text))
		f->at++;
	f->at += f->at < f->end ? strlen(text) : 0;
}

static void skip_string(struct file *f)
{
	char quote = *f->at++;

	while (f->at < f->end && *f->at != quote)
		f->at += *f->at == '\\' && f->at + 1 < f->end ? 2 : 1;
	f->at += f->at < f->end;
}

static void skip_lua(struct file *f)
{
	size_t depth = 1;

	while (f->at < f->end && depth > 0) {
		if (is_next(f, "--[[") || is_next(f, "[[")) {
			skip_to(f, "]]");
		} else if (is_next(f, "--")) {
			skip_line(f);
		} else if (*f->at == '"' || *f->at == '\'') {
			skip_string(f);
		} else {
			depth += *f->at == '{';
			depth -= *f->at == '}';
			f->at++;
		}
	}
}

/* ---- directives */

static void take_name(struct scan *out, const char *text)
{
	if (*text != '.') {
		scan_take(out, text);
		return;
	}
	char *wildcard = str_fmt("*%s", text);
	scan_take(out, text + 1);
	scan_take(out, wildcard);
	free(wildcard);
}

static void take_include(struct reader *r, const char *pattern, enum context context)
{
	if (r->count == INCLUDES_MAX)
		return;
	if ((r->count & (r->count - 1)) == 0)
		r->include = mem_resize(r->include, r->count != 0 ? 2 * r->count : 1, sizeof *r->include);
	r->include[r->count++] = (struct include){
		*pattern == '/' ? str_dup(pattern) : fs_join(r->folder != NULL ? r->folder : "/", pattern), context};
}

static enum context here(const struct file *f)
{
	return f->others > 0 ? CONTEXT_OTHER : f->context;
}

static void take_directive(struct file *f)
{
	const struct strs *w = &f->words;

	if (w->count >= 2 && str_eq(w->item[0], "include"))
		take_include(f->reader, w->item[1], here(f));
	if (w->count == 0 || !str_eq(w->item[0], "server_name") || here(f) != CONTEXT_SERVER)
		return;
	for (size_t i = 1; i < w->count; i++)
		take_name(f->reader->out, w->item[i]);
}

static void open_block(struct file *f)
{
	const char *name = f->words.count > 0 ? f->words.item[0] : "";

	if (str_ends(name, "_by_lua_block"))
		skip_lua(f);
	else if (here(f) == CONTEXT_MAIN && str_eq(name, "http"))
		f->context = CONTEXT_HTTP;
	else if (here(f) == CONTEXT_HTTP && str_eq(name, "server"))
		f->context = CONTEXT_SERVER;
	else
		f->others++;
}

static void close_block(struct file *f)
{
	if (f->others > 0)
		f->others--;
	else if (f->context > f->base)
		f->context--;
}

static void read_file(struct file *f)
{
	enum token token;

	while ((token = next_token(f)) != TOKEN_STOP) {
		if (token == TOKEN_WORD)
			continue;
		if (token == TOKEN_END)
			take_directive(f);
		else if (token == TOKEN_OPEN)
			open_block(f);
		else
			close_block(f);
		strs_clear(&f->words);
	}
	strs_clear(&f->words);
}

/* ---- files: each is told once, after the one that includes it */

/* A file of which nobody tells where it stands has servers, if anything of interest. */
static enum context context_of(const struct reader *r, const char *path)
{
	enum context context = CONTEXT_HTTP;

	for (size_t i = 0; i < r->count; i++) {
		if (fnmatch(r->include[i].pattern, path, FNM_PATHNAME) != 0)
			continue;
		context = r->include[i].context;
		if (context != CONTEXT_OTHER)
			break;
	}
	return context;
}

/* The file's path in a line that begins one; owned; NULL = it is another line. */
static char *marked_path(const char *line, size_t len)
{
	const size_t mark = strlen(MARK);

	if (len <= mark + 1 || strncmp(line, MARK, mark) != 0 || line[len - 1] != ':')
		return NULL;
	return str_ndup(line + mark, len - mark - 1);
}

/* The end of a file, where the next one's mark or the text's end is. */
static const char *end_of_file(const char *at, const char *end)
{
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		char *path = marked_path(at, (size_t)((stop != NULL ? stop : end) - at));
		bool marked = path != NULL;
		free(path);
		if (marked)
			return at;
		at = stop != NULL ? stop + 1 : end;
	}
	return end;
}

static enum context begin_file(struct reader *r, const char *path)
{
	if (path == NULL)
		return CONTEXT_MAIN;
	if (r->folder != NULL)
		return context_of(r, path);
	r->folder = fs_dirname(path);
	return CONTEXT_MAIN;
}

void scan_read_nginx(const char *text, size_t len, struct scan *out)
{
	struct reader r = {.out = out};
	const char *at = text;
	const char *end = text + len;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		char *path = marked_path(at, (size_t)((stop != NULL ? stop : end) - at));
		const char *from = path == NULL ? at : stop != NULL ? stop + 1 : end;
		struct file f = {.reader = &r, .at = from, .end = end_of_file(from, end)};

		at = f.end;
		f.context = begin_file(&r, path);
		f.others = f.context == CONTEXT_OTHER;
		f.base = f.context;
		read_file(&f);
		free(path);
	}
	for (size_t i = 0; i < r.count; i++)
		free(r.include[i].pattern);
	free(r.include);
	free(r.folder);
	scan_finish(out);
}
