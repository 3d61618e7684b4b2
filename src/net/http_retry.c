#include "config.h"

#include <string.h>

#include "base/clock.h"
#include "net/http.h"

int64_t http_retry_after(const struct http_response *r, int64_t now, int64_t max_sec)
{
	int64_t wait, then, sent;

	if (!r->retry_after || !*r->retry_after)
		return 0;
	if (r->retry_after[strspn(r->retry_after, "0123456789")] == '\0') {
		if (str_to_int64(r->retry_after, 0, INT64_MAX, &wait))
			wait = max_sec;
	} else {
		if (time_parse_http(r->retry_after, &then))
			return 0;
		if (!r->date || time_parse_http(r->date, &sent))
			sent = now;
		wait = then - sent;
	}
	if (wait < 0)
		wait = 0;
	return now + (wait > max_sec ? max_sec : wait);
}
