#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/i18n.h"
#include "base/log.h"
#include "cmd.h"
#include "output.h"
#include "prompt.h"
#include "report.h"
#include "run/register.h"
#include "setup.h"

#define HMAC_TEXT_MAX 4096

/* The secret leaves the list of processes as soon as it has been read. */
static int take_from_argv(const struct cli *c, struct buf *out, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < c->args.count; i++) {
		char *value = c->args.given[i].value;

		if (c->args.given[i].row->id != OPTION_EAB_KEY)
			continue;
		buf_truncate(out, 0);
		if (buf_append_str(out, value) < 0)
			rc = err_set(e, ERR_USAGE, _("--eab-hmac-key: the value is too long to be a key"));
		mem_wipe(value, strlen(value));
	}
	log_warn(_("--eab-hmac-key shows the key in the list of processes and in the history of the shell; "
	           "--eab-hmac-key-file does not"));
	return rc;
}

static int take_from_input(struct buf *out, struct err *e)
{
	char c;
	ssize_t got;

	while ((got = read(STDIN_FILENO, &c, 1)) == 1)
		if (buf_append(out, &c, 1) < 0)
			return err_set(e, ERR_USAGE, _("what stands on standard input is too long to be an EAB HMAC key"));
	mem_wipe(&c, sizeof c);
	return got < 0 ? err_set(e, ERR_IO, _("cannot read the EAB HMAC key from standard input")) : 0;
}

static int take_from_file(const char *path, struct buf *out, struct err *e)
{
	if (str_eq(path, "-"))
		return take_from_input(out, e);
	return fs_read(path, out, e) < 0 ? err_wrap(e, _("reading the EAB HMAC key")) : 0;
}

static void trim_end(struct buf *b)
{
	size_t length = b->len;

	while (length > 0 && strchr(" \t\r\n", b->data[length - 1]))
		length--;
	buf_truncate(b, length);
}

static int read_hmac_key(const struct cli *c, struct buf *out, struct err *e)
{
	const char *file = args_value(&c->args, OPTION_EAB_KEY_FILE), *kid = args_value(&c->args, OPTION_EAB_KID);
	bool in_argv = args_has(&c->args, OPTION_EAB_KEY);
	int rc = 0;

	if (in_argv && take_from_argv(c, out, e) < 0)
		return -1;
	if (in_argv && file)
		return err_set(e, ERR_USAGE, _("--eab-hmac-key and --eab-hmac-key-file contradict each other"));
	if ((in_argv || file) && !kid)
		return err_set(e, ERR_USAGE, _("an EAB HMAC key is given, but no key id: --eab-kid ID"));
	if (file)
		rc = take_from_file(file, out, e);
	else if (kid && !in_argv && c->interactive)
		rc = prompt_secret(_("EAB HMAC key (it is not shown):"), out, e);
	if (rc < 0)
		return -1;
	trim_end(out);
	if (kid && out->len == 0)
		return err_set(e, ERR_USAGE, _("an EAB key id is given, but no HMAC key: --eab-hmac-key-file FILE"));
	return 0;
}

static bool ask_terms(void *self, const char *url)
{
	char *shown = str_escape(url, strlen(url), HMAC_TEXT_MAX);
	char *question = str_fmt(_("The CA's terms of service: %s\nDo you agree? [y/N]"), shown);
	bool yes = prompt_yes(question);

	(void)self;
	free(shown);
	free(question);
	return yes;
}

static int fill_request(const struct cli *c, struct register_request *q, struct err *e)
{
	const char *alg = args_value(&c->args, OPTION_EAB_ALG), *key = args_value(&c->args, OPTION_ACCOUNT_KEY);

	q->agree_tos = args_has(&c->args, OPTION_AGREE_TOS);
	q->no_contact = args_has(&c->args, OPTION_NO_MAIL);
	q->eab_kid = args_value(&c->args, OPTION_EAB_KID);
	q->eab_alg = MAC_HS256;
	q->key_type = KEY_EC_P256;
	q->ask_terms = c->interactive ? ask_terms : NULL;
	if (q->no_contact && args_has(&c->args, OPTION_MAIL))
		return err_set(e, ERR_USAGE, _("--email and --no-email contradict each other"));
	if (alg && mac_alg_parse(alg, &q->eab_alg) < 0)
		return setup_expected("--eab-hmac-alg", alg, _("HS256, HS384 or HS512"), e);
	if (key && key_type_parse(key, &q->key_type) < 0)
		return setup_expected("--account-key", key, _("ecdsa-p256, ecdsa-p384, rsa2048, rsa3072 or rsa4096"), e);
	return 0;
}

static void print_json(const struct register_result *r)
{
	struct json *j = output_object("tegata.register.v1", true);

	json_set_str(j, "server", r->server);
	json_set_str(j, "account_url", r->account_url);
	json_set_str(j, "eab_kid", r->eab_kid);
	json_set_str(j, "terms", r->terms);
	json_set_bool(j, "existed", r->existed);
	json_set_bool(j, "recovered", r->recovered);
	output_json(j);
}

static void print_text(const struct register_result *r)
{
	if (r->recovered)
		output_line(_("An earlier try had reached the CA: the account at %s was found again."), r->server);
	else if (r->existed)
		output_line(_("There is an account at %s already; nothing was changed."), r->server);
	else
		output_line(_("Registered at %s."), r->server);
	output_line(_("Account: %s"), r->account_url);
	if (r->terms && !r->existed)
		output_line(_("Terms of service agreed to: %s"), r->terms);
}

static int register_at(struct cli *c, struct site *s, struct register_request *q, struct err *e)
{
	struct register_result result = {0};
	const struct ca_setting *ca = setup_ca(c, s, e);

	if (ca == NULL)
		return -1;
	q->ca = ca->name;
	if (ca->server == NULL)
		return err_set(e, ERR_CONFIG, _("no server is known for the CA \"%s\": --server URL, or `server` in the settings"),
		               ca->name);
	if (register_account(s, q, &result, e) < 0)
		return -1;
	if (c->json)
		print_json(&result);
	else if (!c->quiet)
		print_text(&result);
	register_result_clear(&result);
	return 0;
}

int cmd_register(struct cli *c)
{
	struct register_request q = {0};
	struct strs contacts = {0};
	struct err e = ERR_INIT;
	struct buf hmac;
	struct site s = {0};
	int status = 0;

	buf_init_secret(&hmac, HMAC_TEXT_MAX);
	for (size_t i = 0; i < c->args.count; i++)
		if (c->args.given[i].row->id == OPTION_MAIL)
			args_split(c->args.given[i].value, &contacts);
	q.contact = &contacts;
	if (read_hmac_key(c, &hmac, &e) < 0 || fill_request(c, &q, &e) < 0) {
		status = report_error(c, &e);
		goto out;
	}
	q.eab_hmac_key = q.eab_kid ? hmac.data : NULL;
	if (setup_site(c, &s, &e) < 0 || register_at(c, &s, &q, &e) < 0)
		status = report_error(c, &e);
	site_clear(&s);
out:
	buf_clear(&hmac);
	strs_clear(&contacts);
	return status;
}
