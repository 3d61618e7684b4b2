/*
 * One place with everything a command works on: settings, registered list, store, clock, network. Loaded in steps so that a
 * command takes only what it needs (check needs no store, config check no list).
 */
#ifndef TEGATA_RUN_SITE_H
#define TEGATA_RUN_SITE_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/err.h"
#include "config/settings.h"
#include "entitle/coverage.h"
#include "entitle/entry.h"
#include "net/http.h"
#include "net/probe.h"
#include "pki/csr.h"
#include "store/store.h"

struct site_options { /* global options; everything borrowed, NULL = default */
	const char *config_dir;
	const char *state_dir;
	const char *entitlements;  /* the list's file; NULL = CONFIG_DIR/entitlements.yaml */
	const char *server;        /* overrides the server of the CA in use */
	const char *ca_file;
	const char *doing;         /* the command, for those whom our lock keeps out */
	bool non_interactive;
	bool for_owner;            /* `deploy`, the list: root works on another user's store with that user's rights */
	bool thorough;             /* `config check`: files that certificates name are read, too */
};

struct site {
	struct site_options options;
	char *config_dir, *state_dir, *entitlements_file, *hooks_dir, *shipped_hooks_dir;
	struct settings settings;
	struct entry_list entries;
	bool entries_missing;        /* there is no list file */
	struct rule *rule;           /* of each CA of the settings, in their order */
	bool ledger_applied;
	struct store *store;
	const struct clock *clock;   /* clock_system() unless a test says otherwise */
	const struct http_port *port;/* NULL = start the worker; a test puts its own */
	const struct probe_port *probe_port; /* the same for served certificates */
	char *host;                  /* tells this host from others: machine-id, else host name; for due_seed */
};

void site_init(struct site *s, const struct site_options *o);
/*
 * Reads settings and list and checks what needs both: names of certificates are names, CAs exist, hooks and webroots are
 * stated, no two certificates of one name. --server/--ca-file are put over every CA's values. -1: ERR_CONFIG with all mistakes.
 */
int site_load(struct site *s, struct err *e);
/* Where hooks are looked for, for a kind whose user is this one (a member of settings.hook_users). */
struct hook_dirs site_hooks_dirs(const struct site *s, const char *user);
/* That each hook of the settings is there and safe to run (hook_find): a mistake each, a warning where we may not look. */
void site_hooks_check(const struct site *s, struct diags *d);
/* Opens the store and takes the lock. */
int site_lock(struct site *s, struct err *e);
/*
 * The same after site_load(), but waits for at most wait_sec seconds when somebody else has it, having said once who. What was
 * loaded is loaded again then: pointers into it are no more. ERR_INTERRUPTED when a termination signal came.
 */
int site_wait(struct site *s, int wait_sec, struct err *e);
/* Opens the store for reading only. */
int site_open_store(struct site *s, struct err *e);
void site_clear(struct site *s);

/* The request that a certificate's `csr` names: read, and for exactly its names (in normal form). ERR_CONFIG. */
int site_csr_load(const struct certificate_setting *c, struct csr **out, struct err *e);

/* The CA of a certificate setting (or, with NULL, the first). Never NULL after site_load. */
const struct ca_setting *site_ca(const struct site *s, const struct certificate_setting *c);
/* The CA that issued this generation; the one above for nothing (no number) and where the settings know the issuer no more. */
const struct ca_setting *site_issuer(const struct site *s, const struct certificate_setting *c,
                                     const struct store_generation *g);

/* What that CA sells; borrowed. */
const struct rule *site_rule(const struct site *s, const struct ca_setting *ca);
/* Whose rule the list is read by: the first CA's that sells entries at all, else jpdirect's. */
const struct rule *site_rule_of_list(const struct site *s);
/* Puts the rules together from the settings; part of site_load(). */
void site_rule_load(struct site *s);

/* The gate for these names under this CA at time `at`; result to be cleared by the caller. */
void site_gate(const struct site *s, const struct ca_setting *ca, const struct strs *names, int64_t at,
               struct coverage_result *out);
/* ERR_REFUSED with a message that names each refused name, its nearest entry and what to register; 0 when r->ok. */
int site_gate_error(const struct ca_setting *ca, const struct coverage_result *r, struct err *e);
/* "gate" needs a list: -1 with ERR_CONFIG when the CA's rule demands one and there is none. */
int site_gate_need_list(const struct site *s, const struct ca_setting *ca, struct err *e);

#endif
