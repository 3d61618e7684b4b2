#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "worker.h"

/* RFC 4511 §4.12 and §4.14: the message with the number 1 is an ExtendedRequest for StartTLS. */
static const char request[] = "\x30\x1d\x02\x01\x01\x77\x18\x80\x16" "1.3.6.1.4.1.1466.20037";

#define REQUEST_LEN (sizeof(request) - 1)

int worker_ldap_ask(struct worker_ldap *l, int fd)
{
	l->len = 0;
	l->fd = fcntl(fd, F_DUPFD_CLOEXEC, WORKER_FD + 1);
	if (l->fd < 0)
		return -1;
	return send(l->fd, request, REQUEST_LEN, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)REQUEST_LEN ? 0 : -1;
}

/* Length of the element's tag and length; its content's goes to *content. 0 = not all here, or none that we take. */
static size_t element(const unsigned char *at, size_t len, size_t *content)
{
	size_t more = len > 1 && at[1] > 0x80 ? at[1] & 0x7fu : 0;

	if (len < 2 || at[1] == 0x80 || more > 4 || len < 2 + more)
		return 0;
	*content = more ? 0 : at[1];
	for (size_t i = 0; i < more; i++)
		*content = *content << 8 | at[2 + i];
	return 2 + more;
}

/* SEQUENCE { 1, [APPLICATION 24] { ENUMERATED … */
static enum worker_ldap_answer read_answer(const unsigned char *at, size_t len)
{
	size_t content, head = element(at, len, &content);

	if (!head || at[0] != 0x30 || content != len - head || content < 3 || memcmp(at + head, "\x02\x01\x01", 3))
		return WORKER_LDAP_NONSENSE;
	at += head + 3;
	len -= head + 3;
	head = element(at, len, &content);
	if (!head || at[0] != 0x78 || content != len - head || content < 3 || memcmp(at + head, "\x0a\x01", 2))
		return WORKER_LDAP_NONSENSE;
	return at[head + 2] ? WORKER_LDAP_REFUSED : WORKER_LDAP_GO;
}

enum worker_ldap_answer worker_ldap_hear(struct worker_ldap *l)
{
	ssize_t n = recv(l->fd, l->answer + l->len, sizeof(l->answer) - l->len, MSG_DONTWAIT);
	size_t head, content = 0;

	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return WORKER_LDAP_WAIT;
	if (n <= 0)
		return WORKER_LDAP_CLOSED;
	l->len += (size_t)n;
	head = element(l->answer, l->len, &content);
	if (l->len < sizeof(l->answer) && ((!head && l->len < 6) || (head && l->len - head < content)))
		return WORKER_LDAP_WAIT;
	return read_answer(l->answer, l->len);
}

int worker_ldap_take(struct worker_ldap *l)
{
	int fd = l->fd;

	l->fd = -1;
	return fd;
}

void worker_ldap_close(struct worker_ldap *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}
