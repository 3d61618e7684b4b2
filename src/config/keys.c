#include "config.h"

#include "config/keys.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "base/str.h"
#include "config/reader.h"

#define CA KEYS_IN(KEYS_CA)
#define RULE KEYS_IN(KEYS_RULE_MAP)
#define CERTIFICATE KEYS_IN(KEYS_CERTIFICATE)
#define EVERY_CERTIFICATE (KEYS_IN(KEYS_CERTIFICATE) | KEYS_IN(KEYS_DEFAULTS))
#define CHALLENGE KEYS_IN(KEYS_CHALLENGE)
#define STANDALONE KEYS_IN(KEYS_STANDALONE)
#define SERVED KEYS_IN(KEYS_SERVED)
#define OUTPUT KEYS_IN(KEYS_OUTPUT)
#define NOTIFY KEYS_IN(KEYS_NOTIFY)
#define HOOK KEYS_IN(KEYS_HOOK)
#define HOOK_USERS KEYS_IN(KEYS_HOOK_USERS)
#define OF_FILE(member) offsetof(struct settings, member)
#define OF_CA(member) offsetof(struct ca_setting, member)
#define OF_RULE(member) offsetof(struct rule_texts, member)
#define OF_CERTIFICATE(member) offsetof(struct certificate_setting, member)
#define OF_CHALLENGE(member) offsetof(struct challenge_setting, member)
#define OF_SERVED(member) offsetof(struct served_setting, member)
#define OF_OUTPUT(member) offsetof(struct output_setting, member)
#define OF_NOTIFY(member) offsetof(struct notify_setting, member)
#define OF_HOOK(member) offsetof(struct hook_spec, member)
#define OF_HOOK_USERS(member) offsetof(struct hook_users, member)

static const struct keys_row table[] = {
	{KEYS_IN(KEYS_FILE), "cas", KEYS_CAS, OF_FILE(ca), 0, 0, N_("one, with the profile jprs"),
	 "cas: [{profile: jprs}]",
	 N_("The certificate authorities. The first is used by every certificate that names no other. Only in tegata.yaml.")},
	{KEYS_IN(KEYS_FILE), "defaults", KEYS_DEFAULT_MAP, OF_FILE(defaults), 0, 0, N_("none"),
	 "defaults: {deploy: nginx}",
	 N_("Values for all certificates. What a certificate says itself wins. Only in tegata.yaml.")},
	{KEYS_IN(KEYS_FILE), "certificates", KEYS_CERTIFICATES, OF_FILE(certificate), 0, 0, N_("none"),
	 "certificates: [{names: [example.jp]}]",
	 N_("The certificates wanted, in tegata.yaml and in every conf.d/*.yaml.")},
	{KEYS_IN(KEYS_FILE), "notify", KEYS_NOTIFIES, OF_FILE(notify), 0, 0, N_("nobody"),
	 "notify: {run: mail, env: {TEGATA_MAIL_TO: admin@example.jp}}",
	 N_("Hooks that tell somebody what happened. Without `level` and `events`, of warnings and errors. Only in tegata.yaml.")},

	{KEYS_IN(KEYS_FILE), "hook_users", KEYS_HOOK_USER_MAP, OF_FILE(hook_users), 0, 0, N_("the user that runs tegata"),
	 "hook_users: {challenge: tegata-dns, notify: nobody}",
	 N_("Who runs the hooks of each kind that have no `user` of their own. Only in tegata.yaml.")},

	{CA, "name", KEYS_NAME, OF_CA(name), 0, 0, N_("the profile's name"), "name: jprs",
	 N_("What certificates call it in `ca`. Each CA needs one of its own.")},
	{CA, "profile", KEYS_PROFILE, OF_CA(profile), 0, 0, "jprs", "profile: letsencrypt",
	 N_("Where the values come from that are not written here.")},
	{CA, "server", KEYS_URL, OF_CA(server), 0, 0, N_("the profile's"), "server: https://acme.example.jp/directory",
	 N_("URL of the ACME directory. A query string is kept. Needed with the profile custom.")},
	{CA, "ca_file", KEYS_PATH, OF_CA(ca_file), 0, 0, N_("what the system trusts"),
	 "ca_file: /etc/tegata/ca.pem",
	 N_("Certificates (PEM) to trust when this server is reached, in place of the system's.")},
	{CA, "contact", KEYS_CONTACTS, OF_CA(contact), 0, 0, N_("none"), "contact: admin@example.jp",
	 N_("Where the CA may write to, for `tegata register`.")},
	{CA, "rule", KEYS_RULE, OF_CA(rule), 0, 0, N_("the profile's"), "rule: none",
	 N_("What a registered FQDN of entitlements.yaml buys, and for how long: only names that one covers are ordered. none: any "
	    "name. A mapping says what differs from a preset.")},
	{CA, "first_use", KEYS_FIRST_USE, OF_CA(first_use), 0, 0, "ask", "first_use: deny",
	 N_("An order that would begin the paid period of a registered FQDN. ask: a question on a terminal, else as allow. allow: it is "
	    "said and logged. deny: refused.")},
	{CA, "max_names", KEYS_NUMBER, OF_CA(max_names), 0, 10000, N_("the profile's"), "max_names: 100",
	 N_("Most names in one certificate. 0: no limit.")},
	{CA, "key", KEYS_KEY_TYPE, OF_CA(key), 0, 0, N_("the profile's"), "key: ecdsa-p256",
	 N_("Type of the keys of certificates that say nothing else.")},
	{CA, "caa", KEYS_DOMAIN, OF_CA(caa), 0, 0, N_("the profile's"), "caa: jprs.jp",
	 N_("The CA's name in CAA records, for messages.")},
	{CA, "eab_kid", KEYS_TEXT, OF_CA(eab_kid), 0, 0, N_("the only account there is"), "eab_kid: kid-1",
	 N_("Which account to use when several are registered with this server: its EAB key identifier. No secret.")},
	{CA, "max_failed_validations", KEYS_NUMBER, OF_CA(max_failed_validations), 1, 16, "5", "max_failed_validations: 3",
	 N_("After so many failed validations of one name in 24 hours, it is not tried again until they are past. CAs limit them too.")},
	{CA, "patience", KEYS_NUMBER, OF_CA(patience), 10, 86400, "900", "patience: 300",
	 N_("Seconds that the CA may take to validate the names of an order, and again to issue. What takes longer is left to the next "
	    "run, which goes on with the order.")},

	{RULE, "preset", KEYS_RULE_PRESET, OF_RULE(preset), 0, 0, N_("the profile's"), "preset: sectigo",
	 N_("The rule that everything is taken from that is not written here.")},
	{RULE, "plain", KEYS_RULE_PLAIN, OF_RULE(plain), 0, 0, N_("the preset's"), "plain: www-either",
	 N_("What an entry without `*.` covers. exact: itself. www: also www.itself. www-either: also its counterpart with or without "
	    "www. subtree: also everything below it.")},
	{RULE, "wildcard", KEYS_RULE_WILDCARD, OF_RULE(wildcard), 0, 0, N_("the preset's"), "wildcard: same-level",
	 N_("What an entry `*.example.jp` covers. exact: itself. base: also example.jp. same-level: also every name one label below that.")},
	{RULE, "fixed_set", KEYS_YES_NO, OF_RULE(fixed_set), 0, 0, N_("the preset's"), "fixed_set: true",
	 N_("true: the names of a certificate must be exactly the entries with one and the same `set`.")},
	{RULE, "start", KEYS_RULE_START, OF_RULE(start), 0, 0, N_("the preset's"), "start: registered",
	 N_("When the period of an entry begins: with the first certificate under it, with the earliest `registered` of the whole list, "
	    "or with its own `registered`.")},
	{RULE, "length", KEYS_RULE_LENGTH, OF_RULE(length), 0, 0, N_("the preset's"), "length: 365d",
	 N_("Length of one paid term. none: nothing is computed, only a stated `ends` counts.")},
	{RULE, "rounding", KEYS_RULE_ROUNDING, OF_RULE(rounding), 0, 0, N_("the preset's"), "rounding: next-day",
	 N_("none: the last day is the one before the anniversary. next-day: the term begins a day later. month-end: the last day is "
	    "the last of the anniversary's month.")},
	{RULE, "time_zone", KEYS_RULE_ZONE, OF_RULE(time_zone), 0, 0, N_("the preset's"), "time_zone: Asia/Tokyo",
	 N_("Where days begin and end. There is no summer time.")},
	{RULE, "end", KEYS_RULE_END, OF_RULE(end), 0, 0, N_("the preset's"), "end: stop",
	 N_("What the end of a period does. stop: nothing more is issued. revoke: certificates are revoked, too.")},

	{CERTIFICATE, "name", KEYS_NAME, OF_CERTIFICATE(name), 0, 0, N_("the first of `names` without `*.`"), "name: www",
	 N_("What commands and files call it. Two certificates cannot share one.")},
	{CERTIFICATE, "names", KEYS_NAMES, OF_CERTIFICATE(names), 0, 0, N_("needed"),
	 "names: [example.jp, \"*.example.jp\"]",
	 N_("The host names in the certificate, wildcards in quotes. 日本語 names may be written as they are (then give a `name`).")},
	{EVERY_CERTIFICATE, "ca", KEYS_NAME, OF_CERTIFICATE(ca), 0, 0, N_("the first CA"), "ca: jprs",
	 N_("The `name` of the CA that issues it.")},
	{EVERY_CERTIFICATE, "key", KEYS_KEY_TYPES, OF_CERTIFICATE(key), 0, 0, N_("the CA's"), "key: [ecdsa-p256, rsa2048]",
	 N_("Type of the key. certbot's rsa and ecdsa are understood too. With several, there is a certificate for each: the first is "
	    "called NAME, the others NAME+TYPE.")},
	{EVERY_CERTIFICATE, "reuse_key", KEYS_YES_NO, OF_CERTIFICATE(reuse_key), 0, 0, "false", "reuse_key: true",
	 N_("true: a renewed certificate has the key of the one before. false: a new key each time.")},
	{EVERY_CERTIFICATE, "next_key", KEYS_YES_NO, OF_CERTIFICATE(next_key), 0, 0, "false", "next_key: true",
	 N_("true: the key of the next certificate is made early, so that its TLSA record can be published in time.")},
	{CERTIFICATE, "csr", KEYS_PATH, OF_CERTIFICATE(csr), 0, 0, N_("key and request are made here"),
	 "csr: /etc/tegata/www.csr",
	 N_("A certificate request (PEM or DER) made elsewhere, for the same `names`. The private key stays there, so no key of "
	    "`key_…`, `key`, `reuse_key` and `next_key` can stand beside it.")},
	{EVERY_CERTIFICATE, "challenge", KEYS_CHALLENGES, OF_CERTIFICATE(challenge), 0, 0, N_("needed, here or in `defaults`"),
	 "challenge: {webroot: /var/www/html}",
	 N_("How control of the names is shown. In a list, a name takes the first item that lists it in `names`, "
	    "else the first item without `names`.")},
	{EVERY_CERTIFICATE, "outputs", KEYS_OUTPUTS, OF_CERTIFICATE(output), 0, 0, N_("none"),
	 "outputs: [{combined: \"/etc/haproxy/certs/{name}.pem\"}]",
	 N_("Files made of a new certificate before `deploy` is run. `[]`: none.")},
	{EVERY_CERTIFICATE, "deploy", KEYS_HOOKS, OF_CERTIFICATE(deploy), 0, 0, N_("nothing"),
	 "deploy: [nginx, [systemd-reload, postfix]]",
	 N_("What is run after a new certificate is in place, in this order. `[]`: nothing. A certificate with `deploy` or "
	    "`deploy_hook` leaves both of `defaults` aside.")},
	{EVERY_CERTIFICATE, "deploy_hook", KEYS_PLAIN_HOOK, OF_CERTIFICATE(deploy), 0, 0, N_("nothing"),
	 "deploy_hook: /etc/letsencrypt/renewal-hooks/deploy/reload.sh",
	 N_("One more hook, run as certbot runs it: without arguments. A list here is a program and its words.")},
	{EVERY_CERTIFICATE, "served", KEYS_SERVICES, OF_CERTIFICATE(served), 0, 0, N_("nothing is looked at"),
	 "served: [443, smtp:25, \"imaps:mail.example.jp:993\"]",
	 N_("Services that must serve a new certificate, with its intermediates, after `deploy` was run; else that counts as failed "
	    "and is told. `[]`: none.")},
	{EVERY_CERTIFICATE, "preferred_chain", KEYS_TEXT, OF_CERTIFICATE(preferred_chain), 0, 0, N_("the CA's first chain"),
	 "preferred_chain: ISRG Root X1",
	 N_("Of several chains that the CA offers, the one that ends at the root of this common name. If there is none, the first, and "
	    "a warning.")},
	{EVERY_CERTIFICATE, "acme_profile", KEYS_TOKEN, OF_CERTIFICATE(acme_profile), 0, 0, N_("the CA's choice"),
	 "acme_profile: shortlived",
	 N_("Name of a certificate profile, where the CA offers some in its directory.")},
	{EVERY_CERTIFICATE, "renew_before", KEYS_RENEW, OF_CERTIFICATE(renew), 0, 0,
	 N_("when the CA says, else 1/3 of the lifetime (1/2 when that is under 10 days)"), "renew_before: 30d",
	 N_("Renew when so much is left until the end.")},
	{EVERY_CERTIFICATE, "on_lapse", KEYS_ON_LAPSE, OF_CERTIFICATE(on_lapse), 0, 0, "warn", "on_lapse: shrink",
	 N_("When a registered FQDN ends that nobody renewed. warn: it is told, and no name is given up. shrink: a certificate without "
	    "its names is made, and put in place two days before the end.")},
	{EVERY_CERTIFICATE, "keep", KEYS_NUMBER, OF_CERTIFICATE(keep), 1, 1000, "5", "keep: 10",
	 N_("How many generations are kept for `tegata rollback`, the one in place included.")},
	{EVERY_CERTIFICATE, "key_owner", KEYS_USER, OF_CERTIFICATE(key_owner), 0, 0, N_("the user that runs tegata"),
	 "key_owner: root", N_("Owner of the file with the private key.")},
	{EVERY_CERTIFICATE, "key_group", KEYS_GROUP, OF_CERTIFICATE(key_group), 0, 0, N_("that user's group"),
	 "key_group: ssl-cert", N_("Group of the file with the private key.")},
	{EVERY_CERTIFICATE, "key_mode", KEYS_MODE, OF_CERTIFICATE(key_mode), 0, 0, "\"0600\"", "key_mode: \"0640\"",
	 N_("Mode of the file with the private key: readable for its owner, never for everybody.")},

	{CHALLENGE, "type", KEYS_CHALLENGE_TYPE, OF_CHALLENGE(type), 0, 0,
	 N_("http-01 with `webroot` and `standalone`, dns-01 with a hook"), "type: http-01",
	 N_("The kind of challenge. Wildcards need dns-01, and dns-01 needs `hook` or `auth_hook`.")},
	{CHALLENGE, "names", KEYS_NAMES, OF_CHALLENGE(names), 0, 0, N_("all names that no other challenge lists"),
	 "names: [\"*.example.jp\"]", N_("Which names this challenge is for, written as in the certificate.")},
	{CHALLENGE, "webroot", KEYS_WEBROOT, OF_CHALLENGE(webroot), 0, 0, N_("none"), "webroot: /var/www/html",
	 N_("Folder from which a web server answers on port 80. In a mapping, the key `default` is for the names without a "
	    "folder of their own: `webroot: {shop.example.jp: /srv/shop, default: /var/www/html}`.")},
	{CHALLENGE, "standalone", KEYS_LISTEN, OF_CHALLENGE(port), 0, 0, N_("none"), "standalone: true",
	 N_("A web server of our own for the time of the challenge: `true`, the port, or `port` and `addresses`.")},
	{CHALLENGE, "hook", KEYS_ONE_HOOK, OF_CHALLENGE(hook), 0, 0, N_("none"), "hook: nsupdate",
	 N_("A program that puts the challenge in place (`present`) and takes it away (`cleanup`).")},
	{CHALLENGE, "auth_hook", KEYS_PLAIN_HOOK, OF_CHALLENGE(hook), 0, 0, N_("none"),
	 "auth_hook: /usr/local/bin/auth.sh", N_("The same as certbot runs it: no arguments, certbot's variables.")},
	{CHALLENGE, "cleanup_hook", KEYS_PLAIN_HOOK, OF_CHALLENGE(cleanup), 0, 0, N_("nothing is run at cleanup"),
	 "cleanup_hook: /usr/local/bin/cleanup.sh", N_("Beside `auth_hook`: what takes the challenge away.")},

	{STANDALONE, "port", KEYS_NUMBER, OF_CHALLENGE(port), 1, 65535, "80", "port: 8080",
	 N_("Where to listen. The CA always asks on port 80, so another one needs something in front that passes it on.")},
	{STANDALONE, "addresses", KEYS_ADDRESSES, OF_CHALLENGE(addresses), 0, 0, N_("all of this machine"),
	 "addresses: [192.0.2.1, \"2001:db8::1\"]", N_("The addresses to listen on.")},

	{SERVED, "protocol", KEYS_PROTOCOL, OF_SERVED(protocol), 0, 0, "tls", "protocol: smtp",
	 N_("How TLS begins: at once with tls and the words in -s, after STARTTLS with smtp, imap, pop3 and ldap.")},
	{SERVED, "host", KEYS_HOST, OF_SERVED(host), 0, 0, N_("this machine"), "host: mail.example.jp",
	 N_("Where to connect.")},
	{SERVED, "port", KEYS_NUMBER, OF_SERVED(port), 1, 65535,
	 N_("the usual one: smtp 25, imap 143, pop3 110, ldap 389, https 443, smtps 465, imaps 993, pop3s 995, ldaps 636"),
	 "port: 587", N_("Where the service listens. Needed with tls.")},
	{SERVED, "name", KEYS_HOST, OF_SERVED(name), 0, 0,
	 N_("`host` when it is one of the certificate's names, else the first of these"), "name: www.example.jp",
	 N_("Which name the server is asked for (SNI).")},

	{OUTPUT, "combined", KEYS_PATH, OF_OUTPUT(written), 0, 0, N_("needed, or `pkcs12`, or `copy`"),
	 "combined: \"/etc/haproxy/certs/{name}.pem\"",
	 N_("Path of a PEM file with the certificate, its intermediates and the private key. In every path here, {name} stands for the "
	    "certificate's name; no two outputs can have one path.")},
	{OUTPUT, "pkcs12", KEYS_PATH, OF_OUTPUT(written), 0, 0, N_("needed, or `combined`, or `copy`"),
	 "pkcs12: /var/lib/tomcat/www.p12", N_("Path of a PKCS#12 file with the same.")},
	{OUTPUT, "copy", KEYS_LIVE_FILE, OF_OUTPUT(file), 0, 0, N_("needed, or `combined`, or `pkcs12`"),
	 "copy: fullchain.pem", N_("Which file is copied, to the path in `to`.")},
	{OUTPUT, "to", KEYS_PATH, OF_OUTPUT(written), 0, 0, N_("needed beside `copy`"), "to: /srv/certs/www.pem",
	 N_("Path of the copy.")},
	{OUTPUT, "owner", KEYS_USER, OF_OUTPUT(owner), 0, 0, N_("the user that runs tegata"), "owner: haproxy",
	 N_("Owner of the file.")},
	{OUTPUT, "group", KEYS_GROUP, OF_OUTPUT(group), 0, 0, N_("that user's group"), "group: ssl-cert",
	 N_("Group of the file.")},
	{OUTPUT, "mode", KEYS_FILE_MODE, OF_OUTPUT(mode), 0, 0, N_("\"0600\" with the private key, else \"0644\""),
	 "mode: \"0640\"", N_("Mode of the file: with the private key in it, never readable for everybody.")},
	{OUTPUT, "password_file", KEYS_PATH, OF_OUTPUT(password_file), 0, 0, N_("no password"),
	 "password_file: /etc/tegata/p12.password",
	 N_("Beside `pkcs12`: a file whose first line is the password.")},

	{NOTIFY, "level", KEYS_EVENT_LEVEL, OF_NOTIFY(level), 0, 0, N_("warning; info when `events` is written"),
	 "level: error", N_("Events below it are left out.")},
	{NOTIFY, "events", KEYS_EVENTS, OF_NOTIFY(events), 0, 0, N_("all"), "events: [renewed, renew-failed]",
	 N_("Only these.")},

	{HOOK | NOTIFY, "run", KEYS_PROGRAM, OF_HOOK(words), 0, 0, N_("needed, or `shell`"), "run: [systemd-reload, postfix]",
	 N_("The program and its fixed words, started without a shell. A name is looked up in the folder hooks beside "
	    "tegata.yaml, then among the hooks that came with tegata.")},
	{HOOK | NOTIFY, "shell", KEYS_SHELL, OF_HOOK(shell), 0, 0, N_("needed, or `run`"),
	 "shell: \"systemctl reload nginx\"", N_("A command line of your own for /bin/sh -c. Nothing is ever put into it.")},
	{HOOK | NOTIFY, "plain_args", KEYS_YES_NO, OF_HOOK(plain_args), 0, 0,
	 N_("true in `deploy_hook`, `auth_hook` and `cleanup_hook`, else false"), "plain_args: true",
	 N_("true: only your own words are arguments, as with certbot. false: stage and name follow them.")},
	{HOOK | NOTIFY | CHALLENGE, "user", KEYS_USER, OF_HOOK(user), 0, 0, N_("the user that runs tegata"), "user: nobody",
	 N_("Who runs the hook. In a challenge: for all of its hooks that do not say.")},
	{HOOK | NOTIFY | CHALLENGE, "timeout", KEYS_NUMBER, OF_HOOK(timeout_sec), 1, 86400, "300", "timeout: 120",
	 N_("Seconds after which the hook is ended. In a challenge: for all of its hooks that do not say.")},
	{HOOK | NOTIFY | CHALLENGE, "env", KEYS_ENV, OF_HOOK(env), 0, 0, N_("nothing"), "env: {DNS_SERVER: 192.0.2.53}",
	 N_("More environment variables for the hook. In a challenge: for all of its hooks that have no `env`.")},

	{HOOK_USERS, "challenge", KEYS_USER, OF_HOOK_USERS(challenge), 0, 0, N_("the user that runs tegata"),
	 "challenge: tegata-dns", N_("Who runs `hook`, `auth_hook` and `cleanup_hook`.")},
	{HOOK_USERS, "deploy", KEYS_USER, OF_HOOK_USERS(deploy), 0, 0, N_("the user that runs tegata"),
	 "deploy: deploy", N_("Who runs `deploy` and `deploy_hook`.")},
	{HOOK_USERS, "notify", KEYS_USER, OF_HOOK_USERS(notify), 0, 0, N_("the user that runs tegata"),
	 "notify: nobody", N_("Who runs `notify`.")},
};

#define TABLE_COUNT (sizeof table / sizeof table[0])

static const char *const rule_presets[] = {"jpdirect", "none", "sectigo", "upki", NULL};
static const char *const rule_plains[] = {"exact", "www", "www-either", "subtree", NULL};
static const char *const rule_wildcards[] = {"exact", "base", "same-level", NULL};
static const char *const rule_starts[] = {"first-issuance", "first-domain", "registered", NULL};
static const char *const rule_roundings[] = {"none", "next-day", "month-end", NULL};
static const char *const rule_ends[] = {"revoke", "stop", NULL};
static const char *const first_uses[] = {"allow", "ask", "deny", NULL}; /* in the order of enum first_use_setting */
static const char *const on_lapses[] = {"warn", "shrink", NULL};        /* in the order of enum on_lapse_setting */
static const char *const habits[][2] = { /* what other clients call it, and what it is here */
	{"domain", "names"}, {"domains", "names"}, {"key_type", "key"}, {"email", "contact"},
	{"directory", "server"}, {"command", "shell"}, {"cmd", "shell"}, {"certs", "certificates"},
	{"renew_before_expiry", "renew_before"}, {"days", "renew_before"}, {"renew_days", "renew_before"},
	{"preferred_profile", "acme_profile"}, {"required_profile", "acme_profile"}, {"key_types", "key"}, {"request", "csr"},
	{"owner", "key_owner"}, {"group", "key_group"}, {"mode", "key_mode"}, {"pem", "combined"}, {"pfx", "pkcs12"},
	{"p12", "pkcs12"}, {"path", "to"}, {"password", "password_file"}, {"ports", "served"}, {"probe", "served"},
	{"sni", "name"}, {"address", "host"}, {"alert", "notify"}, {"event", "events"}, {"keep_generations", "keep"},
	{"coverage", "rule"}, {"contract", "rule"}, {"timezone", "time_zone"}, {"tz", "time_zone"},
};
static const char *const challenge_types[] = {"http-01", "dns-01", NULL};

const struct keys_row *keys_table(size_t *count)
{
	*count = TABLE_COUNT;
	return table;
}

const struct keys_row *keys_find(enum keys_level level, const char *name)
{
	for (size_t i = 0; i < TABLE_COUNT; i++)
		if ((table[i].levels & KEYS_IN(level)) != 0 && str_eq(table[i].name, name))
			return &table[i];
	return NULL;
}

const char *const *keys_words(enum keys_kind kind)
{
	switch (kind) {
	case KEYS_PROFILE:
		return settings_profile_names();
	case KEYS_RULE:
	case KEYS_RULE_PRESET:
		return rule_presets;
	case KEYS_RULE_PLAIN:
		return rule_plains;
	case KEYS_RULE_WILDCARD:
		return rule_wildcards;
	case KEYS_RULE_START:
		return rule_starts;
	case KEYS_RULE_ROUNDING:
		return rule_roundings;
	case KEYS_RULE_END:
		return rule_ends;
	case KEYS_FIRST_USE:
		return first_uses;
	case KEYS_ON_LAPSE:
		return on_lapses;
	case KEYS_CHALLENGE_TYPE:
		return challenge_types;
	case KEYS_KEY_TYPE:
	case KEYS_KEY_TYPES:
		return key_type_names();
	case KEYS_LIVE_FILE:
		return output_setting_files();
	case KEYS_PROTOCOL:
		return served_setting_words();
	case KEYS_EVENT_LEVEL:
		return events_level_names();
	default:
		return NULL;
	}
}

static const char *expected_scalar(enum keys_kind kind)
{
	switch (kind) {
	case KEYS_TEXT:
		return _("one line of text");
	case KEYS_SHELL:
		return _("a text");
	case KEYS_NAME:
		return _("a name of letters, digits, \".\", \"_\" and \"-\" that begins with a letter or digit (at most 128)");
	case KEYS_URL:
		return _("an https:// URL in plain ASCII, without user name and \"#\"");
	case KEYS_PATH:
		return _("an absolute path");
	case KEYS_DOMAIN:
		return _("a domain name");
	case KEYS_USER:
		return _("the name or number of a user");
	case KEYS_GROUP:
		return _("the name or number of a group");
	case KEYS_YES_NO:
		return _("true or false");
	case KEYS_TOKEN:
		return _("a word of printable ASCII without blanks");
	case KEYS_HOST:
		return _("a host name in plain ASCII or an IP address");
	case KEYS_RENEW:
		return _("days such as \"30d\" (1 to 397), or a share of the lifetime such as \"33%\" or \"1/3\"");
	case KEYS_RULE_LENGTH:
		return _("years such as \"1y\" (1 to 10), days such as \"365d\" (1 to 3660), or none");
	case KEYS_RULE_ZONE:
		return _("UTC, Asia/Tokyo, or a distance from UTC such as \"+09:00\"");
	case KEYS_MODE:
	case KEYS_FILE_MODE:
		return _("a mode in octal digits, such as \"0640\"");
	default:
		return NULL;
	}
}

static const char *expected_other(enum keys_kind kind)
{
	switch (kind) {
	case KEYS_CONTACTS:
		return _("a mail address or a list of them");
	case KEYS_NAMES:
		return _("a name or a list of names");
	case KEYS_ADDRESSES:
		return _("an IP address or a list of them");
	case KEYS_ENV:
		return _("a mapping of variables to texts");
	case KEYS_WEBROOT:
		return _("an absolute path, or a mapping of names to absolute paths");
	case KEYS_LISTEN:
		return _("true, a port from 1 to 65535, or a mapping");
	case KEYS_PROGRAM:
		return _("the name of a hook, an absolute path, or a list of words");
	case KEYS_ONE_HOOK:
	case KEYS_PLAIN_HOOK:
		return _("the name of a hook, an absolute path, a list of words, or a mapping");
	case KEYS_SERVICES:
		return _("a port, PROTOCOL:PORT, HOST:PORT, PROTOCOL:HOST:PORT (an IPv6 address in brackets), a mapping, or a list of these");
	case KEYS_NOTIFIES:
	case KEYS_HOOKS:
		return _("a hook or a list of hooks");
	case KEYS_OUTPUTS:
	case KEYS_CHALLENGES:
		return _("a mapping or a list of mappings");
	case KEYS_CAS:
	case KEYS_CERTIFICATES:
		return _("a list of mappings");
	default:
		return _("a mapping");
	}
}

static char *expected_words(const char *const *words)
{
	struct strs list = {0};
	char *first, *out;
	size_t count = 0;

	while (words[count] != NULL)
		count++;
	for (size_t i = 0; i + 1 < count; i++)
		strs_add(&list, words[i]);
	first = strs_join(&list, ", ");
	out = str_fmt(_("%s or %s"), first, words[count - 1]);
	free(first);
	strs_clear(&list);
	return out;
}

static char *expected_events(void)
{
	struct strs names = {0};
	size_t count;
	const struct events_row *events = events_table(&count);
	char *list, *out;

	for (size_t i = 0; i < count; i++)
		strs_add(&names, events[i].name);
	list = strs_join(&names, ", ");
	out = str_fmt(_("one or several of: %s"), list);
	free(list);
	strs_clear(&names);
	return out;
}

static char *expected_key_types(void)
{
	char *types = expected_words(key_type_names()), *out = str_fmt(_("%s, or a list of them"), types);

	free(types);
	return out;
}

static char *expected_rule(void)
{
	char *presets = expected_words(rule_presets), *out = str_fmt(_("%s, or a mapping"), presets);

	free(presets);
	return out;
}

char *keys_expected(const struct keys_row *row)
{
	const char *const *words = keys_words(row->kind);
	const char *text = expected_scalar(row->kind);

	if (row->kind == KEYS_KEY_TYPES)
		return expected_key_types();
	if (row->kind == KEYS_EVENTS)
		return expected_events();
	if (row->kind == KEYS_RULE)
		return expected_rule();
	if (words != NULL)
		return expected_words(words);
	if (row->kind == KEYS_NUMBER)
		return str_fmt(_("a whole number from %d to %d"), row->min, row->max);
	return str_dup(text != NULL ? text : expected_other(row->kind));
}

const char *keys_level_title(enum keys_level level)
{
	switch (level) {
	case KEYS_CA:
		return "\"cas\"";
	case KEYS_RULE_MAP:
		return "\"rule\"";
	case KEYS_DEFAULTS:
		return "\"defaults\"";
	case KEYS_CERTIFICATE:
		return "\"certificates\"";
	case KEYS_CHALLENGE:
		return "\"challenge\"";
	case KEYS_STANDALONE:
		return "\"standalone\"";
	case KEYS_SERVED:
		return "\"served\"";
	case KEYS_OUTPUT:
		return "\"outputs\"";
	case KEYS_NOTIFY:
		return "\"notify\"";
	case KEYS_HOOK:
		return _("the mapping of a hook");
	case KEYS_HOOK_USERS:
		return "\"hook_users\"";
	default:
		return _("the top level");
	}
}

/* Where else a key is known, or NULL. */
static char *other_places(const char *name)
{
	struct strs titles = {0};
	char *out = NULL;

	for (int level = 0; level < KEYS_LEVEL_COUNT; level++)
		if (keys_find((enum keys_level)level, name) != NULL)
			strs_add(&titles, keys_level_title((enum keys_level)level));
	if (titles.count > 0)
		out = strs_join(&titles, _(" or "));
	strs_clear(&titles);
	return out;
}

static void names_of_level(enum keys_level level, const char **names)
{
	size_t n = 0;

	for (size_t i = 0; i < TABLE_COUNT; i++)
		if ((table[i].levels & KEYS_IN(level)) != 0)
			names[n++] = table[i].name;
	names[n] = NULL;
}

static const char *by_habit(enum keys_level level, const char *name)
{
	for (size_t i = 0; i < sizeof habits / sizeof habits[0]; i++)
		if (str_eq(habits[i][0], name) && keys_find(level, habits[i][1]) != NULL)
			return habits[i][1];
	return NULL;
}

char *keys_unknown(enum keys_level level, const char *name)
{
	const char *known[TABLE_COUNT + 1], *near = by_habit(level, name);
	char *elsewhere = near == NULL ? other_places(name) : NULL, *list, *out;

	names_of_level(level, known);
	if (near == NULL)
		near = str_nearest(name, known);
	if (elsewhere != NULL) {
		out = str_fmt(_("unknown key \"%s\" here; it belongs in %s"), name, elsewhere);
	} else if (near != NULL) {
		out = str_fmt(_("unknown key \"%s\"; did you mean \"%s\"?"), name, near);
	} else {
		struct strs all = {0};

		for (size_t i = 0; known[i] != NULL; i++)
			strs_add(&all, known[i]);
		list = strs_join(&all, ", ");
		out = str_fmt(_("unknown key \"%s\"; known here: %s"), name, list);
		free(list);
		strs_clear(&all);
	}
	free(elsewhere);
	return out;
}
