#include "config.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "cmd.h"
#include "output.h"
#include "prompt.h"
#include "report.h"
#include "run/revoke.h"
#include "setup.h"

#define GENERATION_MAX 999999

static int check_combination(const struct cli *c, const struct revoke_request *q, struct err *e)
{
	if (!q->name && !q->cert_path)
		return err_set(e, ERR_USAGE, _("which certificate? --cert-name NAME or --cert-path FILE"));
	if (q->name && q->cert_path)
		return err_set(e, ERR_USAGE, _("--cert-name and --cert-path contradict each other"));
	if (q->cert_path && args_has(&c->args, OPTION_GENERATION))
		return err_set(e, ERR_USAGE, _("--generation goes with --cert-name only"));
	if (q->cert_path && q->use_certificate_key)
		return err_set(e, ERR_USAGE, _("--use-certificate-key goes with --cert-name only; --key-path names the file"));
	if (q->key_path && q->use_certificate_key)
		return err_set(e, ERR_USAGE, _("--key-path and --use-certificate-key contradict each other"));
	return 0;
}

static int parse_generation(const struct cli *c, struct revoke_request *q, struct err *e)
{
	const char *text = args_value(&c->args, OPTION_GENERATION);
	int64_t number = 0;

	if (text && str_to_int64(text, 1, GENERATION_MAX, &number) < 0)
		return setup_expected("--generation", text, _("a number from 1 on"), e);
	q->generation = (int)number;
	return 0;
}

static int fill_request(const struct cli *c, struct revoke_request *q, struct err *e)
{
	const char *reason = args_value(&c->args, OPTION_REASON);

	*q = (struct revoke_request){
		.name = args_value(&c->args, OPTION_CERT_NAME), .cert_path = args_value(&c->args, OPTION_CERT_PATH),
		.key_path = args_value(&c->args, OPTION_KEY_PATH), .use_certificate_key = args_has(&c->args, OPTION_OWN_KEY),
		.reason = -1,
	};
	if (check_combination(c, q, e) < 0 || parse_generation(c, q, e) < 0)
		return -1;
	if (q->name && !store_name_ok(q->name))
		return setup_expected("--cert-name", q->name, _("the name of a certificate"), e);
	if (reason && revoke_reason_parse(reason, &q->reason) < 0) {
		struct strs words = {0};
		char *list;

		for (const char *const *word = revoke_reason_names(); *word; word++)
			strs_add(&words, *word);
		list = strs_join(&words, ", ");
		setup_expected("--reason", reason, list, e);
		free(list);
		strs_clear(&words);
		return -1;
	}
	return 0;
}

static int ask(const struct cli *c, const struct revoke_request *q, struct err *e)
{
	char *question;
	bool yes;

	if (args_has(&c->args, OPTION_NON_INTERACTIVE))
		return 0;
	if (!c->interactive)
		return err_set(e, ERR_USAGE, _("nobody is here to be asked; -n revokes without asking"));
	question = str_fmt(_("Revoke %s? It cannot be undone. [y/N]"), q->name ? q->name : q->cert_path);
	yes = prompt_yes(question);
	free(question);
	return yes ? 0 : err_set(e, ERR_USAGE, _("not revoked: the question was not answered with yes"));
}

static int revoke(struct cli *c, struct site *s, struct revoke_request *q, struct err *e)
{
	struct revoke_result result = {0};
	const struct ca_setting *ca = setup_ca(c, s, e);

	if (ca == NULL)
		return -1;
	q->ca = args_has(&c->args, OPTION_CA) ? ca->name : NULL;
	if (revoke_certificate(s, q, &result, e) < 0)
		return -1;
	if (c->json) {
		struct json *j = output_object("tegata.revoke.v1", true);

		json_set_str(j, "name", q->name);
		json_set_str(j, "serial", result.serial);
		json_set_str(j, "server", result.server);
		json_set_bool(j, "already", result.already);
		output_json(j);
	} else if (!c->quiet) {
		output_line(result.already ? _("The certificate with the serial number %s was revoked before (%s).")
		                           : _("The certificate with the serial number %s is revoked (%s)."),
		            result.serial, result.server);
	}
	revoke_result_clear(&result);
	return 0;
}

int cmd_revoke(struct cli *c)
{
	struct revoke_request q;
	struct err e = ERR_INIT;
	struct site s = {0};
	int status = 0;

	if (fill_request(c, &q, &e) < 0 || ask(c, &q, &e) < 0)
		return report_error(c, &e);
	if (setup_site(c, &s, &e) < 0 || revoke(c, &s, &q, &e) < 0)
		status = report_error(c, &e);
	site_clear(&s);
	return status;
}
