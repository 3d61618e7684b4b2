#include "config.h"

#include <stdlib.h>

#include "asking.h"
#include "base/i18n.h"
#include "base/log.h"
#include "certonly.h"
#include "cmd.h"
#include "exits.h"
#include "report.h"
#include "setup.h"
#include "visiting.h"

/* The gate comes before anything else that may be wrong: what it says is what has to be mended first. */
static int check_name(const struct site *s, const struct certificate_setting *cert, struct err *e)
{
	const struct ca_setting *ca = site_ca(s, cert);
	struct coverage_result r = {0};
	int rc;

	if (ca->server == NULL)
		return err_set(e, ERR_CONFIG, _("no server is known for the CA \"%s\": --server URL, or `server` in the settings"),
		               ca->name);
	if (site_gate_need_list(s, ca, e) < 0)
		return -1;
	site_gate(s, ca, &cert->names, clock_now(s->clock), &r);
	rc = site_gate_error(ca, &r, e);
	coverage_result_clear(&r);
	if (rc < 0 || store_name_ok(cert->name))
		return rc;
	return err_set(e, ERR_USAGE, _("\"%s\" cannot be the name of a certificate; give another by --cert-name"), cert->name);
}

/* A file that holds more than this certificate is its administrator's, not ours. */
static bool is_ours(const struct site *s, const struct certificate_setting *configured, const char *path)
{
	const struct settings *settings = &s->settings;

	if (configured && !str_eq(configured->place.file, path))
		return false;
	for (size_t i = 0; i < settings->certificate_count; i++)
		if (&settings->certificate[i] != configured && str_eq(settings->certificate[i].place.file, path))
			return false;
	return true;
}

/* CONFIG_DIR/conf.d/NAME.yaml; owned. */
static char *own_file(const struct site *s, const struct certificate_setting *cert)
{
	return str_fmt("%s/conf.d/%s.yaml", s->config_dir, cert->name);
}

static bool same_settings(const struct certificate_setting *a, const struct certificate_setting *b)
{
	char *one = settings_write_certificate(a), *other = settings_write_certificate(b);
	bool same = str_eq(one, other);

	free(one);
	free(other);
	return same;
}

/*
 * A certificate that is there already does not change its names by an oversight, and where other settings stand in a
 * file of the administrator's, the next run would undo the change.
 */
static int check_change(const struct cli *c, const struct site *s, const struct certificate_setting *cert,
                        struct err *e)
{
	const struct certificate_setting *configured = settings_certificate(&s->settings, cert->name);
	char *path = own_file(s, cert), *names = NULL;
	int rc = 0;

	if (!configured || same_settings(configured, cert)) {
		free(path);
		return 0;
	}
	names = strs_join(&configured->names, ", ");
	/* Flags speak of one type of key; the file would lose the others. */
	if (settings_has_siblings(&s->settings, configured)) {
		rc = err_set(e, ERR_USAGE, _("\"%s\" has several types of key"), cert->name);
		err_advise(e, _("Nothing was sent. Change it at %s:%d and run `tegata renew %s`."), configured->place.file,
		           configured->place.line, cert->name);
	} else if (!is_ours(s, configured, path)) {
		rc = err_set(e, ERR_USAGE, _("\"%s\" is configured at %s:%d with other settings"), cert->name, configured->place.file,
		             configured->place.line);
		err_advise(e, _("Nothing was sent. Change it there and run `tegata renew %s`; or give a new certificate another --cert-name."),
		           cert->name);
	} else if (!args_has(&c->args, OPTION_CERT_NAME) && !strs_same_set(&configured->names, &cert->names)) {
		rc = err_set(e, ERR_USAGE, _("there is a certificate \"%s\" already, for %s"), cert->name, names);
		err_advise(e, _("Nothing was sent. To change its names, give --cert-name %s too; for a second certificate, give another --cert-name."),
		           cert->name);
	}
	free(path);
	free(names);
	return rc;
}

static int save_settings(const struct site *s, const struct certificate_setting *cert, struct err *e)
{
	const struct certificate_setting *configured = settings_certificate(&s->settings, cert->name);
	char *path = own_file(s, cert);
	int rc = 0;

	if (configured && same_settings(configured, cert))
		goto out;
	if (is_ours(s, configured, path)) {
		rc = settings_save_certificate(s->config_dir, cert, e);
		if (rc == 0)
			log_event(_("%s: settings written to %s"), cert->name, path);
	} else {
		log_warn(_("%s holds other certificates and was not written over; the settings of %s are not kept"), path, cert->name);
	}
out:
	free(path);
	return rc < 0 ? err_wrap(e, _("keeping the settings of %s"), cert->name) : 0;
}

static void warn_override(const struct site *s, const char *option, const char *key, const char *given,
                          const char *kept)
{
	if (given && !str_eq(given, kept))
		log_warn(_("%s was for this command alone; for `tegata run`, write `%s: %s` under the CA in %s/tegata.yaml"), option, key,
		         given, s->config_dir);
}

/* site_load() put the options over the settings: read again what renewals will go by. */
static void warn_overrides(const struct site *s, const struct certificate_setting *cert)
{
	struct settings kept = {0};
	struct diags ignored = {0};
	const struct ca_setting *ca;

	if (!s->options.server && !s->options.ca_file)
		return;
	(void)settings_load(s->config_dir, &kept, &ignored);
	ca = settings_ca(&kept, cert->ca);
	if (ca) {
		warn_override(s, "--server", "server", s->options.server, ca->server);
		warn_override(s, "--ca-file", "ca_file", s->options.ca_file, ca->ca_file);
	}
	settings_clear(&kept);
	diags_clear(&ignored);
}

static int finish(struct cli *c, struct site *s, const struct certificate_setting *cert, const struct visit_report *r)
{
	int status = visiting_tell(c, s, r, false);
	struct err e = ERR_INIT;

	if (r->count == 0 || r->item[0].outcome == VISIT_FAILED)
		return status;
	if (r->item[0].outcome == VISIT_KEPT && !c->json)
		log_event(_("%s: nothing is due; --force-renewal orders all the same"), cert->name);
	if (save_settings(s, cert, &e) < 0) {
		status = status ? status : exits_status(e.kind);
		report_failure(&e, false);
		err_clear(&e);
	}
	warn_overrides(s, cert);
	return status;
}

static int ask(struct cli *c, struct site *s, struct visit_options *o, struct err *e)
{
	struct strs refused = {0};
	int rc = asking_first_uses(c, s, o, &refused, e);

	if (rc == 0 && refused.count > 0)
		rc = err_set(e, ERR_USAGE, _("not ordered: the question was not answered with yes"));
	strs_clear(&refused);
	return rc;
}

static int obtain(struct cli *c, struct site *s, const struct certificate_setting *cert)
{
	struct visit_options o = {.extra = cert, .force = args_has(&c->args, OPTION_FORCE),
	                          .accept_list = args_has(&c->args, OPTION_ACCEPT_LIST)};
	struct visit_report report = {0};
	struct err e = ERR_INIT;
	int status;

	if (ask(c, s, &o, &e) < 0 || visit(s, &o, &report, &e) < 0)
		status = report_error(c, &e);
	else
		status = finish(c, s, cert, &report);
	visit_report_clear(&report);
	return status;
}

int cmd_certonly(struct cli *c)
{
	struct certificate_setting cert = {0};
	struct err e = ERR_INIT;
	struct site s;
	int status;

	if (setup_site(c, &s, &e) < 0 || certonly_build(c, &s, &cert, &e) < 0 ||
	    check_name(&s, &cert, &e) < 0 || check_change(c, &s, &cert, &e) < 0)
		status = report_error(c, &e);
	else
		status = obtain(c, &s, &cert);
	certificate_setting_clear(&cert);
	site_clear(&s);
	return status;
}
