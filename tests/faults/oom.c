/*
 * Lets one allocation fail, or all from one on: malloc, calloc, realloc, reallocarray, aligned ones, and with them all that
 * libraries allocate. Linked into a test (oom.h), or put in front of any program:
 *
 *   LD_PRELOAD=oom.so OOM_AT=17 [OOM_ALL=1] PROGRAM    the 17th fails (and all that follow)
 *   LD_PRELOAD=oom.so OOM_COUNT=FILE PROGRAM           at the end FILE says how many there were
 *
 * The environment is read once, and taken out of it, so that programs that are started by this one are left alone.
 */
#define _GNU_SOURCE 1

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "oom.h"

#define EARLY_BYTES 65536 /* handed out while the real functions are looked up */
#define NOTES_MAX 65536
#define NOTE_FRAMES 16

static struct {
	void *(*malloc)(size_t);
	void *(*calloc)(size_t, size_t);
	void *(*realloc)(void *, size_t);
	void *(*memalign)(size_t, size_t);
	void (*free)(void *);
} real;

static struct {
	bool armed, all, struck, noting;
	int paused;
	pid_t pid;
	unsigned long at, count;
	long live;
	const char *count_file;
} state;

static struct {
	void *block;
	int depth;
	void *frame[NOTE_FRAMES];
} notes[NOTES_MAX];
static size_t note_count;

static char early[EARLY_BYTES] __attribute__((aligned(16)));
static size_t early_used;
static bool looking_up;

static void look_up(void)
{
	if (real.malloc != NULL || looking_up)
		return;
	looking_up = true;
	*(void **)&real.calloc = dlsym(RTLD_NEXT, "calloc");
	*(void **)&real.realloc = dlsym(RTLD_NEXT, "realloc");
	*(void **)&real.memalign = dlsym(RTLD_NEXT, "memalign");
	*(void **)&real.free = dlsym(RTLD_NEXT, "free");
	*(void **)&real.malloc = dlsym(RTLD_NEXT, "malloc");
	looking_up = false;
}

static void *early_block(size_t bytes)
{
	size_t at = early_used;

	bytes = (bytes + 15) & ~(size_t)15;
	if (bytes > EARLY_BYTES - at)
		abort();
	early_used += bytes;
	return early + at;
}

static bool is_early(const void *p)
{
	return (const char *)p >= early && (const char *)p < early + EARLY_BYTES;
}

/* Places are told apart by this many callers. */
#define PLACE_FRAMES 9
#define PLACES_CAP 65536 /* a power of two */

static struct {
	bool on, busy;
	uint64_t seen[PLACES_CAP]; /* 0 = free */
	unsigned long *first;
	size_t count;
} places;

static void note_place(void)
{
	void *frame[PLACE_FRAMES];
	uint64_t hash = 14695981039346656037U;
	int depth;
	size_t i;

	if (!places.on || places.busy)
		return;
	places.busy = true;
	depth = backtrace(frame, PLACE_FRAMES);
	for (int j = 0; j < depth; j++)
		hash = (hash ^ (uintptr_t)frame[j]) * 1099511628211U;
	hash |= 1;
	for (i = hash >> 40; places.seen[i % PLACES_CAP] != 0; i++)
		if (places.seen[i % PLACES_CAP] == hash)
			break;
	if (places.seen[i % PLACES_CAP] == 0 && places.count < PLACES_CAP / 2) {
		places.seen[i % PLACES_CAP] = hash;
		places.first[places.count++] = state.count;
	}
	places.busy = false;
}

/* A child between fork() and exec is not who was armed. */
static bool fails(void)
{
	bool failed;

	if (!state.armed || state.paused > 0)
		return false;
	if (places.busy)
		return false;
	state.count++;
	note_place();
	failed = state.at != 0 && (state.count == state.at || (state.all && state.count > state.at));
	if (!failed || getpid() != state.pid)
		return false;
	state.struck = true;
	errno = ENOMEM;
	return true;
}

static void *noted(void *p)
{
	if (p == NULL)
		return NULL;
	state.live++;
	if (!state.noting || state.paused > 0 || note_count == NOTES_MAX)
		return p;
	state.noting = false; /* backtrace() allocates */
	notes[note_count].depth = backtrace(notes[note_count].frame, NOTE_FRAMES);
	notes[note_count++].block = p;
	state.noting = true;
	return p;
}

static void gone(const void *p)
{
	state.live--;
	for (size_t i = note_count; i-- > 0;)
		if (notes[i].block == p) {
			notes[i] = notes[--note_count];
			return;
		}
}

void *malloc(size_t bytes)
{
	look_up();
	if (real.malloc == NULL)
		return early_block(bytes);
	return fails() ? NULL : noted(real.malloc(bytes));
}

void *calloc(size_t n, size_t bytes)
{
	look_up();
	if (real.malloc == NULL)
		return early_block(n * bytes);
	return fails() ? NULL : noted(real.calloc(n, bytes));
}

static void *resize(void *p, size_t bytes)
{
	void *next;
	size_t room;

	look_up();
	if (is_early(p)) {
		room = (size_t)(early + EARLY_BYTES - (char *)p);
		next = malloc(bytes);
		if (next != NULL)
			memcpy(next, p, bytes < room ? bytes : room);
		return next;
	}
	if (fails())
		return NULL;
	next = real.realloc(p, bytes);
	if (next != NULL || bytes == 0) {
		if (p != NULL)
			gone(p);
		noted(next);
	}
	return next;
}

void *realloc(void *p, size_t bytes)
{
	return resize(p, bytes);
}

void *reallocarray(void *p, size_t n, size_t bytes)
{
	if (bytes != 0 && n > SIZE_MAX / bytes) {
		errno = ENOMEM;
		return NULL;
	}
	return resize(p, n * bytes);
}

void *memalign(size_t alignment, size_t bytes);

void *memalign(size_t alignment, size_t bytes)
{
	look_up();
	return fails() ? NULL : noted(real.memalign(alignment, bytes));
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
	return memalign(alignment, bytes);
}

int posix_memalign(void **out, size_t alignment, size_t bytes)
{
	int before = errno;
	void *p = memalign(alignment, bytes);

	errno = before;
	if (p == NULL)
		return ENOMEM;
	*out = p;
	return 0;
}

void free(void *p)
{
	if (p == NULL || is_early(p))
		return;
	look_up();
	gone(p);
	real.free(p);
}

void oom_arm(unsigned long n, bool all)
{
	state.pid = getpid();
	state.at = n;
	state.all = all;
	state.count = 0;
	state.paused = 0;
	state.struck = false;
	state.armed = true;
}

void oom_places_begin(void)
{
	void *frame[PLACE_FRAMES];

	backtrace(frame, PLACE_FRAMES); /* loads what it needs */
	memset(places.seen, 0, sizeof places.seen);
	places.first = calloc(PLACES_CAP / 2, sizeof *places.first);
	if (places.first == NULL)
		abort();
	places.count = 0;
	places.on = true;
}

unsigned long *oom_places_take(size_t *n)
{
	unsigned long *first = places.first;

	places.on = false;
	places.first = NULL;
	*n = places.count;
	return first;
}

void oom_pause(void)
{
	state.paused++;
}

void oom_resume(void)
{
	state.paused--;
}

unsigned long oom_disarm(void)
{
	state.armed = false;
	return state.count;
}

bool oom_struck(void)
{
	return state.struck;
}

long oom_live(void)
{
	return state.live;
}

void oom_note(bool on)
{
	state.noting = false;
	if (on) {
		note_count = 0;
		backtrace(notes[0].frame, NOTE_FRAMES); /* loads what it needs */
	}
	state.noting = on;
}

void oom_tell(void)
{
	state.noting = false;
	for (size_t i = 0; i < note_count; i++) {
		backtrace_symbols_fd(notes[i].frame, notes[i].depth, STDERR_FILENO);
		dprintf(STDERR_FILENO, "--\n");
	}
}

/* Only a library that was put in front of a program finds these in the environment. */
static void __attribute__((constructor)) begin(void)
{
	const char *at = getenv("OOM_AT");
	bool all = getenv("OOM_ALL") != NULL;
	unsigned long n = at != NULL ? strtoul(at, NULL, 10) : 0;

	state.count_file = getenv("OOM_COUNT");
	if (at == NULL && state.count_file == NULL)
		return;
	unsetenv("OOM_AT");
	unsetenv("OOM_ALL");
	unsetenv("OOM_COUNT");
	unsetenv("LD_PRELOAD");
	oom_arm(n, all);
}

static void __attribute__((destructor)) end(void)
{
	int fd;

	if (state.count_file == NULL || getpid() != state.pid)
		return;
	state.armed = false;
	fd = open(state.count_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return;
	dprintf(fd, "%lu\n", state.count);
	close(fd);
}
