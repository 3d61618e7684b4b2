/* Sockets that systemd opened before: which of them serve an address. */
#include "config.h"

#include "solve/inherited.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct sockaddr_storage v4(const char *text, int port)
{
	struct sockaddr_storage s;
	struct sockaddr_in *a = (struct sockaddr_in *)&s;

	memset(&s, 0, sizeof s);
	a->sin_family = AF_INET;
	a->sin_port = htons((in_port_t)port);
	assert_int_equal(inet_pton(AF_INET, text, &a->sin_addr), 1);
	return s;
}

static struct sockaddr_storage v6(const char *text, int port)
{
	struct sockaddr_storage s;
	struct sockaddr_in6 *a = (struct sockaddr_in6 *)&s;

	memset(&s, 0, sizeof s);
	a->sin6_family = AF_INET6;
	a->sin6_port = htons((in_port_t)port);
	assert_int_equal(inet_pton(AF_INET6, text, &a->sin6_addr), 1);
	return s;
}

/* Descriptor 3 becomes such a socket; the port that it got, or -1 where there is no such address. */
static int put(int family, const char *text, bool listening, bool only6)
{
	struct sockaddr_storage s = family == AF_INET ? v4(text, 0) : v6(text, 0);
	socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	int fd = socket(family, SOCK_STREAM, 0), on = only6;

	if (fd < 0)
		return -1;
	if ((family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) ||
	    bind(fd, (struct sockaddr *)&s, len) != 0) {
		close(fd);
		return -1;
	}
	if (listening)
		assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&s, &len), 0);
	if (fd != 3) {
		assert_int_equal(dup2(fd, 3), 3);
		close(fd);
	}
	return ntohs(family == AF_INET ? ((struct sockaddr_in *)&s)->sin_port : ((struct sockaddr_in6 *)&s)->sin6_port);
}

static void announce(const char *pid, const char *fds)
{
	char own[32];

	snprintf(own, sizeof own, "%ld", (long)getpid());
	setenv("LISTEN_PID", pid != NULL ? pid : own, 1);
	setenv("LISTEN_FDS", fds, 1);
}

static void which_serve_an_address(void **state)
{
	static const struct {
		int family;
		const char *bound;
		bool listening, only6;
		int wanted_family;
		const char *wanted;
		int port_off;
		bool found;
	} t[] = {
		{AF_INET, "127.0.0.1", true, false, AF_INET, "127.0.0.1", 0, true},
		{AF_INET, "127.0.0.1", true, false, AF_INET, "127.0.0.1", 1, false},
		{AF_INET, "127.0.0.1", true, false, AF_INET, "127.0.0.2", 0, false},
		{AF_INET, "127.0.0.1", false, false, AF_INET, "127.0.0.1", 0, false}, /* it does not listen */
		{AF_INET, "0.0.0.0", true, false, AF_INET, "192.0.2.1", 0, true},
		{AF_INET, "0.0.0.0", true, false, AF_INET6, "::1", 0, false},
		{AF_INET6, "::", true, false, AF_INET, "192.0.2.1", 0, true},
		{AF_INET6, "::", true, false, AF_INET, "192.0.2.1", 1, false},
		{AF_INET6, "::", true, true, AF_INET, "192.0.2.1", 0, false},
		{AF_INET6, "::1", true, false, AF_INET, "127.0.0.1", 0, false},
		{AF_INET6, "::", true, true, AF_INET6, "2001:db8::1", 0, true},
		{AF_INET6, "::1", true, true, AF_INET6, "::1", 0, true},
		{AF_INET6, "::1", true, true, AF_INET6, "::1", 1, false},
		{AF_INET6, "::1", true, true, AF_INET6, "::2", 0, false},
	};
	size_t tried = 0;

	(void)state;
	announce(NULL, "1");
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		int port = put(t[i].family, t[i].bound, t[i].listening, t[i].only6);
		struct sockaddr_storage wanted;

		if (port < 0 && t[i].family == AF_INET6)
			continue; /* a machine without IPv6 */
		assert_true(port > 0);
		wanted = t[i].wanted_family == AF_INET ? v4(t[i].wanted, port + t[i].port_off) : v6(t[i].wanted, port + t[i].port_off);
		if (inherited_find(&wanted) != (t[i].found ? 3 : -1))
			fail_msg("row %zu", i);
		close(3);
		tried++;
	}
	assert_true(tried >= 6);
}

/* Said to another process, or not said rightly, they are not ours. */
static void what_is_not_for_us(void **state)
{
	static const struct {
		const char *pid, *fds;
	} t[] = {{"1", "1"}, {"", "1"}, {"x", "1"}, {NULL, ""}, {NULL, "0"}, {NULL, "-1"}, {NULL, "65"}, {NULL, "one"}};
	int port = put(AF_INET, "127.0.0.1", true, false);
	struct sockaddr_storage wanted = v4("127.0.0.1", port);

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		announce(t[i].pid, t[i].fds);
		assert_int_equal(inherited_find(&wanted), -1);
	}
	unsetenv("LISTEN_FDS");
	assert_int_equal(inherited_find(&wanted), -1);
	announce(NULL, "1");
	unsetenv("LISTEN_PID");
	assert_int_equal(inherited_find(&wanted), -1);
	announce(NULL, "1");
	assert_int_equal(inherited_find(&wanted), 3);
	close(3);
}

/* A socket of another kind, a file, or nothing at all. */
static void what_cannot_serve(void **state)
{
	struct sockaddr_storage wanted = v4("127.0.0.1", 80);
	int pair[2];

	(void)state;
	announce(NULL, "1");
	close(3);
	assert_int_equal(inherited_find(&wanted), -1);
	assert_int_equal(inherited_use(3), -1);
	assert_int_equal(open("/dev/null", O_RDONLY), 3);
	assert_int_equal(inherited_find(&wanted), -1);
	close(3);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(inherited_find(&wanted), -1);
	close(pair[0]);
	close(pair[1]);
}

static void one_is_used(void **state)
{
	int port = put(AF_INET, "127.0.0.1", true, false), fd;

	(void)state;
	assert_true(port > 0);
	fd = inherited_use(3);
	assert_true(fd > 3);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
	close(fd);
	close(3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(which_serve_an_address),
		cmocka_unit_test(what_is_not_for_us),
		cmocka_unit_test(what_cannot_serve),
		cmocka_unit_test(one_is_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
