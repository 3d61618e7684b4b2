#include "config.h"

#include "solve/inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

#define FIRST 3
#define MOST 64

/* How many there are. */
static int count(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	int64_t whose, n;

	/* Said to another process, and inherited by us, it means nothing. */
	if (pid == NULL || fds == NULL || str_to_int64(pid, 1, INT32_MAX, &whose) != 0 || whose != getpid() ||
	    str_to_int64(fds, 1, MOST, &n) != 0)
		return 0;
	return (int)n;
}

static bool has(int fd, int option, int wanted)
{
	int value = -1;
	socklen_t len = sizeof value;

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 && value == wanted;
}

static bool is_dual(int fd)
{
	int only = 1;
	socklen_t len = sizeof only;

	return getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, &len) == 0 && only == 0;
}

static bool serves_v4(int fd, const struct sockaddr_storage *has_name, const struct sockaddr_in *wanted)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)has_name;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)has_name;

	if (has_name->ss_family == AF_INET6)
		return v6->sin6_port == wanted->sin_port && IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr) && is_dual(fd);
	return v4->sin_port == wanted->sin_port &&
	       (v4->sin_addr.s_addr == wanted->sin_addr.s_addr || v4->sin_addr.s_addr == htonl(INADDR_ANY));
}

static bool serves_v6(const struct sockaddr_storage *has_name, const struct sockaddr_in6 *wanted)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)has_name;

	return has_name->ss_family == AF_INET6 && v6->sin6_port == wanted->sin6_port &&
	       (IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr) ||
	        memcmp(&v6->sin6_addr, &wanted->sin6_addr, sizeof v6->sin6_addr) == 0);
}

int inherited_find(const struct sockaddr_storage *wanted)
{
	int n = count();

	for (int fd = FIRST; fd < FIRST + n; fd++) {
		struct sockaddr_storage name;
		socklen_t len = sizeof name;

		memset(&name, 0, sizeof name);
		if (!has(fd, SO_TYPE, SOCK_STREAM) || !has(fd, SO_ACCEPTCONN, 1) ||
		    getsockname(fd, (struct sockaddr *)&name, &len) != 0)
			continue;
		if (name.ss_family != AF_INET && name.ss_family != AF_INET6)
			continue;
		if (wanted->ss_family == AF_INET ? serves_v4(fd, &name, (const struct sockaddr_in *)wanted)
		                                 : serves_v6(&name, (const struct sockaddr_in6 *)wanted))
			return fd;
	}
	return -1;
}

int inherited_use(int inherited)
{
	int fd = fcntl(inherited, F_DUPFD_CLOEXEC, FIRST);
	int saved;

	if (fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}
