/* Orders that would begin the paid term of a registered FQDN: what the CA's `first_use` says of them (rules 1-3). */
#ifndef TEGATA_RUN_VISIT_FIRST_USES_H
#define TEGATA_RUN_VISIT_FIRST_USES_H

#include "base/err.h"
#include "base/str.h"
#include "run/look.h"

/*
 * ERR_REFUSED when an order for these names (normal form) would begin terms and `first_use` is deny: of which entries, and until when
 * they would last.
 */
int visit_first_uses_permit(const struct site *s, const struct look *l, const struct strs *names, struct err *e);
/* Says so before such an order where nobody is asked; on a terminal the command does. */
void visit_first_uses_say(const struct site *s, const struct look *l, const struct strs *names);

/*
 * Writes down what the live certificates of these began: issued now (*begun of each is appended to), or found without a date. A
 * failure is warned about; what is missing is written down at the next visit.
 */
struct visit_first_uses_item {
	const struct look *look;
	struct strs *begun; /* NULL = not wanted */
};
void visit_first_uses_record(struct site *s, const struct visit_first_uses_item *item, size_t count, const char *source);
/* The same of the generation that waits for its day: issued is issued. */
void visit_first_uses_prepared(struct site *s, struct visit_item *item);

#endif
