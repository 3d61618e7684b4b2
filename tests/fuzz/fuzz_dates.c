/* A date or a number in all the ways that they are written. */
#include "config.h"

#include <stdlib.h>

#include "base/clock.h"
#include "fuzz.h"
#include "net/http.h"

static void instant(const char *text)
{
	int64_t at, back;

	if (time_parse(text, &at) == 0) {
		char *utc = time_format_utc(at), *jst = time_format_jst(at);

		if (time_parse(utc, &back) == 0)
			fuzz_must(back == at, "a time is another one when it is read again");
		if (time_parse(jst, &back) == 0)
			fuzz_must(back == at, "a time in Japan is another one when it is read again");
		free(jst);
		free(utc);
	}
	if (time_parse_http(text, &at) == 0) {
		char *utc = time_format_utc(at);

		fuzz_must(time_parse(utc, &back) == 0 && back == at, "an HTTP date is another one when it is read again");
		free(utc);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct http_response r = {.status = 503, .retry_after = text, .date = text};
	struct date d, again;
	int64_t n, at;

	if (date_parse(text, &d) == 0) {
		char *back = date_format(d);

		fuzz_must(date_valid(d), "a day that does not exist");
		fuzz_same(text, back, "a date is written in two ways");
		again = date_from_days(date_days(d));
		fuzz_must(date_compare(d, again) == 0, "a day is another one when it is counted");
		again = date_of_jst(date_jst_begin(d));
		fuzz_must(date_compare(d, again) == 0, "a day in Japan begins on another one");
		free(back);
	}
	instant(text);
	if (str_to_int64(text, -1000, INT64_MAX, &n) == 0)
		fuzz_must(n >= -1000, "a number outside of its range");
	at = http_retry_after(&r, FUZZ_NOW, 600);
	fuzz_must(at == 0 || (at >= FUZZ_NOW && at <= FUZZ_NOW + 600), "a Retry-After outside of its range");
	r.date = NULL;
	at = http_retry_after(&r, FUZZ_NOW, 600);
	fuzz_must(at == 0 || (at >= FUZZ_NOW && at <= FUZZ_NOW + 600), "a Retry-After outside of its range");
	free(text);
	return 0;
}
