#include "config.h"

#include "entitle/fqdn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

#define L10 "abcdefghij"
#define L60 L10 L10 L10 L10 L10 L10
#define L63 L60 "abc"
#define D250 L63 "." L63 "." L63 "." L10 L10 L10 L10 L10 "abcdefgh" /* 63*3 + 3 + 58 */

/* Good names and their normal form (rule 10). */
static const char *const good[][2] = {
	{"example.jp", "example.jp"},
	{"EXAMPLE.JP", "example.jp"},
	{"Example.Jp", "example.jp"},
	{"EXAMPLE.JP.", "example.jp"},
	{"example.jp.", "example.jp"},
	{"www.example.jp", "www.example.jp"},
	{"www.www.example.jp", "www.www.example.jp"},
	{"a.b.c.d.e.f.g.example.co.jp", "a.b.c.d.e.f.g.example.co.jp"},
	{"co.jp", "co.jp"},
	{"a.jp", "a.jp"},
	{"1.jp", "1.jp"},
	{"0.1.2.example.jp", "0.1.2.example.jp"},
	{"192.0.2.1.jp", "192.0.2.1.jp"},
	{"3com.example", "3com.example"},
	{"a-b.jp", "a-b.jp"},
	{"a--b.jp", "a--b.jp"},
	{"abc--d.jp", "abc--d.jp"},
	{"x-n--a.jp", "x-n--a.jp"},
	{"example.xn--zckzah", "example.xn--zckzah"},
	{"*.example.jp", "*.example.jp"},
	{"*.EXAMPLE.JP.", "*.example.jp"},
	{"*.www.example.jp", "*.www.example.jp"},
	{"*.co.jp", "*.co.jp"},
	{"*.日本語.jp", "*.xn--wgv71a119e.jp"},
	{"*。日本語。jp", "*.xn--wgv71a119e.jp"},
	{"＊．例え．テスト", "*.xn--r8jz45g.xn--zckzah"},
	{"日本語.jp", "xn--wgv71a119e.jp"},
	{"日本語.JP", "xn--wgv71a119e.jp"},
	{"日本語.jp.", "xn--wgv71a119e.jp"},
	{"日本語。jp。", "xn--wgv71a119e.jp"},
	{"日本語．jp．", "xn--wgv71a119e.jp"},
	{"日本語｡jp｡", "xn--wgv71a119e.jp"},
	{"www.日本語.jp", "www.xn--wgv71a119e.jp"},
	{"日本語.例え.jp", "xn--wgv71a119e.xn--r8jz45g.jp"},
	{"日本語.xn--r8jz45g.jp", "xn--wgv71a119e.xn--r8jz45g.jp"},
	{"xn--wgv71a119e.jp", "xn--wgv71a119e.jp"},
	{"XN--WGV71A119E.JP", "xn--wgv71a119e.jp"},
	{"Xn--wGv71a119E.jp.", "xn--wgv71a119e.jp"},
	{"*.XN--WGV71A119E.jp", "*.xn--wgv71a119e.jp"},
	{"例え。テスト", "xn--r8jz45g.xn--zckzah"},
	{"例え.テスト", "xn--r8jz45g.xn--zckzah"},
	{"ｅｘａｍｐｌｅ．ｊｐ", "example.jp"},
	{"ＥＸＡＭＰＬＥ。ＪＰ", "example.jp"},
	{"ｗｗｗ．ｅｘａｍｐｌｅ．ｊｐ．", "www.example.jp"},
	{"ｘｎ－－ｗｇｖ７１ａ１１９ｅ．ｊｐ", "xn--wgv71a119e.jp"},
	{"ﾊﾞ.jp", "xn--ndk.jp"},
	{"バ.jp", "xn--ndk.jp"},
	{"ば.jp", "xn--w9j.jp"},
	{"は\xe3\x82\x99.jp", "xn--w9j.jp"},
	{"ー.jp", "xn--wek.jp"},
	{"①.jp", "1.jp"},
	{"Ⅷ.jp", "viii.jp"},
	{"straße.de", "xn--strae-oqa.de"},
	{"STRASSE.de", "strasse.de"},
	{"bücher.example", "xn--bcher-kva.example"},
	{"BÜCHER.example", "xn--bcher-kva.example"},
	{"bu\xcc\x88""cher.example", "xn--bcher-kva.example"},
	{"xn--bcher-kva.example", "xn--bcher-kva.example"},
	{"ex\xc2\xad""ample.jp", "example.jp"},
	{"\xef\xbb\xbf""example.jp", "example.jp"},
	{L63 ".jp", L63 ".jp"},
	{D250 ".ab", D250 ".ab"},
	{D250 ".ab.", D250 ".ab"},
	{"*." D250, "*." D250},
};

/* Bad ones, and words of the sentence that only this mistake has. */
static const char *const bad[][2] = {
	{"", "empty"},
	{".", "a label is empty"},
	{"..", "a label is empty"},
	{"。", "a label is empty"},
	{".a.jp", "a label is empty"},
	{"a..jp", "a label is empty"},
	{"a.jp..", "a label is empty"},
	{"a.。jp", "a label is empty"},
	{"日本語..jp", "a label is empty"},
	{"。日本語.jp", "a label is empty"},
	{"\xc2\xad.jp", "a label is empty"},
	{"*..a.jp", "a label is empty"},
	{"http://example.jp", "a URL"},
	{"https://example.jp/", "a URL"},
	{"HTTPS://EXAMPLE.JP:443/a?b=c#d", "a URL"},
	{"https://*.example.jp", "a URL"},
	{"https://192.0.2.1/", "a URL"},
	{"https://日本語.jp/", "a URL"},
	{"ｈｔｔｐｓ：／／ｅｘａｍｐｌｅ．ｊｐ", "a URL"},
	{"//example.jp", "a path"},
	{"example.jp/", "a path"},
	{"example.jp/index.html", "a path"},
	{"example.jp?a", "a path"},
	{"example.jp#a", "a path"},
	{"example.jp\\a", "a path"},
	{"example.jp:443", "a port"},
	{"*.example.jp:443", "a port"},
	{"日本語.jp:8443", "a port"},
	{"localhost:80", "a port"},
	{"192.0.2.1:443", "a port"},
	{"example.jp:", "only letters"},
	{"example.jp:https", "only letters"},
	{"http:example.jp", "only letters"},
	{"192.0.2.1", "an IP address"},
	{"192.0.2.1.", "an IP address"},
	{"255.255.255.255", "an IP address"},
	{"*.192.0.2.1", "an IP address"},
	{"１９２．０．２．１", "an IP address"},
	{"2001:db8::1", "an IP address"},
	{"::", "an IP address"},
	{"::1", "an IP address"},
	{"::ffff:192.0.2.1", "an IP address"},
	{"fe80::1%eth0", "an IP address"},
	{"[2001:db8::1]", "an IP address"},
	{"[2001:db8::1]:443", "an IP address"},
	{"192.0.2", "ends in a number"},
	{"192.0.2.256", "ends in a number"},
	{"1.2.3.4.5", "ends in a number"},
	{"example.123", "ends in a number"},
	{"*.example.1", "ends in a number"},
	{"3232235777", "ends in a number"},
	{"admin@example.jp", "a mail address"},
	{"mailto:admin@example.jp", "a mail address"},
	{"example.jp,www.example.jp", "several names"},
	{"example.jp, www.example.jp", "several names"},
	{"example.jp;www.example.jp", "several names"},
	{"_acme-challenge.example.jp", "an underscore"},
	{"a_b.example.jp", "an underscore"},
	{"_.jp", "an underscore"},
	{"例_え.jp", "an underscore"},
	{"a＿b.jp", "an underscore"},
	{"xn--_-lb7a.jp", "an underscore"},
	{" example.jp", "a blank"},
	{"example.jp ", "a blank"},
	{"example jp", "a blank"},
	{"a b.jp", "a blank"},
	{"日本語 .jp", "a blank"},
	{"a　b.jp", "a blank"},
	{"example.jp www.example.jp", "a blank"},
	{"example.jp\n", "a control character"},
	{"example.jp\r\n", "a control character"},
	{"a\tb.jp", "a control character"},
	{"\x01.jp", "a control character"},
	{"a\x1b[31m.jp", "a control character"},
	{"a\x7f.jp", "a control character"},
	{"*", "a wildcard needs"},
	{"*.", "a wildcard needs"},
	{"*..", "a wildcard needs"},
	{"＊", "a wildcard needs"},
	{"*.jp", "directly under a top-level"},
	{"*.jp.", "directly under a top-level"},
	{"*.テスト", "directly under a top-level"},
	{"**", "\"*\" can only"},
	{"**.a.jp", "\"*\" can only"},
	{"*.*", "\"*\" can only"},
	{"*.*.a.jp", "\"*\" can only"},
	{"a.*.jp", "\"*\" can only"},
	{"a.*", "\"*\" can only"},
	{"*a.jp", "\"*\" can only"},
	{"a*.example.jp", "\"*\" can only"},
	{"www*.example.jp", "\"*\" can only"},
	{"*日本語.jp", "\"*\" can only"},
	{"例＊.jp", "\"*\" can only"},
	{"localhost", "has no dot"},
	{"example", "has no dot"},
	{"jp.", "has no dot"},
	{"テスト", "has no dot"},
	{"xn--zckzah", "has no dot"},
	{"-a.jp", "a hyphen"},
	{"a-.jp", "a hyphen"},
	{"-.jp", "a hyphen"},
	{"--.jp", "a hyphen"},
	{"a.-jp", "a hyphen"},
	{"a.jp-", "a hyphen"},
	{"-例.jp", "a hyphen"},
	{"例-.jp", "a hyphen"},
	{"*.-a.jp", "a hyphen"},
	{"ab--cd.jp", "third and fourth"},
	{"AB--CD.jp", "third and fourth"},
	{"a---b.jp", "third and fourth"},
	{"xx--wgv71a119e.jp", "third and fourth"},
	{"www.ab--c.jp", "third and fourth"},
	{"ab--例.jp", "third and fourth"},
	{"xn--.jp", "encoded form"},
	{"xn--0.jp", "encoded form"},
	{"xn--abc-.jp", "encoded form"},
	{"xn--zzzzzzzzzz99999.jp", "encoded form"},
	{"www.xn--999999999.jp", "encoded form"},
	{"xn--日本.jp", "encoded form"},
	{"*.xn--.jp", "encoded form"},
	{"xn--ls8h.jp", "IDNA 2008"},
	{"xn--a.jp", "IDNA 2008"},
	{"💩.jp", "IDNA 2008"},
	{"i❤.ws", "IDNA 2008"},
	{"日本語👍.jp", "IDNA 2008"},
	{"aعربى.jp", "IDNA 2008"},
	{"a\xe2\x80\x8d""b.jp", "IDNA 2008"},
	{"a\xe2\x80\x8e""b.jp", "IDNA 2008"},
	{"a\xe2\x80\xae""pj.b.jp", "IDNA 2008"},
	{"\xcc\x88""a.jp", "IDNA 2008"},
	{"\xff.jp", "UTF-8"},
	{"a\x80.jp", "UTF-8"},
	{"\xe6\x97.jp", "UTF-8"},
	{"\xc0\xae.jp", "UTF-8"},
	{"\xed\xa0\x80.jp", "UTF-8"},
	{"a!b.jp", "only letters"},
	{"a+b.jp", "only letters"},
	{"$HOME.jp", "only letters"},
	{"`id`.jp", "only letters"},
	{"'a.jp'", "only letters"},
	{"\"a.jp\"", "only letters"},
	{"(a).jp", "only letters"},
	{"a%20b.jp", "only letters"},
	{"a=b.jp", "only letters"},
	{"a|b.jp", "only letters"},
	{"<a>.jp", "only letters"},
	{L63 "d.jp", "longer than 63"},
	{"www." L63 "d.jp", "longer than 63"},
	{"a." L63 "d", "longer than 63"},
	{"あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをんあいうえおかきくけこ.jp",
	 "longer than 63"},
	{D250 ".abc", "longer than 253"},
	{"*." D250 ".a", "longer than 253"},
	{D250 "." D250, "longer than 253"},
	{D250 "." D250 "." D250 "." D250 "." D250, "longer than 253"},
};

static void rule_10_good_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		char *out = NULL;
		char *why = NULL;
		if (fqdn_normalize(good[i][0], &out, &why) != 0)
			fail_msg("%s: %s", good[i][0], why);
		assert_string_equal(out, good[i][1]);
		assert_null(why);
		assert_true(fqdn_is_normal(out));
		free(out);
	}
}

static void rule_10_bad_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char *out = NULL;
		char *why = NULL;
		if (fqdn_normalize(bad[i][0], &out, &why) != -1)
			fail_msg("accepted: %s as %s", bad[i][0], out);
		assert_null(out);
		assert_non_null(why);
		if (strstr(why, bad[i][1]) == NULL)
			fail_msg("%s: \"%s\" does not say \"%s\"", bad[i][0], why, bad[i][1]);
		free(why);
	}
}

static void rule_10_no_name_at_all(void **state)
{
	char *out = NULL;
	char *why = NULL;

	(void)state;
	assert_int_equal(fqdn_normalize(NULL, &out, &why), -1);
	assert_string_equal(why, "the name is empty");
	free(why);
}

static void sentences_hold_nothing_dangerous(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char *out = NULL;
		char *why = NULL;
		assert_int_equal(fqdn_normalize(bad[i][0], &out, &why), -1);
		for (const char *p = why; *p != '\0'; p++)
			assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
		assert_null(strstr(why, "\xe2\x80\xae"));
		assert_true(strlen(why) < 300);
		free(why);
	}
}

static void normalizing_twice_changes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		char *out = NULL;
		char *why = NULL;
		assert_int_equal(fqdn_normalize(good[i][1], &out, &why), 0);
		assert_string_equal(out, good[i][1]);
		free(out);
	}
}

/* Any bytes: it must answer, and what it accepts must be normal and stay the same. */
static void random_bytes_never_break_it(void **state)
{
	static const char *const piece[] = {
		"a", "b", "-", ".", "。", "*", "xn--", "www.", "jp", "1", "_", "日", "é", "💩", "\xff", " ", ":", "/", "ß", "A",
	};
	unsigned seed = 20261122;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char *text = str_dup("");
		char *out = NULL;
		char *why = NULL;
		for (int n = (int)(seed >> 16) % 9; n >= 0; n--) {
			seed = seed * 1103515245u + 12345u;
			str_replace(&text, str_fmt("%s%s", text, piece[(seed >> 16) % (sizeof(piece) / sizeof(*piece))]));
		}
		seed = seed * 1103515245u + 12345u;
		if (fqdn_normalize(text, &out, &why) == 0) {
			char *again = NULL;
			assert_true(fqdn_is_normal(out));
			assert_int_equal(fqdn_normalize(out, &again, &why), 0);
			assert_string_equal(again, out);
			free(again);
		} else {
			assert_non_null(why);
		}
		free(out);
		free(why);
		free(text);
	}
}

static void is_normal(void **state)
{
	static const char *const yes[] = {"a.jp", "*.a.jp", "xn--wgv71a119e.jp", "www.a.jp", "1.a.jp", L63 ".jp"};
	static const char *const no[] = {
		"", ".", "jp", "*", "*.", "*.jp", "A.jp", "a.jp.", ".a.jp", "a..jp", "*.*.a.jp", "a.*.jp", "日本語.jp", "a_b.jp",
		"-a.jp", "a-.jp", "ab--c.jp", "1.2.3.4", "a.jp/", "../a.jp", "a.jp\n", "a b.jp", "a:b.jp", L63 "d.jp", D250 ".abc",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
		assert_true(fqdn_is_normal(yes[i]));
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		if (fqdn_is_normal(no[i]))
			fail_msg("taken for normal: %s", no[i]);
}

static void wildcard_and_base(void **state)
{
	const char *name = "*.a.example.jp";

	(void)state;
	assert_true(fqdn_is_wildcard(name));
	assert_false(fqdn_is_wildcard("a.example.jp"));
	assert_false(fqdn_is_wildcard("*a.example.jp"));
	assert_ptr_equal(fqdn_base(name), name + 2);
	assert_string_equal(fqdn_base("www.example.jp"), "www.example.jp");
}

static void unicode_form(void **state)
{
	static const char *const row[][2] = {
		{"xn--wgv71a119e.jp", "日本語.jp"},
		{"*.xn--wgv71a119e.jp", "*.日本語.jp"},
		{"www.xn--r8jz45g.xn--zckzah", "www.例え.テスト"},
		{"xn--strae-oqa.de", "straße.de"},
		{"example.jp", NULL},
		{"*.example.jp", NULL},
		{"xn--.jp", NULL},
		{"xn--ls8h.jp", NULL},
		{"xn--_-lb7a.jp", NULL},
		{"XN--WGV71A119E.jp", NULL},
		{"xn--zckzah", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		char *got = fqdn_unicode(row[i][0]);
		if (row[i][1] == NULL)
			assert_null(got);
		else
			assert_string_equal(got, row[i][1]);
		free(got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rule_10_good_names),
		cmocka_unit_test(rule_10_bad_names),
		cmocka_unit_test(rule_10_no_name_at_all),
		cmocka_unit_test(sentences_hold_nothing_dangerous),
		cmocka_unit_test(normalizing_twice_changes_nothing),
		cmocka_unit_test(random_bytes_never_break_it),
		cmocka_unit_test(is_normal),
		cmocka_unit_test(wildcard_and_base),
		cmocka_unit_test(unicode_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
