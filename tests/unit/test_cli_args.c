/* Command lines that cannot be meant like this: the exit status and the message of each. */
#include "config.h"

#include "cli_run.h"

#define WORDS_MAX 14

/* "@" stands for the folder of the test. A message without a newline at its end is a beginning: the rest is a lower layer's. */
static const struct row {
	int status;
	const char *words[WORDS_MAX];
	const char *message;
} rows[] = {
	{2, {NULL},
	 "tegata: a command is missing\n"
	 "  what to do: `tegata help` lists the commands.\n"},
	{2, {"help", "me"},
	 "tegata: unknown command \"me\"\n"
	 "  what to do: `tegata help` lists the commands.\n"},
	{2, {"chek"},
	 "tegata: unknown command \"chek\"; did you mean \"check\"?\n"
	 "  what to do: `tegata help` lists the commands.\n"},
	{2, {"config"},
	 "tegata: \"config\" alone says nothing; \"tegata config check\" is what there is\n"},
	{2, {"config", "chekc"},
	 "tegata: unknown command \"config chekc\"; did you mean \"config check\"?\n"},
	{2, {"entitlement"},
	 "tegata: unknown command \"entitlement\"; did you mean \"entitlements\"?\n"
	 "  what to do: `tegata help` lists the commands.\n"},
	{2, {"entitlements", "renwe", "example.jp"},
	 "tegata: unknown command \"entitlements renwe\"; did you mean \"entitlements renew\"?\n"},
	{2, {"help", "entitlements", "renwe"},
	 "tegata: unknown command \"entitlements renwe\"; did you mean \"entitlements renew\"?\n"},
	{2, {"entitlements", "example.jp"},
	 "tegata: unknown command \"entitlements example.jp\"; behind \"entitlements\" may stand: "
	 "add, remove, renew, set, learn, suggest, advise\n"},
	{2, {"run", "www"},
	 "tegata: \"www\" is one word too many for \"tegata run\"\n"},
	{2, {"config", "check", "x"},
	 "tegata: \"x\" is one word too many for \"tegata config check\"\n"},
	{2, {"version", "x"},
	 "tegata: \"x\" is one word too many for \"tegata version\"\n"},
	{2, {"--frobnicate"},
	 "tegata: unknown option \"--frobnicate\"\n"},
	{2, {"--frobnicate=1", "run"},
	 "tegata: unknown option \"--frobnicate\"\n"},
	{2, {"certonly", "--webrot"},
	 "tegata: unknown option \"--webrot\"; did you mean \"--webroot\"?\n"},
	{2, {"certonly", "--webroot-pat", "/x"},
	 "tegata: unknown option \"--webroot-pat\"; did you mean \"--webroot-path\"?\n"},
	{2, {"run", "--js"},
	 "tegata: unknown option \"--js\"; did you mean \"--json\"?\n"},
	{2, {"run", "-x"},
	 "tegata: unknown option \"-x\"\n"},
	{2, {"run", "-nx"},
	 "tegata: unknown option \"-x\"\n"},
	{2, {"run", "-\033"},
	 "tegata: unknown option \"-\\x1B\"\n"},
	{2, {"check", "--json=yes"},
	 "tegata: --json takes no value\n"},
	{2, {"check", "-d"},
	 "tegata: -d needs a value: NAME\n"},
	{2, {"check", "--at"},
	 "tegata: --at needs a value: TIME\n"},
	{2, {"check", "--at", "tomorrow", "-d", "a.jp"},
	 "tegata: --at: expected a date such as 2027-03-01 or a time such as 2027-03-01T09:00:00+09:00, not \"tomorrow\"\n"},
	{2, {"check", "--at", "2026-13-01", "-d", "a.jp"},
	 "tegata: --at: there is no such day: 2026-13-01\n"},
	{2, {"check", "--at", "2027-02-29", "-d", "a.jp"},
	 "tegata: --at: there is no such day: 2027-02-29\n"},
	{2, {"forecast", "--until", "2027-02-29"},
	 "tegata: --until: there is no such day: 2027-02-29\n"},
	{2, {"forecast", "--until", "next year"},
	 "tegata: --until: expected a date such as 2027-02-28, not \"next year\"\n"},
	{2, {"forecast", "--ca-down", "2027-02-28"},
	 "tegata: --ca-down: expected two days, both included, such as 2027-01-10..2027-01-20, not \"2027-02-28\"\n"},
	{2, {"forecast", "--ca-down", "2027-02-28..2027-02-29"},
	 "tegata: --ca-down: there is no such day: 2027-02-29\n"},
	{2, {"forecast", "--ca-down", "2027-02-28..2027-02-27"},
	 "tegata: --ca-down: the second day is before the first: 2027-02-28..2027-02-27\n"},
	{2, {"forecast", "--lifetime", "47h"},
	 "tegata: --lifetime: expected a number of days from 1 to 3660, not \"47h\"\n"},
	{2, {"forecast", "--lifetime", "0d"},
	 "tegata: --lifetime: expected a number of days from 1 to 3660, not \"0d\"\n"},
	{2, {"forecast", "--add", "a_b.jp"},
	 "tegata: --add: \"a_b.jp\" cannot be used: it holds an underscore, which is not allowed in the names of a "
	 "certificate\n"},
	{2, {"status", "--warning", "3"},
	 "tegata: --warning, --critical and --entry-warning go with --check or --metrics\n"},
	{2, {"check", "--at", "", "-d", "a.jp"},
	 "tegata: --at needs a value: TIME\n"},
	{2, {"check", "-d", ""},
	 "tegata: --domain needs a value: NAME\n"},
	{2, {"check"},
	 "tegata: nothing to check: no name is given and no certificate is configured\n"
	 "  what to do: Give names: `tegata check -d NAME`.\n"},
	{2, {"check", "-d", "example.jp", "--ca", "jpsr"},
	 "tegata: --ca: there is no CA \"jpsr\" in the settings; did you mean \"jprs\"?\n"
	 "  what to do: Name it under `cas` in @/etc/tegata.yaml.\n"},
	{2, {"check", "-d", "example.jp", "--ca", "nothing"},
	 "tegata: --ca: there is no CA \"nothing\" in the settings\n"
	 "  what to do: Name it under `cas` in @/etc/tegata.yaml.\n"},
	{2, {"check", "-w", "/x"},
	 "tegata: --webroot-path is no option of \"tegata check\"; it belongs to: certonly\n"},
	{2, {"run", "-d", "www.example.jp"},
	 "tegata: --domain is no option of \"tegata run\"; it belongs to: check, certonly\n"},
	{2, {"renew", "--agree-tos"},
	 "tegata: --agree-tos is no option of \"tegata renew\"; it belongs to: register\n"},
	{2, {"status", "--force"},
	 "tegata: --force is no option of \"tegata status\"; it belongs to: certonly, renew, rollback\n"},
	{2, {"register", "--force-renewal"},
	 "tegata: --force-renewal is no option of \"tegata register\"; it belongs to: certonly, renew, rollback\n"},
	{2, {"deploy", "--deploy-hook", "true"},
	 "tegata: --deploy-hook is no option of \"tegata deploy\"; it belongs to: certonly\n"},
	{2, {"run", "--at", "2027-01-01"},
	 "tegata: --at is no option of \"tegata run\"; it belongs to: check, forecast, entitlements suggest\n"},
	{2, {"help", "--markdown", "nothing"},
	 "tegata: unknown command \"nothing\"\n"
	 "  what to do: `tegata help` lists the commands.\n"},
	{2, {"run", "--markdown"},
	 "tegata: --markdown is no option of \"tegata run\"; it belongs to: help\n"},
	{2, {"-q", "-v", "run"},
	 "tegata: --quiet and --verbose contradict each other\n"},
	{2, {"--server", "http://ca.example.jp/dir", "run"},
	 "tegata: --server: \"http://ca.example.jp/dir\" is not a URL"},
	{2, {"--server", "ca.example.jp", "status"},
	 "tegata: --server: \"ca.example.jp\" is not a URL"},
	{2, {"--server", "https://user:pw@ca.example.jp/", "status"},
	 "tegata: --server: \"https://user:pw@ca.example.jp/\" is not a URL"},
	{2, {"--config-dir"},
	 "tegata: --config-dir needs a value: DIR\n"},
	{2, {"--config-dir", "", "run"},
	 "tegata: --config-dir needs a value: DIR\n"},
	{2, {"--state-dir=", "run"},
	 "tegata: --state-dir needs a value: DIR\n"},
	{3, {"--entitlements", "@/none.yaml", "check", "-d", "example.jp"},
	 "tegata: reading the settings: @/none.yaml: "},
	{2, {"renew", "nothing"},
	 "tegata: no certificate named \"nothing\" is configured"},
	{2, {"deploy", "nothing"},
	 "tegata: no certificate named \"nothing\" is configured"},
	{2, {"status", "nothing"},
	 "tegata: there is no certificate named \"nothing\"\n"},
	{2, {"register", "-n", "--eab-hmac-key", "abc"},
	 "warning: --eab-hmac-key shows the key in the list of processes and in the history of the shell; --eab-hmac-key-file does not\n"
	 "tegata: an EAB HMAC key is given, but no key id: --eab-kid ID\n"},
	{2, {"register", "-n", "--eab-hmac-key-file", "@/k"},
	 "tegata: an EAB HMAC key is given, but no key id: --eab-kid ID\n"},
	{2, {"register", "-n", "--eab-kid", "x"},
	 "tegata: an EAB key id is given, but no HMAC key: --eab-hmac-key-file FILE\n"},
	{10, {"register", "-n", "--eab-kid", "x", "--eab-hmac-key-file", "@/none"},
	 "tegata: reading the EAB HMAC key: "},
	{2, {"register", "-n", "--eab-kid", "x", "--eab-hmac-key-file", "@/empty"},
	 "tegata: an EAB key id is given, but no HMAC key: --eab-hmac-key-file FILE\n"},
	{2, {"register", "-n", "--eab-kid", "x", "--eab-hmac-key-file", "@/k", "--eab-hmac-key", "abc"},
	 "warning: --eab-hmac-key shows the key in the list of processes and in the history of the shell; --eab-hmac-key-file does not\n"
	 "tegata: --eab-hmac-key and --eab-hmac-key-file contradict each other\n"},
	{10, {"register", "-n", "--eab-kid", "x", "--eab-hmac-key-file", "@/big"},
	 "tegata: reading the EAB HMAC key: @/big"},
	{2, {"register", "-n", "-m", "a@b.jp", "--no-email"},
	 "tegata: --email and --no-email contradict each other\n"},
	{2, {"register", "-n", "-m", "a@b.jp", "--eab-kid", "x", "--eab-hmac-key-file", "@/k", "--eab-hmac-alg", "HS1"},
	 "tegata: --eab-hmac-alg: expected HS256, HS384 or HS512, not \"HS1\"\n"},
	{2, {"register", "-n", "-m", "a@b.jp", "--account-key", "dsa"},
	 "tegata: --account-key: expected ecdsa-p256, ecdsa-p384, rsa2048, rsa3072 or rsa4096, not \"dsa\"\n"},
	{2, {"register", "-n"},
	 "tegata: registering at https://acme.amecert.jprs.jp/DV/getDirectory: no mail address is given"},
	{2, {"register", "-n", "-m", "nobody"},
	 "tegata: registering at https://acme.amecert.jprs.jp/DV/getDirectory: \"nobody\" is not a mail address"},
	{2, {"register", "-n", "-m", "a@b.jp", "--eab-kid", "x", "--eab-hmac-key-file", "@/bad"},
	 "tegata: registering at https://acme.amecert.jprs.jp/DV/getDirectory: the EAB HMAC key is not base64"},
	{2, {"register", "-n", "-m", "a@b.jp", "--ca", "letsencrypt"},
	 "tegata: --ca: there is no CA \"letsencrypt\" in the settings\n"
	 "  what to do: Name it under `cas` in @/etc/tegata.yaml.\n"},
	{2, {"certonly"},
	 "tegata: which names? -d NAME, once for each\n"},
	{2, {"certonly", "--cert-name", "www"},
	 "tegata: no certificate named \"www\" is configured, and no -d NAME says what it is for\n"},
	{2, {"certonly", "--cert-name", "../x", "-d", "example.jp", "--standalone"},
	 "tegata: --cert-name: expected letters, digits, \".\", \"_\" and \"-\", first a letter or digit, not \"../x\"\n"},
	{2, {"certonly", "-d", "example.jp"},
	 "tegata: no challenge is chosen: how is control of the names to be shown?\n"
	 "  what to do: Give --webroot -w DIR, --standalone, --hook HOOK or --auth-hook COMMAND; or `challenge` in the settings.\n"},
	{2, {"certonly", "-d", "example.jp", "--webroot"},
	 "tegata: --webroot needs the folder: -w DIR\n"},
	{2, {"certonly", "-d", "example.jp", "-w", "@", "--standalone"},
	 "tegata: only one of --webroot, --standalone, --hook and --auth-hook can be used\n"},
	{2, {"certonly", "-d", "example.jp", "--standalone", "--hook", "nginx"},
	 "tegata: only one of --webroot, --standalone, --hook and --auth-hook can be used\n"},
	{2, {"certonly", "-d", "example.jp", "--hook", "no-such-hook"},
	 "tegata: --hook: there is no hook called \"no-such-hook\""},
	{2, {"certonly", "-d", "example.jp", "--hook", "../x"},
	 "tegata: --hook: \"../x\""},
	{2, {"certonly", "-d", "example.jp", "--standalone", "--deploy", "no-such-hook"},
	 "tegata: --deploy: there is no hook called \"no-such-hook\""},
	{2, {"certonly", "-d", "example.jp", "--standalone", "--http-01-port", "0"},
	 "tegata: --http-01-port: expected a number from 1 to 65535, not \"0\"\n"},
	{2, {"certonly", "-d", "example.jp", "--standalone", "--http-01-port", "65536"},
	 "tegata: --http-01-port: expected a number from 1 to 65535, not \"65536\"\n"},
	{2, {"certonly", "-d", "example.jp", "--standalone", "--http-01-port", "x"},
	 "tegata: --http-01-port: expected a number from 1 to 65535, not \"x\"\n"},
	{2, {"certonly", "-d", "example.jp", "-w", "@", "--http-01-port", "81"},
	 "tegata: --http-01-port and --http-01-address go with --standalone only\n"},
	{2, {"run", "--wait="},
	 "tegata: --wait needs a value: [SECONDS]\n"},
	{2, {"run", "--wait=x"},
	 "tegata: --wait: expected seconds, up to 86400, not \"x\"\n"},
	{2, {"run", "--wait=-1"},
	 "tegata: --wait: expected seconds, up to 86400, not \"-1\"\n"},
	{2, {"run", "--wait=86401"},
	 "tegata: --wait: expected seconds, up to 86400, not \"86401\"\n"},
	{2, {"run", "--wait", "5"},
	 "tegata: \"5\" is one word too many for \"tegata run\"\n"},
	{2, {"certonly", "-d", "example.jp", "--manual"},
	 "tegata: --manual needs --auth-hook: nobody is asked to do it by hand\n"},
	{2, {"certonly", "-d", "example.jp", "--standalone", "--cleanup-hook", "true"},
	 "tegata: --cleanup-hook goes with --auth-hook only\n"},
	{2, {"certonly", "-d", "example.jp", "--preferred-challenges", "dns"},
	 "tegata: --preferred-challenges goes with --hook or --auth-hook\n"},
	{2, {"certonly", "-d", "example.jp", "--standalone", "--preferred-challenges", "dns"},
	 "tegata: dns-01 needs --hook or --auth-hook\n"},
	{2, {"certonly", "-d", "example.jp", "--auth-hook", "true", "--preferred-challenges", "tls-alpn-01"},
	 "tegata: --preferred-challenges: expected dns-01, dns, http-01 or http, not \"tls-alpn-01\"\n"},
	{2, {"certonly", "-d", "example.jp", "--standalone", "--key-type", "rsa1024"},
	 "tegata: --key-type: expected rsa2048, rsa3072, rsa4096, ecdsa-p256, ecdsa-p384, rsa or ecdsa, not \"rsa1024\"\n"},
	{2, {"certonly", "-d", "example.jp", "--standalone", "--rsa-key-size", "1024"},
	 "tegata: --rsa-key-size: expected 2048, 3072 or 4096, not \"1024\"\n"},
	{2, {"certonly", "-d", "example.jp", "--standalone", "--rsa-key-size", "4096", "--key-type", "ecdsa"},
	 "tegata: --rsa-key-size and --key-type ecdsa contradict each other\n"},
	{2, {"certonly", "-d", "example.jp", "--standalone", "--elliptic-curve", "secp521r1"},
	 "tegata: --elliptic-curve: expected secp256r1 or secp384r1, not \"secp521r1\"\n"},
	{2, {"certonly", "-d", "example.jp", "--standalone", "--elliptic-curve", "secp384r1", "--key-type", "rsa"},
	 "tegata: --elliptic-curve and --key-type rsa contradict each other\n"},
	{2, {"certonly", "-d", "example.jp", "--standalone", "--rsa-key-size", "2048", "--elliptic-curve", "secp256r1"},
	 "tegata: --rsa-key-size and --elliptic-curve contradict each other\n"},
	{2, {"certonly", "-d", "example.jp", "--standalone", "--key-mode", "rw"},
	 "tegata: --key-mode: expected octal digits such as 0600 or 0640, not \"rw\"\n"},
	{2, {"certonly", "-d", "example.jp", "--standalone", "--key-mode", "0644"},
	 "tegata: --key-mode: a private key is readable for its owner, perhaps for its group, never for everybody; 0600 or 0640\n"},
	{2, {"certonly", "-d", "example.jp", "--standalone", "--key-mode", "0200"},
	 "tegata: --key-mode: a private key is readable for its owner, perhaps for its group, never for everybody; 0600 or 0640\n"},
	{2, {"certonly", "-d", "example.jp", "--standalone", "--key-mode", "1600"},
	 "tegata: --key-mode: a private key is readable for its owner, perhaps for its group, never for everybody; 0600 or 0640\n"},
	{2, {"certonly", "-d", "example.jp", "--standalone", "--key-owner", "nobody-of-that-name"},
	 "tegata: --key-owner: expected a user of this machine, not \"nobody-of-that-name\"\n"},
	{2, {"certonly", "-d", "example.jp", "--standalone", "--key-group", "no-group-of-that-name"},
	 "tegata: --key-group: expected a group of this machine, not \"no-group-of-that-name\"\n"},
	{4, {"certonly", "-d", "http://example.jp/", "--standalone"},
	 "tegata: \"http://example.jp/\" cannot be used"},
	{2, {"certonly", "-d", "example.jp", "--standalone", "--ca", "jpsr"},
	 "tegata: --ca: there is no CA \"jpsr\" in the settings; did you mean \"jprs\"?\n"
	 "  what to do: Name it under `cas` in @/etc/tegata.yaml.\n"},
	{2, {"revoke"},
	 "tegata: which certificate? --cert-name NAME or --cert-path FILE\n"},
	{2, {"revoke", "www"},
	 "tegata: \"www\" is one word too many for \"tegata revoke\"\n"},
	{2, {"revoke", "--cert-name", "www"},
	 "tegata: nobody is here to be asked; -n revokes without asking\n"},
	{2, {"revoke", "--cert-name", "a", "--cert-path", "b"},
	 "tegata: --cert-name and --cert-path contradict each other\n"},
	{2, {"revoke", "-n", "--cert-path", "b", "--generation", "2"},
	 "tegata: --generation goes with --cert-name only\n"},
	{2, {"revoke", "-n", "--cert-name", "www", "--generation", "0"},
	 "tegata: --generation: expected a number from 1 on, not \"0\"\n"},
	{2, {"revoke", "-n", "--cert-name", "www", "--reason", "because"},
	 "tegata: --reason: expected unspecified, keycompromise, affiliationchanged, superseded, cessationofoperation, not \"because\"\n"},
	{2, {"revoke", "-n", "--cert-path", "@/x", "--use-certificate-key"},
	 "tegata: --use-certificate-key goes with --cert-name only; --key-path names the file\n"},
	{2, {"revoke", "-n", "--cert-name", "www", "--key-path", "@/x", "--use-certificate-key"},
	 "tegata: --key-path and --use-certificate-key contradict each other\n"},
	{2, {"revoke", "-n", "--cert-name", "a/b"},
	 "tegata: --cert-name: expected the name of a certificate, not \"a/b\"\n"},
};

static void put_files(const struct cli_run *r)
{
	char *big = mem_new(5001, 1);

	memset(big, 'A', 5000);
	cli_run_file(r, "etc/entitlements.yaml", "- example.jp\n");
	cli_run_file(r, "k", "c2VjcmV0\n");
	cli_run_file(r, "empty", " \n");
	cli_run_file(r, "bad", "?!\n");
	cli_run_file(r, "big", big);
	free(big);
}

static bool as_told(const struct row *row, const char *err)
{
	return str_ends(row->message, "\n") ? str_eq(err, row->message) : str_starts(err, row->message);
}

static void test_messages(void **state)
{
	size_t bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct cli_run r = cli_run_begin();

		put_files(&r);
		cli_run_words(&r, rows[i].words);
		if (r.status != rows[i].status || !as_told(&rows[i], r.err) || *r.out) {
			print_error("row %zu (%s %s): status %d, not %d\n%s-- not --\n%s\n%s", i, rows[i].words[0] ? rows[i].words[0] : "",
			            rows[i].words[0] && rows[i].words[1] ? rows[i].words[1] : "", r.status, rows[i].status, r.err,
			            rows[i].message, r.out);
			bad++;
		}
		cli_run_end(&r);
	}
	assert_int_equal(bad, 0);
	assert_true(sizeof rows / sizeof rows[0] >= 60);
}

/* The same as an object on standard output, and nothing else. */
static void test_json(void **state)
{
	static const char *const wrong[] = {"check", "--json", "--at", "never", "-d", "a.jp", NULL};
	static const char *const unknown[] = {"--nonsense", "run", "--json", NULL};
	struct cli_run r = cli_run_begin();

	(void)state;
	cli_run_words(&r, wrong);
	assert_int_equal(r.status, 2);
	assert_string_equal(r.err, "");
	assert_string_equal(r.out, "{\"schema\":\"tegata.error.v1\",\"ok\":false,\"error\":{\"kind\":\"usage\",\"doing\":null,"
	                    "\"cause\":\"--at: expected a date such as 2027-03-01 or a time such as 2027-03-01T09:00:00+09:00, "
	                    "not \\\"never\\\"\",\"advice\":null,\"problem_type\":null,\"http_status\":null,\"retry_at\":null}}\n");
	cli_run_words(&r, unknown);
	assert_int_equal(r.status, 2);
	assert_string_equal(r.err, "");
	assert_true(str_starts(r.out, "{\"schema\":\"tegata.error.v1\",\"ok\":false,\"error\":{\"kind\":\"usage\""));
	cli_run_end(&r);
}

/* Options stand before and after the command; "--" ends them; names look as they are given. */
static void test_order(void **state)
{
	static const char *const before[] = {"--json", "check", "www.example.jp", NULL};
	static const char *const after[] = {"check", "www.example.jp", "--json", NULL};
	static const char *const between[] = {"check", "-d", "www.example.jp", "--json", NULL};
	static const char *const ended[] = {"--json", "check", "--", "www.example.jp", NULL};
	static const char *const *const all[] = {before, after, between, ended};
	struct cli_run r = cli_run_begin();

	(void)state;
	cli_run_file(&r, "etc/entitlements.yaml", "- example.jp\n");
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		cli_run_words(&r, all[i]);
		assert_int_equal(r.status, 0);
		assert_non_null(strstr(r.out, "\"count\":1,\"names\":[{\"name\":\"www.example.jp\",\"covered\":true,"
		                              "\"by\":[\"example.jp\"]}],\"errors\":[]}\n"));
	}
	cli_run_end(&r);
}

/* Whatever is given, what is said of it does nothing to a terminal, and is no flood. */
static void test_hostile_arguments(void **state)
{
	static const char *const odd[] = {"plan", "a\tb\xe2\x80\xae\xff", NULL};
	static const char *const as_json[] = {"plan", "--json", "a\x7f\xe2\x80\xae\xc2\x9b\xe2\x81\xa6\xd8\x9c\xc3\xa9", NULL};
	char *text = mem_new(40001, 1);
	const char *const long_one[] = {"plan", text, NULL};
	struct cli_run r = cli_run_begin();

	(void)state;
	memset(text, 'x', 40000);
	cli_run_words(&r, odd);
	assert_int_equal(r.status, 2);
	assert_non_null(strstr(r.err, "no certificate named \"a\\x09b\\xE2\\x80\\xAE\\xFF\" is configured"));
	cli_run_words(&r, as_json);
	assert_int_equal(r.status, 2);
	assert_non_null(strstr(r.out, "\\\"a\\u007f\\u202e\\u009b\\u2066\\u061c\xc3\xa9\\\""));
	cli_run_words(&r, long_one);
	assert_int_equal(r.status, 2);
	assert_non_null(strstr(r.err, " is 40000 bytes long, 32768 are the most"));
	cli_run_end(&r);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_hostile_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
