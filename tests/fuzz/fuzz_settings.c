/* tegata.yaml: read, and each certificate in it written as `certonly` would, read again, written the same. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "config/settings.h"
#include "fuzz.h"

/* What depends on other parts of the settings cannot stand alone. */
static bool stands_alone(const struct settings *s, const struct certificate_setting *c)
{
	return c->name != NULL && c->ca == NULL && str_eq(c->name, c->group) && !settings_has_siblings(s, c) &&
	       c->more_key_count == 0 && c->names.count > 0;
}

static char *written_again(const char *dir, const char *text)
{
	char *path = fs_join(dir, "tegata.yaml"), *again = NULL;
	struct settings s = {0};
	struct diags d = {0};
	struct err e = ERR_INIT;

	fuzz_write(path, text, strlen(text));
	if (settings_load(dir, &s, &d) != 0) {
		diags_result(&d, &e);
		fuzz_same(text, e.cause, "settings that were written are refused");
	}
	if (s.certificate_count == 1)
		again = settings_write_certificate(s.certificate);
	settings_clear(&s);
	diags_clear(&d);
	free(path);
	return again;
}

static void look(const char *dir, const struct settings *s)
{
	char *second = fs_join(dir, "second");

	mkdir(second, 0755);
	for (size_t i = 0; i < s->certificate_count && i < 8; i++) {
		char *text, *again;

		if (!stands_alone(s, &s->certificate[i]))
			continue;
		text = settings_write_certificate(&s->certificate[i]);
		again = written_again(second, text);
		fuzz_same(text, again, "a certificate's settings are others when they are read again");
		free(again);
		free(text);
	}
	free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *dir = fuzz_folder();
	char *path = fs_join(dir, "tegata.yaml");
	struct settings s = {0};
	struct diags d = {0};

	fuzz_write(path, data, size);
	if (settings_load(dir, &s, &d) == 0) {
		fuzz_must(s.ca_count > 0, "settings without a CA");
		look(dir, &s);
	} else {
		fuzz_must(d.total > 0, "a mistake without a word");
	}
	fuzz_diags(&d);
	settings_clear(&s);
	free(path);
	return 0;
}
