#include "config.h"

#include "field.h"

#include <string.h>

#include "base/i18n.h"

#define FIELD_NULL 0xffffffffu

int field_malformed(struct err *e)
{
	return err_set(e, ERR_NET, _("the network helper and tegata do not understand each other (a malformed message)"));
}

void field_store32(unsigned char *to, uint32_t v)
{
	for (int i = 3; i >= 0; i--, v >>= 8)
		to[i] = (unsigned char)(v & 0xff);
}

uint32_t field_load32(const unsigned char *from)
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

int field_put_bytes(struct buf *b, const char *data, size_t len)
{
	unsigned char head[4];

	if (data && len >= FIELD_NULL)
		return -1;
	field_store32(head, data ? (uint32_t)len : FIELD_NULL);
	if (buf_append(b, head, sizeof(head)))
		return -1;
	return data && len ? buf_append(b, data, len) : 0;
}

int field_put_text(struct buf *b, const char *s)
{
	return field_put_bytes(b, s, s ? strlen(s) : 0);
}

int field_put_number(struct buf *b, int64_t v)
{
	unsigned char field[8];

	field_store32(field, (uint32_t)((uint64_t)v >> 32));
	field_store32(field + 4, (uint32_t)((uint64_t)v & 0xffffffffu));
	return field_put_bytes(b, (const char *)field, sizeof(field));
}

int field_put_fault(struct buf *b, const struct err *fault)
{
	if (field_put_number(b, fault->kind) || field_put_text(b, fault->cause) ||
	    field_put_text(b, fault->advice))
		return -1;
	return field_put_number(b, fault->sys_errno);
}

const char *field_get_bytes(struct field_reader *r, size_t max, size_t *len)
{
	const char *data;
	uint32_t n;

	*len = 0;
	if (r->bad || r->left < 4) {
		r->bad = true;
		return NULL;
	}
	n = field_load32((const unsigned char *)r->at);
	r->at += 4;
	r->left -= 4;
	if (n == FIELD_NULL)
		return NULL;
	if (n > r->left || n > max) {
		r->bad = true;
		return NULL;
	}
	data = r->at;
	r->at += n;
	r->left -= n;
	*len = n;
	return data;
}

int64_t field_get_number(struct field_reader *r, int64_t min, int64_t max)
{
	size_t len;
	const unsigned char *field = (const unsigned char *)field_get_bytes(r, 8, &len);
	int64_t v;

	if (!field || len != 8) {
		r->bad = true;
		return min;
	}
	v = (int64_t)((uint64_t)field_load32(field) << 32 | field_load32(field + 4));
	if (v < min || v > max) {
		r->bad = true;
		return min;
	}
	return v;
}

char *field_get_text(struct field_reader *r, size_t max)
{
	size_t len;
	const char *data = field_get_bytes(r, max, &len);

	if (!data)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c < 0x20 || c == 0x7f) {
			r->bad = true;
			return NULL;
		}
	}
	return str_ndup(data, len);
}

char *field_get_needed_text(struct field_reader *r, size_t max)
{
	char *s = field_get_text(r, max);

	if (!s)
		r->bad = true;
	return s;
}

/* Words for people. The other side has escaped them, unless somebody else speaks in its place. */
static char *get_shown(struct field_reader *r)
{
	char *s = field_get_text(r, FIELD_TEXT_MAX);

	if (s)
		str_replace(&s, str_shown(s, FIELD_TEXT_MAX));
	return s;
}

void field_get_fault(struct field_reader *r, struct err *fault)
{
	fault->kind = (enum err_kind)field_get_number(r, ERR_NONE, ERR_KIND_COUNT - 1);
	fault->cause = get_shown(r);
	fault->advice = get_shown(r);
	fault->sys_errno = (int)field_get_number(r, 0, 65535);
	/* Nobody has any other failure to tell of: no lock, no signal, no certificate of ours is known there. */
	if (fault->kind != ERR_NONE && fault->kind != ERR_NET && fault->kind != ERR_CONFIG)
		r->bad = true;
}

const char *field_owned_by(struct strs *owner, char *s)
{
	if (s)
		strs_take(owner, s);
	return s;
}

bool field_complete(const struct field_reader *r)
{
	return !r->bad && r->left == 0;
}
