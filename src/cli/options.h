/* The table of options: parser, --help and doc/commands.md are all made from it. */
#ifndef TEGATA_CLI_OPTIONS_H
#define TEGATA_CLI_OPTIONS_H

#include <stddef.h>

enum options_command { /* the rows of the table of commands, in its order */
	COMMAND_CHECK,
	COMMAND_CONFIG_CHECK,
	COMMAND_REGISTER,
	COMMAND_CERTONLY,
	COMMAND_PLAN,
	COMMAND_RUN,
	COMMAND_RENEW,
	COMMAND_DEPLOY,
	COMMAND_STATUS,
	COMMAND_HISTORY,
	COMMAND_ROLLBACK,
	COMMAND_NOTIFY_TEST,
	COMMAND_REVOKE,
	COMMAND_VERSION,
	COMMAND_HELP,
	COMMAND_COUNT
};

#define OPTIONS_OF(command) (1u << (command))
#define OPTIONS_OF_ALL ((1u << COMMAND_COUNT) - 1)

enum options_id {
	OPTION_DOMAIN,
	OPTION_AT,
	OPTION_MAIL,
	OPTION_NO_MAIL,
	OPTION_AGREE_TOS,
	OPTION_EAB_KID,
	OPTION_EAB_KEY,
	OPTION_EAB_KEY_FILE,
	OPTION_EAB_ALG,
	OPTION_ACCOUNT_KEY,
	OPTION_CERT_NAME,
	OPTION_WEBROOT,
	OPTION_WEBROOT_PATH,
	OPTION_STANDALONE,
	OPTION_PORT,
	OPTION_ADDRESS,
	OPTION_HOOK,
	OPTION_AUTH_HOOK,
	OPTION_CLEANUP_HOOK,
	OPTION_MANUAL,
	OPTION_CHALLENGES,
	OPTION_DEPLOY,
	OPTION_DEPLOY_HOOK,
	OPTION_KEY_TYPE,
	OPTION_RSA_SIZE,
	OPTION_CURVE,
	OPTION_KEY_OWNER,
	OPTION_KEY_GROUP,
	OPTION_KEY_MODE,
	OPTION_REUSE_KEY,
	OPTION_NEW_KEY,
	OPTION_CSR,
	OPTION_PREFERRED_CHAIN,
	OPTION_PREFERRED_PROFILE,
	OPTION_FORCE,
	OPTION_NO_DEPLOY,
	OPTION_PLAN,
	OPTION_ARI,
	OPTION_CERT_PATH,
	OPTION_GENERATION,
	OPTION_KEY_PATH,
	OPTION_OWN_KEY,
	OPTION_REASON,
	OPTION_CONFIG_DIR,
	OPTION_STATE_DIR,
	OPTION_ENTITLEMENTS,
	OPTION_SERVER,
	OPTION_CA_FILE,
	OPTION_CA,
	OPTION_JSON,
	OPTION_NON_INTERACTIVE,
	OPTION_VERBOSE,
	OPTION_QUIET,
	OPTION_VERSION,
	OPTION_HELP,
	OPTION_MARKDOWN,
	OPTION_MAN
};

struct options_row {
	enum options_id id;
	const char *name;
	char letter;       /* 0 = none */
	const char *arg;   /* what its value is called; NULL = takes none */
	unsigned commands; /* OPTIONS_OF() of each that takes it */
	const char *help;  /* through gettext; NULL = another name of the row above, "" = not shown */
};

const struct options_row *options_table(size_t *count);
/* The row that an option is told by. */
const struct options_row *options_row(enum options_id id);

#endif
