/* The header lines of one answer as tegata-net takes them in, and what is read in them: Link, Retry-After, Date. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "../../src/net/worker.h"
#include "base/clock.h"
#include "fuzz.h"

#define DAY 86400

static void look_value(const char *v)
{
	if (v == NULL)
		return;
	fuzz_must(strlen(v) <= HTTP_HEADER_MAX, "a header over its limit is kept");
	fuzz_shown(v);
}

static void look_links(const struct http_response *r, const char *rel)
{
	struct strs urls = {0};
	struct err e = ERR_INIT;

	http_links(r, rel, &urls);
	fuzz_must(urls.count <= HTTP_LINKS_MAX, "too many links");
	for (size_t i = 0; i < urls.count; i++)
		fuzz_must(http_url_check(urls.item[i], &e) == 0, "a link that is no URL of ours");
	strs_clear(&urls);
}

static void look(const struct http_response *r)
{
	int64_t at = http_retry_after(r, FUZZ_NOW, DAY);

	fuzz_must(at == 0 || (at >= FUZZ_NOW && at <= FUZZ_NOW + DAY), "a Retry-After outside of its range");
	look_value(r->content_type);
	look_value(r->replay_nonce);
	look_value(r->location);
	look_value(r->retry_after);
	look_value(r->date);
	for (size_t i = 0; i < r->links.count; i++)
		look_value(r->links.item[i]);
	look_links(r, "alternate");
	look_links(r, "up");
}

/* As it goes to tegata: it must arrive, and be the same. */
static void pass_on(const struct http_response *r)
{
	struct http_response got = {0};
	struct err e = ERR_INIT;
	uint32_t index = 99;
	struct buf frame;

	buf_init(&frame, WIRE_FRAME_MAX);
	fuzz_must(wire_put_response(&frame, 7, r) == 0, "an answer does not fit into its message");
	fuzz_must(wire_get_response(frame.data, frame.len, &index, &got, &e) == 0, "tegata would refuse what its helper sends");
	fuzz_must(index == 7 && got.status == r->status && got.body_len == r->body_len, "an answer changes on its way");
	fuzz_same(r->location, got.location, "Location changes on its way");
	fuzz_must(strs_eq(&r->links, &got.links), "Link changes on its way");
	http_response_clear(&got);
	buf_clear(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct worker_intake in;

	worker_intake_init(&in, HTTP_BODY_MAX);
	while (size > 0) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t len = end != NULL ? (size_t)(end - data) + 1 : size;

		if (worker_intake_header(&in, (const char *)data, len) != 0)
			break;
		data += len;
		size -= len;
	}
	in.headers_done = true;
	if (worker_intake_body(&in, "body", 4) == 0) {
		worker_intake_finish(&in, 200);
		look(&in.response);
		pass_on(&in.response);
	}
	worker_intake_clear(&in);
	return 0;
}
