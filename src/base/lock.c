#include "config.h"

#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/fs_call.h"
#include "base/i18n.h"
#include "base/str.h"

#define LOCK_TRIES 10
#define WORDS_MAX 64

/* Who keeps us out. */
struct holder {
	long pid;              /* 0 = not known */
	char words[WORDS_MAX]; /* what it is at, by its own account; "" = not known */
	char program[32];      /* of a stranger that holds the lock; "" = it is one of us */
};

/* "PID WORDS" as the holder wrote it, or somebody before it. */
static void read_note(int fd, struct holder *h)
{
	char text[WORDS_MAX] = "";
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	size_t length;
	int64_t pid = 0;

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	length = strcspn(text, " ");
	if (text[length] == ' ')
		snprintf(h->words, sizeof h->words, "%s", text + length + 1);
	text[length] = '\0';
	h->pid = str_to_int64(text, 1, INT32_MAX, &pid) == 0 ? (long)pid : 0;
}

/* The process by which the kernel says that the file is locked; 0 = it does not say. */
static long kernels_holder(int fd)
{
	FILE *table = fopen("/proc/locks", "re");
	char line[256];
	struct stat st;
	long found = 0;

	if (table == NULL)
		return 0;
	if (fstat(fd, &st) != 0)
		st.st_ino = 0;
	while (found == 0 && fgets(line, sizeof line, table) != NULL) {
		unsigned int major = 0, minor = 0;
		unsigned long long inode = 0;
		long pid = 0;

		/* Those that wait for it have an arrow in the place of the word. */
		if (sscanf(line, "%*d: FLOCK %*s %*s %ld %x:%x:%llu", &pid, &major, &minor, &inode) == 4 && inode == st.st_ino &&
		    major == major(st.st_dev) && minor == minor(st.st_dev))
			found = pid > 0 ? pid : 0;
	}
	fclose(table);
	return found;
}

static void read_program(long pid, char *out, size_t size)
{
	char *path = str_fmt("/proc/%ld/comm", pid);
	FILE *f = fopen(path, "re");

	free(path);
	if (f == NULL || fgets(out, (int)size, f) == NULL)
		out[0] = '\0';
	out[strcspn(out, "\n")] = '\0';
	if (f != NULL)
		fclose(f);
}

static struct holder find_holder(int fd)
{
	struct holder h = {0};
	long pid = kernels_holder(fd);

	read_note(fd, &h);
	if (pid != 0 && pid != h.pid) {
		h = (struct holder){.pid = pid};
		read_program(pid, h.program, sizeof h.program);
		/* One of us that has not come to writing yet. */
		if (str_eq(h.program, program_invocation_short_name))
			h.program[0] = '\0';
	} else if (pid == 0 && h.pid != 0 && kill((pid_t)h.pid, 0) != 0 && errno == ESRCH) {
		h = (struct holder){0};
	}
	return h;
}

static int say_locked(const struct holder *h, const char *path, struct err *e)
{
	char *words = str_escape(h->words, strlen(h->words), 4 * WORDS_MAX);
	char *program = str_escape(h->program, strlen(h->program), 4 * WORDS_MAX);

	if (h->pid == 0)
		err_set(e, ERR_LOCKED, _("another tegata is at work (it holds %s)"), path);
	else if (*program != '\0')
		err_set(e, ERR_LOCKED, _("somebody is at work there (process %ld, \"%s\", holds %s)"), h->pid, program, path);
	else if (*words != '\0')
		err_set(e, ERR_LOCKED, _("another tegata is at work (process %ld, \"tegata %s\", holds %s)"), h->pid, words, path);
	else
		err_set(e, ERR_LOCKED, _("another tegata is at work (process %ld holds %s)"), h->pid, path);
	err_advise(e, _("wait until it has finished, then try again; with --wait that is done for you"));
	free(words);
	free(program);
	return -1;
}

/* Whether path still names the open file: a lock on a file that somebody has deleted keeps nobody out. */
static bool is_current(int fd, const char *path)
{
	struct stat ours;
	struct stat now;

	return fstat(fd, &ours) == 0 && lstat(path, &now) == 0 && ours.st_dev == now.st_dev && ours.st_ino == now.st_ino;
}

static void write_note(int fd, const char *doing)
{
	char *note = str_fmt("%ld%s%s\n", (long)getpid(), doing ? " " : "", doing ? doing : "");

	/* For people only: on a full disk the lock holds all the same. */
	if (fs_call_truncate(fd, 0) == 0)
		(void)fs_write_all(fd, note, strlen(note));
	free(note);
}

static int flock_now(int fd)
{
	int status;

	do {
		status = flock(fd, LOCK_EX | LOCK_NB);
	} while (status != 0 && errno == EINTR);
	return status;
}

/* 0 = taken; 1 = not, and worth another try; -1 with *e. `last`: there is none. */
static int take_once(const char *path, const char *doing, bool last, int *fd_out, struct err *e)
{
	int fd = fs_call_open(AT_FDCWD, path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	struct holder h;
	int rc = 1;

	if (fd < 0)
		return err_set_errno(e, ERR_IO, errno, _("opening the lock %s"), path);
	if (flock_now(fd) == 0) {
		if (is_current(fd, path)) {
			write_note(fd, doing);
			*fd_out = fd;
			return 0;
		}
		if (last)
			rc = err_set(e, ERR_IO, _("locking %s: somebody keeps removing it"), path);
	} else if (errno != EWOULDBLOCK) {
		rc = err_set_errno(e, ERR_IO, errno, _("locking %s"), path);
	} else {
		h = find_holder(fd);
		/* Nobody is found when it has just been given back. */
		if (h.pid != 0 || last)
			rc = say_locked(&h, path, e);
	}
	close(fd);
	return rc;
}

int lock_take(const char *path, const char *doing, int *fd_out, struct err *e)
{
	int rc = 1;

	for (int tries = 1; rc > 0; tries++)
		rc = take_once(path, doing, tries == LOCK_TRIES, fd_out, e);
	return rc;
}

void lock_release(int fd)
{
	int ignored;

	if (fd < 0)
		return;
	/* Should the note stay in it, nobody is hurt: the lock itself is the kernel's. */
	ignored = fs_call_truncate(fd, 0);
	(void)ignored;
	close(fd);
}
