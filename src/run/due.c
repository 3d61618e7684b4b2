#include "config.h"

#include "run/due.h"

int64_t due_plain(int64_t not_before, int64_t not_after)
{
	int64_t lifetime = not_after > not_before ? not_after - not_before : 0;

	return not_after - lifetime / (lifetime < DUE_SHORT_LIFE_SEC ? 2 : 3);
}
