/*
 * Settings as plain data. Read from DIR/tegata.yaml and DIR/conf.d/ (each .yaml file); every key is a row of the table in
 * config/keys, which feeds parser, defaults, messages and documentation. Names are kept as written: whether they are names at
 * all is for run/ to say, which knows entitle/.
 */
#ifndef TEGATA_CONFIG_SETTINGS_H
#define TEGATA_CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/hook.h"
#include "base/str.h"
#include "config/events.h"
#include "data/diag.h"
#include "net/probe.h"
#include "pki/key.h"

struct place { /* where something was written; file is borrowed from settings->files */
	const char *file; /* NULL = not from a file */
	int line, column;
};

enum challenge_method { CHALLENGE_WEBROOT, CHALLENGE_STANDALONE, CHALLENGE_HOOK };

struct challenge_setting {
	struct strs names;            /* which names it is for, as written ("*.example.jp" matches literally); empty = all others */
	char *type;                   /* "http-01" or "dns-01" */
	enum challenge_method method;
	char *webroot;                /* for names without one of their own; may be NULL when all have */
	struct strs webroot_names;    /* webroot per name: same index in webroot_dirs */
	struct strs webroot_dirs;
	int port;                     /* standalone; 80 */
	struct strs addresses;        /* standalone; empty = all */
	struct hook_spec hook;        /* `hook`, or `auth_hook` */
	struct hook_spec cleanup;     /* `cleanup_hook`; unset = `hook` does both, an `auth_hook` alone is not run again */
	struct place place;
};

/* When renewal is due; both 0 = the default share. */
struct renew_setting {
	int days;     /* that many days before notAfter */
	int permille; /* that part of the lifetime is left, 1..999 */
};

/* A service that must serve the certificate after a deploy: "443", "smtp:25", "mail.example.jp:993", "imap:HOST:143". */
struct served_setting {
	char *label;                  /* as written, or made from the mapping; unique within its certificate */
	enum probe_protocol protocol;
	char *host;                   /* where to connect; NULL = this machine (localhost) */
	int port;
	char *name;                   /* server name to ask for; NULL = host when it is one of the certificate's, else its first */
	struct place place;
};

/* A file made from the certificate before the deploy hooks run. */
enum output_kind { OUTPUT_COPY, OUTPUT_COMBINED, OUTPUT_PKCS12 };
struct output_setting {
	enum output_kind kind;
	char *written;                /* absolute; as in the settings: "{name}" in it stands for the certificate's name */
	char *path;                   /* the same with the name put in, by certificate_setting_fill() */
	char *file;                   /* OUTPUT_COPY: "privkey.pem", "cert.pem", "chain.pem", "fullchain.pem" */
	char *owner, *group;          /* NULL = leave */
	mode_t mode;                  /* 0 = 0600, or 0644 for copies without the key */
	char *password_file;          /* OUTPUT_PKCS12: its first line; NULL = no password */
	struct place place;
};

/* One hook that tells somebody. */
struct notify_setting {
	struct hook_spec hook;
	enum events_level level;      /* events below it are left out; unless said: EVENTS_WARNING, EVENTS_INFO beside `events` */
	struct strs events;           /* only these; empty = all */
	struct place place;
};

/* Who runs the hooks of a kind that name nobody; NULL = the user that runs tegata. */
struct hook_users { char *challenge, *deploy, *notify; };

enum first_use_setting { FIRST_USE_ALLOW, FIRST_USE_ASK, FIRST_USE_DENY }; /* ASK: on a terminal; elsewhere as ALLOW, logged */
enum on_lapse_setting { ON_LAPSE_WARN, ON_LAPSE_SHRINK };

struct ca_setting {
	char *name;
	char *profile;                /* "jprs", "letsencrypt", "letsencrypt-staging", "custom" */
	char *server;                 /* directory URL */
	char *ca_file;                /* NULL = system store */
	struct strs contact;          /* mail addresses or mailto: URLs, as written; for register */
	char *rule;                   /* preset of entitle/rule: "jpdirect", "none", "sectigo", "upki" */
	struct strs rule_words;       /* what differs from it: "PARAMETER=WORD", as rule_set() takes them */
	enum first_use_setting first_use; /* an order that would begin a paid year */
	int max_names;                /* per certificate; 0 = no limit */
	enum key_type key;
	char *caa;                    /* issuer domain in CAA, for messages; NULL = unknown */
	char *eab_kid;                /* which account, when a server has several; NULL = the only one */
	int max_failed_validations;   /* of one name in 24 hours, before it is left alone; 5 */
	int patience;                 /* seconds for validating, and for issuing; 0 = what acme/order has */
	struct place place;
};

/*
 * A setting with several types of key becomes several certificates in settings_load(): the first is called NAME, the others
 * NAME+TYPE ("example.jp+rsa2048"; "+" cannot be part of a name that is written). They share their group: NAME.
 */
struct certificate_setting {
	char *name;
	char *group;
	struct place place;
	struct strs names;
	struct place *name_place;     /* one for each of names; NULL = none known */
	char *ca;                     /* NULL = the first CA */
	enum key_type key;
	bool has_key;                 /* false = the CA's default */
	enum key_type more_key[KEY_TYPE_COUNT]; /* as written after the first; [] in certificates made from it */
	size_t more_key_count;
	struct challenge_setting *challenge;
	size_t challenge_count;
	struct hook_spec *deploy;
	size_t deploy_count;
	char *key_owner, *key_group;  /* NULL = leave */
	mode_t key_mode;              /* 0600 */
	bool reuse_key, has_reuse_key;/* the next generation gets the same key */
	bool next_key, has_next_key;  /* the key after the live one is made early (for TLSA records) */
	char *csr;                    /* path of a request made elsewhere: no key here; NULL = we make key and request */
	char *preferred_chain;        /* common name looked for at the top of the chains offered; NULL = the CA's first */
	char *acme_profile;           /* draft-ietf-acme-profiles; NULL = the CA's choice */
	struct renew_setting renew;
	enum on_lapse_setting on_lapse; /* when an entry ends that nobody renewed */
	bool has_on_lapse;
	int keep;                     /* generations kept, the live one included; 0 = CONFIG_KEEP_DEFAULT */
	struct served_setting *served;
	size_t served_count;
	bool has_served;              /* said, if only `[]` */
	struct output_setting *output;
	size_t output_count;
	bool has_output;
};

#define CONFIG_KEEP_DEFAULT 5
#define CONFIG_KEY_MODE_DEFAULT 0600
#define CONFIG_VALIDATIONS_DEFAULT 5

struct settings {
	struct strs files;            /* those read, in order */
	struct ca_setting *ca;
	size_t ca_count;              /* at least 1 after settings_load: the profile jprs when nothing is written */
	struct certificate_setting *certificate;
	size_t certificate_count;
	struct certificate_setting defaults; /* what `defaults` said: for certonly */
	struct notify_setting *notify;
	size_t notify_count;
	struct hook_users hook_users;
};

/*
 * Reads the folder. Missing files are no mistake. Returns 0, or -1 with every mistake of every file in d. What could be read
 * is in *out in any case.
 */
int settings_load(const char *config_dir, struct settings *out, struct diags *d);
void settings_clear(struct settings *s);

const struct ca_setting *settings_ca(const struct settings *s, const char *name); /* NULL name = the first; NULL = none */
const struct certificate_setting *settings_certificate(const struct settings *s, const char *name);
/* Is it called so, or part of the group of that name? For words on the command line. */
bool settings_is_called(const struct certificate_setting *c, const char *word);
/* Is it one of several types of key under one name? */
bool settings_has_siblings(const struct settings *s, const struct certificate_setting *c);

/* A CA made of a profile's values alone; *out zeroed. 0, or -1 when there is no such profile. */
int settings_profile(const char *profile, struct ca_setting *out);
const char *const *settings_profile_names(void);
void ca_setting_clear(struct ca_setting *c);
void certificate_setting_clear(struct certificate_setting *c);
void certificate_setting_copy(struct certificate_setting *to, const struct certificate_setting *from);
/* Puts its name into the paths of its outputs. settings_load() has done it; for who gives a certificate another name later. */
void certificate_setting_fill(struct certificate_setting *c);
/* Which challenge setting is for this name: the first that lists it, else the first that lists none. NULL = none. */
const struct challenge_setting *settings_challenge(const struct certificate_setting *c, const char *name);
/* The webroot for a name, or NULL. */
const char *settings_webroot(const struct challenge_setting *c, const char *name);

/* The YAML text of conf.d/NAME.yaml for one certificate, with a comment that says who wrote it; owned. Reads back the same. */
char *settings_write_certificate(const struct certificate_setting *c);
/* Writes it to CONFIG_DIR/conf.d/NAME.yaml atomically (0644, folder made 0755). */
int settings_save_certificate(const char *config_dir, const struct certificate_setting *c, struct err *e);

/* Prints the table of keys for the documentation: Markdown, one section per level; owned. */
char *settings_keys_markdown(void);
/* The same as sections of tegata.yaml(5), and the events as a list of tegata-hooks(7), in the language of the process; owned. */
char *settings_keys_man(void);
char *settings_events_man(void);

#endif
