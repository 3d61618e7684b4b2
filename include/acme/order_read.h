/* The half of acme/order that reads what the CA says about an order; for acme/order alone. */
#ifndef TEGATA_ACME_ORDER_READ_H
#define TEGATA_ACME_ORDER_READ_H

#include "acme/order.h"
#include "data/json.h"

/* The answer to newOrder: URLs and authorizations taken over, identifiers compared with what was asked. */
int order_read_created(struct order *o, const struct json *j, const struct http_response *r, struct err *e);
/* The same of an order object that was asked for again: its URL is known, and finalize may be. */
int order_read_resumed(struct order *o, const struct json *j, struct err *e);
/* One authorization: which challenge will be used, or that none is needed. Fails the order where neither can be. */
void order_read_authorization(struct order *o, size_t tag, const struct http_response *r, const struct order_time *t);
/* One authorization, looked at while validation goes on: only whether it is valid by now. */
void order_read_watched(struct order *o, size_t tag, const struct http_response *r);
/* One authorization of an invalid order: its errors are noted by name. */
void order_read_blame(struct order *o, size_t tag, const struct http_response *r, const struct order_time *t);
/* Everything has been noted: the order fails with it. */
void order_read_verdict(struct order *o);

#endif
