/*
 * A neighbour who owns the folder that a webroot, a hook or an output lies in, and swaps every component of the path for a link
 * into a tree of root's, in a tight loop, while this process (root) writes and removes challenges by tegata's own code, looks for
 * the hook and asks for the folder of the output.
 *
 *   neighbour webroot ROUNDS HOME CANARY    HOME is the neighbour's (uid 65534) and has www/html; CANARY has the same shape
 *   neighbour trust ROUNDS HOME CANARY      HOME/bin/hook, HOME/out: what of it was ever taken for safe (must be nothing)
 *   neighbour swap SECONDS PATH OTHER...    only swaps PATH with each OTHER in turn, for a tegata that runs elsewhere
 *
 * Prints counts; whether CANARY is untouched, who calls this looks himself.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/hook.h"
#include "base/trust.h"
#include "solve/solver.h"

#define NOBODY 65534
#define EXCHANGE 2 /* RENAME_EXCHANGE */
#define TOKEN "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"

/* What swaps with what. */
struct pair { char *path, *other; };

static void exchange(const char *a, const char *b)
{
	syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, EXCHANGE);
}

static struct pair pair_of(const char *home, const char *canary, const char *component)
{
	struct pair p = {.path = str_fmt("%s/%s", home, component), .other = str_fmt("%s/%s.link", home, component)};
	char *target = str_fmt("%s/%s", canary, component);

	if (symlink(target, p.other) != 0 && errno != EEXIST)
		fprintf(stderr, "%s: %s\n", p.other, strerror(errno));
	free(target);
	return p;
}

static void become_neighbour(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
		_exit(9);
}

/* Each component at another rhythm, so that every mixture of them comes. The folders that tegata makes are his to make, too. */
static void swap_for_ever(const char *home, const char *canary, const char *const *components, size_t count)
{
	struct pair p[8];

	become_neighbour();
	umask(022);
	for (size_t i = 0; i < count; i++) {
		char *path = str_fmt("%s/%s", home, components[i]);

		if (!strstr(components[i], TOKEN))
			mkdir(path, 0755);
		p[i] = pair_of(home, canary, components[i]);
		free(path);
	}
	for (unsigned n = 0;; n++)
		for (size_t i = 0; i < count; i++)
			if (n % (i + 1) == 0)
				exchange(p[i].path, p[i].other);
}

static pid_t neighbour(const char *home, const char *canary, const char *const *components, size_t count)
{
	pid_t pid = fork();

	if (pid == 0)
		swap_for_ever(home, canary, components, count);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static int webroot(int rounds, const char *home, const char *canary)
{
	static const char *const components[] = {
		"www", "www/html", "www/html/.well-known", "www/html/.well-known/acme-challenge",
		"www/html/.well-known/acme-challenge/" TOKEN, "www/html/.well-known/acme-challenge/." TOKEN ".tmp",
	};
	const struct solver_options options = {.worker_user = NULL};
	struct solver_set *set = NULL;
	struct err e = ERR_INIT;
	char *root = str_fmt("%s/www/html", home);
	int written = 0, refused = 0, removed = 0;
	pid_t pid = neighbour(home, canary, components, sizeof components / sizeof *components);

	for (int i = 0; i < rounds; i++) {
		struct solver_task t = {
			.plan = {.type = SOLVER_HTTP_01, .method = SOLVER_WEBROOT, .webroot = root},
			.certificate = "www", .identifier = "www.example.jp", .token = TOKEN, .key_authorization = TOKEN ".x",
		};

		if (set == NULL && solver_open(&options, &set, &e) != 0)
			break;
		if (solver_present(set, &t, &e) == 0)
			written++;
		else
			refused++;
		err_clear(&e);
		t.presented = true;
		t.made_folder = true;
		if (solver_cleanup(set, &t, &e) == 0)
			removed++;
		err_clear(&e);
		if (i % 100 == 99) {
			solver_close(set);
			set = NULL;
		}
	}
	end(pid);
	solver_close(set);
	printf("%d rounds, %d written, %d refused, %d removed\n", rounds, written, refused, removed);
	free(root);
	return 0;
}

static int trust(int rounds, const char *home, const char *canary)
{
	static const char *const components[] = {"bin", "bin/hook", "out"};
	char *hook = str_fmt("%s/bin/hook", home), *out = str_fmt("%s/out", home), *found = NULL;
	struct hook_spec h = {.timeout_sec = 1};
	struct hook_dirs dirs = {.local = NULL};
	struct err e = ERR_INIT;
	int accepted = 0;
	pid_t pid = neighbour(home, canary, components, sizeof components / sizeof *components);

	strs_add(&h.words, hook);
	for (int i = 0; i < rounds; i++) {
		accepted += hook_find(&h, &dirs, &found, &e) == 0;
		err_clear(&e);
		accepted += trust_folder(out, 0, &found, &e) == 0;
		err_clear(&e);
	}
	end(pid);
	printf("%d rounds, %d accepted\n", rounds, accepted);
	hook_clear(&h);
	free(hook);
	free(out);
	return accepted == 0 ? 0 : 1;
}

static int swap(int seconds, char **paths, int count)
{
	time_t until = time(NULL) + seconds;

	become_neighbour();
	while (time(NULL) < until)
		for (int i = 1; i < count; i++)
			for (int n = 0; n < 200; n++)
				exchange(paths[0], paths[i]);
	return 0;
}

int main(int argc, char **argv)
{
	int number = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0;

	umask(077);
	if (argc == 5 && strcmp(argv[1], "webroot") == 0)
		return webroot(number, argv[3], argv[4]);
	if (argc == 5 && strcmp(argv[1], "trust") == 0)
		return trust(number, argv[3], argv[4]);
	if (argc > 4 && strcmp(argv[1], "swap") == 0)
		return swap(number, argv + 3, argc - 3);
	fprintf(stderr, "usage: neighbour webroot|trust ROUNDS HOME CANARY | swap SECONDS PATH OTHER...\n");
	return 2;
}
