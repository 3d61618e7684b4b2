/*
 * peak FILE PROGRAM ARGUMENT...: runs the program, and writes into the file how many KiB the largest of it and of the programs
 * that it started and waited for has held. It is small itself, as what a process was forked from counts with it.
 * Ends with the program's status, or with 128 and the signal's number.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct rusage used;
	int status;
	FILE *out;
	pid_t pid;

	if (argc < 3)
		return 125;
	pid = fork();
	if (pid == 0) {
		execv(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid)
		return 125;
	out = fopen(argv[1], "w");
	if (!out || fprintf(out, "%ld\n", used.ru_maxrss) < 0 || fclose(out))
		return 125;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
