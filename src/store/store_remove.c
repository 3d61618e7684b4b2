#include "config.h"

#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/i18n.h"
#include "internal.h"

/* meta.json goes first: a half-removed generation must not look complete. */
static int remove_generation(const struct store *s, const char *name, int number, struct err *e)
{
	char *parent = store_path(s, "generations", name, "");
	char *folder = store_generation_folder(s, name, number);
	char *meta = fs_join(folder, "meta.json");
	int rc = 0;

	if (unlink(meta) == 0)
		rc = fs_sync_dir(folder, e);
	else if (errno != ENOENT && errno != ENOTDIR)
		rc = err_set_errno(e, ERR_IO, errno, _("removing %s"), meta);
	if (rc == 0)
		rc = fs_remove_tree(folder, e);
	if (rc == 0 && fs_exists(parent))
		rc = fs_sync_dir(parent, e);
	free(meta);
	free(folder);
	free(parent);
	return rc;
}

int store_generation_drop(struct store *s, const char *name, int number, struct err *e)
{
	if (store_need_lock(s, e) != 0 || store_generation_need(name, number, e) != 0)
		return -1;
	if (store_live_number(s, name, NULL) == number)
		return err_set(e, ERR_INTERNAL, _("generation %d of %s is live and stays"), number, name);
	return remove_generation(s, name, number, e);
}

int store_generation_sweep(struct store *s, const char *name, struct err *e)
{
	struct store_journal journal = {0};
	bool in_flight = false;
	int *list = NULL;
	size_t n = 0;
	int live;
	int rc = -1;

	if (store_need_lock(s, e) != 0 || store_need_name(name, e) != 0)
		return -1;
	if (store_journal_load(s, name, &journal, &in_flight, e) != 0 || store_generation_list(s, name, &list, &n, e) != 0)
		goto out;
	live = store_live_number(s, name, NULL);
	for (size_t i = 0; i < n; i++) {
		bool spoken_of = in_flight && journal.generation == list[i];

		if (spoken_of || list[i] == live || store_generation_is_complete(s, name, list[i]))
			continue;
		if (remove_generation(s, name, list[i], e) != 0)
			goto out;
	}
	rc = 0;
out:
	free(list);
	store_journal_clear(&journal);
	return rc;
}

/* What prune never touches. */
struct kept {
	int live, spare, in_flight; /* 0 = none */
	int newest; /* its number would be given out again, and what is noted of it be taken for the new one's */
};

static bool is_kept(const struct kept *k, int number)
{
	return number == k->live || number == k->spare || number == k->in_flight || number == k->newest;
}

static int find_live(const struct store *s, const char *name, int *live, struct err *e)
{
	char *broken = NULL;
	char *link;

	*live = store_live_number(s, name, &broken);
	if (broken == NULL)
		return 0;
	link = store_path(s, "live", name, "");
	err_set(e, ERR_IO, _("%s does not tell which generation is in use (%s), so none is removed"), link, broken);
	free(link);
	free(broken);
	return -1;
}

int store_generation_prune(struct store *s, const char *name, int keep, int spare, size_t *removed, struct err *e)
{
	struct store_journal journal = {0};
	struct kept kept = {.spare = spare};
	bool in_flight = false;
	int *list = NULL;
	size_t count = 0;
	size_t gone = 0;
	int rc = -1;

	if (store_need_lock(s, e) != 0 || store_need_name(name, e) != 0 || find_live(s, name, &kept.live, e) != 0)
		return -1;
	if (store_journal_load(s, name, &journal, &in_flight, e) != 0 ||
	    store_generation_numbers(s, name, &list, &count, e) != 0)
		goto out;
	kept.in_flight = in_flight ? journal.generation : 0;
	kept.newest = count > 0 ? list[count - 1] : 0;
	for (size_t i = 0; i < count && (keep < 0 || count - gone > (size_t)keep); i++) {
		if (is_kept(&kept, list[i]))
			continue;
		if (remove_generation(s, name, list[i], e) != 0)
			goto out;
		gone++;
	}
	rc = 0;
out:
	*removed = gone;
	free(list);
	store_journal_clear(&journal);
	return rc;
}
