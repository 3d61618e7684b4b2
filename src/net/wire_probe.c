#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "net/wire.h"

int64_t wire_probe_ms(const struct http_options *o, size_t n)
{
	int64_t each = o->probe_timeout_sec > 0 ? o->probe_timeout_sec : PROBE_TIMEOUT_SEC;

	return each * 1000 * (int64_t)((n + WIRE_PROBES_AT_ONCE - 1) / WIRE_PROBES_AT_ONCE);
}

int wire_probe_put(struct buf *b, uint32_t index, const struct probe_request *r)
{
	if (field_put_number(b, index) || field_put_number(b, r->protocol) || field_put_text(b, r->host) ||
	    field_put_number(b, r->port) || field_put_text(b, r->name))
		return -1;
	return field_put_number(b, r->key);
}

int wire_probe_get(const char *data, size_t len, uint32_t *index, struct probe_request *r, struct strs *owner,
                   struct err *e)
{
	struct field_reader in = {.at = data, .left = len};
	struct probe_request got = {0};
	uint32_t number = (uint32_t)field_get_number(&in, 0, PROBE_BATCH_MAX - 1);

	got.protocol = (enum probe_protocol)field_get_number(&in, 0, PROBE_PROTOCOL_COUNT - 1);
	got.host = field_owned_by(owner, field_get_needed_text(&in, FIELD_TEXT_MAX));
	got.port = (int)field_get_number(&in, 1, 65535);
	got.name = field_owned_by(owner, field_get_needed_text(&in, FIELD_TEXT_MAX));
	got.key = (enum probe_key)field_get_number(&in, PROBE_KEY_ANY, PROBE_KEY_EC);
	if (!field_complete(&in) || probe_request_check(&got, e)) {
		err_clear(e);
		return field_malformed(e);
	}
	*index = number;
	*r = got;
	return 0;
}

int wire_probe_put_result(struct buf *b, uint32_t index, const struct probe_result *r)
{
	if (field_put_number(b, index) || field_put_fault(b, &r->err))
		return -1;
	return field_put_bytes(b, r->pem, r->pem_len);
}

/* Either a failure with its cause and nothing else, or a chain. */
static bool makes_sense(const struct err *fault, const char *pem, size_t len)
{
	if (fault->kind == ERR_NONE)
		return pem && !fault->cause && !fault->advice && !fault->sys_errno && probe_chain_is_pem(pem, len);
	return fault->cause && !pem;
}

int wire_probe_get_result(const char *data, size_t len, uint32_t *index, struct probe_result *r, struct err *e)
{
	struct field_reader in = {.at = data, .left = len};
	struct probe_result got = {.pem = NULL};
	uint32_t number = (uint32_t)field_get_number(&in, 0, PROBE_BATCH_MAX - 1);
	const char *pem;

	field_get_fault(&in, &got.err);
	pem = field_get_bytes(&in, PROBE_CHAIN_MAX, &got.pem_len);
	if (!field_complete(&in) || !makes_sense(&got.err, pem, got.pem_len)) {
		probe_result_clear(&got);
		return field_malformed(e);
	}
	if (pem)
		got.pem = str_ndup(pem, got.pem_len);
	*index = number;
	*r = got;
	return 0;
}
