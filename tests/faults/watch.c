/*
 * Usage: watch PATH/live/NAME
 * Reads the live files as fast as it can, as a server would that is restarted at any moment, until its standard input ends.
 * Says how often it looked, and ends with 1 when it has seen something wrong.
 *
 * Two ways. By a descriptor of the folder, the four files are always one set. Path by path (as servers do it), each open must
 * find a whole file; when the link was the same before and after, they are one set; when it was switched in between, they may
 * be of two, which is why services are told to load them again after the switch, and a reader that looks again finds one set.
 */
#include "config.h"

#include "live.h"

#include <poll.h>
#include <stdlib.h>

static bool is_over(void)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&in, 1, 0) > 0;
}

/* Removal of what is no longer live may overtake a reader that stands in the folder: it looks again then. */
static const char *by_folder(struct live *l, unsigned long *overtaken)
{
	char before[200] = "", after[200] = "";
	bool absent;
	const char *wrong;

	if (readlink(l->path, before, sizeof before - 1) < 0)
		before[0] = '\0';
	wrong = live_check_folder(l, &absent);
	if (!wrong)
		return NULL;
	if (readlink(l->path, after, sizeof after - 1) < 0 || strcmp(before, after) == 0)
		return wrong;
	(*overtaken)++;
	return live_check_folder(l, &absent);
}

static const char *by_path(struct live *l, unsigned long *switched)
{
	char before[200] = "", after[200] = "";
	const char *wrong;

	if (!l->was_there || readlink(l->path, before, sizeof before - 1) < 0)
		return l->was_there ? "the live link is not there" : NULL;
	wrong = live_read(l, AT_FDCWD, l->path);
	if (readlink(l->path, after, sizeof after - 1) < 0)
		return "the live link is not there";
	if (wrong)
		return wrong;
	if (strcmp(before, after) == 0)
		return live_judge(l);
	(*switched)++;
	wrong = live_read(l, AT_FDCWD, l->path);
	return wrong ? wrong : live_judge(l);
}

int main(int argc, char **argv)
{
	unsigned long looks = 0, overtaken = 0, switched = 0, wrongs = 0;
	struct live *l = calloc(1, sizeof *l);

	if (argc != 2 || !l)
		return 2;
	l->path = argv[1];
	do {
		const char *wrong = by_folder(l, &overtaken);

		if (!wrong)
			wrong = by_path(l, &switched);
		looks++;
		if (wrong && wrongs++ < 10)
			fprintf(stderr, "after %lu looks: %s\n", looks, wrong);
	} while (!is_over());
	printf("looks=%lu sets=%u switched=%lu overtaken=%lu wrong=%lu\n", looks, l->sets, switched, overtaken, wrongs);
	free(l);
	return wrongs > 0;
}
