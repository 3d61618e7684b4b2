/* URLs of a CA, and Link values with them. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fuzz.h"
#include "net/http.h"

static void origin_of(const char *url)
{
	struct err e = ERR_INIT;
	char *origin = http_url_origin(url), *again;

	fuzz_must(origin != NULL && http_url_check_plain(origin, &e) == 0, "an origin that is no URL");
	again = http_url_origin(origin);
	fuzz_same(origin, again, "the origin of an origin is another one");
	fuzz_must(strlen(origin) <= strlen(url), "an origin is longer than its URL");
	free(again);
	free(origin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct http_response r = {.status = 200};
	struct strs urls = {0};
	struct err e = ERR_INIT;
	bool good = http_url_check(text, &e) == 0;

	if (!good)
		fuzz_err(&e);
	if (http_url_check_plain(text, &e) == 0)
		origin_of(text);
	else
		fuzz_err(&e);
	fuzz_must(!good || strncasecmp(text, "https://", 8) == 0, "a URL that is not https");
	strs_add(&r.links, text);
	http_links(&r, "alternate", &urls);
	for (size_t i = 0; i < urls.count; i++)
		fuzz_must(http_url_check(urls.item[i], &e) == 0, "a link that is no URL of ours");
	strs_clear(&urls);
	strs_clear(&r.links);
	free(text);
	return 0;
}
