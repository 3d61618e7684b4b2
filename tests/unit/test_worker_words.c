/* What the worker says of each failure of libcurl, and how it understands an LDAP server. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/net/worker.h"

static const struct http_options plain_options = {.connect_timeout_sec = 20, .request_timeout_sec = 60};
static const struct http_options own_roots = {.ca_file = "/etc/roots.pem", .connect_timeout_sec = 70, .request_timeout_sec = 60};

static void said(struct err *e, enum err_kind kind, const char *cause, const char *advice, int number)
{
	if (!str_starts(e->cause, cause))
		fail_msg("\"%s\" instead of \"%s\"", e->cause, cause);
	assert_int_equal(e->kind, kind);
	assert_int_equal(e->sys_errno, number);
	if (advice && !(e->advice && strstr(e->advice, advice)))
		fail_msg("%s: \"%s\" instead of \"%s\"", cause, e->advice ? e->advice : "", advice);
	if (!advice && e->advice)
		fail_msg("%s: not expected: %s", cause, e->advice);
	err_clear(e);
}

static void requests(void **state)
{
	static const struct {
		CURLcode code;
		const char *detail, *host;
		const struct http_options *options;
		const char *cause, *advice;
		enum err_kind kind;
		int number;
		bool of_host;
	} t[] = {
		{CURLE_COULDNT_RESOLVE_HOST, "x", "ca.example:443", &plain_options, "cannot resolve ca.example: no address", "spelling",
		 ERR_NET, 0, true},
		{CURLE_COULDNT_RESOLVE_HOST, "x", "ca.example", &plain_options, "cannot resolve ca.example: no address", "spelling", ERR_NET,
		 0, true},
		{CURLE_COULDNT_RESOLVE_HOST, "x", "[::1]", &plain_options, "cannot resolve [::1]: no address", "spelling", ERR_NET, 0, true},
		{CURLE_COULDNT_RESOLVE_PROXY, "no proxy", "a", &plain_options, "cannot resolve the proxy on the way to a: no proxy",
		 "https_proxy", ERR_NET, 0, true},
		{CURLE_COULDNT_CONNECT, "refused", "a", &plain_options, "cannot connect to a: refused", "firewall", ERR_NET, 0, true},
		{CURLE_PEER_FAILED_VERIFICATION, "SSL certificate problem: self-signed", "a", &plain_options,
		 "TLS: the certificate of a is not trusted: self-signed", "host name", ERR_NET, 0, true},
		{CURLE_SSL_ISSUER_ERROR, "SSL: who", "a", &plain_options, "TLS: the certificate of a is not trusted: who", "host name", ERR_NET,
		 0, true},
		{CURLE_SSL_CACERT_BADFILE, "broken", "a", &plain_options, "this machine's trusted CA certificates cannot be read: broken",
		 "ca-certificates", ERR_NET, 0, true},
		{CURLE_SSL_CACERT_BADFILE, "broken", "a", &own_roots,
		 "the file of trusted CA certificates, /etc/roots.pem, cannot be read: broken", "PEM", ERR_CONFIG, 0, true},
		{CURLE_SSL_CONNECT_ERROR, "", "a", &plain_options, "TLS with a failed: ", NULL, ERR_NET, 0, true},
		{CURLE_OPERATION_TIMEDOUT, "x", "a", &plain_options, "cannot connect to a within 20 s", "firewall", ERR_NET, ETIMEDOUT, true},
		{CURLE_OPERATION_TIMEDOUT, "x", "a", &own_roots, "cannot connect to a within 60 s", "firewall", ERR_NET, ETIMEDOUT, true},
		{CURLE_GOT_NOTHING, "x", "a", &plain_options, "a closed the connection without an answer", NULL, ERR_NET, 0, false},
		{CURLE_PARTIAL_FILE, "x", "a", &plain_options, "a closed the connection in the middle of its answer", NULL, ERR_NET, 0, false},
		{CURLE_UNSUPPORTED_PROTOCOL, "HTTP/0.9", "a", &plain_options, "a does not speak HTTP: HTTP/0.9", "port", ERR_NET, 0, false},
		{CURLE_WEIRD_SERVER_REPLY, "odd\x1b[2J", "a", &plain_options, "the answer from a is not correct HTTP: odd\\", NULL, ERR_NET, 0,
		 false},
		{CURLE_OUT_OF_MEMORY, "x", "a", &plain_options, "the answer from a is too large", NULL, ERR_NET, 0, false},
		{CURLE_SEND_ERROR, "gone", "a", &plain_options, "the connection to a broke: gone", NULL, ERR_NET, 0, false},
		{CURLE_RECV_ERROR, "unexpected eof while reading", "a", &plain_options, "a closed the connection without an answer", NULL,
		 ERR_NET, 0, false},
		{CURLE_TOO_MANY_REDIRECTS, "x", "a", &plain_options, "the request to a failed: x", NULL, ERR_NET, 0, false},
	};
	CURL *easy = curl_easy_init();

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct worker_intake intake;
		const struct worker_fault f = {.easy = easy, .code = t[i].code, .detail = t[i].detail, .host = t[i].host,
		                               .options = t[i].options, .intake = &intake};
		struct err e = ERR_INIT;

		worker_intake_init(&intake, 0);
		worker_fault_set(&f, &e);
		said(&e, t[i].kind, t[i].cause, t[i].advice, t[i].number);
		assert_int_equal(worker_fault_is_of_host(&f), t[i].of_host);
		worker_intake_clear(&intake);
	}
	curl_easy_cleanup(easy);
}

/* What passed a limit of ours is told as that, whatever libcurl calls it; and what came too slowly. */
static void limits(void **state)
{
	struct worker_intake intake;
	const struct worker_fault f = {.easy = NULL, .code = CURLE_WRITE_ERROR, .detail = "x", .host = "a", .options = &plain_options,
	                               .intake = &intake};
	struct worker_fault slow = f;
	struct err e = ERR_INIT;

	(void)state;
	worker_intake_init(&intake, 100);
	assert_int_equal(worker_intake_body(&intake, "0123456789", 10), 0);
	intake.body_over = true;
	worker_fault_set(&f, &e);
	said(&e, ERR_NET, "the answer from a is larger than 100 bytes", NULL, EMSGSIZE);
	intake.body_over = false;
	intake.headers_over = true;
	worker_fault_set(&f, &e);
	said(&e, ERR_NET, "the headers of the answer from a are larger", NULL, EMSGSIZE);
	intake.headers_over = false;
	intake.headers_done = true;
	slow.code = CURLE_OPERATION_TIMEDOUT;
	worker_fault_set(&slow, &e);
	said(&e, ERR_NET, "the answer from a came too slowly", NULL, ETIMEDOUT);
	worker_intake_clear(&intake);
}

static void probes(void **state)
{
	static const struct {
		CURLcode code;
		enum probe_protocol protocol;
		const char *host, *cause;
		int number;
	} t[] = {
		{CURLE_OK, PROBE_TLS, "a", "a:443 showed no certificate", 0},
		{CURLE_COULDNT_RESOLVE_HOST, PROBE_TLS, "a", "cannot resolve a: no address", 0},
		{CURLE_COULDNT_CONNECT, PROBE_TLS, "::1", "no connection to [::1]:443: x", 0},
		{CURLE_COULDNT_CONNECT, PROBE_TLS, "[::1]", "no connection to [::1]:443: x", 0},
		{CURLE_OPERATION_TIMEDOUT, PROBE_TLS, "a", "no connection to a:443 within 15 s", ETIMEDOUT},
		{CURLE_SSL_CONNECT_ERROR, PROBE_IMAP, "a", "TLS handshake with a:443 failed: x", 0},
		{CURLE_SSL_CIPHER, PROBE_IMAP, "a", "TLS handshake with a:443 failed: x", 0},
		{CURLE_WEIRD_SERVER_REPLY, PROBE_TLS, "a", "TLS handshake with a:443 failed: x", 0},
		{CURLE_WEIRD_SERVER_REPLY, PROBE_SMTP, "a", "a:443 did not come as far as STARTTLS in smtp: x", 0},
	};
	CURL *easy = curl_easy_init();

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		const struct probe_request r = {.protocol = t[i].protocol, .host = t[i].host, .port = 443, .name = "a"};
		const struct worker_probe_fault f = {.easy = easy, .code = t[i].code, .detail = "x", .request = &r, .timeout_sec = 15};
		struct err e = ERR_INIT;

		worker_probe_fault_set(&f, &e);
		said(&e, ERR_NET, t[i].cause, NULL, t[i].number);
	}
	curl_easy_cleanup(easy);
}

static void probes_without_libcurl(void **state)
{
	struct probe_request r = {.protocol = PROBE_LDAP, .host = "a", .port = 389, .name = "a", .key = PROBE_KEY_RSA};
	const struct worker_probe_fault f = {.code = CURLE_OPERATION_TIMEDOUT, .detail = "", .request = &r, .timeout_sec = 15};
	struct err e = ERR_INIT;

	(void)state;
	worker_probe_fault_set(&f, &e);
	said(&e, ERR_NET, "a:389 did not complete a TLS handshake within 15 s", NULL, ETIMEDOUT);
	worker_probe_fault_late(&r, 15, &e);
	said(&e, ERR_NET, "no connection to a:389 within 15 s", NULL, ETIMEDOUT);
	worker_probe_fault_kind(&r, "SSL: no", &e);
	said(&e, ERR_NET, "a:389 shows no certificate with an RSA key when asked for one (no)", NULL, 0);
	r.key = PROBE_KEY_EC;
	worker_probe_fault_kind(&r, "no", &e);
	said(&e, ERR_NET, "a:389 shows no certificate with an ECDSA key when asked for one (no)", NULL, 0);
	assert_int_equal(worker_probe_fault_check_libcurl(PROBE_TLS, &e), 0);
	assert_int_equal(worker_probe_fault_check_libcurl(PROBE_LDAP, &e), 0);
}

#define GO "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"

static void ldap_answers(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
		enum worker_ldap_answer answer;
	} t[] = {
#define ROW(text, answer) {text, sizeof(text) - 1, answer}
		ROW(GO, WORKER_LDAP_GO),
		ROW("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00", WORKER_LDAP_REFUSED),
		ROW("\x30\x84\x00\x00\x00\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00", WORKER_LDAP_GO), /* as Active Directory */
		ROW("\x30\x81\x0e\x02\x01\x01\x78\x81\x08\x0a\x01\x35\x04\x00\x04\x01x", WORKER_LDAP_REFUSED),
		ROW("\x30", WORKER_LDAP_WAIT),
		ROW("\x30\x0c\x02", WORKER_LDAP_WAIT),
		ROW("\x30\x84\x00\x00", WORKER_LDAP_WAIT),
		ROW("\x31\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00", WORKER_LDAP_NONSENSE),
		ROW("\x30\x0b\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00", WORKER_LDAP_NONSENSE), /* and more behind it */
		ROW("\x30\x0c\x02\x01\x02\x78\x07\x0a\x01\x00\x04\x00\x04\x00", WORKER_LDAP_NONSENSE), /* to another message */
		ROW("\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00", WORKER_LDAP_NONSENSE),
		ROW("\x30\x0c\x02\x01\x01\x78\x06\x0a\x01\x00\x04\x00\x04\x00", WORKER_LDAP_NONSENSE),
		ROW("\x30\x0c\x02\x01\x01\x78\x07\x0b\x01\x00\x04\x00\x04\x00", WORKER_LDAP_NONSENSE),
		ROW("\x30\x05\x02\x01\x01\x78\x00", WORKER_LDAP_NONSENSE),
		ROW("\x30\x03\x02\x01\x01", WORKER_LDAP_NONSENSE),
		ROW("\x30\x02\x02\x01", WORKER_LDAP_NONSENSE),
		ROW("\x30\x80\x02\x01\x01\x78\x07", WORKER_LDAP_NONSENSE), /* of indefinite length */
		ROW("\x30\x85\x01\x01\x01\x01\x01", WORKER_LDAP_NONSENSE),
		ROW("HTTP/1.1 400 Bad Request\r\n\r\n", WORKER_LDAP_WAIT), /* 84 octets, it seems */
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct worker_ldap l = {.fd = -1};
		int pair[2];
		enum worker_ldap_answer got;

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
		assert_int_equal(worker_ldap_ask(&l, pair[0]), 0);
		assert_int_equal(worker_ldap_hear(&l), WORKER_LDAP_WAIT); /* nothing yet */
		assert_int_equal(write(pair[1], t[i].octets, t[i].len), t[i].len);
		got = worker_ldap_hear(&l);
		if (got != t[i].answer)
			fail_msg("row %zu: %d instead of %d", i, (int)got, (int)t[i].answer);
		close(pair[1]);
		if (got == WORKER_LDAP_WAIT)
			assert_int_equal(worker_ldap_hear(&l), WORKER_LDAP_CLOSED);
		worker_ldap_close(&l);
		assert_int_equal(l.fd, -1);
		close(pair[0]);
	}
}

/* Octet by octet it is understood as well, and too much is not waited for. */
static void ldap_in_pieces(void **state)
{
	static const char go[] = GO;
	struct worker_ldap l = {.fd = -1};
	enum worker_ldap_answer got = WORKER_LDAP_WAIT;
	char much[sizeof l.answer] = "\x30\x82\x10\x00";
	int pair[2], fd;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	assert_int_equal(worker_ldap_ask(&l, pair[0]), 0);
	for (size_t i = 0; i + 1 < sizeof go; i++) {
		assert_int_equal(got, WORKER_LDAP_WAIT);
		assert_int_equal(write(pair[1], go + i, 1), 1);
		got = worker_ldap_hear(&l);
	}
	assert_int_equal(got, WORKER_LDAP_GO);
	fd = worker_ldap_take(&l);
	assert_true(fd > WORKER_FD);
	assert_int_equal(worker_ldap_take(&l), -1);
	close(fd);
	assert_int_equal(worker_ldap_ask(&l, pair[0]), 0);
	assert_int_equal(write(pair[1], much, sizeof much), sizeof much);
	assert_int_equal(worker_ldap_hear(&l), WORKER_LDAP_NONSENSE);
	worker_ldap_close(&l);
	assert_int_equal(worker_ldap_ask(&l, -1), -1);
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests), cmocka_unit_test(limits), cmocka_unit_test(probes), cmocka_unit_test(probes_without_libcurl),
		cmocka_unit_test(ldap_answers), cmocka_unit_test(ldap_in_pieces),
	};
	int rc;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	curl_global_cleanup();
	return rc;
}
