/*
 * Runs a committed corpus through one target, without libFuzzer: every file as it is, then cut short and with single
 * bytes changed, always in the same order, for as long as FUZZ_REPLAY_MS says. The target is named by the program.
 *
 * replay PATH… runs just these files, to look at a finding.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "fuzz.h"

#define FILE_MAX (1024 * 1024)
#define REPLAY_MS 250
#define CHANGES_MAX 4000 /* of one file */

struct input { char *name, *data; size_t len; };

static int64_t now_ms(void)
{
	return clock_mono_ms(clock_system());
}

static void run(const char *data, size_t len)
{
	/* A copy of exactly that size, so that a byte read behind it is seen. */
	char *copy = mem_new(len > 0 ? len : 1, 1);

	memcpy(copy, data, len);
	LLVMFuzzerTestOneInput((const uint8_t *)copy, len);
	free(copy);
}

static int load(const char *path, struct input *in)
{
	struct err e = ERR_INIT;
	struct buf b;

	buf_init(&b, FILE_MAX);
	if (fs_read(path, &b, &e) != 0) {
		fprintf(stderr, "replay: %s\n", e.cause);
		err_clear(&e);
		buf_clear(&b);
		return -1;
	}
	in->len = b.len;
	in->data = buf_take(&b);
	in->name = str_dup(path);
	buf_clear(&b);
	return 0;
}

/* xorshift: the same numbers everywhere and each time. */
static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* One cut or one changed byte; the input is as before afterwards. */
static void run_changed(struct input *in, uint64_t *seed)
{
	static const char odd[] = "\0\n\r\t\"\\{}[]:,-#%&*!|>'@`$;~/. 09azAZ=\x7f\x80\xc0\xe2\xff";
	uint64_t r = next(seed);
	size_t at = in->len > 0 ? (size_t)(next(seed) % in->len) : 0;
	char was;

	if (in->len == 0)
		return;
	if (r % 4 == 0) {
		run(in->data, at);
		return;
	}
	was = in->data[at];
	in->data[at] = r % 4 == 1 ? (char)(was ^ (1 << (r >> 8) % 8)) : odd[(r >> 8) % (sizeof(odd) - 1)];
	run(in->data, in->len);
	in->data[at] = was;
}

static size_t run_all(struct input *in, size_t n, int64_t budget_ms)
{
	int64_t end = now_ms() + budget_ms;
	uint64_t seed = 88172645463325252u;
	size_t runs = 0;

	for (size_t i = 0; i < n; i++, runs++)
		run(in[i].data, in[i].len);
	for (int round = 0; round < CHANGES_MAX && n > 0; round++)
		for (size_t i = 0; i < n; i++, runs++) {
			if (now_ms() >= end)
				return runs;
			run_changed(&in[i], &seed);
		}
	return runs;
}

/* Where the corpus of the program's name lies; owned. */
static char *corpus_of(const char *program)
{
	const char *src = getenv("abs_top_srcdir");
	const char *slash = strrchr(program, '/');
	const char *name = slash != NULL ? slash + 1 : program;

	if (str_starts(name, "lt-"))
		name += 3;
	return str_fmt("%s/tests/fuzz/corpus/%s", src != NULL ? src : ".", name);
}

static void list(const char *program, struct strs *paths)
{
	char *dir = corpus_of(program);
	struct err e = ERR_INIT;
	struct strs names = {0};

	if (fs_list(dir, &names, &e) != 0) {
		fprintf(stderr, "replay: %s\n", e.cause);
		err_clear(&e);
	}
	strs_sort(&names);
	for (size_t i = 0; i < names.count; i++)
		strs_take(paths, fs_join(dir, names.item[i]));
	strs_clear(&names);
	free(dir);
}

int main(int argc, char **argv)
{
	const char *ms = getenv("FUZZ_REPLAY_MS");
	int64_t budget = REPLAY_MS;
	struct strs paths = {0};
	struct input *in;
	size_t n = 0, runs;

	for (int i = 1; i < argc; i++)
		strs_add(&paths, argv[i]);
	if (argc < 2)
		list(argv[0], &paths);
	if (ms != NULL)
		str_to_int64(ms, 0, 3600000, &budget);
	in = mem_new(paths.count + 1, sizeof *in);
	for (size_t i = 0; i < paths.count; i++)
		n += load(paths.item[i], &in[n]) == 0;
	runs = run_all(in, n, argc < 2 ? budget : 0);
	printf("%zu files, %zu runs\n", n, runs);
	for (size_t i = 0; i < n; i++) {
		free(in[i].name);
		free(in[i].data);
	}
	free(in);
	strs_clear(&paths);
	return n > 0 && n == (size_t)(argc < 2 ? n : (size_t)argc - 1) ? 0 : 1;
}
