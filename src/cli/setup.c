#include "config.h"

#include "setup.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/i18n.h"
#include "base/log.h"
#include "net/http.h"

#define PATH_TEXT_MAX 4096
#define SHOWN_MAX 80
#define WAIT_SEC 600 /* of --wait without a number */
#define WAIT_MAX_SEC 86400

char *setup_absolute(const char *path)
{
	char here[PATH_TEXT_MAX];

	if (*path == '/' || getcwd(here, sizeof here) == NULL)
		return str_dup(path);
	while (str_starts(path, "./"))
		path += 2;
	return str_eq(path, ".") ? str_dup(here) : fs_join(here, path);
}

static char *path_of(const struct cli *c, enum options_id id)
{
	const char *value = args_value(&c->args, id);

	return value ? setup_absolute(value) : NULL;
}

static void set_log_level(const struct cli *c)
{
	size_t verbose = args_times(&c->args, OPTION_VERBOSE);

	if (c->quiet)
		log_set_level(LOG_LEVEL_QUIET);
	else
		log_set_level(verbose > 1 ? LOG_LEVEL_DEBUG : verbose == 1 ? LOG_LEVEL_VERBOSE : LOG_LEVEL_NORMAL);
}

static int read_wait(struct cli *c, struct err *e)
{
	const char *text = args_value(&c->args, OPTION_WAIT);
	int64_t sec = WAIT_SEC;

	if (!args_has(&c->args, OPTION_WAIT))
		return 0;
	if (text && str_to_int64(text, 0, WAIT_MAX_SEC, &sec) < 0)
		return setup_expected("--wait", text, _("seconds, up to 86400"), e);
	c->wait_sec = (int)sec;
	return 0;
}

int setup_options(struct cli *c, struct err *e)
{
	const char *server = args_value(&c->args, OPTION_SERVER);

	c->quiet = args_has(&c->args, OPTION_QUIET);
	c->interactive = !args_has(&c->args, OPTION_NON_INTERACTIVE) && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
	c->config_dir = path_of(c, OPTION_CONFIG_DIR);
	c->state_dir = path_of(c, OPTION_STATE_DIR);
	c->entitlements = path_of(c, OPTION_ENTITLEMENTS);
	c->ca_file = path_of(c, OPTION_CA_FILE);
	set_log_level(c);
	if (c->quiet && args_has(&c->args, OPTION_VERBOSE))
		return err_set(e, ERR_USAGE, _("--quiet and --verbose contradict each other"));
	if (read_wait(c, e) < 0)
		return -1;
	if (server && http_url_check(server, e) < 0) {
		e->kind = ERR_USAGE;
		return err_wrap(e, "--server");
	}
	return 0;
}

void setup_clear(struct cli *c)
{
	args_clear(&c->args);
	free(c->config_dir);
	free(c->state_dir);
	free(c->entitlements);
	free(c->ca_file);
}

/* What only root can do, also where the store is that of an ordinary user: root's hooks, outputs and list. */
static bool is_for_owner(const struct cli *c)
{
	if (c->command == NULL)
		return false;
	switch (c->command->id) {
	case COMMAND_DEPLOY:
	case COMMAND_ENTITLEMENTS_ADD:
	case COMMAND_ENTITLEMENTS_REMOVE:
	case COMMAND_ENTITLEMENTS_RENEW:
	case COMMAND_ENTITLEMENTS_SET:
		return true;
	default:
		return false;
	}
}

int setup_site(const struct cli *c, struct site *s, struct err *e)
{
	struct site_options o = {
		.config_dir = c->config_dir, .state_dir = c->state_dir, .entitlements = c->entitlements,
		.server = args_value(&c->args, OPTION_SERVER), .ca_file = c->ca_file,
		.non_interactive = !c->interactive, .doing = c->command != NULL ? c->command->name : NULL,
		.for_owner = is_for_owner(c),
		.thorough = c->command != NULL && c->command->id == COMMAND_CONFIG_CHECK,
	};

	site_init(s, &o);
	if (site_load(s, e) < 0)
		return err_wrap(e, _("reading the settings"));
	return c->wait_sec > 0 && !args_has(&c->args, OPTION_DRY_RUN) ? site_wait(s, c->wait_sec, e) : 0;
}

const struct ca_setting *setup_ca(const struct cli *c, const struct site *s, struct err *e)
{
	const char *name = args_value(&c->args, OPTION_CA);
	const struct ca_setting *ca = settings_ca(&s->settings, name);
	const char **known, *near;

	if (ca != NULL)
		return ca;
	known = mem_new(s->settings.ca_count + 1, sizeof *known);
	for (size_t i = 0; i < s->settings.ca_count; i++)
		known[i] = s->settings.ca[i].name;
	near = str_nearest(name, known);
	if (near != NULL)
		err_set(e, ERR_USAGE, _("--ca: there is no CA \"%s\" in the settings; did you mean \"%s\"?"), name, near);
	else
		err_set(e, ERR_USAGE, _("--ca: there is no CA \"%s\" in the settings"), name);
	err_advise(e, _("Name it under `cas` in %s/tegata.yaml."), s->config_dir);
	free(known);
	return NULL;
}

int setup_expected(const char *option, const char *value, const char *expected, struct err *e)
{
	char *shown = str_escape(value, strlen(value), SHOWN_MAX);

	err_set(e, ERR_USAGE, _("%s: expected %s, not \"%s\""), option, expected, shown);
	free(shown);
	return -1;
}

void setup_words(const struct cli *c, struct strs *out)
{
	for (size_t i = 0; i < c->args.word_count; i++)
		strs_add(out, c->args.word[i]);
}
