#include "config.h"

#include "https_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/http.h"

#define DAY 86400L
#define REQUEST_ROOM 65536

/* ---- The certificate ---- */

static int add_extension(X509 *cert, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;
	int ok;

	X509V3_set_ctx(&context, cert, cert, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	ok = extension && X509_add_ext(cert, extension, -1);
	X509_EXTENSION_free(extension);
	return ok ? 0 : -1;
}

static X509 *make_certificate(EVP_PKEY *key, bool expired)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), expired ? -20 * DAY : -DAY);
	X509_gmtime_adj(X509_getm_notAfter(cert), expired ? -10 * DAY : DAY);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"a test", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509_set_pubkey(cert, key);
	if (add_extension(cert, NID_subject_alt_name, "DNS:localhost") ||
	    add_extension(cert, NID_basic_constraints, "critical,CA:TRUE") || !X509_sign(cert, key, EVP_sha256())) {
		X509_free(cert);
		return NULL;
	}
	return cert;
}

static int choose_http2(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
                        unsigned int in_len, void *unused) /* OpenSSL's own signature */
{
	(void)ssl;
	(void)unused;
	for (unsigned int i = 0; i < in_len; i += in[i] + 1u)
		if (in[i] == 2 && !memcmp(in + i + 1, "h2", 2)) {
			*out = in + i + 1;
			*out_len = 2;
			return SSL_TLSEXT_ERR_OK;
		}
	return SSL_TLSEXT_ERR_NOACK;
}

static SSL_CTX *make_context(enum https_kind kind, const char *ca_file)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = key ? make_certificate(key, kind == HTTPS_EXPIRED) : NULL;
	FILE *f = cert ? fopen(ca_file, "w") : NULL;
	bool ok = f && PEM_write_X509(f, cert) && SSL_CTX_use_certificate(context, cert) &&
	          SSL_CTX_use_PrivateKey(context, key);

	if (f)
		fclose(f);
	if (kind == HTTPS_TWO)
		SSL_CTX_set_alpn_select_cb(context, choose_http2, NULL);
	X509_free(cert);
	EVP_PKEY_free(key);
	if (ok)
		return context;
	SSL_CTX_free(context);
	return NULL;
}

/* ---- HTTP/1.1; everything here runs in a process per connection, which simply ends when the peer is gone ---- */

static int plain_fd = -1; /* for a NULL in place of the SSL */

static void send_bytes(SSL *ssl, const void *data, size_t len)
{
	const char *at = data;
	size_t sent;

	if (ssl) {
		if (len && !SSL_write_ex(ssl, data, len, &sent))
			_exit(0);
		return;
	}
	for (ssize_t n; len; at += n, len -= (size_t)n)
		if ((n = write(plain_fd, at, len)) <= 0)
			_exit(0);
}

static bool receive_bytes(SSL *ssl, void *to, size_t len, size_t *got)
{
	ssize_t n;

	if (ssl)
		return SSL_read_ex(ssl, to, len, got);
	n = read(plain_fd, to, len);
	*got = n > 0 ? (size_t)n : 0;
	return n > 0;
}

static void send_text(SSL *ssl, const char *text)
{
	send_bytes(ssl, text, strlen(text));
}

static void send_answer(SSL *ssl, const char *status_and_headers, const char *body, size_t len)
{
	char head[512];

	snprintf(head, sizeof(head), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n", status_and_headers, len);
	send_text(ssl, head);
	send_bytes(ssl, body, len);
}

/* The request's head and body into `to`, as long as is returned; ends the process when no further one comes. */
static size_t read_request(SSL *ssl, char *to)
{
	size_t len = 0, want = 0, n;

	for (;;) {
		const char *end;

		to[len] = '\0';
		end = strstr(to, "\r\n\r\n");
		if (end) {
			const char *length = strcasestr(to, "\r\nContent-Length:");

			want = (size_t)(end - to) + 4 + (length ? strtoul(length + 17, NULL, 10) : 0);
			if (len >= want)
				return len;
		}
		if (len == REQUEST_ROOM || !receive_bytes(ssl, to + len, REQUEST_ROOM - len, &n))
			_exit(0);
		len += n;
	}
}

static void send_big(SSL *ssl, size_t len)
{
	static char body[HTTP_LARGE_BODY_MAX + 1];

	memset(body, 'b', sizeof(body));
	send_answer(ssl, "200 OK", body, len);
}

static void send_many_headers(SSL *ssl)
{
	char line[1024];

	send_text(ssl, "HTTP/1.1 200 OK\r\n");
	memset(line, 'h', sizeof(line));
	memcpy(line, "X-Many: ", 8);
	memcpy(line + sizeof(line) - 2, "\r\n", 2);
	for (int i = 0; i < 100; i++)
		send_bytes(ssl, line, sizeof(line));
	send_text(ssl, "Content-Length: 0\r\n\r\n");
}

static void send_odd_headers(SSL *ssl)
{
	char line[80];

	send_text(ssl, "HTTP/1.1 200 OK\r\nReplay-Nonce: first\r\nreplay-nonce: second\r\n"
	               "Location: https://localhost/\x01/x\r\nContent-Type:   text/x  \r\nRetry-After: 3\xe9\r\n");
	for (int i = 0; i < 40; i++) {
		snprintf(line, sizeof(line), "LINK: <https://localhost/%d>;rel=\"up\"\r\n", i);
		send_text(ssl, line);
	}
	send_text(ssl, "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nDate: trailer\r\nLocation: trailer\r\n\r\n");
}

static void send_long_header(SSL *ssl)
{
	static char value[20000];

	memset(value, 'v', sizeof(value));
	send_text(ssl, "HTTP/1.1 200 OK\r\nLocation: ");
	send_bytes(ssl, value, sizeof(value));
	send_text(ssl, "\r\nReplay-Nonce: n\r\nContent-Length: 0\r\n\r\n");
}

static void drip(SSL *ssl)
{
	send_text(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
	for (;;) {
		send_text(ssl, "d");
		usleep(50000);
	}
}

static void hang(SSL *ssl)
{
	char byte;
	size_t n;

	(void)receive_bytes(ssl, &byte, 1, &n);
	_exit(0);
}

static bool is_path(const char *request, const char *path)
{
	const char *at = strchr(request, ' ');
	size_t len = strlen(path);

	return at && !strncmp(at + 1, path, len) && at[1 + len] == ' ';
}

static void send_body_back(SSL *ssl, const char *request, size_t len)
{
	const char *body = strstr(request, "\r\n\r\n") + 4;

	send_answer(ssl, "200 OK\r\nContent-Type: application/ocsp-response", body, len - (size_t)(body - request));
}

static void answer_fairly(SSL *ssl, const char *request, size_t len)
{
	if (is_path(request, "/echo"))
		send_answer(ssl, "200 OK\r\nContent-Type: text/plain", request, strlen(request));
	else if (is_path(request, "/body"))
		send_body_back(ssl, request, len);
	else if (!strncmp(request, "HEAD ", 5))
		send_text(ssl, "HTTP/1.1 204 No Content\r\nReplay-Nonce: head\r\n\r\n");
	else if (is_path(request, "/redirect"))
		send_answer(ssl, "302 Found\r\nLocation: https://localhost/elsewhere", "moved", 5);
	else if (is_path(request, "/downgrade"))
		send_answer(ssl, "301 Moved Permanently\r\nLocation: http://localhost/elsewhere", "moved", 5);
	else if (is_path(request, "/continue"))
		send_text(ssl, "HTTP/1.1 103 Early Hints\r\nLink: <https://a>;rel=up\r\nReplay-Nonce: early\r\n\r\n"
		               "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	else if (is_path(request, "/exact"))
		send_big(ssl, HTTP_BODY_MAX);
	else if (is_path(request, "/large"))
		send_big(ssl, HTTP_LARGE_BODY_MAX);
	else
		send_answer(ssl, "404 Not Found\r\nContent-Type: application/problem+json", "{}", 2);
}

static void answer_badly(SSL *ssl, const char *request, size_t len)
{
	if (is_path(request, "/big")) {
		send_big(ssl, HTTP_BODY_MAX + 1);
	} else if (is_path(request, "/too-large")) {
		send_big(ssl, HTTP_LARGE_BODY_MAX + 1);
	} else if (is_path(request, "/headers")) {
		send_many_headers(ssl);
	} else if (is_path(request, "/odd")) {
		send_odd_headers(ssl);
	} else if (is_path(request, "/long")) {
		send_long_header(ssl);
	} else if (is_path(request, "/slow")) {
		hang(ssl);
	} else if (is_path(request, "/drip")) {
		drip(ssl);
	} else if (is_path(request, "/early")) {
		send_text(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nearly");
		_exit(0);
	} else if (is_path(request, "/nothing")) {
		_exit(0);
	} else if (is_path(request, "/no-status")) {
		send_answer(ssl, "600 Odd\r\nContent-Type: text/plain\r\nReplay-Nonce: n\r\nLink: <https://a>;rel=up", "{}", 2);
	} else if (is_path(request, "/nonsense")) {
		send_text(ssl, "nothing that HTTP knows\r\n\r\n");
		_exit(0);
	} else {
		answer_fairly(ssl, request, len);
	}
}

/* ---- HTTP/2, as little of it as a client needs ---- */

static void read_exactly(SSL *ssl, unsigned char *to, size_t len)
{
	size_t n;

	for (; len; to += n, len -= n)
		if (!SSL_read_ex(ssl, to, len, &n))
			_exit(0);
}

static void send_frame(SSL *ssl, unsigned char type, unsigned char flags, uint32_t stream, const char *payload)
{
	size_t len = strlen(payload);
	unsigned char head[9] = {0, 0, (unsigned char)len, type, flags, (unsigned char)(stream >> 24),
	                         (unsigned char)(stream >> 16), (unsigned char)(stream >> 8), (unsigned char)stream};

	send_bytes(ssl, head, sizeof(head));
	send_bytes(ssl, payload, len);
}

/* ":status: 200" is entry 8 of the static table; then two bytes of body and the end of the stream. */
static void answer_stream(SSL *ssl, uint32_t stream)
{
	send_frame(ssl, 1, 4, stream, "\x88");
	send_frame(ssl, 0, 1, stream, "h2");
}

static void speak_http2(SSL *ssl)
{
	static unsigned char payload[1 << 16];
	unsigned char head[9];
	uint32_t waiting[HTTPS_STREAMS];
	size_t count = 0;
	bool first = true;

	read_exactly(ssl, payload, 24);
	send_frame(ssl, 4, 0, 0, "");
	for (;;) {
		uint32_t stream;

		read_exactly(ssl, head, sizeof(head));
		if (head[0])
			_exit(0);
		read_exactly(ssl, payload, (size_t)head[1] << 8 | head[2]);
		stream = (uint32_t)head[5] << 24 | (uint32_t)head[6] << 16 | (uint32_t)head[7] << 8 | head[8];
		if (head[3] == 4 && !(head[4] & 1))
			send_frame(ssl, 4, 1, 0, "");
		if (head[3] != 1)
			continue;
		if (first)
			answer_stream(ssl, stream);
		else
			waiting[count++] = stream;
		first = false;
		for (size_t i = 0; count == HTTPS_STREAMS && i < count; i++)
			answer_stream(ssl, waiting[i]);
		count = count == HTTPS_STREAMS ? 0 : count;
	}
}

/* ---- The server ---- */

static void answer_requests(SSL *ssl)
{
	static char request[REQUEST_ROOM + 1];

	for (;;) {
		size_t len = read_request(ssl, request);

		answer_badly(ssl, request, len);
	}
}

static void serve_without_tls(int fd)
{
	char first = '\0';

	plain_fd = fd;
	if (recv(fd, &first, 1, MSG_PEEK) == 1 && first != '\x16')
		answer_requests(NULL);
	send_text(NULL, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
}

static void serve_connection(SSL_CTX *context, int fd, enum https_kind kind)
{
	SSL *ssl = SSL_new(context);

	alarm(60);
	if (kind == HTTPS_PLAIN) {
		serve_without_tls(fd);
		return;
	}
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) != 1)
		return;
	if (kind == HTTPS_TWO)
		speak_http2(ssl);
	answer_requests(ssl);
}

static void serve(SSL_CTX *context, int listener, enum https_kind kind)
{
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			_exit(1);
		if (!fork()) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(listener);
			serve_connection(context, fd, kind);
			_exit(0);
		}
		close(fd);
	}
}

static int listen_on_loopback(int *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&a, len) || listen(fd, 128) || getsockname(fd, (struct sockaddr *)&a, &len)) {
		close(fd);
		return -1;
	}
	*port = ntohs(a.sin_port);
	return fd;
}

int https_server_start(enum https_kind kind, const char *folder, struct https_server *out)
{
	SSL_CTX *context;
	int listener = listen_on_loopback(&out->port);

	snprintf(out->ca_file, sizeof(out->ca_file), "%s/ca-%d.pem", folder, (int)kind);
	context = listener >= 0 ? make_context(kind, out->ca_file) : NULL;
	if (!context)
		return -1;
	out->pid = fork();
	if (!out->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(context, listener, kind);
	}
	close(listener);
	SSL_CTX_free(context);
	return out->pid > 0 ? 0 : -1;
}

void https_server_stop(struct https_server *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	unlink(s->ca_file);
}
