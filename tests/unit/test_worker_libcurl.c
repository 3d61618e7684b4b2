/*
 * libcurl refuses what the worker asks of it, each call in turn, as it does without memory or where it was built without something.
 * With an option missing, such as the one that has certificates verified, nobody is connected to. The process's own functions
 * stand before libcurl's.
 */
#include "config.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/net/worker.h"

#define CALLS_MAX 500

#undef curl_easy_setopt
#undef curl_multi_setopt

/* ---- before libcurl */

static struct {
	bool armed, struck;
	bool options; /* what failed was made before anything was sent */
	int left;     /* calls that still succeed */
	int connects;
} curl;

static bool fails(bool is_option)
{
	if (!curl.armed || curl.struck || curl.left-- > 0)
		return false;
	curl.struck = true;
	curl.options = is_option;
	return true;
}

/* libcurl's own, by a pointer to it. */
static void find(const char *name, void *function, size_t size)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	assert_non_null(symbol);
	memcpy(function, &symbol, size);
}

/* Whoever is connected to needs one of the stream kind; others are for libcurl's own ends. */
int socket(int family, int type, int protocol)
{
	if ((type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) == SOCK_STREAM)
		curl.connects++;
	return (int)syscall(SYS_socket, family, type, protocol);
}

CURLcode curl_easy_setopt(CURL *c, CURLoption option, ...)
{
	CURLcode (*real)(CURL *, CURLoption, ...);
	CURLcode rc;
	va_list more;

	if (fails(option != CURLOPT_LOW_SPEED_LIMIT && option != CURLOPT_LOW_SPEED_TIME))
		return CURLE_OUT_OF_MEMORY;
	find("curl_easy_setopt", &real, sizeof real);
	va_start(more, option);
	rc = real(c, option, va_arg(more, void *)); /* numbers are passed as pointers are */
	va_end(more);
	return rc;
}

CURLMcode curl_multi_setopt(CURLM *m, CURLMoption option, ...)
{
	CURLMcode (*real)(CURLM *, CURLMoption, ...);
	CURLMcode rc;
	va_list more;

	if (fails(true))
		return CURLM_OUT_OF_MEMORY;
	find("curl_multi_setopt", &real, sizeof real);
	va_start(more, option);
	rc = real(m, option, va_arg(more, void *));
	va_end(more);
	return rc;
}

CURLcode curl_global_init(long flags)
{
	CURLcode (*real)(long);

	if (fails(true))
		return CURLE_OUT_OF_MEMORY;
	find("curl_global_init", &real, sizeof real);
	return real(flags);
}

CURL *curl_easy_init(void)
{
	CURL *(*real)(void);

	if (fails(true))
		return NULL;
	find("curl_easy_init", &real, sizeof real);
	return real();
}

CURLM *curl_multi_init(void)
{
	CURLM *(*real)(void);

	if (fails(true))
		return NULL;
	find("curl_multi_init", &real, sizeof real);
	return real();
}

CURLMcode curl_multi_add_handle(CURLM *m, CURL *c)
{
	CURLMcode (*real)(CURLM *, CURL *);

	if (fails(true))
		return CURLM_OUT_OF_MEMORY;
	find("curl_multi_add_handle", &real, sizeof real);
	return real(m, c);
}

CURLMcode curl_multi_perform(CURLM *m, int *running)
{
	CURLMcode (*real)(CURLM *, int *);

	if (fails(false))
		return CURLM_INTERNAL_ERROR;
	find("curl_multi_perform", &real, sizeof real);
	return real(m, running);
}

CURLMcode curl_multi_poll(CURLM *m, struct curl_waitfd *fds, unsigned int n, int ms, int *ready)
{
	CURLMcode (*real)(CURLM *, struct curl_waitfd *, unsigned int, int, int *);

	if (fails(false))
		return CURLM_OUT_OF_MEMORY;
	find("curl_multi_poll", &real, sizeof real);
	return real(m, fds, n, ms, ready);
}

struct curl_slist *curl_slist_append(struct curl_slist *list, const char *text)
{
	struct curl_slist *(*real)(struct curl_slist *, const char *);

	if (fails(true))
		return NULL;
	find("curl_slist_append", &real, sizeof real);
	return real(list, text);
}

/* ---- tegata's end */

struct bed {
	int tegata; /* the other end of WORKER_FD */
	int closed; /* bound and not listening: whoever connects is refused at once */
	int port;
};

static int setup(void **state)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	struct bed *b = mem_new(1, sizeof *b);
	int pair[2];

	b->closed = fcntl(socket(AF_INET, SOCK_STREAM, 0), F_DUPFD_CLOEXEC, 10);
	assert_int_equal(bind(b->closed, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(getsockname(b->closed, (struct sockaddr *)&a, &len), 0);
	b->port = ntohs(a.sin_port);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	b->tegata = fcntl(pair[0], F_DUPFD_CLOEXEC, 10);
	assert_true(b->tegata >= 0);
	assert_int_equal(dup2(pair[1], WORKER_FD), WORKER_FD);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bed *b = *state;

	close(b->tegata);
	close(b->closed);
	close(WORKER_FD);
	free(b);
	return 0;
}

/* What the worker has told, if it has: always a failure, with words. */
static void hear(const struct bed *b, int place, enum wire_type expected)
{
	struct http_response response = {.status = 0};
	struct probe_result result = {.pem = NULL};
	enum wire_type type = 0;
	struct err e = ERR_INIT;
	uint32_t index = 0;
	struct buf body;
	const struct err *said = expected == WIRE_RESPONSE ? &response.err : &result.err;
	int rc;

	buf_init(&body, WIRE_FRAME_MAX);
	if (wire_receive(b->tegata, &type, &body, 5000, &e) != 0)
		fail_msg("call %d: nothing was told: %s", place, e.cause);
	assert_int_equal(type, expected);
	if (expected == WIRE_RESPONSE)
		rc = wire_get_response(body.data, body.len, &index, &response, &e);
	else
		rc = wire_probe_get_result(body.data, body.len, &index, &result, &e);
	if (rc != 0)
		fail_msg("call %d: %s", place, e.cause);
	assert_int_equal(index, 7);
	assert_int_equal(said->kind, ERR_NET);
	assert_true(strlen(said->cause) > 5);
	http_response_clear(&response);
	probe_result_clear(&result);
	buf_clear(&body);
}

static void arm(int place)
{
	curl.left = place;
	curl.connects = 0;
	curl.options = curl.struck = false;
	curl.armed = true;
}

/* Nothing was sent where an option was missing. */
static bool is_over(int place)
{
	curl.armed = false;
	if (curl.struck && curl.options && curl.connects > 0)
		fail_msg("call %d failed, and all the same somebody was connected to", place);
	if (!curl.struck)
		assert_true(curl.connects > 0);
	return !curl.struck;
}

static bool fetch(const struct bed *b, const struct http_options *o, const struct http_request *r, int place)
{
	const struct worker_job job = {.index = 7, .request = *r};
	struct worker_fetch *f = NULL;

	arm(place);
	if (worker_fetch_open(o, &f) != 0)
		assert_true(curl.struck && f == NULL);
	else if (worker_fetch_batch(f, &job, 1) == 0)
		hear(b, place, WIRE_RESPONSE);
	else
		assert_true(curl.struck);
	worker_fetch_close(f);
	return is_over(place);
}

static void requests_fail(void **state)
{
	const struct bed *b = *state;
	char *url = str_fmt("https://127.0.0.1:%d/", b->port), *plain = str_fmt("http://127.0.0.1:%d/", b->port);
	const struct http_request requests[] = {
		{.method = HTTP_POST, .url = url, .content_type = "application/jose+json", .body = "{}", .body_len = 2},
		{.method = HTTP_GET, .url = plain, .accept = "text/plain", .plain = true},
		{.method = HTTP_HEAD, .url = url},
	};
	const struct http_options options[] = {
		{.user_agent = "test", .accept_language = "ja", .connect_timeout_sec = 5, .request_timeout_sec = 5, .max_in_flight = 4},
		{.user_agent = "test", .ca_file = "/etc/hostname", .connect_timeout_sec = 5, .request_timeout_sec = 8, .max_in_flight = 4},
	};

	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
		for (size_t k = 0; k < sizeof options / sizeof *options; k++) {
			int place = 0;

			/* A file that holds no certificate: libcurl fails before it connects. */
			if (k == 1 && !requests[i].plain)
				continue;
			while (place < CALLS_MAX && !fetch(b, &options[k], &requests[i], place))
				place++;
			assert_in_range(place, 25, CALLS_MAX - 1);
		}
	free(url);
	free(plain);
}

static bool probe(const struct bed *b, const struct http_options *o, const struct probe_request *r, int place)
{
	const struct worker_probe_job job = {.index = 7, .request = *r};

	arm(place);
	if (worker_probe_batch(o, &job, 1) == 0)
		hear(b, place, WIRE_PROBED);
	else
		assert_true(curl.struck);
	return is_over(place);
}

static void probes_fail(void **state)
{
	const struct bed *b = *state;
	const struct http_options o = {.user_agent = "test", .probe_timeout_sec = 5, .max_in_flight = 4};
	const struct probe_request requests[] = {
		{.protocol = PROBE_TLS, .host = "127.0.0.1", .port = b->port, .name = "www.example.jp"},
		{.protocol = PROBE_TLS, .host = "127.0.0.1", .port = b->port, .name = "www.example.jp", .key = PROBE_KEY_RSA},
		{.protocol = PROBE_LDAP, .host = "127.0.0.1", .port = b->port, .name = "www.example.jp", .key = PROBE_KEY_EC},
		{.protocol = PROBE_IMAP, .host = "127.0.0.1", .port = b->port, .name = "www.example.jp"},
	};

	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		int place = 0;

		while (place < CALLS_MAX && !probe(b, &o, &requests[i], place))
			place++;
		assert_in_range(place, 20, CALLS_MAX - 1);
	}
}

/* A batch that was given up leaves nothing for the next one to stumble over: another worker takes it. */
static void another_begins_anew(void **state)
{
	const struct bed *b = *state;
	char *url = str_fmt("https://127.0.0.1:%d/", b->port);
	const struct http_options o = {.user_agent = "test", .connect_timeout_sec = 5, .request_timeout_sec = 5, .max_in_flight = 4};
	const struct http_request r = {.method = HTTP_GET, .url = url};

	assert_false(fetch(b, &o, &r, 12));
	assert_true(fetch(b, &o, &r, CALLS_MAX));
	free(url);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(requests_fail, setup, teardown),
		cmocka_unit_test_setup_teardown(probes_fail, setup, teardown),
		cmocka_unit_test_setup_teardown(another_begins_anew, setup, teardown),
	};

	if (sizeof(curl_off_t) > sizeof(void *))
		return 77; /* numbers are not passed as pointers are */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
