"""Hostile answers in place of the certificate: wrong ones, wrongly wrapped ones, and links to others. See hostile.py.

Wrong certificates are made by a CA of our own, WORK/evil.pem and evil.key, from the request of the very order.
"""
import os
import re
import subprocess
import tempfile
import threading
import time

from hostile_base import WORK, at, case, says
from proxy import unb64

SAN = "subjectAltName=DNS:www.example.jp"
LEAF = "basicConstraints=critical,CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth\n"
LOCK = threading.Lock()


def openssl(*words, data=None):
    done = subprocess.run(["openssl", *words], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        print(done.stderr.decode("utf-8", "replace"), flush=True)
    return done.stdout


def read(name):
    with open(os.path.join(WORK, name), "rb") as f:
        return f.read()


def issue(csr, extensions=SAN, subject=None, start=None, end="20400101000000Z", key=None, ca="evil"):
    """A certificate of ours in PEM, with these dates and extensions; it begins an hour ago unless said."""
    start = start or time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() - 3600))
    with tempfile.TemporaryDirectory(dir=WORK) as d:
        for name, text in (("ext", "[x]\n" + LEAF + extensions + "\n"), ("index.txt", ""),
        ("serial", os.urandom(8).hex()),
                           ("conf",
                           "[ca]\ndefault_ca=c\n[c]\ndatabase=%s/index.txt\nserial=%s/serial\nnew_certs_dir=%s\n"
                            "default_md=sha256\npolicy=p\nunique_subject=no\nstring_mask=utf8only\n[p]\n"
                            "commonName=optional\n"
                            % (d, d, d))):
            with open(os.path.join(d, name), "w", encoding="utf-8") as f:
                f.write(text)
        with open(os.path.join(d, "csr"), "wb") as f:
            f.write(openssl("req", "-inform", "DER", data=csr))
        if key:
            made = openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
            "/CN=x",
                           "-keyout", os.devnull)
            with open(os.path.join(d, "csr"), "wb") as f:
                f.write(made)
        openssl("ca", "-batch", "-notext", "-utf8", "-config", d + "/conf", "-in", d + "/csr", "-out", d + "/cert",
        "-cert",
                WORK + "/%s.pem" % ca, "-keyfile", WORK + "/%s.key" % ca, "-startdate", start, "-enddate", end,
                "-extfile",
                d + "/ext", "-extensions", "x", "-subj", subject or "/CN=www.example.jp")
        with open(os.path.join(d, "cert"), "rb") as f:
            return f.read()


def keep_csr(_, call):
    call.state["csr"] = unb64(call.payload["csr"])


def wrong(name, status, text, change, short=False, **options):
    """change(answer, csr, chain): chain is the honest one, as a list of PEM blocks with their line ends."""
    def hook(a, call):
        with LOCK:
            chain = [b + b"\n" for b in re.findall(rb"-----BEGIN [^-]*-----.*?-----END [^-]*-----", a.body, re.DOTALL)]
            body = change(a, call.state.get("csr"), chain)
            a.body = body if body is not None else a.body
    case(name, status, text, at("finalize", edit=keep_csr), at("cert", edit=hook), short=short, **options)


def forged(name, status, text, short=False, chain=True, names=None, **how):
    """Issued by our own CA, with its certificate behind it."""
    wrong(name, status, text, lambda a, csr, _: issue(csr, **how) + (read("evil.pem") if chain else b""), short,
         names=names)


def the_key(kind):
    return openssl("genpkey", "-algorithm", "EC", "-pkeyopt",
    "ec_paramgen_curve:P-256") if kind == "key" else read("evil.key")


# ---- what is not a chain
NOT_ONE = "not a certificate in PEM"
wrong("chain-with-private-key-behind", 11, NOT_ONE, lambda a, csr, c: b"".join(c) + the_key("key"), short=True)
wrong("chain-with-private-key-first", 11, NOT_ONE, lambda a, csr, c: the_key("key") + b"".join(c))
wrong("chain-with-private-key-inside", 11, NOT_ONE, lambda a, csr, c: c[0] + the_key("key") + b"".join(c[1:]),
     short=True)
wrong("chain-with-request-inside", 11, NOT_ONE,
      lambda a, csr, c: c[0] + openssl("req", "-inform", "DER", data=csr) + b"".join(c[1:]))
wrong("chain-of-trusted-certificates", 11, NOT_ONE, lambda a, csr,
     c: b"".join(c).replace(b"CERTIFICATE", b"TRUSTED CERTIFICATE"))
wrong("chain-of-x509-certificates", 11, NOT_ONE, lambda a, csr,
     c: b"".join(c).replace(b"CERTIFICATE", b"X509 CERTIFICATE"))
wrong("chain-empty", 11, "no certificate", lambda a, csr, c: b"", short=True)
wrong("chain-of-blanks", 11, "no certificate", lambda a, csr, c: b" \r\n\t" * 1000)
wrong("chain-html", 11, NOT_ONE, lambda a, csr, c: b"<html>\x1b[31m")
wrong("chain-json", 11, NOT_ONE, lambda a, csr, c: b"{}")
wrong("chain-in-der", 11, NOT_ONE, lambda a, csr, c: openssl("x509", "-outform", "DER", data=c[0]), short=True)
wrong("chain-in-pkcs7", 11, NOT_ONE, lambda a, csr, c: b"-----BEGIN PKCS7-----\nMAAA\n-----END PKCS7-----\n")
wrong("chain-with-text-before", 11, NOT_ONE, lambda a, csr, c: b"Here you are:\n" + b"".join(c))
wrong("chain-with-text-between", 11, NOT_ONE, lambda a, csr, c: c[0] + b"subject=\x1b[31m\n" + b"".join(c[1:]),
     short=True)
wrong("chain-with-text-behind", 11, NOT_ONE, lambda a, csr, c: b"".join(c) + b"# end\n")
wrong("chain-with-nul-between", 11, NOT_ONE, lambda a, csr, c: c[0] + b"\0" + b"".join(c[1:]))
wrong("chain-with-nul-inside", 11, NOT_ONE, lambda a, csr, c: c[0].replace(b"\nM", b"\n\0M", 1) + b"".join(c[1:]))
wrong("chain-with-nul-behind", 11, NOT_ONE, lambda a, csr, c: b"".join(c) + b"\0")
wrong("chain-cut-off", 11, NOT_ONE, lambda a, csr, c: b"".join(c)[:-40])
wrong("chain-without-its-begin", 11, NOT_ONE, lambda a, csr, c: b"".join(c)[5:])
wrong("chain-of-bad-base64", 11, NOT_ONE, lambda a, csr, c: c[0].replace(b"MII", b"M*I", 1))
wrong("chain-of-base64url", 11, NOT_ONE, lambda a, csr, c: c[0].replace(b"MII", b"M-_", 1))
wrong("chain-of-noise-in-base64", 11, "certificate 1", lambda a, csr,
     c: b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
wrong("chain-of-two-in-one-block", 11, NOT_ONE, lambda a, csr, c: c[0].replace(b"\n-----END CERTIFICATE-----\n", b"")
      + c[1].replace(b"-----BEGIN CERTIFICATE-----", b""))
wrong("chain-begin-within-begin", 11, NOT_ONE, lambda a, csr, c: b"-----BEGIN CERTIFICATE-----\n" + b"".join(c))
wrong("chain-with-headers", 11, NOT_ONE, lambda a, csr,
     c: c[0].replace(b"-----\n", b"-----\nProc-Type: 4,ENCRYPTED\n\n", 1))
wrong("chain-of-1000", 6, "larger than", lambda a, csr, c: c[0] + c[1] * 1000, short=True)
wrong("chain-of-80", 11, "more than", lambda a, csr, c: c[0] + c[1] * 80)
wrong("chain-of-11", 11, "", lambda a, csr, c: c[0] + c[1] * 10)
wrong("chain-of-200-kib-of-one-block", 11, "", lambda a, csr, c: b"-----BEGIN CERTIFICATE-----\n" + b"QUFB" * 50000 +
      b"\n-----END CERTIFICATE-----\n")
says_html = {"Content-Type": "text/html"}
wrong("chain-with-crlf-is-taken", 0, "", lambda a, csr, c: b"".join(c).replace(b"\n", b"\r\n"), short=True)
wrong("chain-with-blank-lines-is-taken", 0, "", lambda a, csr, c: b"\n\n".join(c) + b"\n \t\n")
case("chain-as-html-is-taken", 0, "", at("cert", set=says_html))
case("cert-404", 7, "404", at("cert", status=404, body=""))
case("cert-500-always", 7, "500", at("cert", status=500, body=""))
case("cert-403-with-problem", 7, "forged",
     says("cert", '{"type":"urn:ietf:params:acme:error:unauthorized","detail":"forged\\u001b[31m"}',
                                               status=403))
case("cert-of-nul-bytes", 11, NOT_ONE, says("cert", b"\0" * 100000))

# ---- chains that do not hold together
wrong("chain-of-the-leaf-twice", 11, "not one of a CA", lambda a, csr, c: c[0] + b"".join(c))
wrong("chain-reversed", 11, "not for our key", lambda a, csr, c: b"".join(reversed(c)), short=True)
wrong("chain-of-the-issuer-alone", 11, "not for our key", lambda a, csr, c: c[1])
wrong("chain-with-foreign-issuer", 11, "not issued by", lambda a, csr, c: c[0] + read("evil.pem"), short=True)
wrong("chain-with-a-stranger-at-its-end", 11, "not issued by", lambda a, csr, c: b"".join(c) + read("evil.pem"))
wrong("chain-with-issuer-of-the-same-name", 11, "not", lambda a, csr, c: issue(csr, ca="evil") + read("twin.pem"))
wrong("chain-of-the-leaf-alone-is-taken", 0, "no root", lambda a, csr, c: c[0])


def broken_signature(chain):
    der = bytearray(openssl("x509", "-outform", "DER", data=chain[0]))
    der[-5] ^= 1
    return openssl("x509", "-inform", "DER", data=bytes(der)) + b"".join(chain[1:])


wrong("leaf-with-broken-signature", 11, "not signed by", lambda a, csr, c: broken_signature(c), short=True)

# ---- certificates that were not ordered
forged("leaf-of-a-foreign-ca-is-told", 0, "no root", short=True)
forged("leaf-of-another-key", 11, "not for our key", short=True, key="other")
forged("leaf-for-another-name", 11, "lacks names", short=True, extensions="subjectAltName=DNS:evil.example")
forged("leaf-for-one-more-name", 11, "not ordered: evil.example", short=True, extensions=SAN + ",DNS:evil.example")
forged("leaf-for-one-name-less", 11, "lacks names that were ordered: example.jp", short=True,
     names=["www.example.jp", "example.jp"])
forged("leaf-for-a-wildcard", 11, "lacks names", extensions="subjectAltName=DNS:*.example.jp")
forged("leaf-for-a-wildcard-too", 11, "not ordered", extensions=SAN + ",DNS:*.example.jp")
forged("leaf-with-an-address-too", 11, "not DNS names", extensions=SAN + ",IP:127.0.0.1")
forged("leaf-with-a-mail-address-too", 11, "not DNS names", extensions=SAN + ",email:a@evil.example")
forged("leaf-with-a-uri-too", 11, "not DNS names", extensions=SAN + ",URI:https://evil.example/")
forged("leaf-with-its-name-in-cn-alone", 11, "lacks names", extensions="keyUsage=digitalSignature")
forged("leaf-name-with-escapes", 11, "cannot be read", extensions="subjectAltName=DNS:\x1b[31mwww.example.jp")
forged("leaf-name-with-line-break", 11, "", extensions="subjectAltName=@n\n[n]\nDNS=\"www.example.jp\\nX: y\"")
forged("leaf-with-300-names", 11, "not ordered",
     extensions=SAN + "".join(",DNS:a%d.evil.example" % i for i in range(300)))
forged("leaf-expired", 11, "has ended already", short=True, start="20200101000000Z", end="20240101000000Z")
forged("leaf-backdated-by-years", 0, "no root", short=True, start="20200101000000Z")
forged("leaf-not-yet-valid", 11, "not valid yet", short=True, start="20390101000000Z")
forged("leaf-that-ends-before-it-begins", 11, "ends before it begins", start="20390101000000Z", end="20380101000000Z")
forged("leaf-valid-till-9999-is-taken", 0, "", end="99991231235959Z")
forged("leaf-that-is-a-ca", 11, "one of a CA", short=True, extensions=SAN + "\nbasicConstraints=critical,CA:TRUE")
forged("leaf-with-nonsense-constraints", 11, "", extensions=SAN + "\n2.5.29.19=DER:30:ff:ff")
forged("leaf-with-nonsense-names", 11, "", extensions="2.5.29.17=DER:30:ff:ff")
forged("leaf-with-unknown-critical-extension-is-taken", 0, "", extensions=SAN + "\n1.2.3.4.5=critical,DER:05:00")
forged("leaf-issued-under-a-name-with-escapes", 0, "", ca="loud", chain=False)
forged("leaf-with-a-subject-of-escapes", 0, "", subject="/CN=\x1b[31m\u202ewww.example.jp")

# ---- links to other chains
ROOT = {"preferred_chain": "No Such Root"}


def links(name, status, text, link, short=False, more=None):
    rules = [at("cert", nth=1, add=[["Link", one] for one in link])] + (more or [])
    case("links-" + name, status, text, *rules, settings=ROOT, short=short)


links("flood", 0, "No Such Root", ["<https://localhost/%d>;rel=\"alternate\"" % i for i in range(500)], short=True)
links("flood-in-one-header", 0, "No Such Root",
     [", ".join("<https://localhost/%d>;rel=alternate" % i for i in range(300))])
links("foreign", 0, "No Such Root", ["<https://evil.example/cert>;rel=\"alternate\""], short=True)
links("http-and-file", 0, "No Such Root", ["<http://localhost/x>;rel=alternate", "<file:///etc/shadow>;rel=alternate"])
links("garbage", 0, "No Such Root",
     ["<<<>>>;;;rel=\"alternate", ">;rel=alternate<", "<>;rel=alternate", "<" + "a" * 15000])


def alternates(name, short=False, **rule):
    """Eight alternates on the same origin, all of which answer so: the first chain is taken, with a warning."""
    def add(a, call):
        for i in range(8):
            a.headers.append(["Link", "<%s/certZ/alternate-%d>;rel=\"alternate\"" % (call.base(), i)])
    case("alternates-" + name, 0, "No Such Root", at("cert", nth=1, edit=add), at("cert", ask=False, **rule),
         settings=ROOT, short=short)


alternates("endless", short=True, endless="A")
alternates("404", status=404)
alternates("garbage", body="\x1b[31m")
alternates("reset", do="reset")
alternates("that-name-more-alternates", body="", add=[["Link", "<https://localhost/x>;rel=alternate"]] * 50)
