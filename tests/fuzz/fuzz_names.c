/* Names as people and CAs write them: normalised twice they are the same, and back from Unicode too. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "config/reader.h"
#include "entitle/fqdn.h"
#include "fuzz.h"
#include "store/store.h"

static void good(const char *name)
{
	char *again = NULL, *why = NULL, *unicode = fqdn_unicode(name), *shown = fqdn_shown(name);

	fuzz_must(fqdn_is_normal(name), "a normal form that is none");
	fuzz_must(strlen(fqdn_base(name)) <= FQDN_MAX, "a name over its limit");
	fuzz_must(fqdn_normalize(name, &again, &why) == 0, "a normal form that is refused");
	fuzz_same(name, again, "normalised twice it is another name");
	str_replace(&again, NULL);
	fuzz_shown(shown);
	if (unicode != NULL) {
		fuzz_must(fqdn_normalize(unicode, &again, &why) == 0, "the name that is shown would be refused");
		fuzz_same(name, again, "the name that is shown is another name");
	}
	free(again);
	free(why);
	free(unicode);
	free(shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *name = NULL, *why = NULL;

	if (fqdn_normalize(text, &name, &why) == 0) {
		fuzz_must(why == NULL, "a name and a reason");
		good(name);
	} else {
		fuzz_must(name == NULL && why != NULL, "no name and no reason");
		fuzz_shown(why);
	}
	/* What is behind xn-- is only looked at by the one that has to be sure. */
	if (fqdn_is_normal(text) && (name != NULL || strstr(text, "xn--") == NULL))
		fuzz_same(text, name, "a normal form that is normalised to another");
	if (store_name_ok(text))
		fuzz_must(strchr(text, '/') == NULL && *text != '.' && *text != '-', "a certificate that leaves its folder");
	if (reader_name_ok(text))
		fuzz_must(store_name_ok(text), "a name that the settings take and the store does not");
	reader_host_ok(text);
	reader_path_ok(text);
	free(name);
	free(why);
	free(text);
	return 0;
}
