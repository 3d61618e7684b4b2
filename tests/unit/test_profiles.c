#include "config.h"

#include "config/settings.h"

#include "scratch.h"

static void values_of_each_profile(void **state)
{
	static const struct {
		const char *name, *server, *rule;
		int max_names;
		enum key_type key;
		const char *caa;
	} want[] = {
		{"jprs", "https://acme.amecert.jprs.jp/DV/getDirectory", "jpdirect", 100, KEY_RSA2048, "jprs.jp"},
		{"letsencrypt", "https://acme-v02.api.letsencrypt.org/directory", "none", 100, KEY_EC_P256, "letsencrypt.org"},
		{"letsencrypt-staging", "https://acme-staging-v02.api.letsencrypt.org/directory", "none", 100, KEY_EC_P256,
		 "letsencrypt.org"},
		{"custom", NULL, "none", 0, KEY_EC_P256, NULL},
	};
	size_t count = sizeof want / sizeof want[0];

	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct ca_setting ca = {0};

		assert_string_equal(settings_profile_names()[i], want[i].name);
		assert_int_equal(settings_profile(want[i].name, &ca), 0);
		assert_string_equal(ca.name, want[i].name);
		assert_string_equal(ca.profile, want[i].name);
		assert_true(str_eq(ca.server, want[i].server));
		assert_string_equal(ca.rule, want[i].rule);
		assert_int_equal(ca.max_names, want[i].max_names);
		assert_int_equal(ca.key, want[i].key);
		assert_true(str_eq(ca.caa, want[i].caa));
		assert_null(ca.ca_file);
		assert_null(ca.eab_kid);
		assert_int_equal(ca.contact.count, 0);
		ca_setting_clear(&ca);
	}
	assert_null(settings_profile_names()[count]);
}

static void no_such_profile(void **state)
{
	struct ca_setting ca = {0};

	(void)state;
	assert_int_equal(settings_profile("jpr", &ca), -1);
	assert_int_equal(settings_profile("", &ca), -1);
	assert_null(ca.name);
}

static void load(const char *text, struct settings *s)
{
	char *dir = scratch_make(), *path = fs_join(dir, "tegata.yaml");
	struct diags d = {0};

	scratch_write(path, text, 0644);
	assert_int_equal(settings_load(dir, s, &d), 0);
	diags_clear(&d);
	free(path);
	scratch_remove(dir);
}

static void every_value_can_be_overridden(void **state)
{
	struct settings s = {0};
	const struct ca_setting *ca;

	(void)state;
	load("cas:\n"
	     "  - server: https://ca.example.jp/dir?product=DV&x=%20\n"
	     "    ca_file: /etc/ssl/own.pem\n"
	     "    contact: [admin@example.jp, mailto:tls@example.jp]\n"
	     "    rule: none\n"
	     "    max_names: 0\n"
	     "    key: ecdsa\n"
	     "    caa: ca.example.jp\n"
	     "    eab_kid: kid-1\n"
	     "    name: ours\n"
	     "    profile: jprs\n", &s);
	assert_int_equal(s.ca_count, 1);
	ca = settings_ca(&s, "ours");
	assert_ptr_equal(ca, settings_ca(&s, NULL));
	assert_string_equal(ca->profile, "jprs");
	assert_string_equal(ca->server, "https://ca.example.jp/dir?product=DV&x=%20");
	assert_string_equal(ca->ca_file, "/etc/ssl/own.pem");
	assert_int_equal(ca->contact.count, 2);
	assert_string_equal(ca->contact.item[1], "mailto:tls@example.jp");
	assert_string_equal(ca->rule, "none");
	assert_int_equal(ca->max_names, 0);
	assert_int_equal(ca->key, KEY_EC_P256);
	assert_string_equal(ca->caa, "ca.example.jp");
	assert_string_equal(ca->eab_kid, "kid-1");
	assert_int_equal(ca->place.line, 2);
	assert_ptr_equal(ca->place.file, s.files.item[0]);
	settings_clear(&s);
}

static void several_stand_side_by_side(void **state)
{
	struct settings s = {0};

	(void)state;
	load("cas:\n"
	     "  - {profile: letsencrypt, contact: a@b.jp}\n"
	     "  - {max_names: 50}\n"
	     "  - {name: own, profile: custom, server: 'https://10.0.0.1:14000/dir'}\n"
	     "  - {name: own6, profile: custom, server: 'HTTPS://[2001:db8::1]/dir', caa: null, key: ~, max_names: }\n", &s);
	assert_int_equal(s.ca_count, 4);
	assert_string_equal(settings_ca(&s, NULL)->name, "letsencrypt");
	assert_string_equal(settings_ca(&s, "letsencrypt")->contact.item[0], "a@b.jp");
	assert_string_equal(settings_ca(&s, "jprs")->server, "https://acme.amecert.jprs.jp/DV/getDirectory");
	assert_int_equal(settings_ca(&s, "jprs")->max_names, 50);
	assert_string_equal(settings_ca(&s, "own")->server, "https://10.0.0.1:14000/dir");
	assert_null(settings_ca(&s, "own6")->caa);
	assert_int_equal(settings_ca(&s, "own6")->key, KEY_EC_P256);
	assert_null(settings_ca(&s, "custom"));
	settings_clear(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_of_each_profile),
		cmocka_unit_test(no_such_profile),
		cmocka_unit_test(every_value_can_be_overridden),
		cmocka_unit_test(several_stand_side_by_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
