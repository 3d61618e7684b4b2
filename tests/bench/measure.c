/*
 * Runs a program and tells what it cost. It is small itself, so that little of it shows in what it measures.
 *
 *   measure time RUNS PROGRAM ARGUMENT...    milliseconds: median, least, most of the wall clock; median of the processor
 *   measure memory PROGRAM ARGUMENT...       a line "NAME KiB" for each program that ran: the most that one process held
 *
 * For memory every process is stopped at its end (ptrace) and its peak is read while it still has one: the figures of
 * wait4() would mix a process with its children, and a child with what it was forked from.
 * What the program prints on standard output is thrown away. Ends with the program's status.
 */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUNS_MAX 1000
#define PROGRAMS_MAX 64

struct peak {
	char name[32];
	long kib;
};

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void die(const char *what)
{
	perror(what);
	exit(125);
}

static pid_t start(char **argv, int traced)
{
	pid_t pid = fork();
	int null;

	if (pid < 0)
		die("measure: fork");
	if (pid > 0)
		return pid;
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	dup2(null, STDOUT_FILENO);
	if (traced) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
	}
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int status_of(int st)
{
	return WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}

static double ms_of(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static int measure_time(size_t runs, char **argv)
{
	static double wall[RUNS_MAX], cpu[RUNS_MAX];
	int status = 0;

	for (size_t i = 0; i < runs; i++) {
		struct rusage used;
		double begun = now_ms();
		pid_t pid = start(argv, 0);
		int st;

		if (wait4(pid, &st, 0, &used) < 0)
			die("measure: wait4");
		wall[i] = now_ms() - begun;
		cpu[i] = ms_of(used.ru_utime) + ms_of(used.ru_stime);
		if (status == 0)
			status = status_of(st);
	}
	qsort(wall, runs, sizeof *wall, ascending);
	qsort(cpu, runs, sizeof *cpu, ascending);
	printf("%.1f %.1f %.1f %.1f\n", wall[runs / 2], wall[0], wall[runs - 1], cpu[runs / 2]);
	return status;
}

/* Name and peak of a process that is about to end; false when it has none, or is a thread of one. */
static int read_peak(pid_t pid, struct peak *p)
{
	char path[64], line[256];
	long group = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	*p = (struct peak){.kib = 0};
	while (fgets(line, sizeof line, f)) {
		if (strncmp(line, "Name:", 5) == 0)
			sscanf(line, "Name: %31s", p->name);
		else if (strncmp(line, "Tgid:", 5) == 0)
			group = strtol(line + 5, NULL, 10);
		else if (strncmp(line, "VmHWM:", 6) == 0)
			p->kib = strtol(line + 6, NULL, 10);
	}
	fclose(f);
	return group == pid && p->kib > 0;
}

static void note_peak(struct peak *all, const struct peak *p)
{
	for (size_t i = 0; i < PROGRAMS_MAX; i++) {
		if (all[i].kib != 0 && strcmp(all[i].name, p->name) != 0)
			continue;
		if (all[i].kib < p->kib)
			all[i] = *p;
		return;
	}
}

/* Lets a stopped process go on; what stopped it for our sake alone is not handed to it. */
static void go_on(pid_t pid, int st)
{
	int event = st >> 16, signo = WSTOPSIG(st);
	int ours = event != 0 || signo == SIGTRAP || signo == SIGSTOP;

	ptrace(PTRACE_CONT, pid, NULL, (void *)(intptr_t)(ours ? 0 : signo));
}

static int measure_memory(char **argv)
{
	static struct peak all[PROGRAMS_MAX];
	const long options =
		PTRACE_O_TRACEEXIT | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
	pid_t first = start(argv, 1), pid;
	int st, status = 125;

	if (waitpid(first, &st, 0) < 0 || ptrace(PTRACE_SETOPTIONS, first, NULL, (void *)(intptr_t)options) != 0)
		die("measure: ptrace");
	go_on(first, st);
	while ((pid = waitpid(-1, &st, __WALL)) > 0) {
		struct peak p;

		if (pid == first && !WIFSTOPPED(st))
			status = status_of(st);
		if (!WIFSTOPPED(st))
			continue;
		if (st >> 16 == PTRACE_EVENT_EXIT && read_peak(pid, &p))
			note_peak(all, &p);
		go_on(pid, st);
	}
	for (size_t i = 0; i < PROGRAMS_MAX && all[i].kib != 0; i++)
		printf("%s %ld\n", all[i].name, all[i].kib);
	return status;
}

int main(int argc, char **argv)
{
	long runs = argc > 3 ? strtol(argv[2], NULL, 10) : 0;

	if (argc > 3 && strcmp(argv[1], "time") == 0 && runs > 0 && runs <= RUNS_MAX)
		return measure_time((size_t)runs, argv + 3);
	if (argc > 2 && strcmp(argv[1], "memory") == 0)
		return measure_memory(argv + 2);
	fprintf(stderr, "usage: measure time RUNS PROGRAM ARGUMENT...\n       measure memory PROGRAM ARGUMENT...\n");
	return 2;
}
