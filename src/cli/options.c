#include "config.h"

#include "options.h"

#include "base/i18n.h"
#include "base/str.h"

#define CHECK OPTIONS_OF(COMMAND_CHECK)
#define REGISTER OPTIONS_OF(COMMAND_REGISTER)
#define CERTONLY OPTIONS_OF(COMMAND_CERTONLY)
#define PLAN OPTIONS_OF(COMMAND_PLAN)
#define RUN OPTIONS_OF(COMMAND_RUN)
#define RENEW OPTIONS_OF(COMMAND_RENEW)
#define ROLLBACK OPTIONS_OF(COMMAND_ROLLBACK)
#define DEPLOY OPTIONS_OF(COMMAND_DEPLOY)
#define REVOKE OPTIONS_OF(COMMAND_REVOKE)
#define STATUS OPTIONS_OF(COMMAND_STATUS)
#define FORECAST OPTIONS_OF(COMMAND_FORECAST)
#define ENTRY_ADD OPTIONS_OF(COMMAND_ENTITLEMENTS_ADD)
#define ENTRY_SET OPTIONS_OF(COMMAND_ENTITLEMENTS_SET)
#define ENTRY_EDIT (ENTRY_ADD | ENTRY_SET | \
                    OPTIONS_OF(COMMAND_ENTITLEMENTS_REMOVE) | OPTIONS_OF(COMMAND_ENTITLEMENTS_RENEW))
#define SUGGEST OPTIONS_OF(COMMAND_ENTITLEMENTS_SUGGEST)
#define ADVISE OPTIONS_OF(COMMAND_ENTITLEMENTS_ADVISE)
#define DOCTOR OPTIONS_OF(COMMAND_DOCTOR)
#define HELP OPTIONS_OF(COMMAND_HELP)
#define ONE_CA (CHECK | REGISTER | CERTONLY | REVOKE)
#define LEARN OPTIONS_OF(COMMAND_ENTITLEMENTS_LEARN)
#define CHANGING (REGISTER | CERTONLY | RUN | RENEW | ROLLBACK | DEPLOY | REVOKE | ENTRY_EDIT | LEARN)
#define ALL OPTIONS_OF_ALL

static const struct options_row table[] = {
	{OPTION_DOMAIN, "domain", 'd', "NAME", CHECK | CERTONLY,
	 N_("A host name; repeatable, and several may stand in one value with commas between.")},
	{OPTION_DOMAIN, "domains", 0, "NAME", CHECK | CERTONLY, NULL},
	{OPTION_AT, "at", 0, "TIME", CHECK | FORECAST | SUGGEST,
	 N_("As of this time: 2027-03-01 (00:00 in Japan) or 2027-03-01T09:00:00+09:00; now unless given.")},

	{OPTION_MAIL, "email", 'm', "ADDRESS", REGISTER,
	 N_("Where the CA writes about urgent revocations; repeatable. Unless given, the contact in the settings.")},
	{OPTION_NO_MAIL, "no-email", 0, NULL, REGISTER, N_("Register without a mail address.")},
	{OPTION_NO_MAIL, "register-unsafely-without-email", 0, NULL, REGISTER, NULL},
	{OPTION_AGREE_TOS, "agree-tos", 0, NULL, REGISTER, N_("Agree to the CA's terms of service without being asked.")},
	{OPTION_EAB_KID, "eab-kid", 0, "ID", REGISTER, N_("Key id of the EAB credentials, from the customer page.")},
	{OPTION_EAB_KEY_FILE, "eab-hmac-key-file", 0, "FILE", REGISTER,
	 N_("File with their HMAC key; \"-\" reads it from standard input. Without it, it is asked for on a terminal.")},
	{OPTION_EAB_KEY, "eab-hmac-key", 0, "KEY", REGISTER,
	 N_("The HMAC key itself. Others on this machine can see it in the list of processes; prefer the file.")},
	{OPTION_EAB_ALG, "eab-hmac-alg", 0, "ALG", REGISTER, N_("HS256 (unless given), HS384 or HS512.")},
	{OPTION_ACCOUNT_KEY, "account-key", 0, "TYPE", REGISTER,
	 N_("Type of the account's key: ecdsa-p256 (unless given), ecdsa-p384, rsa2048, rsa3072, rsa4096.")},

	{OPTION_CERT_NAME, "cert-name", 0, "NAME", CERTONLY | REVOKE,
	 N_("Name of the certificate on this machine. certonly: the first host name unless given.")},
	{OPTION_WEBROOT, "webroot", 0, NULL, CERTONLY, N_("Validate by http-01 through a running web server's folder, see -w.")},
	{OPTION_WEBROOT_PATH, "webroot-path", 'w', "DIR", CERTONLY,
	 N_("That folder, for each -d after it up to the next -w; the first one also for each -d before it.")},
	{OPTION_STANDALONE, "standalone", 0, NULL, CERTONLY, N_("Validate by http-01 through the built-in responder.")},
	{OPTION_PORT, "http-01-port", 0, "PORT", CERTONLY, N_("Port of the built-in responder; 80 unless given.")},
	{OPTION_ADDRESS, "http-01-address", 0, "ADDRESS", CERTONLY,
	 N_("IP address the built-in responder listens on; repeatable. All of them unless given.")},
	{OPTION_HOOK, "hook", 0, "HOOK", CERTONLY,
	 N_("Validate by a hook, by its name or absolute path: dns-01 unless --preferred-challenges says otherwise.")},
	{OPTION_AUTH_HOOK, "auth-hook", 0, "COMMAND", CERTONLY,
	 N_("Validate by a shell command written for certbot: http-01 unless --preferred-challenges says otherwise or a "
	    "wildcard is among the names.")},
	{OPTION_AUTH_HOOK, "manual-auth-hook", 0, "COMMAND", CERTONLY, NULL},
	{OPTION_CLEANUP_HOOK, "cleanup-hook", 0, "COMMAND", CERTONLY, N_("Shell command that takes away what --auth-hook put in place.")},
	{OPTION_CLEANUP_HOOK, "manual-cleanup-hook", 0, "COMMAND", CERTONLY, NULL},
	{OPTION_MANUAL, "manual", 0, NULL, CERTONLY, N_("Accepted as certbot's; --auth-hook says it all.")},
	{OPTION_CHALLENGES, "preferred-challenges", 0, "TYPE", CERTONLY, N_("dns-01 (or dns) or http-01 (or http), for a hook.")},
	{OPTION_DEPLOY, "deploy", 0, "HOOK", CERTONLY,
	 N_("Hook to run after each new certificate, by its name or absolute path; repeatable.")},
	{OPTION_DEPLOY_HOOK, "deploy-hook", 0, "COMMAND", CERTONLY,
	 N_("Shell command to run after each new certificate; repeatable.")},
	{OPTION_KEY_TYPE, "key-type", 0, "TYPE", CERTONLY,
	 N_("rsa2048, rsa3072, rsa4096, ecdsa-p256, ecdsa-p384; also rsa and ecdsa. What the CA's profile says unless given.")},
	{OPTION_RSA_SIZE, "rsa-key-size", 0, "BITS", CERTONLY, N_("2048, 3072 or 4096.")},
	{OPTION_CURVE, "elliptic-curve", 0, "CURVE", CERTONLY, N_("secp256r1 or secp384r1.")},
	{OPTION_KEY_OWNER, "key-owner", 0, "USER", CERTONLY, N_("Owner of the file with the private key.")},
	{OPTION_KEY_GROUP, "key-group", 0, "GROUP", CERTONLY, N_("Group of that file.")},
	{OPTION_KEY_MODE, "key-mode", 0, "MODE", CERTONLY, N_("Its mode in octal digits; 0600 unless given.")},
	{OPTION_REUSE_KEY, "reuse-key", 0, NULL, CERTONLY, N_("Keep the same private key at every renewal.")},
	{OPTION_NEW_KEY, "new-key", 0, NULL, CERTONLY, N_("A new private key at every renewal, which is the habit.")},
	{OPTION_NEW_KEY, "no-reuse-key", 0, NULL, CERTONLY, NULL},
	{OPTION_CSR, "csr", 0, "FILE", CERTONLY,
	 N_("A certificate signing request (PEM or DER) made elsewhere: its key stays there, its names are taken.")},
	{OPTION_PREFERRED_CHAIN, "preferred-chain", 0, "NAME", CERTONLY,
	 N_("Where the CA offers several chains: the one that leads to the root of this common name.")},
	{OPTION_PREFERRED_PROFILE, "preferred-profile", 0, "NAME", CERTONLY,
	 N_("The CA's profile to order by, where it offers several.")},
	{OPTION_FORCE, "force", 0, NULL, CERTONLY | RENEW | ROLLBACK,
	 N_("Order a new certificate although none is due, or although earlier failures ask for patience. rollback: go back even "
	    "to what has ended or was revoked.")},
	{OPTION_FORCE, "force-renewal", 0, NULL, CERTONLY | RENEW, NULL},
	{OPTION_FORCE, "renew-by-default", 0, NULL, CERTONLY | RENEW, NULL},

	{OPTION_NO_DEPLOY, "no-deploy", 0, NULL, RUN | RENEW,
	 N_("Leave what is owed after a new certificate to a \"tegata deploy\" that follows.")},
	{OPTION_PLAN, "plan", 0, "FILE", RUN,
	 N_("Do what a saved \"tegata plan --json\" says, and nothing when it would be something else by now.")},
	{OPTION_ARI, "ari", 0, NULL, PLAN, N_("Ask the CAs for their suggested renewal times first; without it nothing is sent.")},
	{OPTION_ACCEPT_LAPSE, "accept-lapse", 0, "NAME", RUN,
	 N_("Let the names go that a registered FQDN takes along when it ends: the certificate NAME is obtained without them and put "
	    "in place now; repeatable. They come back when the FQDN was renewed.")},
	{OPTION_ACCEPT_LIST, "accept-list", 0, NULL, RUN | RENEW | CERTONLY,
	 N_("Believe the list of registered FQDNs although most of it vanished since the last run.")},

	{OPTION_CHECK, "check", 0, NULL, STATUS,
	 N_("One line for Nagios and its like, with more below and figures behind \"|\". Exit statuses of its own: 0 OK, 1 WARNING, "
	    "2 CRITICAL, 3 UNKNOWN.")},
	{OPTION_METRICS, "metrics", 0, NULL, STATUS, N_("All figures as Prometheus reads them, for its collector of text files.")},
	{OPTION_WARNING, "warning", 0, "DAYS", STATUS,
	 N_("With --check or --metrics: warn when a certificate is good for fewer days; 14 unless given, less for short lives.")},
	{OPTION_CRITICAL, "critical", 0, "DAYS", STATUS, N_("The same for critical; 5 unless given.")},
	{OPTION_ENTRY_WARNING, "entry-warning", 0, "DAYS", STATUS,
	 N_("With --check or --metrics: warn when a registered FQDN that is in use ends in fewer days; 30 unless given.")},

	{OPTION_UNTIL, "until", 0, "DATE", FORECAST, N_("Last day of the forecast; 400 days unless given.")},
	{OPTION_WITHOUT, "without", 0, "FQDN", FORECAST, N_("What if this FQDN were registered no more? Repeatable.")},
	{OPTION_ADD, "add", 0, "FQDN", FORECAST, N_("What if this FQDN were registered? Repeatable.")},
	{OPTION_RENEW, "renew", 0, "FQDN", FORECAST,
	 N_("What if the contract of this FQDN were renewed once more? Repeatable, each time by a term.")},
	{OPTION_LIFETIME, "lifetime", 0, "DAYS", FORECAST, N_("What if new certificates lived for so long? 47d, or 47.")},
	{OPTION_CA_DOWN, "ca-down", 0, "FROM..TO", FORECAST,
	 N_("What if the CA issued nothing on these days, both included? Repeatable.")},

	{OPTION_FIRST_ISSUED, "first-issued", 0, "DATE", ENTRY_ADD | ENTRY_SET,
	 N_("Day of the first certificate, as My Page shows it: it begins the use period. set: \"none\" takes it away.")},
	{OPTION_ENDS, "ends", 0, "DATE", ENTRY_ADD | ENTRY_SET,
	 N_("Last day of the use period, as My Page shows it: it counts before every other date. set: \"none\" takes it away.")},
	{OPTION_REGISTERED, "registered", 0, "DATE", ENTRY_ADD | ENTRY_SET,
	 N_("Day of the registration, for contracts whose period begins then. set: \"none\" takes it away.")},
	{OPTION_RENEWED, "renewed", 0, "NUMBER", ENTRY_SET, N_("How often its contract was renewed so far.")},
	{OPTION_DRY_RUN, "dry-run", 0, NULL, ENTRY_EDIT, N_("Print what the file would be, and change nothing.")},
	{OPTION_SCAN, "scan", 0, "SERVER", SUGGEST,
	 N_("nginx or apache: the names that the web server of this machine serves, as it reads its own configuration.")},
	{OPTION_PRICE, "price", 0, "PRICES", SUGGEST,
	 N_("What a registered FQDN costs a year: plain=N,wildcard=N; unless given each counts the same, and the fewest are best.")},
	{OPTION_BY, "by", 0, "WORD", ADVISE,
	 N_("end (unless given): names that end on the same day stay together; entry: one certificate for each registered FQDN.")},
	{OPTION_WWW_APART, "www-apart", 0, NULL, ADVISE, N_("A name and its www. stand in certificates of their own.")},

	{OPTION_SANDBOX, "sandbox", 0, NULL, DOCTOR,
	 N_("Only what holds the network helper; which is all that there is so far.")},

	{OPTION_GENERATION, "generation", 0, "NUMBER", REVOKE, N_("An older generation of --cert-name; the live one unless given.")},
	{OPTION_CERT_PATH, "cert-path", 0, "FILE", REVOKE, N_("A PEM file with the certificate, in place of --cert-name.")},
	{OPTION_KEY_PATH, "key-path", 0, "FILE", REVOKE, N_("Sign with this private key of the certificate, not with the account's.")},
	{OPTION_OWN_KEY, "use-certificate-key", 0, NULL, REVOKE, N_("Sign with the kept private key of --cert-name.")},
	{OPTION_REASON, "reason", 0, "WORD", REVOKE,
	 N_("unspecified, keycompromise, affiliationchanged, superseded or cessationofoperation.")},

	{OPTION_CONFIG_DIR, "config-dir", 0, "DIR", ALL, N_("Folder of the settings: tegata.yaml, conf.d/, entitlements.yaml, hooks/.")},
	{OPTION_STATE_DIR, "state-dir", 0, "DIR", ALL, N_("Folder of accounts, keys and certificates.")},
	{OPTION_ENTITLEMENTS, "entitlements", 0, "FILE", ALL, N_("The list of registered FQDNs; entitlements.yaml in the folder of the settings unless given.")},
	{OPTION_CA, "ca", 0, "NAME", ONE_CA, N_("Which CA of the settings; for certificates that name none, the first unless given.")},
	{OPTION_WAIT, "wait", 0, "[SECONDS]", CHANGING,
	 N_("Wait when another tegata works on the same state folder, instead of ending with status 5: so many seconds, 600 unless "
	    "given. Settings are read again then.")},
	{OPTION_SERVER, "server", 0, "URL", ALL, N_("Directory URL of the CA, in place of the one in settings or profile.")},
	{OPTION_CA_FILE, "ca-file", 0, "FILE", ALL, N_("PEM file with the roots to trust for the connection to the CA.")},
	{OPTION_JSON, "json", 0, NULL, ALL, N_("Print one JSON object with a versioned schema.")},
	{OPTION_NON_INTERACTIVE, "non-interactive", 'n', NULL, ALL, N_("Never ask anything.")},
	{OPTION_NON_INTERACTIVE, "noninteractive", 0, NULL, ALL, NULL},
	{OPTION_VERBOSE, "verbose", 'v', NULL, ALL, N_("Say what is being done; -vv: also requests, answers and the output of hooks.")},
	{OPTION_QUIET, "quiet", 'q', NULL, ALL, N_("Say nothing but errors.")},
	{OPTION_VERSION, "version", 0, NULL, ALL, N_("Print the version and end.")},
	{OPTION_HELP, "help", 'h', NULL, ALL, N_("Explain the command and end.")},
	{OPTION_MARKDOWN, "markdown", 0, NULL, HELP, ""},
	{OPTION_MAN, "man", 0, NULL, HELP, ""},
};

const struct options_row *options_table(size_t *count)
{
	*count = sizeof table / sizeof table[0];
	return table;
}

const struct options_row *options_row(enum options_id id)
{
	const struct options_row *row = table;

	while (row->id != id || row->help == NULL)
		row++;
	return row;
}

bool options_value_is_free(const struct options_row *row)
{
	return row->arg != NULL && row->arg[0] == '[';
}

char *options_shown_value(const struct options_row *row)
{
	if (row->arg == NULL)
		return str_dup("");
	return options_value_is_free(row) ? str_fmt("[=%s", row->arg + 1) : str_fmt(" %s", row->arg);
}
