#!/usr/bin/env python3
"""A proxy in front of an ACME server that answers as a script says: wrongly, slowly, endlessly, or not at all.

    proxy.py --listen 14100[-14300] --upstream localhost:14000 --cert server.pem --key server.key
             [--script FILE] [--log FILE] [--seed N]

Clients come by TLS and HTTP/1.1; what they ask goes on to the server with their own Host, by which Pebble makes its
URLs and checks those in signatures. With a range of ports all of them are listened on, and each counts its calls for
itself: clients that must not disturb each other take a port each.

The script is read again whenever the file changes (replace it by rename); the counts begin anew then. It is JSON,
{"rules": [...]}, or, with a name that ends in .py, Python that sets `rules` to such a list, or defines
`rules_of(port)`, or `mutate(endpoint, n, status, headers, body)`, which returns (status, headers, body) for every
answer that no rule changed; headers are a list of [name, value]. A rule is a dictionary; the first that fits a call
decides:

    at          the endpoint: directory new-nonce new-account new-order order authz challenge finalize cert revoke
                key-change renewal-info account orders other, or a list of them, or "*". "connect" is before TLS
    nth         which calls of this endpoint on this port, from 1: 3, "2-", "1-3", "odd", "even"; absent = all
    method, port    only this method, this port
    share       0..1: by chance, only so many of these calls
    ask         false = the server is not asked at all (its nonces neither)
    do          "reset", "close", "blackhole" (silence until the client goes), "garbage" (bytes that are no HTTP):
                instead of an answer, but after the server was asked unless ask is false. For connect also "tls" (garbage
                where TLS is due) and "certificate" (that of `cert` and `key`)
    delay       seconds before the answer
    status, reason, version     the status line
    set, unset, add    headers: {"Name": "value"}, ["Name"], [["Name", "value"]]; values in Latin-1, whatever is in them
    body        text (or, in Python, bytes, or an iterator of bytes) in place of the body; json: the same from an object
    edit        Python statements that change `j` (the body, when it is JSON), or `a` (the answer: status, headers,
                body) by means of `call` (endpoint, n, port, method, path, payload, nonce, state: a dictionary of this
                port); in Python scripts also a function of (a, call)
    encode      "gzip", "deflate": compressed, with its Content-Encoding
    truncate    only so many bytes of the body are sent, then the connection ends
    drip        [bytes, seconds]: the answer goes out in such pieces;  drip_body: only the body does
    endless     text that follows the body for ever (chunked)
    framing     "length" (by default), "chunked", "close" (neither: the end of the connection ends it), "none"
    before      bytes that go out before the answer (1xx answers);  trailers: {"Name": "value"} (chunked)
    raw         all bytes of the answer, instead of any of this; text (Latin-1), or, in Python, bytes or an iterator
    twice       the answer is sent twice

The log has one line of JSON for each request, and for each connection that a rule ends before TLS. As a module: Proxy(...).start().
"""
import argparse
import base64
import gzip
import http.client
import json
import os
import random
import re
import selectors
import signal
import socket
import ssl
import struct
import sys
import threading
import time
import zlib

ENDPOINTS = (
    (r"/dir$", "directory"), (r"/nonce-plz", "new-nonce"), (r"/sign-me-up", "new-account"),
    (r"/order-plz", "new-order"),
    (r"/my-order/", "order"), (r"/authZ/", "authz"), (r"/chalZ/", "challenge"), (r"/finalize-order/", "finalize"),
    (r"/certZ/", "cert"), (r"/revoke-cert", "revoke"), (r"/rollover-account-key", "key-change"),
    (r".*/renewal-?info/?", "renewal-info"), (r"/my-account/", "account"), (r"/list-orderz/", "orders"),
)
REQUEST_MAX = 1 << 20
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "te", "upgrade"}


def endpoint_of(path):
    for pattern, name in ENDPOINTS:
        if re.match(pattern, path, re.IGNORECASE):
            return name
    return "other"


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Call:
    """One request: where, which, and what is in its signed body."""

    def __init__(self, port, endpoint, n, method, path, headers, body, state):
        self.port, self.endpoint, self.n, self.method, self.path = port, endpoint, n, method, path
        self.headers, self.body, self.state = headers, body, state
        self.payload, self.nonce, self.protected = None, None, {}
        try:
            jws = json.loads(body)
            self.protected = json.loads(unb64(jws["protected"]))
            self.nonce = self.protected.get("nonce")
            raw = unb64(jws["payload"])
            self.payload = json.loads(raw) if raw else ""
        except (ValueError, KeyError, TypeError, AttributeError):
            pass

    def base(self):
        return "https://localhost:%d" % self.port


class Answer:
    def __init__(self, status=200, headers=None, body=b""):
        self.status, self.reason, self.version = status, None, "HTTP/1.1"
        self.headers = headers if headers is not None else []
        self.body = body

    def get(self, name):
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)

    def unset(self, name):
        self.headers = [[k, v] for k, v in self.headers if k.lower() != name.lower()]

    def set(self, name, value):
        self.unset(name)
        self.headers.append([name, value])

    def json(self):
        return json.loads(self.body)

    def set_json(self, value):
        self.body = json.dumps(value).encode()


def to_bytes(value):
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value


def latin(value):
    if isinstance(value, bytes):
        return value
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode()


def wire_bytes(value):
    return latin(value) if isinstance(value, str) else value


def nth_fits(wanted, n):
    if wanted is None:
        return True
    if isinstance(wanted, int):
        return n == wanted
    if isinstance(wanted, (list, tuple)):
        return n in wanted
    if wanted in ("odd", "even"):
        return n % 2 == (wanted == "odd")
    first, dash, last = wanted.partition("-")
    return n >= int(first) and (n <= int(last) if last else bool(dash) or n == int(first))


class Script:
    """What the file says now, and how often each endpoint was called since it says so."""

    def __init__(self, path=None, rules=None, mutate=None, seed=0):
        self.path, self.stamp, self.lock = path, None, threading.Lock()
        self.chance = random.Random(seed)
        self.names = {"rules": rules or []}
        if mutate:
            self.names["mutate"] = mutate
        self.counts, self.states = {}, {}
        if path:
            self.look()

    def look(self):
        if not self.path:
            return
        s = os.stat(self.path)
        stamp = (s.st_ino, s.st_mtime_ns, s.st_size)
        if stamp == self.stamp:
            return
        with open(self.path, encoding="utf-8") as f:
            text = f.read()
        if self.path.endswith(".py"):
            names = {"__name__": "script", "__file__": self.path}
            sys.path.insert(0, os.path.dirname(os.path.abspath(self.path)))
            exec(compile(text, self.path, "exec"), names)  # pylint: disable=exec-used
            sys.path.pop(0)
        else:
            names = json.loads(text) if text.strip() else {}
        self.stamp, self.names, self.counts, self.states = stamp, names, {}, {}

    def rules_for(self, port):
        if "rules_of" in self.names:
            return self.names["rules_of"](port)
        return self.names.get("rules", [])

    def count(self, port, endpoint):
        """The number of this call, from 1, and this port's state."""
        with self.lock:
            try:
                self.look()
            except (OSError, ValueError, SyntaxError) as e:
                print("the script stays as it was:", e, file=sys.stderr, flush=True)
            key = (port, endpoint)
            self.counts[key] = self.counts.get(key, 0) + 1
            return self.counts[key], self.states.setdefault(port, {})

    def rule_for(self, port, endpoint, n, method=None):
        for rule in self.rules_for(port):
            at = rule.get("at", "*")
            if endpoint not in at if isinstance(at, list) else at != endpoint and (at != "*" or endpoint == "connect"):
                continue
            if not nth_fits(rule.get("nth"), n):
                continue
            if rule.get("method", method) != method or rule.get("port", port) != port:
                continue
            if "share" in rule:
                with self.lock:
                    if self.chance.random() >= rule["share"]:
                        continue
            return rule
        return None

    def mutate(self, call, answer):
        function = self.names.get("mutate")
        if function:
            answer.status, answer.headers, answer.body = function(
                call.endpoint, call.n, answer.status, answer.headers, answer.body)


def edit(rule, answer, call):
    how = rule["edit"]
    if callable(how):
        how(answer, call)
        return
    names = {"a": answer, "call": call, "json": json, "re": re, "time": time, "j": None}
    try:
        names["j"] = json.loads(answer.body)
    except (ValueError, TypeError):
        pass
    before = names["j"] is not None
    exec(how, names)  # pylint: disable=exec-used
    if before:
        answer.body = json.dumps(names["j"]).encode()


def apply_rule(rule, answer, call):
    """Changes the answer by everything that is said of its head and body."""
    for key in ("status", "reason", "version"):
        if key in rule:
            setattr(answer, key, rule[key])
    if "json" in rule:
        answer.body = json.dumps(rule["json"]).encode()
        answer.set("Content-Type", "application/json")
    if "body" in rule:
        answer.body = to_bytes(rule["body"](call) if callable(rule["body"]) else rule["body"])
    if "edit" in rule:
        edit(rule, answer, call)
    if "encode" in rule:
        pack = gzip.compress if rule["encode"] == "gzip" else zlib.compress
        answer.body = pack(answer.body)
        answer.set("Content-Encoding", rule["encode"])
    for name in rule.get("unset", []):
        answer.unset(name)
    for name, value in rule.get("set", {}).items():
        answer.set(name, value)
    for name, value in rule.get("add", []):
        answer.headers.append([name, value])


def pieces(data, size):
    for i in range(0, len(data), size):
        yield data[i:i + size]


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def body_bytes(rule, body, framing):
    """What of the body goes out, in pieces."""
    parts = [body] if isinstance(body, bytes) else body
    if "truncate" in rule:
        parts = [b"".join(parts)[:rule["truncate"]]]
    for part in parts:
        if part:
            yield chunk(part) if framing == "chunked" else part
    tail = to_bytes(rule.get("endless", ""))
    if tail:
        tail = tail * (1 + 16384 // len(tail))
    while tail:
        yield chunk(tail) if framing == "chunked" else tail
    if framing == "chunked" and "truncate" not in rule:
        trailers = "".join("%s: %s\r\n" % item for item in rule.get("trailers", {}).items())
        yield b"0\r\n" + latin(trailers) + b"\r\n"


def head_bytes(rule, answer, framing, method):
    reason = answer.reason if answer.reason is not None else http.client.responses.get(answer.status, "Odd")
    lines = [latin("%s %s %s\r\n" % (answer.version, answer.status, reason))]
    if framing == "length" and answer.get("Content-Length") is None and (method != "HEAD" or answer.body):
        if isinstance(answer.body, bytes) and answer.status not in (204, 304):
            answer.set("Content-Length", str(len(answer.body)))
    if framing == "chunked":
        answer.set("Transfer-Encoding", "chunked")
    if framing == "close" or "truncate" in rule:
        answer.set("Connection", "close")
    for name, value in answer.headers:
        lines.append(latin(name) + b": " + latin(value) + b"\r\n")
    return b"".join(lines) + b"\r\n"


def compose(rule, answer, method):
    """All that is sent, as an iterator of bytes; and whether the connection ends then."""
    if "raw" in rule:
        raw = wire_bytes(rule["raw"]() if callable(rule["raw"]) else rule["raw"])
        return ([raw] if isinstance(raw, bytes) else raw), True
    framing = rule.get("framing", "chunked" if "endless" in rule or "trailers" in rule else "length")
    if not isinstance(answer.body, bytes) and framing == "length":
        framing = "chunked"
    head = wire_bytes(rule.get("before", b"")) + head_bytes(rule, answer, framing, method)
    over = framing in ("close", "none") or "truncate" in rule or (answer.get("Connection") or "").lower() == "close"

    def everything():
        yield head
        if method != "HEAD":
            yield from body_bytes(rule, answer.body, framing)

    def dripping():
        size, pause = rule.get("drip") or rule["drip_body"]
        for i, part in enumerate(everything()):
            if i == 0 and "drip" not in rule:
                yield part
                continue
            for piece in pieces(part, size):
                time.sleep(pause)
                yield piece

    if "drip" in rule or "drip_body" in rule:
        return dripping(), over
    if rule.get("twice"):
        return list(everything()) * 2, over
    return everything(), over


class Gone(Exception):
    """The client has gone, or is to be left."""


class Connection:
    """One client: its requests one after the other, and a connection of our own to the server."""

    def __init__(self, proxy, sock, port):
        self.proxy, self.sock, self.port = proxy, sock, port
        self.upstream = None
        self.pending = b""

    def receive(self):
        data = self.sock.recv(65536)
        if not data:
            raise Gone
        self.pending += data
        if len(self.pending) > REQUEST_MAX:
            raise Gone

    def read_request(self):
        while b"\r\n\r\n" not in self.pending:
            self.receive()
        head, _, self.pending = self.pending.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        method, path, _ = lines[0].split(" ", 2)
        headers = [line.split(": ", 1) if ": " in line else [line.rstrip(":"), ""] for line in lines[1:]]
        length = int(next((v for k, v in headers if k.lower() == "content-length"), "0"))
        while len(self.pending) < length:
            self.receive()
        body, self.pending = self.pending[:length], self.pending[length:]
        return method, path, headers, body

    def ask(self, call):
        headers = {k: v for k, v in call.headers if k.lower() not in HOP_BY_HOP}
        for attempt in (1, 2):
            try:
                if not self.upstream:
                    self.upstream = http.client.HTTPSConnection(
                        *self.proxy.upstream, timeout=120, context=self.proxy.client_context)
                self.upstream.request(call.method, call.path, body=call.body or None, headers=headers)
                r = self.upstream.getresponse()
                kept = [[k, v] for k, v in r.getheaders() if k.lower() not in HOP_BY_HOP]
                return Answer(r.status, kept, r.read())
            except (http.client.HTTPException, OSError):
                self.upstream = None
                if attempt == 2:
                    raise Gone from None
        return None

    def leave(self, how):
        if how == "blackhole":
            self.sock.settimeout(600)
            while self.sock.recv(4096):
                pass
        elif how == "garbage":
            self.sock.sendall(bytes(range(256)) * 4)
        elif how == "reset":
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            socket.socket(fileno=self.sock.detach()).close()  # without TLS's goodbye
        raise Gone

    def serve(self):
        method, path, headers, body = self.read_request()
        endpoint = endpoint_of(path)
        n, state = self.proxy.script.count(self.port, endpoint)
        call = Call(self.port, endpoint, n, method, path, headers, body, state)
        rule = self.proxy.script.rule_for(self.port, endpoint, n, method)
        answer = self.ask(call) if not rule or rule.get("ask", True) else Answer()
        asked = answer.status
        if rule:
            apply_rule(rule, answer, call)
        else:
            self.proxy.script.mutate(call, answer)
        self.proxy.note(call, asked, answer, rule)
        if rule and rule.get("delay"):
            time.sleep(rule["delay"])
        if rule and rule.get("do"):
            self.leave(rule["do"])
        parts, over = compose(rule or {}, answer, method)
        for part in parts:
            self.sock.sendall(part)
        if over:
            raise Gone

    def open_tls(self):
        n, _ = self.proxy.script.count(self.port, "connect")
        rule = self.proxy.script.rule_for(self.port, "connect", n) or {}
        how, context = rule.get("do"), self.proxy.server_context
        if how:
            self.proxy.note(Call(self.port, "connect", n, "", "", [], b"", {}), 0, Answer(0), rule)
        if rule.get("delay"):
            time.sleep(rule["delay"])
        if how == "tls":
            self.sock.sendall(bytes(range(256)))
            raise Gone
        if how == "certificate":
            context = server_context(rule["cert"], rule["key"])
        elif how:
            self.leave(how)
        self.sock.settimeout(60)
        self.sock = context.wrap_socket(self.sock, server_side=True)

    def run(self):
        try:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.open_tls()
            self.sock.settimeout(300)
            while True:
                self.serve()
        except (Gone, OSError, ValueError):
            pass
        finally:
            self.close()

    def close(self):
        for one in (self.sock, self.upstream):
            try:
                if one:
                    one.close()
            except OSError:
                pass


def server_context(cert, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    context.set_alpn_protocols(["http/1.1"])
    return context


class Proxy:
    """listen: ports; upstream: (host, port); script: a Script; log: an open file or None."""

    def __init__(self, listen, upstream, cert, key, script, log=None):
        self.upstream, self.script, self.log = upstream, script, log
        self.server_context = server_context(cert, key)
        self.client_context = ssl.create_default_context()
        self.client_context.check_hostname = False
        self.client_context.verify_mode = ssl.CERT_NONE
        self.lock = threading.Lock()
        self.selector = selectors.DefaultSelector()
        for port in listen:
            s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("127.0.0.1", port))
            s.listen(128)
            s.setblocking(False)
            self.selector.register(s, selectors.EVENT_READ, port)

    def note(self, call, asked, answer, rule):
        if not self.log:
            return
        line = json.dumps({"time": round(time.time(), 3), "port": call.port, "endpoint": call.endpoint, "n": call.n,
                           "method": call.method, "path": call.path, "payload": call.payload, "asked": asked,
                           "status": answer.status, "rule": (rule.get("name") or True) if rule else False})
        with self.lock:
            self.log.write(line + "\n")
            self.log.flush()

    def run(self):
        while True:
            for key, _ in self.selector.select():
                try:
                    sock, _ = key.fileobj.accept()
                except OSError:
                    continue
                sock.setblocking(True)
                try:
                    threading.Thread(target=Connection(self, sock, key.data).run, daemon=True).start()
                except RuntimeError:  # no thread to be had: this one is turned away, the next may be lucky
                    sock.close()

    def start(self):
        thread = threading.Thread(target=self.run, daemon=True)
        thread.start()
        return thread


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--listen", default="14100", help="a port, or a range of ports: 14100-14300")
    p.add_argument("--upstream", default="localhost:14000")
    p.add_argument("--cert", required=True)
    p.add_argument("--key", required=True)
    p.add_argument("--script")
    p.add_argument("--log")
    p.add_argument("--seed", type=int, default=0)
    o = p.parse_args()
    first, _, last = o.listen.partition("-")
    host, _, port = o.upstream.partition(":")
    log = open(o.log, "a", encoding="utf-8") if o.log else None  # pylint: disable=consider-using-with
    threading.stack_size(256 * 1024)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))
    Proxy(range(int(first), int(last or first) + 1), (host, int(port)), o.cert, o.key,
          Script(o.script, seed=o.seed), log).run()


if __name__ == "__main__":
    main()
