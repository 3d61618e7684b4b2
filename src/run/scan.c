#include "config.h"

#include "run/scan.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/i18n.h"
#include "base/proc.h"
#include "entitle/fqdn.h"

#define SHOWN_MAX 100
#define LINE_SHOWN_MAX 500
#define SINGLE_MAX 500 /* addresses that Apache is asked about once more */
#define EXTRA_HOST "unlisted.tegata.invalid"

static const char *const folder[] = {"/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin", "/sbin", "/bin",
                                     NULL};
static const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin:/sbin:/bin",
                                          "LC_ALL=C", NULL};

/* ---- names */

void scan_leave_out(struct scan *s, const char *text, const char *why)
{
	char *shown = str_escape(text, strlen(text), SHOWN_MAX);
	char *line = str_fmt("\"%s\": %s", shown, why);

	if (s->left_out.count < SCAN_LEFT_OUT_MAX && !strs_has(&s->left_out, line))
		strs_add(&s->left_out, line);
	free(line);
	free(shown);
}

/* Why it is no name at all, but something that servers write in a name's place; NULL = it is one. */
static const char *no_name(const char *text)
{
	const char *base = fqdn_base(text);

	if (*text == '\0' || str_eq(text, "_"))
		return _("it stands for requests that fit no name");
	if (*text == '~')
		return _("it is a regular expression, which fits names that nobody can list");
	if (strchr(text, '$') != NULL)
		return _("it is a variable");
	if (strpbrk(base, "*?") != NULL)
		return _("it is a pattern, which fits names that nobody can list");
	return NULL;
}

/* Domains that are not in the public DNS, so that no CA validates them. */
static bool is_local(const char *name)
{
	static const char *const top[] = {".localhost", ".localdomain", ".local", ".internal", ".intranet", ".lan",
	                                  ".home.arpa", ".test", ".example", ".invalid", NULL};

	for (size_t i = 0; top[i] != NULL; i++)
		if (str_ends(name, top[i]))
			return true;
	return false;
}

void scan_take(struct scan *s, const char *text)
{
	const char *why = no_name(text);
	char *fault = NULL;
	char *name = NULL;

	if (why != NULL) {
		scan_leave_out(s, text, why);
	} else if (fqdn_normalize(text, &name, &fault) != 0) {
		if (s->left_out.count < SCAN_LEFT_OUT_MAX && !strs_has(&s->left_out, fault))
			strs_add(&s->left_out, fault);
	} else if (is_local(name)) {
		scan_leave_out(s, text, _("this domain is not in the public DNS, so no CA issues for it"));
	} else {
		strs_take(&s->names, name);
		name = NULL;
	}
	free(name);
	free(fault);
}

void scan_finish(struct scan *s)
{
	struct strs all = s->names;

	s->names = (struct strs){0};
	strs_sort(&all);
	for (size_t i = 0; i < all.count; i++)
		if (i == 0 || !str_eq(all.item[i - 1], all.item[i]))
			strs_add(&s->names, all.item[i]);
	strs_clear(&all);
}

void scan_clear(struct scan *s)
{
	strs_clear(&s->names);
	strs_clear(&s->left_out);
}

/* ---- asking the server */

/* The first of the programs that is there; owned; NULL = none. Not by PATH, as root may be asking. */
static char *find_program(const char *const *name)
{
	for (size_t n = 0; name[n] != NULL; n++) {
		for (size_t i = 0; folder[i] != NULL; i++) {
			char *path = fs_join(folder[i], name[n]);
			if (access(path, X_OK) == 0)
				return path;
			free(path);
		}
	}
	return NULL;
}

static char *shown_line(const char *line)
{
	return str_escape(line, strcspn(line, "\r\n"), LINE_SHOWN_MAX);
}

/* Of what a server says about its configuration the line that tells what is wrong; else the last one. Owned. */
static char *complaint(const char *text)
{
	const char *line = text;
	const char *last = "";

	for (; *line != '\0'; line += strcspn(line, "\n"), line += *line != '\0') {
		char *shown = shown_line(line);
		const char *next = strchr(line, '\n');
		bool wrong = strstr(shown, "[emerg]") != NULL;
		if (strstr(shown, "yntax error on line") != NULL && next != NULL) {
			char *more = shown_line(next + 1);
			str_replace(&shown, str_fmt("%s %s", shown, more));
			free(more);
			wrong = true;
		}
		if (wrong)
			return shown;
		if (*shown != '\0')
			last = line;
		free(shown);
	}
	return shown_line(last);
}

static int judge(const char *path, const struct proc_result *r, struct err *e)
{
	char *said = complaint(r->err);
	int rc = 0;

	if (r->timed_out)
		rc = err_set(e, ERR_IO, _("%s had not ended after %d seconds and was stopped"), path, SCAN_TIMEOUT_SEC);
	else if (r->exit_status != 0)
		rc = err_set(e, ERR_IO, _("%s cannot read the server's configuration: %s"), path,
		             *said != '\0' ? said : _("it does not say why"));
	else if (strlen(r->out) >= SCAN_OUTPUT_MAX)
		rc = err_set(e, ERR_IO, _("%s tells more than %d MiB of configuration"), path, SCAN_OUTPUT_MAX / 1024 / 1024);
	if (rc != 0 && r->exit_status != 0 && geteuid() != 0)
		err_advise(e, "%s", _("Not everybody may read it: try as root."));
	free(said);
	return rc;
}

static int ask(const char *path, const struct strs *args, char **text, struct err *e)
{
	const char **argv = mem_new(args->count + 2, sizeof *argv);
	struct proc_spec spec = {
		.argv = argv, .envp = environment, .timeout_sec = SCAN_TIMEOUT_SEC, .output_max = SCAN_OUTPUT_MAX};
	struct proc_result result = {0};
	int rc;

	argv[0] = path;
	for (size_t i = 0; i < args->count; i++)
		argv[i + 1] = args->item[i];
	rc = proc_run(&spec, &result, e);
	if (rc == 0)
		rc = judge(path, &result, e);
	if (rc == 0) {
		*text = result.out;
		result.out = NULL;
	}
	proc_result_clear(&result);
	free(argv);
	return rc;
}

static int not_there(const char *server, struct err *e)
{
	err_set(e, ERR_IO, _("%s is not installed in /usr/sbin, /usr/bin, /usr/local/sbin or /usr/local/bin"), server);
	err_advise(e, "%s", _("Write the names themselves, or run this where the server is."));
	return -1;
}

int scan_nginx(struct scan *out, struct err *e)
{
	static const char *const programs[] = {"nginx", "openresty", NULL};
	char *path = find_program(programs);
	struct strs args = {0};
	char *text = NULL;
	int rc;

	if (path == NULL)
		return not_there("nginx", e);
	strs_add(&args, "-T");
	rc = ask(path, &args, &text, e);
	if (rc == 0)
		scan_read_nginx(text, strlen(text), out);
	free(text);
	strs_clear(&args);
	free(path);
	return rc;
}

static void apache_args(struct strs *args)
{
	strs_add(args, "-t");
	strs_add(args, "-D");
	strs_add(args, "DUMP_VHOSTS");
}

/* With one more host at each address; that alone makes Apache tell the aliases of the one that is there. */
static void read_aliases(const char *path, const struct strs *single, struct scan *out)
{
	struct err e = ERR_INIT;
	struct strs args = {0};
	char *text = NULL;

	apache_args(&args);
	for (size_t i = 0; i < single->count && i < SINGLE_MAX; i++) {
		strs_add(&args, "-c");
		strs_take(&args, str_fmt("<VirtualHost %s>", single->item[i]));
		strs_add(&args, "-c");
		strs_add(&args, "ServerName " EXTRA_HOST);
		strs_add(&args, "-c");
		strs_add(&args, "</VirtualHost>");
	}
	if (ask(path, &args, &text, &e) == 0)
		scan_read_apache(text, strlen(text), out);
	for (size_t i = text != NULL ? SINGLE_MAX : 0; i < single->count; i++)
		scan_leave_out(out, single->item[i], _("Apache does not tell the aliases of the virtual host there"));
	free(text);
	strs_clear(&args);
	err_clear(&e);
}

int scan_apache(struct scan *out, struct err *e)
{
	static const char *const programs[] = {"apache2ctl", "httpd", "apachectl", NULL};
	char *path = find_program(programs);
	struct strs args = {0};
	struct strs single = {0};
	char *text = NULL;
	int rc;

	if (path == NULL)
		return not_there("Apache", e);
	apache_args(&args);
	rc = ask(path, &args, &text, e);
	if (rc != 0)
		goto out;
	scan_read_apache(text, strlen(text), out);
	scan_read_apache_single(text, strlen(text), &single);
	if (single.count > 0)
		read_aliases(path, &single, out);
out:
	free(text);
	strs_clear(&single);
	strs_clear(&args);
	free(path);
	return rc;
}
