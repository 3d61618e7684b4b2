#include "config.h"

#include "commands.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "cmd.h"

#define SHOWN_MAX 80

static const struct commands_row table[] = {
	{COMMAND_CHECK, "check", "[NAME...]", N_("Tell whether host names are covered by the registered FQDNs"),
	 N_("Checks the names given, or the names of every configured certificate, exactly as an order would be checked. Sends "
	    "nothing and changes nothing. Exit status 0: all are covered; 4: at least one is not."), cmd_check},
	{COMMAND_CONFIG_CHECK, "config check", NULL, N_("Look for mistakes in settings and list"),
	 N_("Reads tegata.yaml, conf.d/ and the list of registered FQDNs and tells every mistake with file, line and column. "
	    "Sends nothing and changes nothing."), cmd_config_check},
	{COMMAND_REGISTER, "register", NULL, N_("Make an account at the CA"),
	 N_("Registers once, before the first certificate. EAB credentials work only once: should the answer get lost, run the "
	    "same command again; the key is kept and the account is found by it. They are not stored."), cmd_register},
	{COMMAND_CERTONLY, "certonly", NULL, N_("Obtain one certificate by flags, and keep its settings"),
	 N_("Works with the habits of certbot's users. Obtains the certificate and writes its settings to conf.d/NAME.yaml, so that "
	    "\"tegata run\" renews it. What is not said on the command line comes from the certificate of that name in the settings, "
	    "or from their defaults. A name that the registered FQDNs do not cover is refused before anything is sent."), cmd_certonly},
	{COMMAND_PLAN, "plan", "[NAME...]", N_("Show what run would do now, and why"),
	 N_("For each certificate: kept, renewed, issued anew because its names changed (with + and -), held back until when, or "
	    "refused; and what its deploy owes. Changes nothing and sends nothing (but see --ari). What --json prints can be saved "
	    "and done later by \"tegata run --plan FILE\"."), cmd_plan},
	{COMMAND_RUN, "run", NULL, N_("Do whatever is due: this is what the timer runs"),
	 N_("Orders what is missing or whose names changed, renews what is due (a third of its life is left, or the CA says so), "
	    "finishes what an earlier run began, runs the deploy hooks that are owed and looks whether the services serve the new "
	    "certificate. What failed is tried again after 1, 10 and 100 minutes, then daily; what cannot mend itself, daily. One "
	    "failure never stops the others. Silent when there is nothing to do."), cmd_run},
	{COMMAND_RENEW, "renew", "[NAME...]", N_("Renew certificates that are due"),
	 N_("Like run, for the certificates that are named. Without names for all of them, but none is obtained that was never "
	    "there."), cmd_renew},
	{COMMAND_DEPLOY, "deploy", "[NAME...]", N_("Run deploy hooks"),
	 N_("Without names: the hooks that are owed, for a certificate whose hook failed. With names: every hook of these "
	    "certificates, owed or not."), cmd_deploy},
	{COMMAND_STATUS, "status", "[NAME...]", N_("Show certificates, deploys owed and accounts"),
	 N_("Reads what is on this machine. Sends nothing and changes nothing. --check and --metrics say the same to monitoring, "
	    "always of all certificates."), cmd_status},
	{COMMAND_FORECAST, "forecast", NULL, N_("Tell what lapses when, and which certificates it takes along"),
	 N_("A dated list: renewals, registered FQDNs that end and the certificates that are revoked with them, limits on lifetimes that "
	    "come into force. With a what-if only the difference is shown, with + and -. Reads what is on this machine; sends nothing "
	    "and changes nothing."), cmd_forecast},
	{COMMAND_HISTORY, "history", "NAME", N_("Show the generations kept of a certificate"),
	 N_("Newest first; the live one is marked. Reads what is on this machine. Sends nothing and changes nothing."), cmd_history},
	{COMMAND_ROLLBACK, "rollback", "NAME [NUMBER]", N_("Go back to an earlier generation"),
	 N_("Makes generation NUMBER live again, the one before the live one unless given, and deploys it. It stays until it is due "
	    "for renewal, or until \"tegata renew NAME --force\"."), cmd_rollback},
	{COMMAND_ENTITLEMENTS, "entitlements", NULL, N_("Show the registered FQDNs, until when they hold and what lives on them"),
	 N_("For each: what it covers, its use period and where that is known from (the list, or the ledger of first certificates; "
	    "\"perhaps\" where the names are covered by another one as well), the days left, the certificates and names that live on it, "
	    "and whether nothing does. Sends nothing and changes nothing."), cmd_entitlements},
	{COMMAND_ENTITLEMENTS_ADD, "entitlements add", "FQDN...", N_("Add registered FQDNs to the list"),
	 N_("Writes down what was registered at the CA's customer page; it registers nothing there. Comments and order of the file stay "
	    "as they are."), cmd_entitlements_add},
	{COMMAND_ENTITLEMENTS_REMOVE, "entitlements remove", "FQDN...", N_("Take FQDNs out of the list"),
	 N_("Says first which certificates would be refused from then on, and asks on a terminal; elsewhere -n is needed. Ends no "
	    "contract."), cmd_entitlements_remove},
	{COMMAND_ENTITLEMENTS_RENEW, "entitlements renew", "FQDN...", N_("Write down that a contract was renewed for another term"),
	 N_("After the renewal fee was paid at the CA's customer page; it pays nothing. Renewing a certificate is free and another "
	    "thing: see \"tegata renew\"."), cmd_entitlements_renew},
	{COMMAND_ENTITLEMENTS_SET, "entitlements set", "FQDN...", N_("Correct what the list says of registered FQDNs"), NULL,
	 cmd_entitlements_set},
	{COMMAND_ENTITLEMENTS_LEARN, "entitlements learn", "[FILE...]", N_("Learn from certificates when use periods began"),
	 N_("Without files from all certificates that are kept here, should the ledger have been lost; with files (PEM) from "
	    "certificates that were issued elsewhere under the same contract."), cmd_entitlements_learn},
	{COMMAND_ENTITLEMENTS_SUGGEST, "entitlements suggest", "[NAME...]", N_("Find the cheapest FQDNs to register for host names"),
	 N_("For the names given, those of a web server, or those of every configured certificate: what to register, with what is "
	    "registered already, and which of it these names do not need. Exact. Changes nothing."), cmd_entitlements_suggest},
	{COMMAND_ENTITLEMENTS_ADVISE, "entitlements advise", "[NAME...]", N_("Show certificates that should rather be split"),
	 N_("When one registered FQDN ends, a certificate is revoked with all of its names. Shows the certificates (NAME, or all that "
	    "are configured) whose names end on different days, and the settings of a split. Changes nothing."), cmd_entitlements_advise},
	{COMMAND_NOTIFY_TEST, "notify test", NULL, N_("Send a test message to everybody who is told of events"),
	 N_("Runs every hook under \"notify\" in the settings with the event \"test\"."), cmd_notify_test},
	{COMMAND_DOCTOR, "doctor", NULL, N_("Show what is in force of what protects this machine"),
	 N_("Starts the network helper, tegata-net, and shows what would hold it, should somebody take it over from outside: measured "
	    "from outside where that is possible, and what is missing with the reason. Sends nothing and changes nothing. Exit "
	    "status 0: all that this machine can give is in force; 10: something is not."), cmd_doctor},
	{COMMAND_REVOKE, "revoke", NULL, N_("Revoke a certificate"),
	 N_("Asks first on a terminal; elsewhere -n is needed. The files stay where they are, and a certificate that is still "
	    "configured is not ordered anew because of it."), cmd_revoke},
	{COMMAND_VERSION, "version", NULL, N_("Print the version"), NULL, cmd_version},
	{COMMAND_HELP, "help", "[COMMAND]", N_("Explain a command"), NULL, cmd_help},
};

const struct commands_row *commands_table(size_t *count)
{
	*count = sizeof table / sizeof table[0];
	return table;
}

const struct commands_row *commands_row(const char *name)
{
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (str_eq(table[i].name, name))
			return &table[i];
	return NULL;
}

static int unknown(const char *word, struct err *e)
{
	const char *names[COMMAND_COUNT + 1] = {NULL};
	char *shown = str_escape(word, strlen(word), SHOWN_MAX);
	const char *near;

	for (size_t i = 0; i < COMMAND_COUNT; i++)
		names[i] = table[i].name;
	near = str_nearest(word, names);
	if (near != NULL)
		err_set(e, ERR_USAGE, _("unknown command \"%s\"; did you mean \"%s\"?"), shown, near);
	else
		err_set(e, ERR_USAGE, _("unknown command \"%s\""), shown);
	err_advise(e, "%s", _("`tegata help` lists the commands."));
	free(shown);
	return -1;
}

/* The second words of commands whose first is this one; borrowed. */
static size_t second_words(const char *first, const char **out)
{
	size_t count = 0, length = strlen(first);

	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (str_starts(table[i].name, first) && table[i].name[length] == ' ')
			out[count++] = table[i].name + length + 1;
	out[count] = NULL;
	return count;
}

static int unknown_second(const char *first, const char *word, const char *const *seconds, struct err *e)
{
	char *shown = str_escape(word, strlen(word), SHOWN_MAX), *all;
	const char *near = str_nearest(word, seconds);
	struct strs list = {0};

	for (size_t i = 0; seconds[i]; i++)
		strs_add(&list, seconds[i]);
	all = strs_join(&list, ", ");
	if (near)
		err_set(e, ERR_USAGE, _("unknown command \"%s %s\"; did you mean \"%s %s\"?"), first, shown, first, near);
	else
		err_set(e, ERR_USAGE, _("unknown command \"%s %s\"; behind \"%s\" may stand: %s"), first, shown, first, all);
	strs_clear(&list);
	free(shown);
	free(all);
	return -1;
}

static int surplus(const struct commands_row *command, const char *word, struct err *e)
{
	const char *seconds[COMMAND_COUNT + 1];
	char *shown;

	if (second_words(command->name, seconds) > 0)
		return unknown_second(command->name, word, seconds, e);
	shown = str_escape(word, strlen(word), SHOWN_MAX);
	err_set(e, ERR_USAGE, _("\"%s\" is one word too many for \"tegata %s\""), shown, command->name);
	free(shown);
	return -1;
}

/* The one of which all words stand at the beginning; of two the longer. */
static const struct commands_row *match(const struct args *a, size_t *used)
{
	const struct commands_row *found = NULL;

	*used = 0;
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		const char *name = table[i].name, *blank = strchr(name, ' ');
		size_t first = blank ? (size_t)(blank - name) : strlen(name), words = blank ? 2 : 1;

		if (words <= *used || strlen(a->word[0]) != first || strncmp(a->word[0], name, first) != 0)
			continue;
		if (blank && (a->word_count < 2 || !str_eq(a->word[1], blank + 1)))
			continue;
		*used = words;
		found = &table[i];
	}
	return found;
}

/* Only the beginning of commands of two words. */
static int incomplete(const struct args *a, const char *const *seconds, struct err *e)
{
	if (a->word_count > 1)
		return unknown_second(a->word[0], a->word[1], seconds, e);
	return err_set(e, ERR_USAGE, _("\"%s\" alone says nothing; \"tegata %s %s\" is what there is"), a->word[0], a->word[0],
	               seconds[0]);
}

int commands_find(struct args *a, const struct commands_row **out, struct err *e)
{
	const char *seconds[COMMAND_COUNT + 1];
	const struct commands_row *row;
	size_t used;

	if (a->word_count == 0) {
		err_set(e, ERR_USAGE, _("a command is missing"));
		err_advise(e, "%s", _("`tegata help` lists the commands."));
		return -1;
	}
	row = match(a, &used);
	if (row == NULL && second_words(a->word[0], seconds) > 0)
		return incomplete(a, seconds, e);
	if (row == NULL)
		return unknown(a->word[0], e);
	a->word += used;
	a->word_count -= used;
	*out = row;
	return row->words == NULL && a->word_count > 0 ? surplus(row, a->word[0], e) : 0;
}

int commands_check_options(const struct commands_row *command, const struct args *a, struct err *e)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct args_given *g = &a->given[i];
		struct strs takers = {0};
		char *list;

		if ((g->row->commands & OPTIONS_OF(command->id)) != 0)
			continue;
		for (size_t k = 0; k < COMMAND_COUNT; k++)
			if ((g->row->commands & OPTIONS_OF(table[k].id)) != 0)
				strs_add(&takers, table[k].name);
		list = strs_join(&takers, ", ");
		err_set(e, ERR_USAGE, _("--%s is no option of \"tegata %s\"; it belongs to: %s"), g->name, command->name, list);
		free(list);
		strs_clear(&takers);
		return -1;
	}
	return 0;
}
