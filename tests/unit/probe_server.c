#include "config.h"

#include "probe_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/rsa.h>

#include "base/str.h"
#include "x509_maker.h"

#define DAY 86400
#define ROOM 4096

static EVP_PKEY *ca_key, *ec_key, *rsa_key;
static X509 *ca, *ec, *rsa, *big;
static char *chain[3];

static X509 *make(const char *subject, const char *const *sans, EVP_PKEY *key)
{
	const struct maker_spec spec = {
		.subject = subject, .sans = sans, .basic = ca ? NULL : "critical,CA:TRUE", .from = 1700000000,
		.to = 1700000000 + 3650L * DAY, .key = key, .issuer = ca, .issuer_key = ca ? ca_key : NULL,
	};

	return maker_cert(&spec);
}

static char *join(X509 *leaf)
{
	char *first = maker_cert_pem(leaf), *second = maker_cert_pem(ca);
	char *both = str_fmt("%s%s", first, second);

	free(first);
	free(second);
	return both;
}

void probe_server_set_up(void)
{
	static const char *const sans[] = {"DNS:" PROBE_SERVER_NAME, NULL};
	static char filler[24][40];
	const char *many[25] = {NULL};

	for (size_t i = 0; i < 24; i++) {
		snprintf(filler[i], sizeof(filler[i]), "DNS:%02zu.a-rather-long-name.example", i);
		many[i] = filler[i];
	}
	ca_key = maker_key();
	ec_key = maker_key();
	rsa_key = EVP_RSA_gen(2048);
	ca = make("an intermediate", NULL, ca_key);
	ec = make("a leaf", sans, ec_key);
	rsa = make("a leaf", sans, rsa_key);
	big = make("much", many, ec_key);
	chain[PROBE_KEY_EC] = join(ec);
	chain[PROBE_KEY_RSA] = join(rsa);
}

void probe_server_tear_down(void)
{
	X509_free(ca);
	X509_free(ec);
	X509_free(rsa);
	X509_free(big);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(ec_key);
	EVP_PKEY_free(rsa_key);
	free(chain[PROBE_KEY_EC]);
	free(chain[PROBE_KEY_RSA]);
}

const char *probe_server_chain(enum probe_key kind)
{
	return chain[kind];
}

static void use(SSL_CTX *context, X509 *leaf, EVP_PKEY *key, X509 *next, int count)
{
	assert_int_equal(SSL_CTX_use_certificate(context, leaf), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
	for (int i = 0; i < count; i++)
		assert_int_equal(SSL_CTX_add1_chain_cert(context, next), 1);
}

static int check_name(SSL *ssl, int *alert, void *unused) /* OpenSSL's own signature */
{
	(void)unused;
	if (str_eq(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name), PROBE_SERVER_NAME))
		return SSL_TLSEXT_ERR_OK;
	*alert = SSL_AD_UNRECOGNIZED_NAME;
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static SSL_CTX *make_context(enum probe_server_kind kind)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	assert_non_null(context);
	SSL_CTX_set_tlsext_servername_callback(context, check_name);
	if (kind == PROBE_SERVER_MANY || kind == PROBE_SERVER_HUGE) {
		use(context, ec, ec_key, kind == PROBE_SERVER_MANY ? ca : big, kind == PROBE_SERVER_MANY ? 99 : 90);
		return context;
	}
	use(context, rsa, rsa_key, ca, 1);
	if (kind == PROBE_SERVER_ONLY_13)
		SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
	else
		use(context, ec, ec_key, ca, 1);
	return context;
}

/* ---- A process per connection, which ends when the peer is gone. ---- */

static void say(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		_exit(0);
}

static void hear(int fd, char *line)
{
	size_t n = 0;

	while (n < ROOM - 1 && (n == 0 || line[n - 1] != '\n')) {
		if (read(fd, line + n, 1) != 1)
			_exit(0);
		n++;
	}
	line[n] = '\0';
}

static void wait_for_end(int fd)
{
	char bytes[ROOM];

	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
	_exit(0);
}

static void start_smtp(int fd, enum probe_server_kind kind)
{
	char line[ROOM];

	say(fd, "220 mail.example ESMTP\r\n");
	hear(fd, line);
	say(fd, kind == PROBE_SERVER_NO_TLS ? "250-mail.example\r\n250 SIZE 1000\r\n"
	                                    : "250-mail.example\r\n250-SIZE 1000\r\n250 STARTTLS\r\n");
	hear(fd, line);
	say(fd, kind == PROBE_SERVER_REFUSES ? "454 not now\r\n" : "220 go ahead\r\n");
}

static void start_imap(int fd, enum probe_server_kind kind)
{
	char line[ROOM], answer[ROOM + 100];

	say(fd, "* OK ready\r\n");
	hear(fd, line);
	snprintf(answer, sizeof(answer), "* CAPABILITY IMAP4rev1%s\r\n%.*s OK done\r\n",
	         kind == PROBE_SERVER_NO_TLS ? "" : " STARTTLS", (int)strcspn(line, " "), line);
	say(fd, answer);
	hear(fd, line);
	snprintf(answer, sizeof(answer), "%.*s %s\r\n", (int)strcspn(line, " "), line,
	         kind == PROBE_SERVER_REFUSES ? "NO not now" : "OK go ahead");
	say(fd, answer);
}

static void start_pop3(int fd, enum probe_server_kind kind)
{
	char line[ROOM];

	say(fd, "+OK ready\r\n");
	hear(fd, line);
	say(fd, kind == PROBE_SERVER_NO_TLS ? "+OK\r\nUSER\r\n.\r\n" : "+OK\r\nUSER\r\nSTLS\r\n.\r\n");
	hear(fd, line);
	say(fd, kind == PROBE_SERVER_REFUSES ? "-ERR not now\r\n" : "+OK go ahead\r\n");
}

/* ExtendedResponse, RFC 4511 §4.12: success or protocolError, and "unwilling to perform". */
static void start_ldap(int fd, enum probe_server_kind kind)
{
	static const unsigned char results[] = {[PROBE_SERVER_NO_TLS] = 2, [PROBE_SERVER_REFUSES] = 53};
	unsigned char answer[] = {0x30, 12, 2, 1, 0, 0x78, 7, 10, 1, 0, 4, 0, 4, 0};
	char asked[31];

	if (recv(fd, asked, sizeof(asked), MSG_WAITALL) != sizeof(asked))
		_exit(0);
	answer[4] = (unsigned char)asked[4];
	answer[9] = kind == PROBE_SERVER_NO_TLS || kind == PROBE_SERVER_REFUSES ? results[kind] : 0;
	if (write(fd, answer, sizeof(answer)) != sizeof(answer))
		_exit(0);
}

static void start(int fd, enum probe_protocol protocol, enum probe_server_kind kind)
{
	switch (protocol) {
	case PROBE_SMTP:
		start_smtp(fd, kind);
		break;
	case PROBE_IMAP:
		start_imap(fd, kind);
		break;
	case PROBE_POP3:
		start_pop3(fd, kind);
		break;
	case PROBE_LDAP:
		start_ldap(fd, kind);
		break;
	default:
		break;
	}
}

static void babble(int fd, bool for_ever)
{
	char bytes[ROOM];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 167 + i / 7);
	do {
		if (write(fd, bytes, sizeof(bytes)) < 0)
			_exit(0);
	} while (for_ever);
	_exit(0);
}

static void serve_connection(SSL_CTX *context, int fd, enum probe_protocol protocol, enum probe_server_kind kind)
{
	SSL *ssl = SSL_new(context);

	alarm(60);
	if (kind == PROBE_SERVER_CLOSES)
		_exit(0);
	if (kind == PROBE_SERVER_GARBAGE || kind == PROBE_SERVER_BABBLES)
		babble(fd, kind == PROBE_SERVER_BABBLES);
	if (kind == PROBE_SERVER_HANGS)
		wait_for_end(fd);
	start(fd, protocol, kind);
	if (kind == PROBE_SERVER_STALLS || kind == PROBE_SERVER_REFUSES || kind == PROBE_SERVER_NO_TLS)
		wait_for_end(fd);
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1)
		wait_for_end(fd);
	_exit(0);
}

struct probe_server probe_server_start(enum probe_protocol protocol, enum probe_server_kind kind)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	SSL_CTX *context = make_context(kind);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(a);
	pid_t pid;

	assert_int_equal(bind(listener, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(listener, 300), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&a, &len), 0);
	pid = fork();
	assert_true(pid >= 0);
	for (bool child = !pid; child;) {
		int fd;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGCHLD, SIG_IGN);
		signal(SIGPIPE, SIG_IGN);
		fd = accept(listener, NULL, NULL);
		if (!fork()) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			serve_connection(context, fd, protocol, kind);
		}
		close(fd);
	}
	close(listener);
	SSL_CTX_free(context);
	return (struct probe_server){.pid = pid, .port = ntohs(a.sin_port)};
}

void probe_server_stop(const struct probe_server *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
}
