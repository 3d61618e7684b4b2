"""Hostile answers below and beside ACME: HTTP, headers, compression, JSON, the directory, nonces. See hostile.py."""
import gzip
import zlib

from hostile_base import at, case, edit, forever, member, problem, raw, says, without

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


GZIP_BOMB = gzip.compress(b" " * (32 << 20), 9)

# ---- bodies: their size and their pace
case("body-endless", 6, "larger than", at("directory", endless="a"), short=True)
case("body-endless-of-cert", 6, "larger than", at("cert", endless="A"), short=True)
case("body-endless-of-nonce", 6, "larger than", at("new-nonce", method="GET", endless="a"), at("order", endless=" "))
case("body-endless-of-problem", 6, "larger than", at("new-order", status=400, endless="a"))
case("body-endless-until-close", 6, "larger than", raw("directory", forever(OK + b"\r\n", b"{" * 16384)))
case("body-of-300-kib", 6, "larger than", says("directory", "{\"a\":\"" + "a" * 300000 + "\"}"))
case("body-of-200-kib-is-taken", 0, "", member("directory", "padding", "a" * 200000), short=True)
case("body-empty", 7, "JSON", says("directory", ""))
case("body-shorter-than-told", 6, "in the middle of its answer", at("directory", truncate=20), short=True)
case("body-longer-than-told", 7, "JSON", at("directory", set={"Content-Length": "5"}))
case("body-drips", 6, "too slowly", at("directory", drip_body=[1, 1.0]))
case("body-drips-of-cert", 6, "too slowly", at("cert", drip_body=[1, 1.0]))
case("body-stops", 6, "too slowly", at("directory", set={"Content-Length": "9999"}, edit="call.state[1] = 1",
     framing="length", drip_body=[100000, 40.0]))
case("headers-drip", 6, "within 60 s", at("directory", drip=[1, 1.0]))
case("silence", 6, "within 60 s", at("directory", do="blackhole", ask=False))
case("silence-of-nonce", 6, "within 60 s", at("new-nonce", do="blackhole", ask=False))
case("silence-of-new-order", 6, "within 60 s", at("new-order", do="blackhole", ask=False))
case("silence-of-authz", 6, "within 60 s", at("authz", do="blackhole", ask=False))
case("silence-of-challenge", 6, "within 60 s", at("challenge", do="blackhole", ask=False))
case("silence-of-order", 6, "within 60 s", at("order", do="blackhole", ask=False))
case("silence-of-finalize", 7, "finaliz", at("finalize", do="blackhole", ask=False))
case("silence-of-cert", 6, "within 60 s", at("cert", do="blackhole", ask=False))
case("late-answer-is-taken", 0, "", at("new-order", delay=2.0))

# ---- connections
case("tls-garbage", 6, "TLS", at("connect", do="tls"))
case("tls-reset", 6, "", at("connect", do="reset"))
case("tls-closed", 6, "", at("connect", do="close"))
case("closed-before-answer", 6, "without an answer", at("directory", do="close"))
case("reset-before-answer", 6, "", at("directory", do="reset"))
case("reset-always-at-order", 6, "", at("order", do="reset"))
case("reset-always-at-finalize", 7, "finaliz", at("finalize", do="reset", ask=False))
case("reset-once-at-new-order", 0, "", at("new-order", nth=1, do="reset"), short=True)
case("reset-once-at-finalize", 0, "", at("finalize", nth=1, do="reset"), short=True)
case("reset-once-at-cert", 0, "", at("cert", nth=1, do="reset"), short=True)
case("bytes-that-are-no-http", 6, "", at("directory", do="garbage"), short=True)

# ---- status lines
case("http-0.9", 6, "", raw("directory", b"{}\n"))
case("http-3.0-by-tcp", 6, "", raw("directory", b"HTTP/3.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"))
case("status-000", 6, "", raw("directory", b"HTTP/1.1 000 No\r\nContent-Length: 2\r\n\r\n{}"), short=True)
case("status-099", 6, "", raw("directory", b"HTTP/1.1 099 No\r\nContent-Length: 2\r\n\r\n{}"))
case("status-600", 6, "does not exist", raw("directory", b"HTTP/1.1 600 No\r\nContent-Length: 2\r\n\r\n{}"))
case("status-999", 6, "does not exist", raw("directory", b"HTTP/1.1 999 No\r\nContent-Length: 2\r\n\r\n{}"))
case("status-of-many-digits", 6, "",
     raw("directory", b"HTTP/1.1 20000000000000000000 OK\r\nContent-Length: 2\r\n\r\n{}"))
case("status-negative", 6, "", raw("directory", b"HTTP/1.1 -200 OK\r\nContent-Length: 2\r\n\r\n{}"))
case("status-204", 7, "204", raw("directory", b"HTTP/1.1 204 No Content\r\n\r\n"), short=True)
case("status-206", 7, "206", at("directory", status=206))
case("status-304", 7, "304", raw("directory", b"HTTP/1.1 304 Not Modified\r\n\r\n"))
case("status-101", 6, "", raw("directory", b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"))
case("status-404", 7, "404", at("directory", status=404))
case("status-418-of-new-order", 7, "418", at("new-order", status=418, body="a teapot"))
case("status-204-of-new-order", 7, "JSON", at("new-order", status=204, body=""))
case("status-204-of-cert", 11, "no certificate", at("cert", status=204, body=""))
case("interim-answers-a-thousand", 0, "", at("directory", before="HTTP/1.1 100 Continue\r\n\r\n" * 1000))
case("interim-answers-endless", 6, "", raw("directory", forever(b"", b"HTTP/1.1 103 Early\r\nA: b\r\n\r\n" * 500)),
     short=True)
case("answer-sent-twice", 0, "", at("cert", twice=True), short=True)
case("reason-with-escapes", 7, "500", at("new-order", status=500, reason="\x1b[31mred", body="\x1b]0;x\x07"))

# ---- redirects
for status in (301, 302, 303, 307, 308):
    case("redirect-%d-to-https" % status, 7, "Redirects are not followed",
         at("directory", status=status, set={"Location": "https://localhost:14000/dir"}), short=status == 301)
case("redirect-to-http", 7, "Redirects are not followed",
     at("directory", status=302, set={"Location": "http://localhost/"}))
case("redirect-to-file", 7, "Redirects are not followed",
     at("directory", status=302, set={"Location": "file:///etc/shadow"}))
case("redirect-of-new-order", 7, "Redirects are not followed",
     at("new-order", status=308, set={"Location": "https://localhost:14000/order-plz"}), short=True)
case("redirect-of-cert", 7, "Redirects are not followed",
     at("cert", status=302, set={"Location": "https://localhost:14000/"}))
case("redirect-loop-of-nonce", 7, "",
     at("new-nonce", status=302, set={"Location": "/nonce-plz"}, unset=["Replay-Nonce"]))

# ---- headers
case("headers-endless", 6, "", raw("directory", forever(OK, b"X-A: b\r\n" * 500)), short=True)
case("header-endless-line", 6, "", raw("directory", forever(OK + b"X-A: ", b"b" * 16384)))
case("headers-ten-thousand", 6, "", raw("directory", OK + b"A: b\r\n" * 20000 + b"\r\n{}"))
case("header-of-60-kib-is-skipped", 0, "", at("directory", set={"X-Padding": "a" * 60000}))
case("header-without-colon", 6, "", raw("directory", OK + b"nonsense\r\n\r\n{}"))
case("header-with-nul", 6, "", raw("directory", OK + b"A: b\0c\r\n\r\n{}"))
case("header-folded", 0, "", at("directory", set={"X-Folded": "a\r\n b\r\n c"}))
case("header-name-empty", 0, "", at("directory", add=[["", "x"]]))
case("length-negative", 6, "", raw("directory", OK + b"Content-Length: -5\r\n\r\n{}"))
case("length-of-30-digits", 7, "lacks", raw("directory", OK + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n{}"))
case("length-huge", 6, "", raw("directory", OK + b"Content-Length: 9000000000000000000\r\n\r\n{}"))
case("lengths-that-differ", 7, "", raw("directory", OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x"))
case("length-and-chunked", 7, "lacks",
     raw("directory", OK + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"))
case("chunk-size-huge", 6, "", raw("directory", OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}"))
case("chunk-size-overflows", 6, "",
     raw("directory", OK + b"Transfer-Encoding: chunked\r\n\r\n1ffffffffffffffff\r\n{}"))
case("chunk-size-negative", 6, "", raw("directory", OK + b"Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n"))
case("chunk-extension-endless", 6, "",
     raw("directory", forever(OK + b"Transfer-Encoding: chunked\r\n\r\n2;", b"a" * 16384)))
case("chunks-unended", 6, "in the middle", raw("directory", OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"))
case("trailers", 0, "", at("directory", trailers={"Replay-Nonce": "AAAA", "Location": "https://evil.example/"}))
case("trailers-endless", 6, "",
     raw("directory", forever(OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", b"A: b\r\n" * 500)))
case("transfer-encoding-unknown", 6, "", raw("directory", OK + b"Transfer-Encoding: rot13\r\n\r\n{}"))
case("content-type-wrong-is-taken", 0, "", at("*", set={"Content-Type": "text/html; charset=utf-7"}), short=True)
case("content-type-absent-is-taken", 0, "", at("*", unset=["Content-Type"]))
case("date-nonsense-is-ignored", 0, "", at("*", set={"Date": "yesterday"}))
case("date-of-1970", 0, "clock", at("*", set={"Date": "Thu, 01 Jan 1970 00:00:00 GMT"}), short=True)
case("date-of-9999", 0, "clock", at("*", set={"Date": "Fri, 31 Dec 9999 23:59:59 GMT"}))
case("cookies-and-refresh-are-ignored", 0, "",
     at("*", add=[["Set-Cookie", "a=b"], ["Refresh", "0; url=http://evil.example/"],
     ["Alt-Svc", "h2=\"evil.example:443\""], ["Strict-Transport-Security", "max-age=0"]]))

# ---- compression: never asked for, so never undone
case("gzip-unasked", 7, "JSON", at("directory", encode="gzip"), short=True)
case("deflate-unasked", 7, "JSON", at("directory", encode="deflate"))
case("gzip-bomb", 7, "JSON", at("directory", body=GZIP_BOMB, set={"Content-Encoding": "gzip"}), short=True)
case("gzip-bomb-of-cert", 11, "not a certificate", at("cert", body=GZIP_BOMB, set={"Content-Encoding": "gzip"}))
case("gzip-bomb-transferred", 6, "",
     raw("directory", OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n%x\r\n" % len(GZIP_BOMB)
     + GZIP_BOMB + b"\r\n0\r\n\r\n"))
case("zlib-bomb-in-itself", 7, "JSON", at("directory", body=zlib.compress(GZIP_BOMB, 9),
     set={"Content-Encoding": "gzip, deflate"}))
case("encoding-brotli", 7, "JSON", at("directory", body=b"\x0b\x02\x80{}\x03", set={"Content-Encoding": "br"}))
case("encoding-unknown-is-ignored", 0, "", at("directory", set={"Content-Encoding": "rot13"}))

# ---- JSON
case("json-html", 7, "JSON", says("directory", "<html><script>alert(1)</script>"), short=True)
case("json-array", 7, "newNonce", says("directory", "[]"))
case("json-number", 7, "newNonce", says("directory", "17"))
case("json-null", 7, "newNonce", says("directory", "null"))
case("json-string", 7, "newNonce", says("directory", "\"newNonce\""))
case("json-two-values", 7, "JSON", says("directory", "{}{}"))
case("json-deep-arrays", 7, "deep", says("directory", "[" * 100000), short=True)
case("json-deep-objects", 7, "deep", says("directory", "{\"a\":" * 40000))
case("json-deep-in-a-member", 7, "deep", says("new-order", "{\"status\":" + "[" * 5000 + "]" * 5000 + "}"))
case("json-duplicate-keys", 7, "duplicate",
     says("directory", "{\"newNonce\":\"https://a/\",\"newNonce\":\"https://b/\"}"), short=True)
case("json-nul-escaped", 7, "JSON", edit("directory", "j['newNonce'] += '\\0.evil'"), short=True)
case("json-nul-in-a-key", 7, "JSON", says("directory", "{\"new\\u0000Nonce\":1}"))
case("json-nul-raw", 7, "JSON", says("directory", b"{\"newNonce\":\"https://\0\"}"))
case("json-invalid-utf-8", 7, "JSON", says("directory", b"{\"newNonce\":\"\xff\xfe\xc0\xaf\"}"), short=True)
case("json-lone-surrogate", 7, "JSON", says("directory", "{\"newNonce\":\"\\ud800\"}"))
case("json-utf-16", 7, "JSON", says("directory", "{}".encode("utf-16")))
case("json-byte-order-mark", 7, "JSON", says("directory", b"\xef\xbb\xbf{}"))
case("json-huge-exponent", 7, "JSON", says("directory", "{\"a\":1e999999999}"))
case("json-huge-integer", 7, "JSON", says("directory", "{\"a\":" + "9" * 5000 + "}"))
case("json-huge-key", 7, "", says("directory", "{\"" + "k" * 200000 + "\":1}"))
case("json-200000-members", 7, "", says("directory", "{" + ",".join("\"%x\":0" % i for i in range(25000)) + "}"))
case("json-comments", 7, "JSON", says("directory", "{/* */}"))
case("json-trailing-nul", 7, "JSON", edit("directory", "pass", add=[]) | {"body": b"{}\0\0\0"})
case("json-escapes-in-the-error", 7, "JSON", says("directory", b"{\"a\":\x1b[31m\x07\xe2\x80\xae}"), short=True)

# ---- the directory
for name in ("newNonce", "newAccount", "newOrder"):
    case("directory-without-%s" % name, 7, name, without("directory", name), short=name == "newOrder")
    for what, value in (("number", 7), ("null", None), ("object", {"a": 1}), ("list", ["https://localhost/"])):
        if name == "newOrder" or what == "number":
            case("directory-%s-a-%s" % (name, what), 7, name, member("directory", name, value))
URLS = {
    "http": "http://localhost:14000/x", "ftp": "ftp://localhost/x", "file": "file:///etc/shadow",
    "javascript": "javascript:alert(1)",
    "relative": "/order-plz", "empty": "", "no-host": "https:///x", "user": "https://user:secret@localhost/x",
    "user-for-host": "https://localhost:14000@evil.example/", "line-break": "https://localhost/\r\nX: y",
    "blank": "https://local host/",
    "tab": "https://localhost/\t", "escape": "https://localhost/\x1b[31m", "port-0": "https://localhost:0/",
    "port-70000": "https://localhost:70000/", "port-letters": "https://localhost:80a/",
    "non-ascii": "https://ex\u00e4mple.jp/",
    "bidi": "https://localhost/\u202egpj.exe", "long": "https://localhost/" + "a" * 5000,
    "backslash": "https:\\\\localhost\\x",
    "ipv6-broken": "https://[::1/x", "percent-host": "https://%6cocalhost/", "ldap": "ldap://localhost/x",
    "dict": "gopher://localhost/",
}
for what, value in URLS.items():
    case("directory-url-%s" % what, 7, "is not a URL that tegata uses", member("directory", "newOrder", value),
         short=what in ("http", "file", "user", "line-break", "escape"))
for name in ("newNonce", "newAccount", "revokeCert", "keyChange", "renewalInfo"):
    case("directory-%s-by-http" % name, 7, "is not a URL that tegata uses",
         member("directory", name, "http://localhost/x"))
case("directory-url-foreign-host", 6, "evil.example", member("directory", "newOrder", "https://evil.example/order"),
     short=True)
case("directory-url-other-port", 6, "localhost:1", member("directory", "newNonce", "https://localhost:1/nonce"),
     short=True)
case("directory-url-other-address", 6, "169.254.169.254",
     member("directory", "newNonce", "https://169.254.169.254/latest"))
case("directory-url-name-not-in-certificate", 6, "127.0.0.2",
     member("directory", "newNonce", "https://127.0.0.2:14000/nonce-plz"))
case("directory-url-that-is-no-acme", 7, "", edit("directory", "j['newOrder'] = call.base() + '/elsewhere'"),
     short=True)
for name, value in (("termsOfService", 7), ("website", []), ("caaIdentities", "x"),
    ("externalAccountRequired", "perhaps"),
                    ("profiles", [1, 2]), ("profiles", {"a" * 5000: 1})):
    case("directory-meta-%s-%s-is-ignored" % (name, type(value).__name__), 0, "",
         edit("directory", "j.setdefault('meta', {})[%r] = %r" % (name, value)))
case("directory-meta-a-string-is-ignored", 0, "", member("directory", "meta", "none"), short=True)
case("directory-meta-a-thousand-profiles", 0, "",
     edit("directory", "j.setdefault('meta', {})['profiles'] = {'p%d\\x1b[31m' % i: 'x' for i in range(1000)}"))

# ---- nonces
case("nonce-missing", 7, "Replay-Nonce", at("new-nonce", unset=["Replay-Nonce"]), short=True)
case("nonce-empty", 7, "Replay-Nonce", at("new-nonce", set={"Replay-Nonce": ""}))
case("nonce-not-base64url", 7, "Replay-Nonce", at("new-nonce", set={"Replay-Nonce": "a+b/c=="}), short=True)
case("nonce-with-quote", 7, "Replay-Nonce", at("new-nonce", set={"Replay-Nonce": "a\",\"kid\":\"x"}))
case("nonce-with-escape", 7, "Replay-Nonce", at("new-nonce", set={"Replay-Nonce": "\x1b[31m"}))
case("nonce-of-60-kib", 7, "Replay-Nonce", at("new-nonce", set={"Replay-Nonce": "A" * 60000}))
case("nonce-of-20-kib", 7, "Replay-Nonce", at("new-nonce", set={"Replay-Nonce": "A" * 20000}))
case("nonce-always-the-same", 7, "badNonce", at(["new-nonce", "new-order"], set={"Replay-Nonce": "AAAAAAAAAAAAAAAA"}))
case("nonce-twice", 0, "", at("new-nonce", add=[["Replay-Nonce", "AAAA"]]))
case("nonce-only-by-newnonce", 0, "",
     at(["new-order", "authz", "challenge", "order", "finalize", "cert"], unset=["Replay-Nonce"]),
     short=True)
case("nonce-wrong-in-each-answer", 0, "",
     at(["new-order", "authz", "challenge", "order", "finalize", "cert"], set={"Replay-Nonce": "\xff\xfe"}),
     short=True)
case("nonce-404", 7, "404", at("new-nonce", status=404, unset=["Replay-Nonce"]))
case("bad-nonce-for-ever", 7, "badNonce", problem("new-order", kind="badNonce", ask=False, unset=["Replay-Nonce"]))
case("bad-nonce-ten-times", 0, "", problem("order", kind="badNonce", nth="1-10"), short=True)
