/*
 * RFC 8555 from top to bottom, for any number of certificates of one CA at once: rounds of requests over one connection,
 * every challenge in place before the CA is told, everything taken away again.
 */
#ifndef TEGATA_RUN_ISSUE_H
#define TEGATA_RUN_ISSUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "run/job.h"
#include "run/site.h"

struct issue_counts { uint64_t requests, connections; };

/* Every job ends issued or with order.step ORDER_FAILED and order.err set. counts is added to. */
void issue_all(struct site *s, const struct ca_setting *ca, struct job *const *jobs, size_t n, struct issue_counts *counts);

#endif
