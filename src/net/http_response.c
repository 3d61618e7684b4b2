#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "net/http.h"

void http_response_clear(struct http_response *r)
{
	err_clear(&r->err);
	free(r->body);
	free(r->content_type);
	free(r->replay_nonce);
	free(r->location);
	free(r->retry_after);
	free(r->date);
	strs_clear(&r->links);
	memset(r, 0, sizeof(*r));
}
