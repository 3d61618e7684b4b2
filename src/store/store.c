#include "config.h"

#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/sig.h"
#include "internal.h"

#define FIRST_PAUSE_MS 10
#define LONGEST_PAUSE_MS 500

static const char *const folders[] = {"accounts", "generations", "live", "state", "journal", "keys"};

int store_open(const char *state_dir, struct store **out, struct err *e)
{
	struct store *s;
	char *cwd = NULL;
	char *dir;
	size_t len;

	if (state_dir == NULL || *state_dir == '\0')
		return err_set(e, ERR_CONFIG, _("the name of the state folder is empty"));
	if (*state_dir != '/') {
		/* Hooks and web servers are told these paths and stand in other folders than we do. */
		cwd = getcwd(NULL, 0);
		if (cwd == NULL)
			return err_set_errno(e, ERR_IO, errno, _("finding out where %s is"), state_dir);
	}
	dir = cwd != NULL ? fs_join(cwd, state_dir) : str_dup(state_dir);
	free(cwd);
	len = strlen(dir);
	while (len > 1 && dir[len - 1] == '/')
		dir[--len] = '\0';
	s = mem_new(1, sizeof *s);
	s->dir = dir;
	s->lock_fd = -1;
	*out = s;
	return 0;
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	if (s->lock_fd >= 0)
		lock_release(s->lock_fd);
	free(s->dir);
	free(s->doing);
	free(s);
}

void store_set_doing(struct store *s, const char *doing)
{
	str_replace(&s->doing, str_dup(doing));
}

const char *store_dir(const struct store *s)
{
	return s->dir;
}

static bool is_alnum_ascii(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool store_name_ok(const char *name)
{
	size_t i = 0;
	int pluses = 0;

	if (name == NULL || !is_alnum_ascii(name[0]))
		return false;
	for (; is_alnum_ascii(name[i]) || (name[i] != '\0' && strchr("._-+", name[i]) != NULL); i++)
		pluses += name[i] == '+';
	return name[i] == '\0' && i <= STORE_NAME_MAX && pluses <= 1 && name[i - 1] != '+';
}

int store_need_name(const char *name, struct err *e)
{
	char *shown;

	if (store_name_ok(name))
		return 0;
	shown = str_escape(name != NULL ? name : "", name != NULL ? strlen(name) : 0, STORE_NAME_MAX);
	err_set(e, ERR_INTERNAL, _("\"%s\" cannot be a name in the store"), shown);
	free(shown);
	return -1;
}

int store_need_lock(const struct store *s, struct err *e)
{
	if (s->lock_fd >= 0)
		return 0;
	return err_set(e, ERR_INTERNAL, _("%s would be changed without its lock"), s->dir);
}

char *store_path(const struct store *s, const char *folder, const char *name, const char *suffix)
{
	return str_fmt("%s/%s/%s%s", s->dir, folder, name, suffix);
}

int store_names_in(const struct store *s, const char *folder, struct strs *names, struct err *e)
{
	char *path = fs_join(s->dir, folder);
	struct strs all = {0};
	struct strs found = {0};
	int rc = fs_list(path, &all, e);

	free(path);
	if (rc != 0)
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		if (store_name_ok(all.item[i]))
			strs_add(&found, all.item[i]);
	}
	strs_clear(&all);
	strs_clear(names);
	*names = found;
	return 0;
}

int store_number_in(const char *folder)
{
	char canonical[16];
	int64_t number;

	if (str_to_int64(folder, 1, STORE_NUMBER_MAX, &number) != 0)
		return 0;
	snprintf(canonical, sizeof canonical, "%06d", (int)number);
	return str_eq(folder, canonical) ? (int)number : 0;
}

/* Whoever can write to a folder of ours as somebody else could put their own keys and links there. */
static int check_folder(const char *path, const struct stat *st, struct err *e)
{
	uid_t me = geteuid();

	if (!S_ISDIR(st->st_mode))
		return err_set(e, ERR_IO, _("%s is in the way: it is not a folder"), path);
	if (st->st_uid != me && st->st_uid != 0) {
		err_set(e, ERR_IO, _("%s belongs to user %lu, so what it holds cannot be trusted"), path,
		        (unsigned long)st->st_uid);
		err_advise(e, _("give it to user %lu (chown), or run tegata as its owner"), (unsigned long)me);
		return -1;
	}
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		err_set(e, ERR_IO, _("%s can be written to by others (mode %04o), so what it holds cannot be trusted"), path,
		        (unsigned)(st->st_mode & 07777));
		err_advise(e, _("take that right away: chmod go-w %s"), path);
		return -1;
	}
	return 0;
}

int store_need_folder(const char *path, struct err *e)
{
	struct stat st;

	if (lstat(path, &st) != 0) {
		if (errno != ENOENT)
			return err_set_errno(e, ERR_IO, errno, _("looking at %s"), path);
		if (fs_make_dirs(path, 0700, e) != 0)
			return -1;
		if (lstat(path, &st) != 0)
			return err_set_errno(e, ERR_IO, errno, _("looking at %s"), path);
	}
	return check_folder(path, &st, e);
}

/* Unlike what is in it, the state folder itself may be a link to a larger disk. */
static int need_state_dir(const struct store *s, struct err *e)
{
	struct stat st;
	char *parent;
	int rc;

	if (stat(s->dir, &st) == 0)
		return check_folder(s->dir, &st, e);
	if (errno != ENOENT)
		return err_set_errno(e, ERR_IO, errno, _("looking at %s"), s->dir);
	parent = fs_dirname(s->dir);
	rc = fs_make_dirs(parent, 0755, e);
	free(parent);
	return rc == 0 ? store_need_folder(s->dir, e) : -1;
}

static int take_lock(struct store *s, int wait_sec, struct err *e)
{
	const struct clock *c = clock_system();
	int64_t deadline = clock_mono_ms(c) + (int64_t)wait_sec * 1000;
	int64_t pause = FIRST_PAUSE_MS;
	char *path = fs_join(s->dir, "lock");
	int fd = -1;
	int rc;

	while ((rc = lock_take(path, s->doing, &fd, e)) != 0 && e->kind == ERR_LOCKED) {
		int64_t left = deadline - clock_mono_ms(c);

		if (left <= 0)
			break;
		err_clear(e);
		clock_sleep_ms(c, pause < left ? pause : left);
		if (sig_check(e) != 0)
			break;
		pause = pause * 2 < LONGEST_PAUSE_MS ? pause * 2 : LONGEST_PAUSE_MS;
	}
	free(path);
	if (rc == 0)
		s->lock_fd = fd;
	return rc;
}

static bool is_temp(const char *name)
{
	const char *mark = NULL;

	if (name[0] != '.')
		return false;
	for (const char *p = name; (p = strstr(p, ".tmp-")) != NULL; p++)
		mark = p + strlen(".tmp-");
	return mark != NULL && *mark != '\0' && mark[strspn(mark, "0123456789")] == '\0';
}

/* file NULL = of any file. */
static void remove_temps(const char *folder, const char *file)
{
	struct strs names = {0};
	struct err e = ERR_INIT;

	if (fs_list(folder, &names, &e) != 0)
		err_clear(&e); /* whoever needs the folder will meet the error and tell it */
	for (size_t i = 0; i < names.count; i++) {
		char *path;

		if (!is_temp(names.item[i]) || (file != NULL && !str_starts(names.item[i] + 1, file)))
			continue;
		path = fs_join(folder, names.item[i]);
		if (unlink(path) != 0)
			log_warn(_("%s, left behind by an earlier run, cannot be removed: %s"), path, strerror(errno));
		free(path);
	}
	strs_clear(&names);
}

void store_clean_temps(const char *folder)
{
	remove_temps(folder, NULL);
}

/* Not generations/: what an unfinished one holds is seen to when it is finished or swept. */
static void clean(const struct store *s)
{
	char *accounts = fs_join(s->dir, "accounts");
	struct strs ids = {0};
	struct err e = ERR_INIT;

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		char *path;

		if (str_eq(folders[i], "generations"))
			continue;
		path = fs_join(s->dir, folders[i]);
		store_clean_temps(path);
		free(path);
	}
	remove_temps(s->dir, "validations.json.");
	remove_temps(s->dir, "ledger.json.");
	if (fs_list(accounts, &ids, &e) != 0)
		err_clear(&e);
	for (size_t i = 0; i < ids.count; i++) {
		char *path = fs_join(accounts, ids.item[i]);

		if (store_name_ok(ids.item[i]))
			store_clean_temps(path);
		free(path);
	}
	strs_clear(&ids);
	free(accounts);
}

int store_lock(struct store *s, int wait_sec, struct err *e)
{
	if (s->lock_fd >= 0)
		return 0;
	if (need_state_dir(s, e) != 0 || take_lock(s, wait_sec, e) != 0)
		return -1;
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		char *path = fs_join(s->dir, folders[i]);
		int rc = store_need_folder(path, e);

		free(path);
		if (rc != 0) {
			lock_release(s->lock_fd);
			s->lock_fd = -1;
			return -1;
		}
	}
	clean(s);
	return 0;
}
