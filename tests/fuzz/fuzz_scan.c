/* What web servers tell of their configuration: "n" nginx -T, "a" Apache's virtual hosts, "s" their addresses. */
#include "config.h"

#include "entitle/fqdn.h"
#include "fuzz.h"
#include "run/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scan s = {0};
	struct strs single = {0};

	if (size == 0)
		return 0;
	if (*data == 'n')
		scan_read_nginx((const char *)data + 1, size - 1, &s);
	else if (*data == 'a')
		scan_read_apache((const char *)data + 1, size - 1, &s);
	else
		scan_read_apache_single((const char *)data + 1, size - 1, &single);
	scan_finish(&s);
	for (size_t i = 0; i < s.names.count; i++)
		fuzz_must(fqdn_is_normal(s.names.item[i]), "a name that is not in normal form");
	fuzz_must(s.left_out.count <= SCAN_LEFT_OUT_MAX, "too much is told of what was left out");
	for (size_t i = 0; i < s.left_out.count; i++)
		fuzz_shown(s.left_out.item[i]);
	strs_clear(&single);
	scan_clear(&s);
	return 0;
}
