/* What is asked on a terminal: a pseudo-terminal stands for it. */
#include "config.h"

#include "cli_run.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#define SEEN_MAX 8192
#define WAIT_MS 30000

struct terminal {
	int fd;
	pid_t pid;
	char seen[SEEN_MAX];
	size_t length;
};

static void become(const char *slave, const char *const *argv)
{
	int fd;

	setsid();
	fd = open(slave, O_RDWR);
	if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) < 0)
		_exit(126);
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

static struct terminal start(const struct cli_run *r, const char *const *words)
{
	struct terminal t = {.fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
	struct strs list = {0};
	const char *argv[CLI_RUN_WORDS_MAX] = {NULL};
	char *slave;

	assert_true(t.fd >= 0);
	assert_int_equal(grantpt(t.fd), 0);
	assert_int_equal(unlockpt(t.fd), 0);
	slave = str_dup(ptsname(t.fd));
	strs_take(&list, cli_run_program());
	strs_add(&list, "--config-dir");
	strs_take(&list, fs_join(r->dir, "etc"));
	strs_add(&list, "--state-dir");
	strs_take(&list, fs_join(r->dir, "state"));
	for (; *words; words++)
		strs_add(&list, *words);
	for (size_t i = 0; i < list.count; i++)
		argv[i] = list.item[i];
	t.pid = fork();
	assert_true(t.pid >= 0);
	if (t.pid == 0)
		become(slave, argv);
	strs_clear(&list);
	free(slave);
	return t;
}

/* Reads until `text` has been seen, or (NULL) to the end. */
static void read_until(struct terminal *t, const char *text)
{
	while (text == NULL || strstr(t->seen, text) == NULL) {
		struct pollfd p = {.fd = t->fd, .events = POLLIN};
		ssize_t got;

		assert_int_equal(poll(&p, 1, WAIT_MS), 1);
		got = read(t->fd, t->seen + t->length, SEEN_MAX - 1 - t->length);
		if (got <= 0) {
			assert_null(text);
			return;
		}
		t->length += (size_t)got;
	}
}

static void type(const struct terminal *t, const char *text)
{
	assert_int_equal(fs_write_all(t->fd, text, strlen(text)), 0);
}

static int finish(struct terminal *t)
{
	int status;

	read_until(t, NULL);
	assert_int_equal(waitpid(t->pid, &status, 0), t->pid);
	assert_int_equal(close(t->fd), 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_secret(void **state)
{
	static const char *const words[] = {"register", "-m", "a@example.jp", "--eab-kid", "k", "--ca", "nobody", NULL};
	struct cli_run r = cli_run_begin();
	struct terminal t = start(&r, words);

	(void)state;
	read_until(&t, "(it is not shown): ");
	type(&t, "c2VjcmV0LWtleQ\n");
	assert_int_equal(finish(&t), 2);
	assert_null(strstr(t.seen, "c2Vjcm"));
	assert_non_null(strstr(t.seen, "there is no CA \"nobody\""));
	cli_run_end(&r);
}

static void test_no_answer(void **state)
{
	static const char *const words[] = {"revoke", "--cert-name", "www", NULL};
	static const char *const answers[] = {"\n", "n\n", "yess\n", "\004", "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\n"};
	struct cli_run r = cli_run_begin();

	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		struct terminal t = start(&r, words);

		read_until(&t, "Revoke www? It cannot be undone. [y/N] ");
		type(&t, answers[i]);
		assert_int_equal(finish(&t), 2);
		assert_non_null(strstr(t.seen, "not revoked"));
	}
	cli_run_end(&r);
}

static void test_yes(void **state)
{
	static const char *const words[] = {"revoke", "--cert-name", "www", NULL};
	struct cli_run r = cli_run_begin();
	struct terminal t = start(&r, words);

	(void)state;
	read_until(&t, "[y/N] ");
	type(&t, "Yes\n");
	assert_int_equal(finish(&t), 2);
	assert_non_null(strstr(t.seen, "there is no certificate named \"www\""));
	cli_run_end(&r);
}

/* -n never asks, also on a terminal. */
static void test_never(void **state)
{
	static const char *const words[] = {"register", "-n", "-m", "a@example.jp", "--eab-kid", "k", NULL};
	struct cli_run r = cli_run_begin();
	struct terminal t = start(&r, words);

	(void)state;
	assert_int_equal(finish(&t), 2);
	assert_non_null(strstr(t.seen, "an EAB key id is given, but no HMAC key"));
	cli_run_end(&r);
}

/* A signal at the prompt ends it, and the terminal shows again what is typed. */
static void test_signal(void **state)
{
	static const char *const words[] = {"register", "-m", "a@example.jp", "--eab-kid", "k", NULL};
	struct cli_run r = cli_run_begin();
	struct terminal t = start(&r, words);

	(void)state;
	read_until(&t, "(it is not shown): ");
	assert_int_equal(kill(t.pid, SIGTERM), 0);
	assert_int_equal(finish(&t), 12);
	cli_run_end(&r);
}

#define ASKING "cas: [{name: jprs, first_use: ask}]\n" \
	"certificates:\n- {name: www, names: [www.example.jp], challenge: {standalone: true}}\n" \
	"- {name: two, names: [b.jp, c.jp], challenge: {standalone: true}}\n"

/*
 * Rules 1-3: the first certificate begins what is paid for; one question for each. Who says no is asked again another time, and
 * nothing is sent; who says yes gets as far as without a question: here there is no account.
 */
static void test_first_use(void **state)
{
	static const char *const words[] = {"run", NULL}, *const never[] = {"run", "-n", NULL};
	struct cli_run r = cli_run_begin();
	struct terminal t;

	(void)state;
	cli_run_file(&r, "etc/tegata.yaml", ASKING);
	cli_run_file(&r, "etc/entitlements.yaml", "- example.jp\n- b.jp\n- c.jp\n");
	t = start(&r, words);
	read_until(&t, "www: this begins the paid term of example.jp (until 20");
	read_until(&t, "). Order? [y/N] ");
	type(&t, "n\n");
	read_until(&t, "two: this begins the paid terms of b.jp (until 20");
	read_until(&t, ")), c.jp (until 20");
	read_until(&t, "). Order? [y/N] ");
	type(&t, "\n");
	assert_int_equal(finish(&t), 0);
	assert_null(strstr(t.seen, "account"));
	t = start(&r, words);
	read_until(&t, "www: this begins");
	type(&t, "y\n");
	read_until(&t, "two: this begins");
	type(&t, "n\n");
	assert_int_not_equal(finish(&t), 0);
	assert_non_null(strstr(t.seen, "tegata register"));
	assert_null(strstr(t.seen, "tegata: two: "));
	t = start(&r, never);
	(void)finish(&t);
	assert_null(strstr(t.seen, "Order?"));
	cli_run_end(&r);
}

/* Every test here needs one. */
static bool has_terminals(void)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secret), cmocka_unit_test(test_no_answer), cmocka_unit_test(test_yes),
		cmocka_unit_test(test_never), cmocka_unit_test(test_signal), cmocka_unit_test(test_first_use),
	};

	setenv("LC_ALL", "C", 1);
	if (!has_terminals()) {
		printf("skipped: this machine has no pseudo-terminals\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
