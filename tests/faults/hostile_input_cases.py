"""What hostile people, broken editors and other programs may hand to tegata: for hostile_input.py.

cases() yields (title, kind, payload, commands, harmless). kind says what the payload (bytes) is put in the place of:
"settings" and "list" are the whole files, "file" is (path below the settings' folder, how it is made, content), "none" is
nothing. commands are lists of arguments, of which the first alone is run in the short form. harmless: True, it may look odd,
but is right, so that the command may succeed; it must still run no hook and touch nothing outside. "warned": the same, but
the first command must say something about it.

In arguments and payloads @OUT@ stands for a folder that nothing may be written to, @CONF@ for that of the settings.
"""
import json

CTRL = "\x1b[2J\x07"
BIDI = "\u202egpj.exe"
LONG = "x" * 65536

# Names that are none.
BAD_NAMES = [
    "", " ", ".", "..", "...", "-", "--", "-x", "--help=1", "/", "/etc/passwd", "../x", "../../x.jp", "a/../b.jp",
    "a.jp/", "a.jp/x", "\\", "a\\b.jp", "a.jp\n", "a.jp\r\nb.jp", "a.jp\tb.jp", "a\x01.jp", CTRL + ".jp", "a\x7f.jp",
    "$(touch @OUT@/x).jp", "`touch @OUT@/x`.jp", "a.jp;touch @OUT@/x", "a.jp|sh", "a.jp&", "a.jp>@OUT@/x", "a b.jp",
    "'a'.jp", '"a".jp', "${HOME}.jp", "%s%n.jp", "a.jp#x", "a@b.jp", "a.jp:443", "https://a.jp/", "http://a.jp",
    "a..jp", ".a.jp", "a.jp..", "-a.jp", "a-.jp", "a.-b.jp", "a_b.jp", "_acme-challenge.a.jp", "*", "*.", "*.jp", "**.a.jp",
    "a.*.jp", "a*.jp", "*a.jp", "*.*.a.jp", "a.jp.*", "localhost", "jp", "127.0.0.1", "192.0.2.1", "1.2.3", "0x7f.1",
    "::1", "[::1]", "2001:db8::1", "0", "255.255.255.255", "1", "x" * 64 + ".jp", "x" * 300 + ".jp", ".".join(["x" * 60] * 5),
    LONG, LONG + ".jp", "xn--", "xn--.jp", "xn--zzzzzzzz.jp", "xn--a.jp", "xn--\u3042.jp", "xn--99999999999.jp", "ab--c.jp",
    BIDI + ".jp", "a\u202e.jp", "\u2066a.jp", "a\u200d.jp", "\u200b.jp", "\u0301a.jp", "a\u0000b.jp", "a\u2028b.jp",
    "\ufeff.jp", "\ufffd.jp", "a\u0085b.jp", "\u2044a.jp", "\U000e0041.jp", "\u3000.jp", "\ud7ff\ufff9.jp", "a\u061c.jp",
]
# Names that only look like something else.
ODD_NAMES = [
    "\u0430pple.jp", "g\u03bf\u03bfgle.jp", "\uff41.jp", "a\u3002jp", "stra\u00dfe.de", "\u65e5\u672c\u8a9e.jp",
    "EXAMPLE.JP.", "xn--wgv71a119e.jp", "*.xn--wgv71a119e.jp", "www." + "x" * 63 + ".jp", "0.0.0.0.in-addr.jp",
]
RAW_NAMES = [b"\xff.jp", b"a\xc3(.jp", b"\xed\xa0\x80.jp", b"\xc0\xae\xc0\xae/x", b"\xf4\x90\x80\x80.jp", b"\x80", b"\xe2\x82", b"a\x9b31m.jp"]

# Names of certificates, which become names of files.
CERT_NAMES = [
    "..", ".", "-x", "--force", "live/../..", "../x", "../../../../outside/x", "@OUT@/x", "/etc/x", "a/b", "a\\b", "a b", "a\nb",
    ".hidden", "x.yaml/../y", "a+b", "+a", "a+", "x" * 129, LONG, "\u65e5\u672c", "\u0430", BIDI, CTRL, "*", "*.a.jp", "$(id)",
    "`id`", "a;b", "a|b", "~", "~root", "%2e%2e", "a\tb", "_a", "\u2025", "a\u0301", "NUL:", "a:b", "con\x7f", "a'b", 'a"b', "{name}",
]
HOOKS = [
    "", ".", "..", "../canary", "../../etc/hooks/canary", "@CONF@/../etc/hooks/../nothing", "./canary", "hooks/canary", "canary ", " canary",
    "canary\n", "can\nary", "canary;id", "canary|id", "$(canary)", "`canary`", "canary&", "-canary", "--", "/", "//", "/dev/null", "/etc/passwd",
    "/bin", "/dev/zero", "@OUT@", "@OUT@/plain", "@OUT@/loop", "@OUT@/dangling", "~/canary", "CANARY", "canary\u202e", CTRL, LONG, "\u0441anary",
    "%s%s%s%n", "nosuch", "canary\tx", "*", "?anary", "canary\\", "/proc/self/exe/..", "/proc/self/fd/0",
]
PATHS = [
    "", ".", "..", "relative", "../up", "~/x", "$HOME/x", "~", "-", "C:\\x", "x\ny", "/x\ny", "/x\x1b[0m", "/" + "x" * 5000, LONG, "/x\u202ey",
    "file:///x", "http://x/", "|id", "`id`", "./x", "x/", "\u65e5",
]
URLS = [
    "", " ", "x", "/", "file:///etc/passwd", "http://127.0.0.1/dir", "ftp://a.jp/", "gopher://a.jp/", "javascript:alert(1)", "data:,x", "https://",
    "https:///x", "https://user:pw@a.jp/", "https://a.jp:0/", "https://a.jp:65536/", "https://a.jp:x/", "https://a.jp/\n", "https://a.jp/ x",
    "https://a.jp/\x1b[2J", "https://\u65e5\u672c.jp/", "https://[::1", "https://a b/", "https://a.jp\\@b.jp/", "//a.jp/", "https:a.jp", "https:/a.jp",
    "unix:///run/x", "ldap://a.jp/", "https://a.jp/" + LONG, "https://a.jp/\u202e", "https://a.jp/\u00ff", "dict://a.jp:11111/x", "-https://a.jp", "https://@a.jp/",
]
NUMBERS = ["", "-1", "+1", "0x10", "1e3", "1.5", "99999999999999999999", "9223372036854775808", "-9223372036854775809", "NaN", ".inf", "0b1", "1_000",
           "1,000", " 1 ", "1\n", "\uff11", "true", "yes", "null", "~", "[]", "{}", "'1'x", "1;id", "$(id)", "65536", "2147483648", "4294967297"]
DATES = ["", "2026-02-30", "2026-13-01", "0000-01-01", "10000-01-01", "2026-1-1", "26-01-01", "2026/01/01", "2026-01-01T00:00:00", "tomorrow", "-1", "2026-01-01\n",
         "2026-01-01;id", "\uff12026-01-01", "99999999999-01-01", CTRL, LONG]

SERVER = "cas: [{name: t, profile: custom, rule: jpdirect, server: \"https://127.0.0.1:9/dir\"}]\n"
CERT = "certificates:\n- name: www\n  names: [www.example.jp]\n  challenge: {type: dns-01, hook: canary}\n"
LIST = b"- example.jp\n- \"*.example.jp\"\n"
ALL = [["config", "check"], ["plan"], ["run"], ["status"]]
ALL_LIST = [["entitlements"], ["config", "check"], ["plan"], ["run"], ["check", "-d", "www.example.jp"], ["entitlements", "add", "new.jp"], ["entitlements", "suggest", "b.jp"]]


def quoted(text):
    """As a YAML string in double quotes; raw bytes go in as they are."""
    if isinstance(text, bytes):
        return b'"' + text + b'"'
    return json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass")


def arg(text):
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")


def possible(values):
    """What can be an argument."""
    return [v for v in values if b"\0" not in arg(v)]


def short(text):
    return repr(text if len(text) <= 40 else text[:30])


def settings_values():
    """One value of the settings after the other is replaced by each hostile one."""
    places = [
        ("names", "certificates:\n- {name: w, names: [%s], challenge: {type: dns-01, hook: canary}}\n", BAD_NAMES + RAW_NAMES),
        ("name", "certificates:\n- {name: %s, names: [www.example.jp], challenge: {type: dns-01, hook: canary}}\n", CERT_NAMES),
        ("challenge names", CERT + "- {name: w, names: [example.jp], challenge: [{names: [%s], hook: canary}]}\n", BAD_NAMES[:40]),
        ("hook", "certificates:\n- {name: w, names: [www.example.jp], challenge: {type: dns-01, hook: %s}}\n", HOOKS),
        ("hook run", "certificates:\n- {name: w, names: [www.example.jp], challenge: {type: dns-01, hook: {run: [%s]}}}\n", HOOKS),
        ("deploy", CERT + "  deploy: [%s]\n", HOOKS),
        ("notify", CERT + "notify: {run: %s}\n", HOOKS),
        ("webroot", "certificates:\n- {name: w, names: [www.example.jp], challenge: {webroot: %s}}\n", PATHS),
        ("csr", CERT + "  csr: %s\n", PATHS),
        ("outputs", CERT + "  outputs: [{combined: %s}]\n", PATHS),
        ("copy", CERT + "  outputs: [{copy: %s, to: /x}]\n", ["", "../key.pem", "privkey.pem/..", "/etc/shadow", CTRL, "meta.json", "x\n"]),
        ("password_file", CERT + "  outputs: [{pkcs12: /x.p12, password_file: %s}]\n", PATHS),
        ("ca", CERT + "  ca: %s\n", CERT_NAMES[:20]),
        ("key", CERT + "  key: %s\n", ["", "rsa", "rsa1024", "rsa99999999999", "dsa", "ed25519", CTRL, LONG, "../rsa2048", "RSA2048"][2:]),
        ("key_mode", CERT + "  key_mode: %s\n", NUMBERS + ["0777", "0666", "0644", "7777", "04600", "06", "8888", "0o600", "u=rw"]),
        ("key_owner", CERT + "  key_owner: %s\n", ["", "../root", "no such user", "root\n", "-1", "4294967296", "root:root", CTRL, LONG, "ro\u202eot"]),
        ("keep", CERT + "  keep: %s\n", NUMBERS),
        ("renew_before", CERT + "  renew_before: %s\n", NUMBERS + ["0%", "100%", "-5d", "1/0", "0/1", "2/1", "99999999999999d", "d", "%", "1//3", "1d;id"]),
        ("served", CERT + "  served: [%s]\n", ["", ":", "0", "65536", "-1", "99999999999", "smtp:", "smtp:0", "x:y:z", "https://a.jp/", "a b:443", "a\n:443", CTRL,
                                                 "[::1", "[::1]:x", "tls:../x:1", "$(id):443", LONG, "\u202e:443", "host:443:443", "a/b:443"]),
        ("on_lapse", CERT + "  on_lapse: %s\n", ["", "shrinkk", "SHRINK", "warn;", CTRL]),
        ("events", CERT + "notify: {run: canary, events: [%s]}\n", ["", "nosuch", "renewed\n", "*", CTRL, LONG]),
        ("env", CERT + "  deploy: [{run: canary, env: {%s: x}}]\n", ["", "A=B", "A B", "A\nB", "1A", "A\x01", CTRL, "LD-PRELOAD", "\u65e5"]),
        ("timeout", CERT + "  deploy: [{run: canary, timeout: %s}]\n", NUMBERS + ["0", "999999999"]),
        ("user", CERT + "  deploy: [{run: canary, user: %s}]\n", ["", "no\nbody", "../x", CTRL, "a b", "-x", "no/body"]),
        ("port", "certificates:\n- {name: w, names: [www.example.jp], challenge: {standalone: %s}}\n", NUMBERS + ["0"]),
        ("address", "certificates:\n- {name: w, names: [www.example.jp], challenge: {standalone: {addresses: [%s]}}}\n", ["", "x", "256.1.1.1", "::g", "1.2.3.4:80", "*", CTRL, "/run/x"]),
        ("type", "certificates:\n- {name: w, names: [www.example.jp], challenge: {hook: canary, type: %s}}\n", ["", "tls-alpn-01", "DNS-01", "dns-01\n", "../", CTRL]),
    ]
    for key, text, values in places:
        for v in values:
            if (key in ("hook", "hook run", "deploy", "notify")) and v == "canary":
                continue
            harmless = key == "key_owner" or (key, v) == ("timeout", "65536") or v == "/x\u202ey"
            if key in ("hook", "hook run", "deploy", "notify"):
                harmless = "warned"
            yield key + " " + short(v), SERVER.encode() + text.encode().replace(b"%s", quoted(v)), harmless
    for key, text, values in [
            ("server", "cas: [{name: t, profile: custom, server: %s}]\n", URLS), ("profile", "cas: [{profile: %s}]\n", ["", "../jprs", "JPRS", "jprs\n", CTRL, LONG]),
            ("ca name", "cas: [{profile: jprs, name: %s}]\n", CERT_NAMES), ("ca_file", "cas: [{profile: jprs, ca_file: %s}]\n", PATHS),
            ("contact", "cas: [{profile: jprs, contact: %s}]\n", ["", "x", "a@", "@b", "a b@c.jp", "a@b.jp\nBcc: x", "mailto:", "mailto:a@b.jp?cc=x", "a@b.jp,c@d.jp", "http://x", CTRL, LONG]),
            ("rule", "cas: [{profile: jprs, rule: %s}]\n", ["", "nonee", "NONE", "../none", CTRL]), ("max_names", "cas: [{profile: jprs, max_names: %s}]\n", NUMBERS),
            ("first_use", "cas: [{profile: jprs, first_use: %s}]\n", ["", "yes", "ALLOW", CTRL]), ("eab_kid", "cas: [{profile: jprs, eab_kid: %s}]\n", ["", "a\nb", CTRL])]:
        for v in values:
            yield key + " " + short(v), text.encode().replace(b"%s", quoted(v)) + CERT.encode(), v == "/x\u202ey"


def bombs(known):
    """YAML that is wrong as YAML, whatever it is to mean."""
    lol = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join("%s: &%s [%s]\n" % (chr(98 + i), chr(98 + i), ",".join(["*" + chr(97 + i)] * 9)) for i in range(8))
    texts = [
        lol, "&a [*a]\n", "<<: *x\n", "<<: {a: 1}\n", "a: !!python/object:os.system x\n", "!!binary aGk=\n", "!<tag:x> y\n", "%TAG ! tag:x,2000:\n---\n!a b\n", "%YAML 9.9\n---\na: 1\n",
        "[" * 100000, "{" * 100000, "- " * 100000, "a: " * 50000, "? " * 50000, "[" * 17 + "]" * 17, "{a: " * 20 + "1" + "}" * 20, "---\na: 1\n---\nb: 2\n", "a: 1\na: 2\n",
        "\"a\": 1\na: 2\n", "? [x]\n: y\n", "? {x: y}\n: z\n", "\t- x\n", "a:\n\tb\n", "a: 'x\n", "a: \"x\n", "a: \"\\x\"\n", "a: \"\\ud800\"\n", "\"\\0\": 1\n", "a: \"\\0\"\n", "a: [1, 2\n", "a: }\n", "@x\n",
        "`x`\n", "a: %x\n", "- -\n -\n", "\x00", "a\x00b: 1\n", "\x01\n", "\x1b[2J: 1\n", "\x7f: 1\n", "\ufeff\ufeffa: 1\n", "a: \u202e\n" + "b: 1\n", "#" + "x" * 1000000 + "\n: x\n", "a: |999999999\n  x\n", "a: >\x0c\n",
        "a" * 2000000, "...\n...\n", "- a\nb: c\n", "a: b: c\n", "!\n", "&\n", "*\n", "&a\n", "a: &b\n", "~: 1\n", "null: 1\n", "[]: 1\n", "1: 2\n", "true: 1\n", "? \n", "'': 1\n",
        "x: y\n" * 5000, "k%s: 1\n", "\n" * 100000 + "x", "a: " + "1" * 100000 + "\n", LONG + ": 1\n", "\u0085a: 1\n", "\u2028- x\n", "- \xa0\n",
    ]
    raw = [b"\xff\xfea\x00:\x00 \x001\x00", b"\xfe\xff\x00a", b"\xff", b"a: \xc3(\n", b"\x80: 1\n", b"a: \xed\xa0\x80\n", b"\xf8\x88\x80\x80\x80\n", b"\x1f\x8b\x08\x00", b"\x7fELF\x02", b"-----BEGIN PRIVATE KEY-----\n",
           b"- x\n" * 300000, known + b"x: &a 1\n", known + b"\xff"]
    for t in [t.encode("utf-8", "surrogatepass") for t in texts] + raw:
        yield "yaml " + short(t), t


def structures():
    """Values of the wrong kind where a mapping, a list or a text is due."""
    kinds = ["1", "[]", "{}", "[[]]", "[{}]", "[1]", "{a: b}", "true", "''", "[~]", "-1", "0x7fffffffffffffff", "[a, [b]]", "{a: {b: c}}", "|\n    x\n    y", "1e400"]
    for key in ["cas", "defaults", "certificates", "notify", "nosuch"]:
        for k in kinds:
            if (key, k) in (("cas", "[]"), ("cas", "[{}]"), ("defaults", "{}"), ("certificates", "[]"), ("notify", "[]")):
                continue
            yield "%s: %s" % (key, k), (key + ": " + k + "\n").encode(), "warned" if key == "notify" else False
    for key in ["name", "names", "challenge", "deploy", "key", "outputs", "served", "renew_before", "keep", "csr"]:
        for k in kinds:
            text = {"name": "names: [www.example.jp], challenge: {hook: canary, type: dns-01}", "names": "name: w, challenge: {hook: canary, type: dns-01}",
                    "challenge": "names: [www.example.jp]"}.get(key, "names: [www.example.jp], challenge: {hook: canary, type: dns-01}")
            if "\n" in k or (key, k) in (("deploy", "[]"), ("outputs", "[]"), ("served", "[]"), ("key", "[]"), ("name", "1"), ("name", "true"), ("name", "0x7fffffffffffffff"), ("name", "1e400"),
                                         ("served", "1"), ("served", "[1]"), ("keep", "1")):
                continue
            yield "%s: %s" % (key, k), (SERVER + "certificates: [{%s, %s: %s}]\n" % (text, key, k)).encode(), "warned" if key == "deploy" else False


def arguments():
    """Hostile arguments to each command."""
    base = SERVER.encode() + CERT.encode()
    by_hook = ["--hook", "canary", "--deploy", "canary", "-n"]
    bad = BAD_NAMES + RAW_NAMES
    tables = [
        ("certonly -d", bad, lambda v: [["certonly", "-d", v] + by_hook]), ("entitlements add", bad, lambda v: [["entitlements", "add", "--", v]]),
        ("entitlements set", bad, lambda v: [["entitlements", "set", "--ends", "2027-02-28", "--", v]]), ("entitlements suggest", bad, lambda v: [["entitlements", "suggest", "--", v]]),
        ("check", bad, lambda v: [["check", "-d", v]]), ("entitlements remove", bad[:60], lambda v: [["entitlements", "remove", "--", v]]),
        ("--cert-name", CERT_NAMES, lambda v: [["certonly", "--cert-name", v, "-d", "www.example.jp"] + by_hook]),
        ("revoke", CERT_NAMES + BAD_NAMES[:50], lambda v: [["revoke", "--cert-name", v]]), ("rollback", CERT_NAMES + BAD_NAMES[:50], lambda v: [["rollback", "--", v]]),
        ("rollback to", NUMBERS, lambda v: [["rollback", "--", "www", v]]), ("history", CERT_NAMES, lambda v: [["history", "--", v]]), ("renew", CERT_NAMES, lambda v: [["renew", "--", v]]),
        ("deploy", CERT_NAMES, lambda v: [["deploy", "--", v]]), ("plan", CERT_NAMES, lambda v: [["plan", "--", v]]),
        ("--hook", HOOKS, lambda v: [["certonly", "-d", "www.example.jp", "-n", "--hook", v]]), ("--deploy", HOOKS, lambda v: [["certonly", "-d", "www.example.jp", "-n", "--hook", "canary", "--deploy", v]]),
        ("-w", PATHS, lambda v: [["certonly", "-d", "www.example.jp", "-n", "--webroot", "-w", v]]), ("--csr", PATHS, lambda v: [["certonly", "--csr", v] + by_hook]),
        ("--server", URLS, lambda v: [["certonly", "-d", "www.example.jp", "--server", v] + by_hook]), ("--cert-path", PATHS, lambda v: [["revoke", "--cert-path", v]]),
        ("--plan", PATHS, lambda v: [["run", "--plan", v]]), ("--reason", ["", "x", "6", "-1", "removefromcrl", CTRL, LONG, "keycompromise\n"], lambda v: [["revoke", "--cert-name", "www", "--reason", v]]),
        ("--http-01-port", NUMBERS, lambda v: [["certonly", "-d", "www.example.jp", "-n", "--standalone", "--http-01-port", v]]),
        ("--ends", DATES, lambda v: [["entitlements", "set", "--ends=" + v, "example.jp"]]), ("--renewed", NUMBERS, lambda v: [["entitlements", "set", "--renewed=" + v, "example.jp"]]),
        ("--at", DATES, lambda v: [["check", "--at=" + v, "-d", "www.example.jp"]]), ("--price", ["", "x", "plain=-1", "plain=1e9", "wildcard=", "plain=99999999999999999999", CTRL, LONG],
                                                                                            lambda v: [["entitlements", "suggest", "--price", v, "www.a.jp"]]),
        ("--scan", ["", "x", "../nginx", "/bin/sh", "nginx;id", CTRL], lambda v: [["entitlements", "suggest", "--scan", v]]),
        ("--generation", NUMBERS, lambda v: [["revoke", "--cert-name", "www", "--generation", v]]), ("--key-mode", NUMBERS, lambda v: [["certonly", "-d", "www.example.jp", "--key-mode", v] + by_hook]),
        ("--key-type", ["", "dsa", "rsa1024", CTRL, LONG], lambda v: [["certonly", "-d", "www.example.jp", "--key-type", v] + by_hook]), ("command", ["", "Run", "ru", "run;", "../run", CTRL, LONG, "\u202e", "-", "--", "--no-such", "--=x", "-Z"], lambda v: [[v]]),
        ("--ca", CERT_NAMES[:25], lambda v: [["certonly", "-d", "www.example.jp", "--ca", v] + by_hook]),
    ]
    for title, values, make in tables:
        for v in possible(values):
            yield title + " " + short(v), "settings", base, make(v), False
    for v in ODD_NAMES:
        for make in (["certonly", "-d", v] + by_hook, ["entitlements", "add", v], ["entitlements", "suggest", v], ["check", "-d", v]):
            yield make[0] + " " + short(v), "settings", base, [make], True


def files():
    """Files that are something else than files, and names of files that nobody expects."""
    good = SERVER.encode() + CERT.encode()
    for place in ("tegata.yaml", "conf.d/x.yaml", "entitlements.yaml"):
        for how in ("fifo", "directory", "loop", "dangling", "/dev/zero", "/dev/full", "/proc/self/mem", "/proc/kmsg", "socket", "@OUT@"):
            yield "%s is %s" % (place, how), "file", (place, how, b""), [["config", "check"], ["plan"], ["run"]], how in ("dangling", "/dev/full") or place == "conf.d/x.yaml"
    for name in ["..yaml", "-x.yaml", "--force.yaml", " .yaml", "a b.yaml", "a\nb.yaml", CTRL + ".yaml", "$(id).yaml", "`id`.yaml", "\u202e.yaml", "x" * 250 + ".yaml", "a;b.yaml", "*.yaml", "%s%n.yaml", "\\.yaml", "'.yaml", "x.yaml\n.yaml"]:
        yield "conf.d/" + short(name), "file", ("conf.d/" + name, "plain", b"bad key: [1\n"), [["config", "check"], ["plan"], ["run"]], name.startswith(".")
    for raw in (b"\xff.yaml", b"a\xc3(.yaml", b"\x9b31m.yaml"):
        yield "conf.d/" + short(raw), "file", (b"conf.d/" + raw, "plain", b"bad key: [1\n"), [["config", "check"], ["plan"], ["run"]], False
    for name in ["x.yml", ".x.yaml", "x.yaml~", "x.yaml.bak", "#x.yaml#", "x", ".yaml.swp"]:
        yield "conf.d/" + name, "file", ("conf.d/" + name, "plain", good.replace(b"www", b"two")), [["config", "check"]], True
    for what in ("fifo", "directory", "loop", "/dev/zero", "socket"):
        for command in (["certonly", "--csr", "@CONF@/odd", "--hook", "canary", "-n"], ["revoke", "--cert-path", "@CONF@/odd"], ["run", "--plan", "@CONF@/odd"], ["--entitlements", "@CONF@/odd", "check", "-d", "www.example.jp"],
                        ["register", "--eab-kid", "k", "--eab-hmac-key-file", "@CONF@/odd", "--agree-tos", "-n"], ["--ca-file", "@CONF@/odd", "run"]):
            yield "%s is %s" % (" ".join(command[:2]), what), "file", ("odd", what, b""), [command], False


def cases():
    good = SERVER.encode() + CERT.encode()
    for title, text, harmless in settings_values():
        yield title, "settings", text, ALL, harmless
    for title, text in bombs(good):
        yield "settings: " + title, "settings", text, ALL, False
    for title, text, harmless in structures():
        yield "settings: " + title, "settings", text, ALL, harmless
    for v in BAD_NAMES + RAW_NAMES:
        yield "list " + short(v), "list", b"- " + quoted(v) + b"\n", ALL_LIST, False
    for title, text in bombs(LIST):
        yield "list: " + title, "list", text, ALL_LIST, False
    for v in DATES:
        for key in ("ends", "first_issued", "registered"):
            yield "list %s %s" % (key, short(v)), "list", b"- {fqdn: example.jp, " + key.encode() + b": " + quoted(v) + b"}\n", ALL_LIST, False
    for v in NUMBERS:
        yield "list renewed " + short(v), "list", b"- {fqdn: example.jp, first_issued: 2026-01-01, renewed: " + quoted(v) + b"}\n", ALL_LIST, False
    yield from arguments()
    yield from files()
