/*
 * The table of keys: what may stand in the settings, where, of which kind, with which default. The parser, the messages about
 * unknown keys and the documentation are all made from it.
 */
#ifndef TEGATA_CONFIG_KEYS_H
#define TEGATA_CONFIG_KEYS_H

#include <stddef.h>

#define KEYS_NAME_MAX 128 /* bytes of a certificate's or CA's name, as in the store */
#define KEYS_WEBROOT_REST "default" /* in a mapping of webroots: the folder of all other names */

enum keys_level { /* a mapping that has keys of ours */
	KEYS_FILE,
	KEYS_CA,
	KEYS_RULE_MAP,
	KEYS_DEFAULTS,
	KEYS_CERTIFICATE,
	KEYS_CHALLENGE,
	KEYS_STANDALONE,
	KEYS_SERVED,
	KEYS_OUTPUT,
	KEYS_NOTIFY,
	KEYS_HOOK,
	KEYS_HOOK_USERS,
	KEYS_LEVEL_COUNT
};

#define KEYS_IN(level) (1u << (level))

enum keys_kind {
	/* read by reader_simple(), into the member of the type that is named here */
	KEYS_TEXT,           /* char *: one line */
	KEYS_SHELL,          /* char *: any text that is not empty */
	KEYS_NAME,           /* char * */
	KEYS_URL,            /* char * */
	KEYS_PATH,           /* char * */
	KEYS_DOMAIN,         /* char * */
	KEYS_USER,           /* char * */
	KEYS_GROUP,          /* char * */
	KEYS_TOKEN,          /* char *: printable ASCII without blanks */
	KEYS_HOST,           /* char *: a name or address */
	KEYS_PROFILE,        /* char *: one of keys_words() */
	KEYS_RULE_PRESET,    /* char *: one of keys_words(); so the next four */
	KEYS_RULE_PLAIN,
	KEYS_RULE_WILDCARD,
	KEYS_RULE_START,
	KEYS_RULE_ROUNDING,
	KEYS_RULE_END,
	KEYS_RULE_LENGTH,    /* char *: "1y", "365d", "none" */
	KEYS_RULE_ZONE,      /* char *: "UTC", "Asia/Tokyo", "+09:00" */
	KEYS_CHALLENGE_TYPE, /* char *: one of keys_words() */
	KEYS_LIVE_FILE,      /* char *: one of keys_words() */
	KEYS_KEY_TYPE,       /* enum key_type */
	KEYS_EVENT_LEVEL,    /* enum events_level */
	KEYS_FIRST_USE,      /* enum first_use_setting */
	KEYS_ON_LAPSE,       /* enum on_lapse_setting */
	KEYS_NUMBER,         /* int */
	KEYS_YES_NO,         /* bool */
	KEYS_MODE,           /* mode_t of a file with a private key */
	KEYS_FILE_MODE,      /* mode_t of another file */
	KEYS_CONTACTS,       /* struct strs */
	KEYS_NAMES,          /* struct strs */
	KEYS_ADDRESSES,      /* struct strs */
	KEYS_ENV,            /* struct strs of NAME=value */
	KEYS_SIMPLE_COUNT,
	/* read by whoever reads the level */
	KEYS_RULE,
	KEYS_WEBROOT,
	KEYS_LISTEN,         /* standalone */
	KEYS_PROGRAM,        /* run */
	KEYS_ONE_HOOK,
	KEYS_PLAIN_HOOK,     /* the same with certbot's habit: no arguments of ours */
	KEYS_HOOKS,
	KEYS_CHALLENGES,
	KEYS_KEY_TYPES,
	KEYS_RENEW,
	KEYS_SERVICES,
	KEYS_PROTOCOL,       /* served */
	KEYS_OUTPUTS,
	KEYS_NOTIFIES,
	KEYS_HOOK_USER_MAP,
	KEYS_EVENTS,         /* notify */
	KEYS_CAS,
	KEYS_DEFAULT_MAP,
	KEYS_CERTIFICATES
};

struct keys_row {
	unsigned levels;      /* KEYS_IN() of each it belongs to */
	const char *name;
	enum keys_kind kind;
	size_t offset;        /* of the member in the level's struct */
	int min, max;         /* KEYS_NUMBER */
	const char *standard; /* what holds when it is absent; through gettext */
	const char *example;  /* as it would be written */
	const char *help;     /* through gettext */
};

/* The rows in the order of the documentation. */
const struct keys_row *keys_table(size_t *count);
const struct keys_row *keys_find(enum keys_level level, const char *name); /* NULL = unknown there */
/* What the value may be, to follow "expected"; owned. */
char *keys_expected(const struct keys_row *row);
/* The words allowed, NULL-terminated; NULL when the kind has none. */
const char *const *keys_words(enum keys_kind kind);
/* What is said about a key that is not known in this level, with the nearest that is; owned. */
char *keys_unknown(enum keys_level level, const char *name);
/* Where the keys of a level stand, as people are told: "\"cas\"". */
const char *keys_level_title(enum keys_level level);

#endif
