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
#include "data/diag.h"
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

struct ca_setting {
	char *name;
	char *profile;                /* "jprs", "letsencrypt", "letsencrypt-staging", "custom" */
	char *server;                 /* directory URL */
	char *ca_file;                /* NULL = system store */
	struct strs contact;          /* mail addresses or mailto: URLs, as written; for register */
	char *coverage;               /* "jpdirect", "none" */
	int max_names;                /* per certificate; 0 = no limit */
	enum key_type key;
	char *caa;                    /* issuer domain in CAA, for messages; NULL = unknown */
	char *eab_kid;                /* which account, when a server has several; NULL = the only one */
	struct place place;
};

struct certificate_setting {
	char *name;
	struct place place;
	struct strs names;
	struct place *name_place;     /* one for each of names; NULL = none known */
	char *ca;                     /* NULL = the first CA */
	enum key_type key;
	bool has_key;                 /* false = the CA's default */
	struct challenge_setting *challenge;
	size_t challenge_count;
	struct hook_spec *deploy;
	size_t deploy_count;
	char *key_owner, *key_group;  /* NULL = leave */
	mode_t key_mode;              /* 0600 */
};

struct settings {
	struct strs files;            /* those read, in order */
	struct ca_setting *ca;
	size_t ca_count;              /* at least 1 after settings_load: the profile jprs when nothing is written */
	struct certificate_setting *certificate;
	size_t certificate_count;
	struct certificate_setting defaults; /* what `defaults` said: for certonly */
};

/*
 * Reads the folder. Missing files are no mistake. Returns 0, or -1 with every mistake of every file in d. What could be read
 * is in *out in any case.
 */
int settings_load(const char *config_dir, struct settings *out, struct diags *d);
void settings_clear(struct settings *s);

const struct ca_setting *settings_ca(const struct settings *s, const char *name); /* NULL name = the first; NULL = none */
const struct certificate_setting *settings_certificate(const struct settings *s, const char *name);

/* A CA made of a profile's values alone; *out zeroed. 0, or -1 when there is no such profile. */
int settings_profile(const char *profile, struct ca_setting *out);
const char *const *settings_profile_names(void);
void ca_setting_clear(struct ca_setting *c);
void certificate_setting_clear(struct certificate_setting *c);
void certificate_setting_copy(struct certificate_setting *to, const struct certificate_setting *from);
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

#endif
