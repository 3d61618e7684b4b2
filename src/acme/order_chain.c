#include "config.h"

#include "acme/order_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"

void order_chain_clear(struct order *o)
{
	for (size_t i = 0; i < o->alternate_count; i++)
		free(o->alternate[i].pem);
	free(o->alternate);
	strs_clear(&o->alternate_urls);
	free(o->pem);
	o->alternate = NULL;
	o->alternate_count = 0;
	o->pem = NULL;
}

/* The certificate is due: polling ends, whatever the answer was. */
void order_chain_go(struct order *o, const struct json *j)
{
	const char *url = json_str(j, "certificate");
	struct err e = ERR_INIT;

	if (o->finalize_tries == 0) {
		order_fail_text(o, _("reading the order"), _("the order is valid, but for no request of ours"));
		return;
	}
	if (!url) {
		order_fail_text(o, _("reading the order"), _("the order is valid but names no certificate"));
		return;
	}
	if (http_url_check(url, &e) < 0) {
		e.kind = ERR_CA;
		err_wrap(&e, _("certificate URL"));
		order_fail(o, &e);
		return;
	}
	str_replace(&o->certificate_url, str_dup(url));
	o->step = ORDER_DOWNLOAD;
	o->due_ms = 0;
}

static void add(struct order_request **out, size_t *count, const char *url, size_t tag)
{
	order_add_request(out, count, url, str_dup(""), tag);
	(*out)[*count - 1].accept = "application/pem-certificate-chain";
}

void order_chain_next(const struct order *o, struct order_request **out, size_t *count)
{
	if (o->step == ORDER_DOWNLOAD)
		add(out, count, o->certificate_url, 0);
	for (size_t i = 0; o->step == ORDER_ALTERNATES && i < o->alternate_urls.count; i++)
		add(out, count, o->alternate_urls.item[i], i);
}

/* They come from an answer that is not JSON of the CA's own making: where the certificate is, and nowhere else. */
static void note_alternates(struct order *o, const struct http_response *r)
{
	char *origin = http_url_origin(o->certificate_url);
	struct strs urls = { 0 };

	http_links(r, "alternate", &urls);
	for (size_t i = 0; i < urls.count && o->alternate_urls.count < ORDER_ALTERNATES_MAX; i++) {
		const char *url = urls.item[i];
		char *its = http_url_origin(url);

		if (str_eq(its, origin) && !str_eq(url, o->certificate_url) && !strs_has(&o->alternate_urls, url))
			strs_add(&o->alternate_urls, url);
		free(its);
	}
	strs_clear(&urls);
	free(origin);
}

static char *copy_body(const struct http_response *r)
{
	char *copy = mem_new(r->body_len + 1, 1);

	if (r->body_len > 0)
		memcpy(copy, r->body, r->body_len);
	return copy;
}

static void feed_downloaded(struct order *o, const struct http_response *r, const struct order_time *t)
{
	if (order_may_ask_again(o, r, t) && t->mono_ms <= o->deadline_ms) {
		order_poll_later(o, r, t);
		return;
	}
	if (r->err.kind != ERR_NONE || r->status >= 300) {
		order_fail_answer(o, r, t, _("downloading the certificate"));
		return;
	}
	o->pem = copy_body(r);
	o->pem_len = r->body_len;
	note_alternates(o, r);
	o->step = ORDER_DONE;
}

static void feed_alternate(struct order *o, size_t which, const struct http_response *r)
{
	o->read_count++;
	if (r->err.kind != ERR_NONE || r->status >= 300 || r->body_len == 0)
		return;
	str_replace(&o->alternate[which].pem, copy_body(r));
	o->alternate[which].len = r->body_len;
}

void order_chain_feed(struct order *o, size_t tag, const struct http_response *r, const struct order_time *t)
{
	if (o->step == ORDER_DOWNLOAD)
		feed_downloaded(o, r, t);
	else
		feed_alternate(o, tag, r);
}

void order_chain_advance(struct order *o)
{
	if (o->read_count >= o->alternate_count)
		o->step = ORDER_DONE;
}

bool order_chain_want_alternates(struct order *o)
{
	if (o->step != ORDER_DONE || o->alternate_urls.count == 0 || o->alternate)
		return false;
	o->alternate_count = o->alternate_urls.count;
	o->alternate = mem_new(o->alternate_count, sizeof *o->alternate);
	o->read_count = 0;
	o->due_ms = 0;
	o->step = ORDER_ALTERNATES;
	return true;
}
