#include "config.h"

#include "field.h"
#include "net/wire.h"

#define DESCRIPTORS_MAX 65536
#define ABI_MAX 1000

int wire_confined_put(struct buf *b, const struct wire_confined *c)
{
	buf_truncate(b, 0);
	if (field_put_number(b, c->loose) || field_put_number(b, c->landlock_abi) ||
	    field_put_number(b, c->landlock_errno) || field_put_number(b, c->seccomp_errno) ||
	    field_put_number(b, c->local_sockets))
		return -1;
	return field_put_number(b, c->descriptors) || field_put_number(b, c->life_sec) ? -1 : 0;
}

int wire_confined_get(const char *data, size_t len, struct wire_confined *c, struct err *e)
{
	struct field_reader in = {.at = data, .left = len};
	struct wire_confined got = {.loose = WIRE_HELD};

	got.loose = (enum wire_loose)field_get_number(&in, WIRE_HELD, WIRE_LOOSE_COUNT - 1);
	got.landlock_abi = (int)field_get_number(&in, 0, ABI_MAX);
	got.landlock_errno = (int)field_get_number(&in, 0, 65535);
	got.seccomp_errno = (int)field_get_number(&in, 0, 65535);
	got.local_sockets = field_get_number(&in, 0, 1) == 1;
	got.descriptors = (int)field_get_number(&in, 0, DESCRIPTORS_MAX);
	got.life_sec = field_get_number(&in, 0, INT32_MAX);
	if (!field_complete(&in))
		return field_malformed(e);
	*c = got;
	return 0;
}
