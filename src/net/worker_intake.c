#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "worker.h"

void worker_intake_init(struct worker_intake *in, size_t max_body)
{
	memset(in, 0, sizeof(*in));
	buf_init(&in->body, max_body);
}

void worker_intake_clear(struct worker_intake *in)
{
	http_response_clear(&in->response);
	buf_clear(&in->body);
}

/* The value without blanks around it; NULL when it is too long or holds anything but visible ASCII and spaces. */
static char *header_value(const char *s, size_t len)
{
	while (len && (*s == ' ' || *s == '\t')) {
		s++;
		len--;
	}
	while (len && (s[len - 1] == ' ' || s[len - 1] == '\t'))
		len--;
	if (len > HTTP_HEADER_MAX)
		return NULL;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20 || (unsigned char)s[i] >= 0x7f)
			return NULL;
	return str_ndup(s, len);
}

static char **slot_of(struct http_response *r, const char *name, size_t len)
{
	const struct {
		const char *name;
		char **slot;
	} kept[] = {
		{"content-type", &r->content_type}, {"replay-nonce", &r->replay_nonce}, {"location", &r->location},
		{"retry-after", &r->retry_after}, {"date", &r->date},
	};

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (strlen(kept[i].name) == len && !strncasecmp(kept[i].name, name, len))
			return kept[i].slot;
	return NULL;
}

static void keep_header(struct http_response *r, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	size_t name_len = colon ? (size_t)(colon - line) : 0;
	bool is_link = name_len == 4 && !strncasecmp(line, "link", 4);
	char **slot = colon ? slot_of(r, line, name_len) : NULL;
	char *value;

	if (!is_link && (!slot || *slot))
		return;
	if (is_link && r->links.count >= HTTP_LINKS_MAX)
		return;
	value = header_value(colon + 1, len - name_len - 1);
	if (!value)
		return;
	if (is_link)
		strs_take(&r->links, value);
	else
		*slot = value;
}

int worker_intake_header(struct worker_intake *in, const char *line, size_t len)
{
	in->header_bytes += len;
	if (in->header_bytes > HTTP_HEADERS_MAX) {
		in->headers_over = true;
		return -1;
	}
	/* After the headers only trailers come, of which nothing is kept. */
	if (in->headers_done)
		return 0;
	while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	if (len >= 5 && !strncasecmp(line, "HTTP/", 5)) {
		http_response_clear(&in->response);
		return 0;
	}
	keep_header(&in->response, line, len);
	return 0;
}

int worker_intake_body(struct worker_intake *in, const char *data, size_t len)
{
	if (!buf_append(&in->body, data, len))
		return 0;
	in->body_over = true;
	return -1;
}

void worker_intake_finish(struct worker_intake *in, int status)
{
	in->response.status = status;
	in->response.body_len = in->body.len;
	in->response.body = buf_take(&in->body);
}
