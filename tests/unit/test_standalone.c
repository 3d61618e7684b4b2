#include "config.h"

#include "solve/solver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "scratch.h"

#include "base/proc.h"
#include "skipping.h"

#define TOKEN_A "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
#define TOKEN_B "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0"
#define THUMBPRINT "9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"

struct bed {
	struct solver_set *set;
	int port;
};

/* A listening socket on a port that the kernel chose (or the given one), and the port. */
static int listener(int port, int *chosen)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
	socklen_t len = sizeof a;
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 1) != 0) {
		close(fd);
		return -1;
	}
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*chosen = ntohs(a.sin_port);
	return fd;
}

static int setup(void **state)
{
	const struct solver_options options = {.worker_user = NULL};
	struct bed *b = mem_new(1, sizeof *b);
	struct err e = ERR_INIT;
	int fd = listener(0, &b->port);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(solver_open(&options, &b->set, &e), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bed *b = *state;

	solver_close(b->set);
	free(b);
	return 0;
}

static struct solver_task task_on(int port, const struct strs *addresses)
{
	return (struct solver_task){
		.plan = {.type = SOLVER_HTTP_01, .method = SOLVER_STANDALONE, .port = port, .addresses = addresses},
		.certificate = "www", .identifier = "www.example.jp", .token = TOKEN_A,
		.key_authorization = TOKEN_A "." THUMBPRINT,
	};
}

static int connect_to(int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
		return fd;
	close(fd);
	return -1;
}

static void refused(struct bed *b, struct solver_task *t, const char *cause, const char *advice)
{
	struct err e = ERR_INIT;

	assert_int_equal(solver_present(b->set, t, &e), -1);
	assert_int_equal(e.kind, ERR_CHALLENGE);
	assert_false(t->presented);
	if (strstr(e.cause, cause) == NULL)
		fail_msg("\"%s\" is not in: %s", cause, e.cause);
	if (advice != NULL && (e.advice == NULL || strstr(e.advice, advice) == NULL))
		fail_msg("\"%s\" is not in: %s", advice, e.advice);
	err_clear(&e);
}

static void a_taken_port_is_explained(void **state)
{
	struct bed *b = *state;
	struct solver_task t = task_on(b->port, NULL);
	int port;
	int fd = listener(b->port, &port);

	assert_true(fd >= 0);
	refused(b, &t, "Address already in use", "webroot");
	close(fd);
}

static void addresses_are_checked(void **state)
{
	static const char *const bad[] = {"localhost", "127.0.0.1:80", "", "[::1]", "1.2.3", "fe80::1%lo"};
	struct bed *b = *state;
	struct strs addresses = {0};
	struct solver_task t = task_on(b->port, &addresses);
	int port;
	int fd;

	strs_add(&addresses, "127.0.0.1");
	strs_add(&addresses, "");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		str_replace(&addresses.item[1], str_dup(bad[i]));
		refused(b, &t, "is not an IPv4 or IPv6 address", NULL);
	}
	str_replace(&addresses.item[1], str_dup("192.0.2.77"));
	refused(b, &t, "192.0.2.77", "does not have that address");
	/* The socket of the first address went away with the failure of the second. */
	fd = listener(b->port, &port);
	assert_true(fd >= 0);
	close(fd);
	strs_clear(&addresses);
}

static void port_is_held_until_the_last_answer_is_gone(void **state)
{
	struct bed *b = *state;
	struct solver_task one = task_on(b->port, NULL);
	struct solver_task two = task_on(b->port, NULL);
	struct err e = ERR_INIT;
	int port;
	int fd;

	two.token = TOKEN_B;
	two.key_authorization = TOKEN_B "." THUMBPRINT;
	assert_int_equal(solver_present(b->set, &one, &e), 0);
	assert_int_equal(solver_present(b->set, &two, &e), 0);
	assert_true(one.presented);
	fd = connect_to(b->port);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(solver_cleanup(b->set, &one, &e), 0);
	assert_int_equal(listener(b->port, &port), -1);
	assert_int_equal(solver_cleanup(b->set, &two, &e), 0);
	fd = listener(b->port, &port);
	assert_true(fd >= 0);
	close(fd);
}

static void nothing_presented_needs_no_responder(void **state)
{
	struct bed *b = *state;
	struct solver_task t = task_on(b->port, NULL);
	struct err e = ERR_INIT;

	assert_int_equal(solver_ready(b->set, &e), 0);
	t.presented = true; /* as after a crash */
	assert_int_equal(solver_cleanup(b->set, &t, &e), 0);
}

static char *fetch(int port, const char *token)
{
	char *request = str_fmt("GET /.well-known/acme-challenge/%s HTTP/1.1\r\nHost: www.example.jp\r\n"
	                        "Connection: close\r\n\r\n", token);
	char *answer = mem_new(4096, 1);
	int fd = connect_to(port);
	size_t len = 0;
	ssize_t got;

	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, request, strlen(request)), 0);
	while (len < 4095 && (got = read(fd, answer + len, 4095 - len)) > 0)
		len += (size_t)got;
	close(fd);
	free(request);
	return answer;
}

static void answers(int port, const char *token, const char *start, const char *end)
{
	char *text = fetch(port, token);

	if (!str_starts(text, start) || !str_ends(text, end))
		fail_msg("%s", text);
	free(text);
}

static void serves_both_rounds(void **state)
{
	struct bed *b = *state;
	struct solver_task one = task_on(b->port, NULL);
	struct solver_task two = task_on(b->port, NULL);
	struct err e = ERR_INIT;
	char *program = proc_libexec("tegata-net");
	bool there = access(program, X_OK) == 0;

	free(program);
	if (!there)
		SKIP_BECAUSE("tegata-net is not built here");
	two.token = TOKEN_B;
	two.key_authorization = TOKEN_B "." THUMBPRINT;
	assert_int_equal(solver_present(b->set, &one, &e), 0);
	if (solver_ready(b->set, &e) != 0)
		fail_msg("%s", e.cause);
	answers(b->port, TOKEN_A, "HTTP/1.1 200", TOKEN_A "." THUMBPRINT);
	answers(b->port, TOKEN_B, "HTTP/1.1 404", "");
	assert_int_equal(solver_present(b->set, &two, &e), 0);
	assert_int_equal(solver_ready(b->set, &e), 0);
	answers(b->port, TOKEN_A, "HTTP/1.1 200", TOKEN_A "." THUMBPRINT);
	answers(b->port, TOKEN_B, "HTTP/1.1 200", TOKEN_B "." THUMBPRINT);
	assert_int_equal(solver_cleanup(b->set, &one, &e), 0);
	assert_int_equal(solver_cleanup(b->set, &two, &e), 0);
	assert_int_equal(connect_to(b->port), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_taken_port_is_explained, setup, teardown),
		cmocka_unit_test_setup_teardown(addresses_are_checked, setup, teardown),
		cmocka_unit_test_setup_teardown(port_is_held_until_the_last_answer_is_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_presented_needs_no_responder, setup, teardown),
		cmocka_unit_test_setup_teardown(serves_both_rounds, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
