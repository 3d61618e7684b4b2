/* What the files of the store share. */
#ifndef TEGATA_STORE_INTERNAL_H
#define TEGATA_STORE_INTERNAL_H

#include "data/json.h"
#include "store/store.h"

#define STORE_NUMBER_MAX 999999999                 /* of a generation */
#define STORE_TIME_MAX INT64_C(253402300799)       /* the last second of the year 9999 */
#define STORE_COUNT_MAX 1000000                    /* failures in a row */
#define STORE_DOC_MAX ((size_t)1024 * 1024)
#define STORE_TEXT_MAX 4096                        /* bytes of a text for people; what is longer is cut */
#define STORE_ID_MAX 1024                          /* of a text that stands for something; what is longer is left out */

struct store {
	char *dir;   /* absolute, without a slash at the end */
	int lock_fd; /* -1 = not held */
	char *doing; /* written into the lock; NULL = nothing */
};

/* -1 with ERR_INTERNAL: no code of ours lets such a name or an unlocked change come this far. */
int store_need_name(const char *name, struct err *e);
int store_need_lock(const struct store *s, struct err *e);
/* Makes the folder (0700) when it is missing; -1 when it is not a real folder, or one that others can change. */
int store_need_folder(const char *path, struct err *e);
/* "DIR/FOLDER/NAMESUFFIX", owned. */
char *store_path(const struct store *s, const char *folder, const char *name, const char *suffix);
/* What in this folder of ours is named as a certificate, sorted. */
int store_names_in(const struct store *s, const char *folder, struct strs *names, struct err *e);
/* The number in the name of a generation's folder ("000001"), or 0 when it is none that we would make. */
int store_number_in(const char *folder);
/* Removes what a killed writer left behind (".NAME.tmp-PID"). Only under the lock: then nobody else is writing. */
void store_clean_temps(const char *folder);

/* One JSON file. */

/* An object that names its schema. */
struct json *store_doc_new(const char *schema);
/*
 * 0: *out is the object; or NULL when there is no such file (*broken is NULL too) or when it cannot be used (*broken
 * says why, owned). -1: it could not be read.
 */
int store_doc_read(const char *path, const char *schema, struct json **out, char **broken, struct err *e);
/* Replaces the file, synced. Nothing is written that store_doc_read() would find too large. */
int store_doc_write(const char *path, const struct json *j, mode_t mode, struct err *e);
/* The same two for a file that may be larger than STORE_DOC_MAX. */
struct store_doc {
	const char *path, *schema;
	size_t max;
};
int store_doc_load(const struct store_doc *d, struct json **out, char **broken, struct err *e);
int store_doc_save(const struct store_doc *d, const struct json *j, mode_t mode, struct err *e);
/* What a DNS name can hold, "*." before it included, and JSON need not escape. */
bool store_doc_name_fits(const char *name);
/*
 * Members. An absent one is NULL, 0, false or empty; one of another type or outside 0..max too, and *bad is set to its
 * key (unless it was set before).
 */
char *store_doc_str(const struct json *j, const char *key, const char **bad);
/* The two kinds of text above: what store_doc_set_text() or store_doc_set_id() would not write is no value either. */
char *store_doc_text(const struct json *j, const char *key, const char **bad);
char *store_doc_id(const struct json *j, const char *key, const char **bad);
int64_t store_doc_int(const struct json *j, const char *key, int64_t max, const char **bad);
bool store_doc_bool(const struct json *j, const char *key, const char **bad);
void store_doc_strs(const struct json *j, const char *key, struct strs *out, const char **bad);
const struct json *store_doc_object(const struct json *j, const char *key, const char **bad);
const struct json *store_doc_list(const struct json *j, const char *key, size_t max, const char **bad);
void store_doc_set_text(struct json *j, const char *key, const char *text);
void store_doc_set_id(struct json *j, const char *key, const char *text);
/* Puts the value, or the nearest of 0..max, there. */
void store_doc_set_int(struct json *j, const char *key, int64_t value, int64_t max);
/* The text for *broken when *bad was set, owned. */
char *store_doc_bad(const char *bad);

/* Of a generation. */
#define STORE_KEY_FILE "privkey.pem"
#define STORE_REQUEST_FILE "request.der" /* in its place, when the key is elsewhere */

char *store_generation_folder(const struct store *s, const char *name, int number); /* owned */
/* -1 with ERR_INTERNAL when there can be no such generation. */
int store_generation_need(const char *name, int number, struct err *e);
bool store_generation_is_complete(const struct store *s, const char *name, int number);
/* All of them, complete or not, ascending; *numbers is owned. */
int store_generation_list(const struct store *s, const char *name, int **numbers, size_t *count, struct err *e);

/* meta.json of a generation. *broken as above. */
int store_meta_read(const char *dir, struct store_generation *out, char **broken, struct err *e);
int store_meta_write(const char *dir, const struct store_generation *g, struct err *e);

/* What live/NAME points to; 0 when there is no link, or none of our making (*broken says why, if wanted; owned). */
int store_live_number(const struct store *s, const char *name, char **broken);

#endif
