/* What web servers say that they serve: as texts, and asked where they are installed. */
#include "config.h"

#include "run/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/proc.h"
#include "scratch.h"

struct example {
	const char *what;
	const char *text;
	const char *names;
	size_t left_out;
};

#define SERVER(inside) "http {\nserver {\n" inside "\n}\n}\n"

static const struct example nginx_example[] = {
	{"nothing", "", "", 0},
	{"one", SERVER("server_name a.jp;"), "a.jp", 0},
	{"several, some twice, in any case", SERVER("server_name b.jp WWW.B.JP b.jp. a.jp;"), "a.jp b.jp www.b.jp", 0},
	{"several lines", SERVER("server_name\n\ta.jp # not c.jp;\n\t\tb.jp\n;"), "a.jp b.jp", 0},
	{"several directives and servers",
	 "http { server { server_name a.jp; server_name b.jp; } server{server_name c.jp;} }",
	 "a.jp b.jp c.jp", 0},
	{"quotes", SERVER("server_name \"a.jp\" 'b.jp' \"~^c{2}\\\"; server_name d.jp;\";"), "a.jp b.jp", 1},
	{"both below and itself", SERVER("server_name .a.jp;"), "*.a.jp a.jp", 0},
	{"a wildcard", SERVER("server_name *.a.jp;"), "*.a.jp", 0},
	{"names in any script", SERVER("server_name 日本語.jp xn--wgv71a119e.jp;"), "xn--wgv71a119e.jp", 0},
	{"what is no name", SERVER("server_name _ \"\" ~^www\\d+\\.a\\.jp$ www.a.* *.a.* $hostname a.jp;"), "a.jp", 6},
	{"what no CA issues for", SERVER("server_name localhost 192.0.2.1 a.local a.test a.localdomain a.jp;"), "a.jp", 5},
	{"said once", SERVER("server_name _ _ localhost localhost;"), "", 2},
	{"in a comment",
	 "http {\n# server { server_name a.jp; }\n server { #server_name b.jp;\nserver_name c.jp; } }", "c.jp", 0},
	{"a # within a word is no comment", SERVER("server_name a.jp b.jp#c;"), "a.jp", 1},
	{"in a string", SERVER("add_header X \"server_name a.jp;\"; return 200 'server { server_name b.jp; }';"), "", 0},
	{"braces in strings and variables", SERVER("set $x \"}}\"; return 200 ${x}; server_name a.jp;"), "a.jp", 0},
	{"in other blocks", SERVER("location / { if ($x) { set $y z; } } server_name a.jp;"), "a.jp", 0},
	{"a word elsewhere",
	 "http { map $host $x { server_name a.jp; default b; } server { return 200 server_name; } }", "", 0},
	{"stream and mail",
	 "stream { server { server_name a.jp; } } mail { server_name b.jp; server { server_name c.jp; } }",
	 "", 0},
	{"not outside of http", "server { server_name a.jp; }", "", 0},
	{"a prefix of the directive", SERVER("server_name_in_redirect on; server_names_hash_max_size 512;"), "", 0},
	{"Lua", SERVER("content_by_lua_block { -- don't {{{\n ngx.say('}', \"}\") --[[ }} ]] local t = {a = [[}]]} }\n"
	               "server_name a.jp;"), "a.jp", 0},
	{"no end", "http { server { server_name a.jp", "", 0},
	{"no end of a string", SERVER("server_name \"a.jp;"), "", 0},
	{"too many ends", "} } } http { server { server_name a.jp; } }", "a.jp", 0},
	{"files", "# configuration file /etc/nginx/nginx.conf:\n"
	          "http { include conf.d/*.conf; include /srv/more; }\nstream { include conf.d/*.stream; }\n\n"
	          "# configuration file /etc/nginx/conf.d/a.conf:\n"
	          "server { server_name a.jp; include names.inc; location / { include place.inc; } }\n\n"
	          "# configuration file /etc/nginx/names.inc:\nserver_name b.jp;\n\n"
	          "# configuration file /etc/nginx/place.inc:\nserver_name never.jp;\n\n"
	          "# configuration file /srv/more:\nserver { server_name c.jp; }\n\n"
	          "# configuration file /etc/nginx/conf.d/d.stream:\nserver { server_name d.jp; }\n",
	 "a.jp b.jp c.jp", 0},
	{"a file that stands in two places",
	 "# configuration file /n.conf:\nstream { include *.conf; }\nhttp { include a.conf; }\n"
	 "# configuration file /a.conf:\nserver { server_name a.jp; }\n",
	 "a.jp", 0},
	{"a file that ends in the middle does not harm the next",
	 "# configuration file /n.conf:\nhttp { include *.conf; }\n# configuration file /a.conf:\nserver { x \"\n"
	 "# configuration file /b.conf:\nserver { server_name b.jp; }\n",
	 "b.jp", 0},
	{"a file that nobody includes", "# configuration file /n.conf:\nevents {}\n# configuration file /a.conf:\n"
	                                "server { server_name a.jp; }\n", "a.jp", 0},
};

#define HEAD "VirtualHost configuration:\n"
#define TAIL "ServerRoot: \"/etc/apache2\"\nMain ErrorLog: \"/var/log/a.jp\"\nDefine: DUMP_VHOSTS\n"

static const struct example apache_example[] = {
	{"nothing", "", "", 0},
	{"no hosts", HEAD TAIL, "", 0},
	{"one host at an address", HEAD "*:443                  a.jp (/etc/apache2/a.conf:1)\n" TAIL, "a.jp", 0},
	{"addresses",
	 HEAD "192.0.2.1:443          a.jp (/a.conf:1)\n[2001:db8::1]:443      b.jp (/b.conf:9)\n*:* c.jp (/c c:3)\n",
	 "a.jp b.jp c.jp", 0},
	{"several hosts",
	 HEAD "*:80                   is a NameVirtualHost\n"
	      "         default server a.jp (/etc/apache2/a.conf:1)\n"
	      "         port 80 namevhost a.jp (/etc/apache2/a.conf:1)\n"
	      "                 alias www.a.jp\n"
	      "                 wild alias *.w.a.jp\n"
	      "         port 80 namevhost b.jp (/etc/apache2/b.conf:1)\n"
	      "                 alias 日本語.jp\n"
	      "                 wild alias b?.jp\n"
	      "                 wild alias b.*\n"
	      "         port * namevhost localhost (/etc/apache2/c.conf:1)\n"
	      "*:443                  d.jp (/etc/apache2/d.conf:1)\n" TAIL,
	 "*.w.a.jp a.jp b.jp d.jp www.a.jp xn--wgv71a119e.jp", 3},
	{"other ends of lines", HEAD "*:443 a.jp (/a:1)\r\n*:80 is a NameVirtualHost\r\n\tport 80 namevhost b.jp (/b:1)",
	 "a.jp b.jp", 0},
	{"our own host is none", HEAD "         port 443 namevhost unlisted.tegata.invalid (-c/-C directives:1)\n", "", 0},
};

static void assert_scan(const struct example *x, struct scan *s)
{
	char *names = strs_join(&s->names, " ");

	assert_string_equal(names, x->names);
	assert_int_equal(s->left_out.count, x->left_out);
	free(names);
	scan_clear(s);
}

static void nginx_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof nginx_example / sizeof *nginx_example; i++) {
		struct scan s = {0};
		print_message("%s\n", nginx_example[i].what);
		scan_read_nginx(nginx_example[i].text, strlen(nginx_example[i].text), &s);
		assert_scan(&nginx_example[i], &s);
	}
}

static void apache_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof apache_example / sizeof *apache_example; i++) {
		struct scan s = {0};
		print_message("%s\n", apache_example[i].what);
		scan_read_apache(apache_example[i].text, strlen(apache_example[i].text), &s);
		assert_scan(&apache_example[i], &s);
	}
}

static void why_something_is_left_out(void **state)
{
	static const char text[] = SERVER("server_name ~^a\\.jp$ localhost a.lan;");
	struct scan s = {0};

	(void)state;
	scan_read_nginx(text, strlen(text), &s);
	assert_int_equal(s.left_out.count, 3);
	assert_string_equal(s.left_out.item[0],
	                    "\"~^a\\\\.jp$\": it is a regular expression, which fits names that nobody can list");
	assert_string_equal(s.left_out.item[2], "\"a.lan\": this domain is not in the public DNS, so no CA issues for it");
	assert_non_null(strstr(s.left_out.item[1], "localhost"));
	scan_clear(&s);
}

static void addresses_with_one_host(void **state)
{
	static const char text[] = HEAD "*:443  a.jp (/a.conf:1)\n"
	                                "*:80   is a NameVirtualHost\n"
	                                "         port 80 namevhost b.jp (/b.conf:1)\n"
	                                "[2001:db8::1]:28083    c.jp (/c.conf:27)\n"
	                                "*:1>   x.jp (/evil:1)\n";
	struct strs single = {0};

	(void)state;
	scan_read_apache_single(text, strlen(text), &single);
	assert_int_equal(single.count, 2);
	assert_string_equal(single.item[0], "*:443");
	assert_string_equal(single.item[1], "[2001:db8::1]:28083");
	strs_clear(&single);
}

/* However it is cut or spoilt, it is read to its end. */
static void spoilt_texts(void **state)
{
	static const char bytes[] = "{}\"';\\\n #$[-\0.";
	uint32_t seed = 20261122;

	(void)state;
	print_message("seed %u\n", (unsigned)seed);
	for (int round = 0; round < 4000; round++) {
		const struct example *x = &nginx_example[(size_t)round % (sizeof nginx_example / sizeof *nginx_example)];
		size_t len = strlen(x->text);
		char *text = str_dup(x->text);
		struct scan s = {0};
		for (int i = 0; i < 3 && len > 0; i++) {
			seed = seed * 1664525u + 1013904223u;
			text[(seed >> 8) % len] = bytes[(seed >> 4) % (sizeof bytes - 1)];
		}
		len = len > 0 ? len - (seed >> 16) % len : 0;
		char *part = mem_new(len + 1, 1);
		memcpy(part, text, len);
		scan_read_nginx(part, len, &s);
		scan_read_apache(part, len, &s);
		scan_clear(&s);
		free(part);
		free(text);
	}
}

/* ---- the real ones, with a configuration of our own */

static int run(const char *const *argv, struct proc_result *result)
{
	static const char *const env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
	struct proc_spec spec = {.argv = argv, .envp = env, .timeout_sec = 60, .output_max = SCAN_OUTPUT_MAX};
	struct err e = ERR_INIT;
	int rc = proc_run(&spec, result, &e);

	err_clear(&e);
	return rc == 0 && result->exit_status == 0 ? 0 : -1;
}

static char *write_file(const char *dir, const char *name, const char *text)
{
	char *path = fs_join(dir, name);

	scratch_write(path, text, 0644);
	return path;
}

static void nginx_itself(void **state)
{
	char *dir = scratch_make();
	char *included = write_file(dir, "more.conf", "server { listen 28091; server_name .c.jp 'd.jp'; }\n");
	char *text = str_fmt("pid %s/pid; error_log %s/log; events {}\n"
	                     "http { # server_name no.jp;\n include mo*.conf; server { listen 28090; server_name a.jp\n"
	                     "  \"b.jp\" \"~^x{2}\\.jp$\" b.jp#x;\n"
	                     "  location / { return 200 \"} server_name no.jp;\"; } } }\n", dir, dir);
	char *path = write_file(dir, "nginx.conf", text);
	char *log = fs_join(dir, "log");
	const char *argv[] = {"/usr/sbin/nginx", "-T", "-e", log, "-c", path, NULL};
	struct proc_result result = {0};
	struct scan s = {0};
	bool there = access(argv[0], X_OK) == 0;

	(void)state;
	if (there) {
		assert_int_equal(run(argv, &result), 0);
		scan_read_nginx(result.out, strlen(result.out), &s);
		assert_scan(&(struct example){.names = "*.c.jp a.jp b.jp c.jp d.jp", .left_out = 2}, &s);
	}
	proc_result_clear(&result);
	free(log);
	free(path);
	free(text);
	free(included);
	scratch_remove(dir);
	if (!there)
		skip();
}

static const char apache_hosts[] =
	"Listen 127.0.0.1:28090\nListen 127.0.0.1:28091\nServerName main.jp\n"
	"<VirtualHost *:28090>\nServerName a.jp\nServerAlias www.a.jp *.w.a.jp\n</VirtualHost>\n"
	"<VirtualHost *:28090>\nServerName b.jp\nServerAlias b.*\n</VirtualHost>\n"
	"<VirtualHost *:28091>\nServerName https://c.jp:8443\nServerAlias www.c.jp\n</VirtualHost>\n";

static void apache_itself(void **state)
{
	char *dir = scratch_make();
	char *text = str_fmt("ServerRoot %s\nPidFile %s/httpd.pid\nErrorLog %s/httpd.log\n"
	                     "LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so\n"
	                     "LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so\n%s",
	                     dir, dir, dir, apache_hosts);
	char *path = write_file(dir, "httpd.conf", text);
	const char *argv[] = {"/usr/sbin/apache2", "-f", path, "-t", "-D", "DUMP_VHOSTS", "-c", "<VirtualHost *:28091>",
	                      "-c", "ServerName unlisted.tegata.invalid", "-c", "</VirtualHost>", NULL};
	const char *plain[] = {argv[0], argv[1], argv[2], argv[3], argv[4], argv[5], NULL};
	struct proc_result result = {0};
	struct strs single = {0};
	struct scan s = {0};
	bool there = access(argv[0], X_OK) == 0;

	(void)state;
	if (there) {
		assert_int_equal(run(plain, &result), 0);
		scan_read_apache_single(result.out, strlen(result.out), &single);
		assert_int_equal(single.count, 1);
		assert_string_equal(single.item[0], "*:28091");
		proc_result_clear(&result);
		assert_int_equal(run(argv, &result), 0);
		scan_read_apache(result.out, strlen(result.out), &s);
		assert_scan(&(struct example){.names = "*.w.a.jp a.jp b.jp c.jp www.a.jp www.c.jp", .left_out = 1}, &s);
	}
	strs_clear(&single);
	proc_result_clear(&result);
	free(path);
	free(text);
	scratch_remove(dir);
	if (!there)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nginx_texts),
		cmocka_unit_test(apache_texts),
		cmocka_unit_test(why_something_is_left_out),
		cmocka_unit_test(addresses_with_one_host),
		cmocka_unit_test(spoilt_texts),
		cmocka_unit_test(nginx_itself),
		cmocka_unit_test(apache_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
