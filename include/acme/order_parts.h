/* What the files of acme/order have in common; for them alone. */
#ifndef TEGATA_ACME_ORDER_PARTS_H
#define TEGATA_ACME_ORDER_PARTS_H

#include "acme/order.h"
#include "data/json.h"

#define ORDER_LOST_ANSWERS_MAX 3

/* A refusal, no answer, or an answer that makes no sense fails the order. doing: what was being done, translated. */
void order_fail_answer(struct order *o, const struct http_response *r, const struct order_time *t, const char *doing);
void order_fail_text(struct order *o, const char *doing, const char *text);
/* No answer, 5xx or 429: may be another time. */
bool order_is_passing_fault(const struct http_response *r);
/* Such a fault, and the CA has not been silent for too long. */
bool order_may_ask_again(const struct order *o, const struct http_response *r, const struct order_time *t);
/* Enters a step that polls, and when it polls next. */
void order_poll_begin(struct order *o, enum order_step step, int64_t limit_ms, const struct order_time *t);
void order_poll_later(struct order *o, const struct http_response *r, const struct order_time *t);
/* Where does the order stand, by the status of an order object? */
void order_follow(struct order *o, const struct json *j, const struct http_response *r, const struct order_time *t);
/* Forgets what the CA said of an order and goes to CREATE; names, types, replaces and profile stay. */
void order_begin_anew(struct order *o);
void order_add_request(struct order_request **out, size_t *count, const char *url, char *payload, size_t tag);

/* order_create.c: newOrder */
char *order_create_payload(const struct order *o);
void order_create_feed(struct order *o, const struct http_response *r, const struct order_time *t);

/* order_resume.c: the order of an earlier run is looked at */
void order_resume_feed(struct order *o, const struct http_response *r, const struct order_time *t);

/* order_chain.c: the certificate, and its alternate chains */
void order_chain_go(struct order *o, const struct json *j);
void order_chain_next(const struct order *o, struct order_request **out, size_t *count);
void order_chain_feed(struct order *o, size_t tag, const struct http_response *r, const struct order_time *t);
void order_chain_advance(struct order *o);
bool order_chain_want_alternates(struct order *o);
void order_chain_clear(struct order *o);

#endif
