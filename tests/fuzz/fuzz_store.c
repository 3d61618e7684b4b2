/*
 * Documents of the store: the first byte says which (s state, m meta, j journal, l ledger, a account, v validations).
 * What is read is written, read and written again: the second time it is byte for byte the same.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../../src/store/internal.h"
#include "base/fs.h"
#include "fuzz.h"
#include "store/ledger.h"

struct kind { char letter; const char *path; };

static const struct kind kinds[] = {
	{'s', "state/n.json"}, {'m', "generations/n/000001/meta.json"}, {'j', "journal/n.json"}, {'l', "ledger.json"},
	{'a', "accounts/i/account.json"}, {'v', "validations.json"},
};

static struct store *open_store(void)
{
	static struct store *s;
	static const char *const folders[] = {"accounts/i", "generations/n", "generations/n/000001", "live"};
	struct err e = ERR_INIT;
	char *dir;

	if (s != NULL)
		return s;
	dir = fs_join(fuzz_folder(), "store");
	fuzz_must(store_open(dir, &s, &e) == 0 && store_lock(s, 0, &e) == 0, "no store");
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		char *path = fs_join(dir, folders[i]);

		fuzz_must(fs_make_dirs(path, 0700, &e) == 0, "no folder");
		free(path);
	}
	free(dir);
	return s;
}

static int state(struct store *s, struct err *e)
{
	struct store_state st = {0};
	int rc = store_state_load(s, "n", &st, e);

	if (rc == 0) {
		store_state_deploy(&st, "hook", "label");
		rc = store_state_save(s, "n", &st, e);
	}
	store_state_clear(&st);
	return rc;
}

static int meta(struct store *s, struct err *e)
{
	char *dir = store_generation_folder(s, "n", 1), *broken = NULL;
	struct store_generation g = {0};
	int rc = store_meta_read(dir, &g, &broken, e);

	if (rc == 0 && broken != NULL)
		rc = err_set(e, ERR_IO, "%s", broken);
	if (rc == 0)
		rc = store_meta_write(dir, &g, e);
	store_generation_clear(&g);
	free(broken);
	free(dir);
	return rc;
}

static int journal(struct store *s, struct err *e)
{
	struct store_journal j = {0};
	bool found = false;
	int rc = store_journal_load(s, "n", &j, &found, e);

	if (rc == 0 && !found)
		rc = err_set(e, ERR_IO, "there is none");
	if (rc == 0)
		rc = store_journal_save(s, &j, e);
	store_journal_clear(&j);
	return rc;
}

static int ledger(struct store *s, struct err *e)
{
	struct store_ledger l = {0};
	int rc = store_ledger_load(s, &l, e);

	if (rc == 0 && l.missing)
		rc = err_set(e, ERR_IO, "there is none");
	if (rc == 0)
		rc = store_ledger_save(s, &l, e);
	store_ledger_clear(&l);
	return rc;
}

static int account(struct store *s, struct err *e)
{
	char *key = fs_join(store_dir(s), "accounts/i/key.pem");
	struct store_account a = {0};
	int rc;

	fuzz_write(key, "KEY", 3);
	rc = store_account_load(s, "i", &a, e);
	/* Another folder name would be another account; the name is not in the document. */
	if (rc == 0) {
		str_replace(&a.id, str_dup("i"));
		rc = store_account_save(s, &a, e);
	}
	store_account_clear(&a);
	free(key);
	return rc;
}

static int validations(struct store *s, struct err *e)
{
	struct store_validations v = {0};
	int rc = store_validations_load(s, &v, e);

	if (rc == 0)
		rc = store_validations_save(s, &v, FUZZ_NOW, e);
	store_validations_clear(&v);
	return rc;
}

static int pass(struct store *s, char letter, struct err *e)
{
	switch (letter) {
	case 's': return state(s, e);
	case 'm': return meta(s, e);
	case 'j': return journal(s, e);
	case 'l': return ledger(s, e);
	case 'a': return account(s, e);
	default: return validations(s, e);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct store *s = open_store();
	const struct kind *kind = NULL;
	struct err e = ERR_INIT;
	char *path;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds && size > 0; i++)
		if (kinds[i].letter == (char)*data)
			kind = &kinds[i];
	if (kind == NULL)
		return 0;
	path = fs_join(store_dir(s), kind->path);
	fuzz_write(path, data + 1, size - 1);
	if (pass(s, kind->letter, &e) == 0) {
		char *first = fuzz_read(path), *second;

		if (pass(s, kind->letter, &e) != 0)
			fuzz_same(first, e.cause, "a document that was written is refused");
		second = fuzz_read(path);
		fuzz_same(first, second, "a document is another one when it is read again");
		free(second);
		free(first);
	} else {
		fuzz_err(&e);
	}
	free(path);
	return 0;
}
