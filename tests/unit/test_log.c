#include "config.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/str.h"
#include "skipping.h"

#define ERASE "\r\033[K"

/* Standard error for a while: a pipe or a terminal, whose other end we read. */
struct stage {
	int saved;
	int read_end;
};

static void stage_begin(struct stage *s, int write_end)
{
	s->saved = dup(STDERR_FILENO);
	assert_true(s->saved >= 0);
	assert_int_equal(dup2(write_end, STDERR_FILENO), STDERR_FILENO);
	close(write_end);
}

static void stage_pipe(struct stage *s)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	s->read_end = ends[0];
	stage_begin(s, ends[1]);
}

static void stage_terminal(struct stage *s, int columns)
{
	struct winsize size = {.ws_row = 24, .ws_col = (unsigned short)columns};
	struct termios mode;
	int slave;

	s->read_end = posix_openpt(O_RDWR | O_NOCTTY);
	if (s->read_end < 0)
		SKIP_BECAUSE("this machine has no pseudo-terminals");
	assert_int_equal(grantpt(s->read_end), 0);
	assert_int_equal(unlockpt(s->read_end), 0);
	slave = open(ptsname(s->read_end), O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	assert_int_equal(tcgetattr(slave, &mode), 0);
	mode.c_oflag &= ~(tcflag_t)OPOST;
	assert_int_equal(tcsetattr(slave, TCSANOW, &mode), 0);
	assert_int_equal(ioctl(slave, TIOCSWINSZ, &size), 0);
	stage_begin(s, slave);
}

/* Puts standard error back, which closes the other end, and reads what has been written until there is no more. */
static void stage_end(struct stage *s, const char *want)
{
	char text[4096];
	size_t len = 0;
	ssize_t n;

	dup2(s->saved, STDERR_FILENO);
	close(s->saved);
	while ((n = read(s->read_end, text + len, sizeof text - 1 - len)) > 0)
		len += (size_t)n;
	close(s->read_end);
	text[len] = '\0';
	assert_string_equal(text, want);
}

static void say_all(void)
{
	log_error("%s", "e");
	log_warn("%d", 1);
	log_event("n");
	log_verbose("v");
	log_debug("d");
	log_progress("p");
	log_progress_end();
}

static void keeps_levels(void **state)
{
	static const char *const want[] = {
		"error: e\n",
		"error: e\nwarning: 1\nn\n",
		"error: e\nwarning: 1\nn\nv\n",
		"error: e\nwarning: 1\nn\nv\nd\n",
	};

	(void)state;
	assert_int_equal(log_get_level(), LOG_LEVEL_NORMAL);
	for (int level = LOG_LEVEL_QUIET; level <= LOG_LEVEL_DEBUG; level++) {
		struct stage s;

		log_set_level((enum log_level)level);
		assert_int_equal(log_get_level(), level);
		stage_pipe(&s);
		say_all();
		stage_end(&s, want[level]);
	}
}

static void set_stream(bool right)
{
	struct stat st;
	char *stream;

	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	stream = str_fmt("%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino + (right ? 0 : 1));
	setenv("JOURNAL_STREAM", stream, 1);
	free(stream);
}

static void tells_the_journal(void **state)
{
	struct stage s;

	(void)state;
	log_set_level(LOG_LEVEL_DEBUG);
	stage_pipe(&s);
	set_stream(true);
	say_all();
	log_event("one\ntwo\n");
	stage_end(&s, "<3>error: e\n<4>warning: 1\n<6>n\n<6>v\n<7>d\n<6>one\n<6>two\n");
	stage_pipe(&s);
	set_stream(false);
	log_event("redirected");
	stage_end(&s, "redirected\n");
	unsetenv("JOURNAL_STREAM");
	log_set_level(LOG_LEVEL_NORMAL);
}

static void draws_progress(void **state)
{
	struct stage s;

	(void)state;
	setenv("TERM", "xterm", 1);
	stage_terminal(&s, 80);
	assert_true(log_has_terminal());
	log_progress("%d of 3", 1);
	log_progress("2 of 3");
	log_event("done");
	log_event("more");
	log_progress("again");
	log_progress_end();
	log_progress_end();
	log_event("end");
	stage_end(&s, ERASE "1 of 3" ERASE "2 of 3" ERASE "done\nmore\n" ERASE "again" ERASE "end\n");
}

static void cuts_to_the_width(void **state)
{
	static const struct {
		const char *text;
		int columns;
		const char *want;
	} cases[] = {
		{"0123456789", 11, ERASE "0123456789"},
		{"0123456789", 10, ERASE "012345678"},
		{"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 7, ERASE "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"},
		{"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 6, ERASE "\xe6\x97\xa5\xe6\x9c\xac"},
		{"\xc3\xa9\xc3\xa9", 2, ERASE "\xc3\xa9"},
		{"first\nsecond", 80, ERASE "first"},
		{"x", 1, ERASE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct stage s;
		char *want;

		stage_terminal(&s, cases[i].columns);
		log_progress("%s", cases[i].text);
		log_progress_end();
		want = str_fmt("%s" ERASE, cases[i].want);
		stage_end(&s, want);
		free(want);
	}
}

static void spares_the_rest(void **state)
{
	struct stage s;

	(void)state;
	stage_terminal(&s, 80);
	setenv("TERM", "dumb", 1);
	log_progress("x");
	assert_false(log_has_terminal());
	unsetenv("TERM");
	log_progress("x");
	setenv("TERM", "xterm", 1);
	log_set_level(LOG_LEVEL_QUIET);
	log_progress("x");
	assert_false(log_has_terminal());
	log_set_level(LOG_LEVEL_NORMAL);
	stage_end(&s, "");
	stage_pipe(&s);
	assert_false(log_has_terminal());
	log_progress("x");
	stage_end(&s, "");
}

static void keeps_errno(void **state)
{
	struct stage s;

	(void)state;
	stage_pipe(&s);
	close(STDERR_FILENO);
	errno = ERANGE;
	log_error("nobody hears this");
	assert_int_equal(errno, ERANGE);
	stage_end(&s, "");
}

/* Lines of two processes stay whole, however long they are. */
static void keeps_lines_whole(void **state)
{
	char path[] = "/tmp/tegata-test-XXXXXX";
	int fd = mkstemp(path);
	struct stage s = {.saved = dup(STDERR_FILENO)};
	char line[300];
	FILE *file;
	int count = 0;
	pid_t child;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_APPEND), 0);
	dup2(fd, STDERR_FILENO);
	child = fork();
	for (int i = 0; i < 500; i++)
		log_event("%0200d", 7);
	if (child == 0)
		_exit(0);
	waitpid(child, NULL, 0);
	dup2(s.saved, STDERR_FILENO);
	close(s.saved);
	close(fd);
	file = fopen(path, "r");
	unlink(path);
	assert_non_null(file);
	while (fgets(line, sizeof line, file) != NULL) {
		assert_int_equal(strlen(line), 201);
		count++;
	}
	fclose(file);
	assert_int_equal(count, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_levels),
		cmocka_unit_test(tells_the_journal),
		cmocka_unit_test(draws_progress),
		cmocka_unit_test(cuts_to_the_width),
		cmocka_unit_test(spares_the_rest),
		cmocka_unit_test(keeps_errno),
		cmocka_unit_test(keeps_lines_whole),
	};

	unsetenv("JOURNAL_STREAM");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
