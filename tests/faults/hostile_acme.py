"""Hostile answers that are ACME objects: accounts, orders, authorizations, challenges, problems, renewal information.

See hostile.py.
"""
from hostile_base import ESCAPES, at, case, edit, forever, member, problem, raw, says, without

BAD_URLS = (("http", "http://localhost:14000/x"), ("file", "file:///etc/shadow"), ("user", "https://a:b@localhost/x"),
            ("line-break", "https://localhost/\r\nX: y"), ("empty", ""), ("relative", "/x"))
NO_URL = "is not a URL that tegata uses"
WAIT = {"ca": {"patience": 20}}
WRONG_TYPES = (("number", 7), ("null", None), ("object", {"a": 1}), ("list", ["x"]), ("true", True))

# ---- accounts
case("account-without-location", 7, "Location", at("new-account", unset=["Location"]), command="register", short=True)
for what, url in BAD_URLS[:3]:
    case("account-location-%s" % what, 7, NO_URL, at("new-account", set={"Location": url}), command="register",
         short=what == "http")
case("account-location-with-escape", 7, "Location", at("new-account", set={"Location": "https://localhost/\x1b[31m"}),
     command="register")
case("account-location-of-5-kib", 7, NO_URL, at("new-account", set={"Location": "https://localhost/" + "a" * 5000}),
     command="register")
case("account-location-twice", 0, "", at("new-account", add=[["Location", "https://evil.example/"]]),
     command="register")
case("account-200-with-garbage", 0, "", says("new-account", "{\"status\":[1,{\"a\":\x07", status=200),
     command="register")
case("account-201-without-body", 0, "", says("new-account", ""), command="register")
case("account-of-another-host-is-taken", 0, "", at("new-account", set={"Location": "https://evil.example/acct/1"}),
     command="register", again=False)
case("account-refused-with-escapes", 7, "forged line", problem("new-account", 403, "unauthorized", ESCAPES),
     command="register",
     short=True)
case("account-refused-with-nul", 7, "403", problem("new-account", 403, "unauthorized", "a\0b"), command="register")
case("account-eab-required", 7, "externalAccountRequired", problem("new-account", 403, "externalAccountRequired"),
     command="register", short=True)
case("account-eab-kid-unknown", 7, "EAB", problem("new-account", 401, "unauthorized", "unknown key id"),
     command="register")
case("account-terms-changed", 7, "terms", problem("new-account", 403, "userActionRequired", "agree",
     add=[["Link", "<https://ca.example/terms>;rel=\"terms-of-service\""]]), command="register")
case("account-terms-link-javascript", 7, "terms", problem("new-account", 403, "userActionRequired", "agree",
     {"instance": "javascript:alert(1)"}, add=[["Link", "<javascript:alert(1)>;rel=\"help\""]]), command="register")
case("account-500", 7, "500", at("new-account", status=500, body="oops"), command="register")
case("account-conflict", 7, "409", at("new-account", status=409, body=""), command="register")
case("account-reset-always", 6, "", at("new-account", do="reset"), command="register")
case("account-reset-once", 0, "", at("new-account", nth=1, do="reset"), command="register", short=True)
case("account-redirect", 7, "status 307", at("new-account", status=307, set={"Location": "https://localhost/"}),
     command="register")
case("account-lookup-says-other-host", 6, "", at("new-account", set={"Location": "https://evil.example/acct/1"},
     status=200), at("new-order", do="reset", ask=False), command="account", again=False)
case("account-lookup-without-location", 7, "Location", at("new-account", unset=["Location"]), command="account")
case("account-lookup-unknown", 3, "never completed", problem("new-account", 400, "accountDoesNotExist"),
     command="account",
     short=True)
case("account-unknown-at-order", 7, "Register again", problem("new-order", 400, "accountDoesNotExist"), short=True)

# ---- new orders
case("order-without-location", 7, "Location", at("new-order", unset=["Location"]), short=True)
for what, url in BAD_URLS[:3]:
    case("order-location-%s" % what, 7, NO_URL, at("new-order", set={"Location": url}))
case("order-location-foreign", 6, "evil.example", at("new-order", set={"Location": "https://evil.example/order/1"}))
for what, url in BAD_URLS:
    case("order-finalize-%s" % what, 7, NO_URL, member("new-order", "finalize", url), short=what == "file")
    case("order-authorization-%s" % what, 7, NO_URL, member("new-order", "authorizations", [url]))
case("order-finalize-foreign", 7, "", member("new-order", "finalize", "https://evil.example/finalize"))
case("order-authorization-foreign", 6, "evil.example",
     member("new-order", "authorizations", ["https://evil.example/a"]))
for what, value in WRONG_TYPES:
    case("order-status-%s" % what, 7, "status", member("new-order", "status", value), short=what == "number")
    case("order-finalize-%s" % what, 7, "finalize", member("new-order", "finalize", value))
    if what != "list":
        case("order-authorizations-%s" % what, 7, "authorizations", member("new-order", "authorizations", value))
        case("order-identifiers-%s" % what, 7, "identifiers", member("new-order", "identifiers", value))
case("order-status-unknown", 7, "status", member("new-order", "status", "paused"))
case("order-status-with-escapes", 7, "status", member("new-order", "status", ESCAPES))
case("order-not-json", 7, "JSON", says("new-order", "<html>"))
case("order-empty-object", 7, "finalize", says("new-order", "{}"), short=True)
case("order-an-array", 7, "", says("new-order", "[{}]"))
case("order-of-200-instead-of-201-is-taken", 0, "", at("new-order", status=200))
case("order-for-another-name", 7, "not for the names",
     member("new-order", "identifiers", [{"type": "dns", "value": "evil.example"}]),
     short=True)
case("order-for-one-more-name", 7, "not for the names",
     edit("new-order", "j['identifiers'].append({'type': 'dns', 'value': 'evil.example'})"))
case("order-for-no-name", 7, "not for the names", member("new-order", "identifiers", []))
case("order-for-an-address", 7, "not for the names",
     member("new-order", "identifiers", [{"type": "ip", "value": "127.0.0.1"}]))
case("order-for-a-wildcard", 7, "not for the names",
     member("new-order", "identifiers", [{"type": "dns", "value": "*.example.jp"}]))
case("order-identifiers-null-entries", 7, "not for the names", member("new-order", "identifiers", [None, 1, "x", []]))
case("order-in-capitals-is-taken", 0, "", edit("new-order", "j['identifiers'][0]['value'] = 'WWW.Example.JP'"))
case("order-with-no-authorizations", 7, "0 authorizations", member("new-order", "authorizations", []))
case("order-with-a-thousand-authorizations", 7, "1000 authorizations",
     edit("new-order", "j['authorizations'] = ['https://localhost/%d' % i for i in range(1000)]"), short=True)
case("order-authorizations-of-numbers", 7, "not a URL", member("new-order", "authorizations", [7]))
case("order-authorization-twice", 8, "in time",
     edit("new-order", "j['authorizations'] = j['authorizations'][:1] * 2"),
     names=["www.example.jp", "example.jp"], settings=WAIT)
case("order-valid-at-once", 7, "no request of ours",
     edit("new-order", "j['status'] = 'valid'; j['certificate'] = call.base()"), short=True)
case("order-invalid-at-once", 8, "not validated", edit("new-order", "j['status'] = 'invalid'"))
case("order-expires-nonsense-is-ignored", 0, "", member("new-order", "expires", "\x1b[31m"))
case("order-unknown-members-are-ignored", 0, "",
     edit("*", "if isinstance(j, dict): j['\\x1b]0;x'] = {'a': [1, 2, {'b': None}]}"),
     short=True)

# ---- problems
case("problem-with-escapes", 7, "forged line", problem("new-order", 403, "rejectedIdentifier", ESCAPES), short=True)
case("problem-type-with-escapes", 7, "forged line", problem("new-order", 403, ESCAPES, ESCAPES, {"instance": ESCAPES}))
case("problem-type-unknown", 7, "outOfCoffee", problem("new-order", 403, "outOfCoffee"), short=True)
case("problem-of-240-kib", 7, "", problem("new-order", 403, "malformed", "\x1b" * 40000), short=True)
case("problem-subproblems-flood", 7, "", problem("new-order", 403, "compound", "many",
     {"subproblems": [{"type": "x" * 20, "detail": ESCAPES[:20],
     "identifier": {"type": "dns", "value": "a\x1b[31m"}}] * 900}))
case("problem-subproblems-nested", 7, "", problem("new-order", 403, "compound", "deep",
     {"subproblems": [{"subproblems": [{"subproblems": [{}]}]}]}))
for what, value in WRONG_TYPES:
    case("problem-type-a-%s" % what, 7, "", problem("new-order", 403, "x", "no", {"type": value}))
    case("problem-detail-a-%s" % what, 7, "", problem("new-order", 403, "malformed", "no", {"detail": value}))
    case("problem-subproblems-a-%s" % what, 7, "",
         problem("new-order", 403, "malformed", "no", {"subproblems": value}))
case("problem-an-array", 7, "403", at("new-order", status=403, body="[1]"))
case("problem-html", 7, "403", at("new-order", status=403, body="<html>\x1b[31m\r\n</html>",
     set={"Content-Type": "text/html"}))
case("problem-help-links-flood", 7, "", problem("new-order", 403, "rejectedIdentifier", "no",
     add=[["Link", ", ".join("<https://ca.example/%d>;rel=help" % i for i in range(300))]] * 3))
case("problem-help-link-with-escapes", 7, "", problem("new-order", 403, "rejectedIdentifier", "no",
     add=[["Link", "<https://ca.example/\x1b[31m>;rel=\"help\""], ["Link", "<javascript:x>;rel=help"]]))
case("problem-on-200-is-an-order-without-members", 7, "finalize", problem("new-order", 200))

# ---- Retry-After
for what, value in (("negative", "-5"), ("30-digits", "1" + "0" * 30), ("year-9999", "Fri, 31 Dec 9999 23:59:59 GMT"),
                    ("in-the-past", "Thu, 01 Jan 1970 00:00:00 GMT"), ("garbage", "soon"), ("fraction", "1.5"),
                    ("empty", ""),
                    ("hex", "0x10"), ("with-escape", "\x1b[31m")):
    case("retry-after-%s-with-429" % what, 7, "",
         problem("new-order", 429, "rateLimited", "slow down", set={"Retry-After": value}),
         short=what in ("negative", "30-digits"))
    if what not in ("30-digits", "year-9999"):
        case("retry-after-%s-while-polling" % what, 0, "",
             edit("order", "j['status'] = 'pending'", nth=1, set={"Retry-After": value}),
             short=what in ("garbage", "in-the-past"))
case("retry-after-30-digits-with-503", 7, "",
     at("directory", status=503, body="", set={"Retry-After": "1" + "0" * 30}), short=True)
case("retry-after-twice", 7, "",
     problem("new-order", 429, "rateLimited", "no", add=[["Retry-After", "1"], ["Retry-After", "9" * 40]]))

# ---- authorizations
case("authz-for-another-name", 7, "was not asked for", edit("authz", "j['identifier']['value'] = 'evil.example'"),
     short=True)
case("authz-for-a-name-with-escapes", 7, "was not asked for", edit("authz", "j['identifier']['value'] = %r" % ESCAPES))
case("authz-for-a-name-with-nul", 7, "JSON", edit("authz", "j['identifier']['value'] += '\\0.evil'"))
case("authz-wildcard-flag-wrong", 7, "was not asked for", member("authz", "wildcard", True), short=True)
case("authz-wildcard-flag-a-string-is-ignored", 0, "", member("authz", "wildcard", "yes"))
case("authz-for-an-address", 7, "was not asked for", edit("authz", "j['identifier']['type'] = 'ip'"))
for name in ("identifier", "status", "challenges"):
    case("authz-without-%s" % name, 7 if name == "identifier" else 8, "", without("authz", name))
    for what, value in WRONG_TYPES:
        case("authz-%s-a-%s" % (name, what), 7 if name == "identifier" else 8, "", member("authz", name, value))
for status in ("invalid", "deactivated", "expired", "revoked", "processing", "\x1b[31m"):
    case("authz-status-%s" % (status if status.isalpha() else "escape"), 8, "authorization for",
         member("authz", "status", status),
         short=status == "invalid")
case("authz-not-json", 7, "JSON", says("authz", "<html>"))
case("authz-404", 7, "404", at("authz", status=404, body=""))
case("authz-500-always", 7, "500", at("authz", status=500, body=""))
case("authz-no-challenges", 8, "nothing", member("authz", "challenges", []), short=True)
case("authz-null-challenges", 8, "does not offer", member("authz", "challenges", [None, 1, "http-01", [], {}]))
case("authz-a-thousand-challenges", 8, "does not offer",
     edit("authz", "j['challenges'] = [{'type': 'x\\x1b[31m%d' % i, 'url': 'https://a/', 'token': 'a'}"
     " for i in range(1000)]"),
     short=True)
case("authz-unknown-challenges-before-ours-are-ignored", 0, "",
     edit("authz", "j['challenges'] = [{'type': 'dns-persist-01'}, {'type': 7}, {}] + j['challenges']"))
case("authz-only-unknown-challenges", 8, "dns-persist-01", member("authz", "challenges", [{"type": "dns-persist-01"}]))
case("authz-our-challenge-twice", 0, "", edit("authz", "j['challenges'] = j['challenges'] * 2"))

# ---- challenges: the token becomes the name of a file
for what, token in (("slash", "../../../../etc/passwd"), ("slash-inside", "a/b"), ("dots", ".."), ("dot", "."),
    ("nul", "a\0b"),
                    ("64-kib", "A" * 65536), ("300-characters", "A" * 300), ("not-base64url", "a+b="), ("empty", ""),
                    ("blank", "a b"), ("line-break", "a\nb"), ("shell", "$(touch x)"), ("backtick", "`id`"),
                    ("non-ascii", "\u00e4\u00f6"),
                    ("percent", "%2e%2e%2f"), ("backslash", "..\\..\\x"), ("escape", "\x1b[31m")):
    case("token-%s" % what, 7, "JSON" if what == "nul" else "token",
         edit("authz", "for c in j['challenges']: c['token'] = %r" % token),
         short=what in ("slash", "dots", "nul", "64-kib", "empty"))
for what, value in WRONG_TYPES:
    case("token-a-%s" % what, 7, "lacks url or token",
         edit("authz", "for c in j['challenges']: c['token'] = %r" % value))
case("token-missing", 7, "lacks url or token", edit("authz", "for c in j['challenges']: del c['token']"), short=True)
case("token-with-a-dash-first-is-taken", 0, "",
     edit("authz", "for c in j['challenges']: c['token'] = '-rf' + 'A' * 30"))
for what, url in BAD_URLS:
    case("challenge-url-%s" % what, 7, NO_URL, edit("authz", "for c in j['challenges']: c['url'] = %r" % url),
         short=what == "http")
case("challenge-url-foreign", 8, "evil.example",
     edit("authz", "for c in j['challenges']: c['url'] = 'https://evil.example/c'"))
case("challenge-answer-garbage-is-ignored", 0, "", says("challenge", "\x1b[31m<html>"), short=True)
case("challenge-answer-empty-is-ignored", 0, "", says("challenge", ""))
case("challenge-refused", 8, "forged line", problem("challenge", 403, "unauthorized", ESCAPES, ask=False), short=True)
case("challenge-500-always", 8, "500", at("challenge", status=500, body="", ask=False))
case("challenge-404", 7, "404", at("challenge", status=404, body="", ask=False))

# ---- the order, polled
for name in ("dns", "connection", "unauthorized", "\x1b[31m"):
    case("order-becomes-invalid-%s" % (name if name.isalpha() else "escape"), 8 if name.isalpha() else 8, "",
         edit("order",
         "j.update(status='invalid', error={'type': 'urn:ietf:params:acme:error:%s', 'detail': %r})" % (name,
         ESCAPES)),
         short=name == "dns")
case("order-becomes-invalid-without-a-reason", 8, "no reason", edit("order", "j['status'] = 'invalid'"))
case("order-becomes-invalid-with-a-flood", 8, "",
     edit("order", "j.update(status='invalid', error={'type': 'urn:ietf:params:acme:error:"
     "compound', 'detail': 'many', 'subproblems': [{'type': 'dns', 'detail': 'no', 'identifier': {'value': 'a.b'}}]"
     " * 1500})"))
case("order-error-a-string", 8, "", edit("order", "j.update(status='invalid', error='no')"))
case("order-status-unknown-while-polled", 7, "status", member("order", "status", "\x1b[31m"))
case("order-not-json-while-polled", 7, "JSON", says("order", "<html>"))
case("order-404-while-polled", 7, "404", at("order", status=404, body=""))
case("order-500-always-while-polled", 7, "500", at("order", status=500, body=""))
case("order-ready-for-ever", 7, "ready", member("order", "status", "ready"))
case("order-valid-before-the-request", 7, "no request of ours",
     edit("order", "j.update(status='valid', certificate=call.base())", nth=1),
     short=True)
case("order-goes-back-to-pending", 0, "", member("order", "status", "pending", nth="2-3"))
case("order-goes-back-to-ready", 0, "", member("order", "status", "ready", nth=2))
for what, url in BAD_URLS:
    case("certificate-url-%s" % what, 7, NO_URL, edit("order", "if 'certificate' in j: j['certificate'] = %r" % url),
         short=what == "http")
for what, value in WRONG_TYPES:
    case("certificate-url-a-%s" % what, 7, "names no certificate",
         edit("order", "if 'certificate' in j: j['certificate'] = %r" % value))
case("certificate-url-missing", 7, "names no certificate", without("order", "certificate"))
case("certificate-url-foreign", 6, "evil.example",
     edit("order", "if 'certificate' in j: j['certificate'] = 'https://evil.example/c'"))
case("certificate-url-of-something-else", 11, "not a certificate",
     edit("order", "if 'certificate' in j: j['certificate'] = call.base() + '/dir'"))
case("order-pending-for-ever", 8, "in time", member("order", "status", "pending"), settings=WAIT)
case("order-processing-for-ever", 7, "in time", member("order", "status", "processing", nth="2-"), settings=WAIT)
case("order-processing-with-30-digits", 7, "in time", member("order", "status", "processing", nth="2-",
     set={"Retry-After": "1" + "0" * 30}), settings=WAIT)
case("order-pending-till-9999", 8, "in time", member("order", "status", "pending",
     set={"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}), settings=WAIT)

# ---- finalize
case("finalize-200-with-garbage", 7, "JSON", says("finalize", "\x1b[31m<html>"), short=True)
case("finalize-200-empty", 7, "JSON", says("finalize", ""))
case("finalize-status-a-number", 7, "status", member("finalize", "status", 7))
case("finalize-not-ready-for-ever", 7, "orderNotReady", problem("finalize", 403, "orderNotReady", ask=False))
case("finalize-bad-csr", 7, "badCSR", problem("finalize", 400, "badCSR", ESCAPES, ask=False), short=True)
case("finalize-500-always", 7, "ready", at("finalize", status=500, body="", ask=False))
case("finalize-redirect", 7, "Redirects are not followed",
     at("finalize", status=307, set={"Location": "https://localhost/"}, ask=False))
case("finalize-invalid", 7, "", edit("finalize", "j.update(status='invalid', error={'type': 'x', 'detail': 'no'})"))
case("finalize-goes-back-to-pending", 0, "", member("finalize", "status", "pending"))
case("finalize-location-foreign-is-ignored", 0, "", at("finalize", set={"Location": "https://evil.example/"}))

# ---- revocation
case("revoke-garbage-is-taken", 0, "", says("revoke", "\x1b[31m", ask=False), command="revoke", short=True)
case("revoke-refused-with-escapes", 7, "forged line", problem("revoke", 403, "unauthorized", ESCAPES),
     command="revoke", short=True)
case("revoke-404", 7, "404", at("revoke", status=404, body=""), command="revoke")
case("revoke-500", 7, "500", at("revoke", status=500, body=""), command="revoke")
case("revoke-redirect", 7, "Redirects are not followed",
     at("revoke", status=307, set={"Location": "http://localhost/"}), command="revoke")
case("revoke-endless", 6, "larger than", at("revoke", endless="a"), command="revoke")
case("revoke-reset", 6, "", at("revoke", do="reset"), command="revoke")
case("revoke-not-offered", 7, "", without("directory", "revokeCert"), command="revoke")
case("revoke-url-http", 7, NO_URL, member("directory", "revokeCert", "http://localhost/x"), command="revoke")
case("revoke-already", 0, "", problem("revoke", 400, "alreadyRevoked"), command="revoke")
case("revoke-bad-reason", 7, "badRevocationReason", problem("revoke", 400, "badRevocationReason"), command="revoke")

# ---- renewal information: it never keeps a run from its work
OFFER = edit("directory", "j['renewalInfo'] = call.base() + '/renewal-info'")


def window(start, end, **more):
    return {"suggestedWindow": {"start": start, "end": end}, **more}


SOON, LATER = "2100-01-01T00:00:00Z", "2100-01-02T00:00:00Z"
for what, answer in (("ends-before-it-begins", window(LATER, SOON)), ("of-no-length", window(SOON, SOON)),
    ("of-words", window("soon", "later")),
                     ("of-numbers", window(1, 2)), ("without-end", {"suggestedWindow": {"start": SOON}}),
                     ("missing", {}), ("null", None),
                     ("a-list", [SOON, LATER]), ("a-string", {"suggestedWindow": SOON}),
                     ("month-13", window("2026-13-45T99:99:99Z", LATER)),
                     ("year-0", window("0000-00-00T00:00:00Z", "0000-00-00T00:00:01Z")),
                     ("negative-year", window("-2026-01-01T00:00:00Z", LATER)),
                     ("year-99999", window("99999-01-01T00:00:00Z", "99999-01-02T00:00:00Z")),
                     ("of-4-kib", window("2" * 4096, LATER)),
                     ("with-escapes", window(ESCAPES, ESCAPES)),
                     ("offset-absurd", window("2026-01-01T00:00:00+99:99", LATER))):
    case("ari-window-%s" % what, 0, "", OFFER, at("renewal-info", ask=False, json=answer), command="ari",
         short=what in ("ends-before-it-begins", "with-escapes"))
case("ari-window-year-9999", 0, "", OFFER,
     at("renewal-info", ask=False, json=window("9999-01-01T00:00:00Z", "9999-12-31T23:59:59Z")),
     command="ari")
for what, url in (("javascript", "javascript:alert(1)"), ("escapes", "https://ca.example/" + ESCAPES),
    ("long", "https://a/" + "a" * 9000),
                  ("number", 7)):
    case("ari-explanation-%s" % what, 0, "", OFFER,
         at("renewal-info", ask=False, json=window(SOON, LATER, explanationURL=url)),
         command="ari", short=what == "escapes")
case("ari-not-json", 0, "", OFFER, at("renewal-info", ask=False, body="\x1b[31m"), command="ari")
case("ari-endless", 0, "", OFFER, at("renewal-info", ask=False, endless="a"), command="ari", short=True)
case("ari-404", 0, "", OFFER, at("renewal-info", ask=False, status=404), command="ari")
case("ari-503-with-30-digits", 0, "", OFFER,
     at("renewal-info", ask=False, status=503, set={"Retry-After": "1" + "0" * 30}), command="ari")
case("ari-redirect-to-file", 0, "", OFFER,
     at("renewal-info", ask=False, status=302, set={"Location": "file:///etc/shadow"}),
     command="ari")
case("ari-reset", 0, "", OFFER, at("renewal-info", ask=False, do="reset"), command="ari")
case("ari-headers-endless", 0, "", OFFER, raw("renewal-info", forever(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n" * 500)),
     command="ari")
case("ari-url-foreign", 0, "", edit("directory", "j['renewalInfo'] = 'https://evil.example/ari'"), command="ari")
case("ari-in-the-past-renews", 0, "new certificate", OFFER,
     at("renewal-info", ask=False, json=window("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z")), command="ari",
     short=True)
