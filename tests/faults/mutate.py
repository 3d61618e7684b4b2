"""Answers of a CA, changed by chance: bits, bytes, chunks, numbers, members of JSON, blocks of PEM, headers, the status.

    m = Mutator(seed, share)
    status, headers, body, what = m.change(endpoint, n, status, headers, body)

The same seed, endpoint and number of call give the same chances. `what` says what was done; it is empty when nothing was (of
each answer, `share` of 1 is changed). Headers are lists of [name, value].
"""
import copy
import json
import random
import re

NUMBERS = ("0", "-1", "1", "127", "255", "256", "65535", "65536", "2147483647", "2147483648", "4294967295", "4294967296",
           "9223372036854775807", "9223372036854775808", "18446744073709551616", "-9223372036854775809", "1e309", "1e-400",
           "0.1", "00", "0x10", "1" + "0" * 400, "NaN")
# No long wait that a CA may ask for: that would be obeyed.
WAITS = ("0", "1", "-1", "", "soon", "1.5", "0x1", "1 1", "\x00", "-99999999999999999999", "Thu, 01 Jan 1970 00:00:00 GMT",
         "Thu, 32 Jan 1970 99:00:00 GMT")
STRINGS = ("", " ", ".", "..", "../../../../canary/x", "/canary/x", "..%2f..%2fcanary", "x/../../canary", "$(touch canary)",
           "`touch canary`", "; touch canary", "| id", "'\"", "\\", "%n%n%s%s", "\u0000", "a\u0000b", "\r\nX: y", "\n", "\x1b[2J\x1b]0;x\x07",
           "\u202e\u200b\ufeff", "\ud800", "\U0010ffff", "\u00e9" * 300, "A" * 255, "A" * 4096, "A" * 70000, "-", "--help", "-rf", "*",
           "*.example.jp", "EXAMPLE.JP", "example.jp.", "xn--", "localhost", "127.0.0.1", "http://localhost/", "https://localhost:1/x",
           "https://user:pw@localhost/", "https://[::1]:1/", "https://localhost:99999/", "file:///etc/passwd", "//x", "https:", "https://" + "a" * 3000,
           "valid", "invalid", "pending", "processing", "ready", "http-01", "dns-01", "dns", "ip", "null", "true")
VALUES = (None, True, False, 0, -1, 1, 2 ** 31, 2 ** 63, 2 ** 64, 1e308, "", [], {}, [[]], {"": ""}, [None], [1, "a"])
STATUSES = (200, 200, 201, 201, 202, 204, 206, 300, 302, 304, 307, 400, 400, 401, 403, 404, 404, 405, 409, 410, 415, 418, 429, 451, 499, 500,
            503, 599, 600, 999)
HEADER_VALUES = ("", " ", "x", "0", "-1", ";", ",", "<>", "\xff\xfe", "a\tb", "x" * 300, "x" * 9000, "\"", "=?", "text/html", "gzip")
LINKS = ("<>;rel=\"alternate\"", "<https://localhost:1/>;rel=alternate", "<../x>;rel=\"alternate\"", "<http://localhost/>;rel=\"alternate\"",
         "<https://localhost/" + "a" * 2000 + ">;rel=\"alternate\"", ",,,;;;<<<>>>", "<x>;rel=\"up\"", "<x>;rel=\"alternate\"," * 50)
KEY_BLOCK = (b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
             b"-----END PRIVATE KEY-----\n")
PEM = re.compile(rb"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----\n?", re.DOTALL)


def span(r, data):
    """Two places in it, mostly near each other."""
    a = r.randrange(len(data) + 1)
    return a, min(len(data), a + int(r.expovariate(1 / 12)) + 1)


def bytes_changed(r, data):
    how = r.choice(("flip", "insert", "delete", "repeat", "swap", "truncate", "digits", "text", "zero", "grow"))
    a, b = span(r, data)
    if how == "flip" and data:
        data = bytearray(data)
        for _ in range(r.choice((1, 1, 1, 2, 8))):
            data[r.randrange(len(data))] ^= 1 << r.randrange(8)
        data = bytes(data)
    elif how == "insert":
        data = data[:a] + bytes(r.randrange(256) for _ in range(r.choice((1, 1, 2, 16)))) + data[a:]
    elif how == "delete":
        data = data[:a] + data[b:]
    elif how == "repeat":
        data = data[:b] + data[a:b] * r.choice((1, 2, 10, 1000)) + data[b:]
    elif how == "swap":
        c, d = span(r, data[b:])
        data = data[:a] + data[b + c:b + d] + data[b:b + c] + data[a:b] + data[b + d:]
    elif how == "truncate":
        data = data[:a]
    elif how == "digits":
        places = list(re.finditer(rb"\d+", data))
        if places:
            m = r.choice(places)
            data = data[:m.start()] + r.choice(NUMBERS).encode() + data[m.end():]
    elif how == "text":
        data = data[:a] + r.choice(STRINGS).encode("utf-8", "surrogatepass") + data[b:]
    elif how == "zero":
        data = data[:a] + b"\x00" * (b - a) + data[b:]
    elif how == "grow":
        data += r.choice((b" ", b"\n", b"\x00", b"}", b"]", b"{}", b"A")) * r.choice((1, 100, 100000))
    return how, data


def places_in(value, path=()):
    """All that is in it, as paths."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield path + (key,)
        yield from places_in(one, path + (key,))


def holder(value, path):
    for key in path[:-1]:
        value = value[key]
    return value


def string_changed(r, text):
    how = r.randrange(6)
    if how == 0 or not text:
        return r.choice(STRINGS)
    if how == 1:
        return text + r.choice(STRINGS)
    if how == 2:
        return r.choice(STRINGS) + text
    if how == 3:
        a = r.randrange(len(text))
        return text[:a] + chr(r.choice((0, 9, 10, 32, 37, 47, 92, 46, 64, 127, 233, 0x202e, r.randrange(1, 0xd7ff)))) + text[a + 1:]
    if how == 4:
        a = r.randrange(len(text))
        return text[:a]
    return text.swapcase() if r.random() < 0.5 else text * r.choice((2, 30))


def json_changed(r, body):
    """Of one member; None when it is no JSON, or nothing is in it."""
    try:
        j = json.loads(body)
    except (ValueError, RecursionError):
        return None
    paths = list(places_in(j))
    if not paths:
        return None
    path = r.choice(paths)
    inside, key = holder(j, path), path[-1]
    how = r.choice(("drop", "type", "string", "string", "swap", "number", "twice", "many", "deep", "copy", "add"))
    if how == "drop":
        del inside[key]
    elif how == "type":
        inside[key] = copy.deepcopy(r.choice(VALUES))
    elif how == "string":
        inside[key] = string_changed(r, inside[key]) if isinstance(inside[key], str) else r.choice(STRINGS)
    elif how in ("swap", "copy"):
        other = r.choice(paths)
        if path[:len(other)] == other or other[:len(path)] == path:
            return None
        theirs = holder(j, other)
        if how == "swap":
            theirs[other[-1]], inside[key] = inside[key], theirs[other[-1]]
        else:
            inside[key] = copy.deepcopy(theirs[other[-1]])
    elif how == "number":
        text = json.dumps(j)
        mark = json.dumps(inside[key])
        return how, text.replace(mark, r.choice(NUMBERS), 1).encode()
    elif how == "twice":
        if not isinstance(inside, dict):
            inside.append(copy.deepcopy(inside[key]))
        else:
            text = json.dumps(j)
            mark = json.dumps(key) + ": "
            return how, text.replace(mark, mark + json.dumps(r.choice(VALUES)) + ", " + mark, 1).encode()
    elif how == "many":
        inside[key] = [inside[key]] * r.choice((2, 50, 2000))
    elif how == "deep":
        text = json.dumps(j).replace(json.dumps(inside[key]), "@@", 1)
        depth = r.choice((5, 70, 5000))
        return how, text.replace("@@", "[" * depth + "]" * depth, 1).encode()
    elif how == "add" and isinstance(inside, dict):
        inside[r.choice(STRINGS)] = copy.deepcopy(r.choice(VALUES))
    return how, json.dumps(j).encode("utf-8", "surrogatepass")


def pem_changed(r, body, others):
    blocks = PEM.findall(body)
    if not blocks:
        return None
    how = r.choice(("drop", "twice", "order", "key", "text", "crlf", "other", "flip", "flip", "end", "label", "many", "empty", "open"))
    i = r.randrange(len(blocks))
    if how == "drop":
        del blocks[i]
    elif how == "twice":
        blocks.append(blocks[i])
    elif how == "order":
        blocks.reverse()
    elif how == "key":
        blocks.insert(i, KEY_BLOCK)
    elif how == "text":
        blocks.insert(i, r.choice((b"subject=/CN=x\n", b"\x00", b"-----BEGIN", b" ", b"\xef\xbb\xbf", b"# " + b"x" * 5000 + b"\n")))
    elif how == "crlf":
        blocks[i] = blocks[i].replace(b"\n", r.choice((b"\r\n", b"\r", b"\n\n", b"")))
    elif how == "other" and others:
        blocks[0] = r.choice(others)
    elif how == "flip":
        a = r.randrange(28, max(29, len(blocks[i]) - 26))
        blocks[i] = blocks[i][:a] + r.choice((b"A", b"/", b"=", b"!", b"\n", b"z")) + blocks[i][a + 1:]
    elif how == "end":
        blocks[i] = blocks[i].replace(b"-----END", r.choice((b"-----EnD", b"----END", b"-----END X", b"")))
    elif how == "label":
        blocks[i] = blocks[i].replace(b"CERTIFICATE", r.choice((b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE", b"EC PRIVATE KEY", b"PKCS7", b"")))
    elif how == "many":
        blocks += [blocks[-1]] * r.choice((10, 60, 400))
    elif how == "empty":
        blocks[i] = b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"
    elif how == "open":
        blocks = [b"-----BEGIN CERTIFICATE-----\n"] + blocks
    return "pem " + how, b"".join(blocks)


def headers_changed(r, headers):
    names = [h[0] for h in headers]
    how = r.choice(("drop", "twice", "value", "value", "add", "link", "wait", "type", "nonce", "location", "length", "date", "encoding"))
    headers = [list(h) for h in headers]
    i = r.randrange(len(headers)) if headers else 0
    if how == "drop" and headers:
        how = "drop " + names[i]
        del headers[i]
    elif how == "twice" and headers:
        headers.append([names[i], r.choice(HEADER_VALUES)])
    elif how == "value" and headers:
        how = "value " + names[i]
        value = headers[i][1]
        a = r.randrange(len(value) + 1)
        headers[i][1] = r.choice((value[:a], value + value, value[:a] + chr(r.randrange(32, 255)) + value[a:], value.swapcase()))
    elif how == "add":
        headers.append([r.choice(("X", "X" * 3000, "a b", "Set-Cookie", "Upgrade", "Content-Range", "Trailer")), r.choice(HEADER_VALUES)])
    else:
        name, values = {
            "link": ("Link", LINKS), "wait": ("Retry-After", WAITS), "type": ("Content-Type", HEADER_VALUES), "nonce": ("Replay-Nonce", HEADER_VALUES),
            "location": ("Location", STRINGS), "date": ("Date", WAITS), "encoding": ("Content-Encoding", ("gzip", "br", "x", "gzip, gzip")),
            "length": ("Content-Length", ("0", "1", "5", "-1", "99999999999999999999", "x", "100000")),
        }.get(how, ("X", HEADER_VALUES))
        headers = [h for h in headers if h[0].lower() != name.lower()]
        headers.append([name, r.choice(values).encode("utf-8", "replace").decode("latin-1")])
    for h in headers:
        h[1] = re.sub(r"[\r\n]", "\\n", h[1])
        if h[0].lower() == "retry-after" and h[1] not in WAITS:
            h[1] = "1"
    return "header " + how, headers


class Mutator:
    def __init__(self, seed, share):
        self.seed, self.share = seed, share
        self.others = []  # certificates that were seen

    def body_changed(self, r, body):
        made = None
        if b"-----BEGIN" in body and r.random() < 0.7:
            made = pem_changed(r, body, self.others)
        elif r.random() < 0.75:
            made = json_changed(r, body)
        return made or bytes_changed(r, body)

    def change(self, endpoint, n, status, headers, body):
        r = random.Random("%s/%s/%s" % (self.seed, endpoint, n))
        whole, what = body, []
        if r.random() < (self.share / 4 if endpoint in ("directory", "new-nonce") else self.share):
            for _ in range(r.choice((1, 1, 1, 2, 4))):
                kind = r.random()
                if kind < 0.8 and body:
                    how, body = self.body_changed(r, body)
                elif kind < 0.96:
                    how, headers = headers_changed(r, headers)
                else:
                    status = r.choice(STATUSES)
                    how = "status %d" % status
                what.append(how)
        for block in PEM.findall(whole)[:1]:
            if len(self.others) < 50:
                self.others.append(block)
        if what and any(h[0].lower() == "content-length" for h in headers):
            headers = headers + [["Connection", "close"]]
        return status, headers, body, ", ".join(what)
