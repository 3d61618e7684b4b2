#!/usr/bin/env python3
"""Orders from a CA whose answers are changed by chance (mutate.py), and looks after each run whether anything bad came of it.

    mutants.py --program tegata --work FOLDER --ca FILE --cert FILE --key FILE --server-port 14000
               --eab KID:HMACFILE [--lanes N] [--seed S] [--answers N | --runs N] [--seconds N]

Pebble must be there, with every name below lK.example.jp at 127.0.0.1. Each lane is a client with ten certificates, a proxy
and a web server's folder of its own. A run has a seed; the same seed gives the same chances, so `--seed S --runs 1` repeats
one. Bad is: an end by a signal, a report of the sanitizers, the helper's end, a run over 60 seconds that is not waiting for the CA, a
file outside the store, a hook that is given anything but its grammar, a live certificate that is missing or does not fit its
key, a challenge left behind, and a good run that does not heal.
"""
import argparse
import collections
import faulthandler
import http.server
import json
import os
import random
import re
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mutate import Mutator  # noqa: E402
from proxy import Proxy, Script  # noqa: E402

CERTS = 10
HEAL_EVERY = 8
HANG_SEC = 60
PATIENT_SEC = 20
GOOD_SEC = 240  # a good run on a machine that has much else to do
STATUSES = {0, 3, 6, 7, 8, 11}
FOCUS = ("new-order",) * 3 + ("authz",) * 4 + ("challenge",) * 2 + ("order",) * 4 + ("finalize",) * 3 + ("cert",) * 6 + ("directory", "new-nonce")
URL64 = r"[A-Za-z0-9_-]"
GRAMMAR = {
    "TEGATA_STAGE": r"present|cleanup|deploy", "TEGATA_TYPE": r"http-01", "TEGATA_WILDCARD": r"0", "TEGATA_TOKEN": URL64 + r"{1,256}",
    "TEGATA_KEY_AUTHORIZATION": URL64 + r"{1,256}\." + URL64 + r"{43}", "CERTBOT_VALIDATION": URL64 + r"{1,256}\." + URL64 + r"{43}",
    "CERTBOT_TOKEN": URL64 + r"{1,256}", "CERTBOT_REMAINING_CHALLENGES": r"\d+", "CERTBOT_AUTH_OUTPUT": r"",
    "TEGATA_GENERATION": r"[1-9]\d*", "TEGATA_SERIAL": r"[0-9A-Fa-f:]{2,60}", "TEGATA_OLD_SERIAL": r"[0-9A-Fa-f:]{2,60}",
    "TEGATA_NOT_AFTER": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TEGATA_KEY_TYPE": r"ecdsa-p256", "TEGATA_SPKI_SHA256": r"[0-9a-f]{64}",
    "TEGATA_REASON": r"missing|forced|revoked|due|damaged|not-due|not-asked",
    "PATH": r".*", "HOME": r".*", "LANG": r".*", "LC_ALL": r".*", "PWD": r"/", "SHLVL": r"\d", "_": r".*", "OLDPWD": r".*", "LOG": r"/.*", "WWW": r"/.*",
    "TZ": r".*",
}
HOOK = """#!/bin/sh
{ echo "RS_ARGS=$*"; env; echo RS_END; } >>"$LOG"
[ "$TEGATA_STAGE" != present ] || printf %s "$TEGATA_KEY_AUTHORIZATION" >"$WWW/.well-known/acme-challenge/$TEGATA_TOKEN"
[ "$TEGATA_STAGE" != cleanup ] || rm -f "$WWW/.well-known/acme-challenge/$TEGATA_TOKEN"
"""


class Bad(Exception):
    pass


def listing(*folders):
    """What is there, and how it was left."""
    found = {}
    for folder in folders:
        for where, inside, files in os.walk(folder):
            for name in inside + files:
                path = os.path.join(where, name)
                s = os.lstat(path)
                found[path] = (stat.S_IFMT(s.st_mode), s.st_mode, s.st_size if stat.S_ISREG(s.st_mode) else 0, s.st_mtime_ns if stat.S_ISREG(s.st_mode) else 0)
    return found


class Lane:
    def __init__(self, o, k):
        self.o, self.k, self.port = o, k, 14100 + k
        self.folder = os.path.join(o.work, "lane%d" % k)
        self.www = os.path.join(self.folder, "www")
        self.log = os.path.join(o.work, "hooks%d" % k)
        self.names = [["c%d.l%d.example.jp" % (i, k), "d%d.l%d.example.jp" % (i, k)] for i in range(CERTS)]
        self.mutator, self.counts, self.changed, self.lock = None, collections.Counter(), [], threading.Lock()
        self.focus, self.last_asked, self.delivered, self.verified = None, 0, 0, {}
        os.makedirs(os.path.join(self.www, ".well-known/acme-challenge"))
        os.makedirs(os.path.join(self.folder, "etc/hooks"))
        os.makedirs(os.path.join(self.folder, "canary/a/b"))
        for path in ("canary/x", "canary/a/x", "canary/a/b/x"):
            self.put(path, "as it was\n")
        self.write_settings()
        Proxy([self.port], ("localhost", o.server_port), o.cert, o.key, Script(mutate=self.mutate)).start()

    def put(self, path, text):
        with open(os.path.join(self.folder, path), "w", encoding="utf-8") as f:
            f.write(text)

    def write_settings(self):
        hook = os.path.join(self.folder, "etc/hooks/logged")
        self.put("etc/hooks/logged", HOOK)
        os.chmod(hook, 0o755)
        env = "env: {LOG: %s, WWW: %s}" % (self.log, self.www)
        lines = ["cas:", "- {profile: jprs, server: 'https://localhost:%d/dir', ca_file: %s, key: ecdsa-p256}" % (self.port, self.o.ca), "certificates:"]
        for i, names in enumerate(self.names):
            how = "{webroot: %s}" % self.www if i % 3 else "{type: http-01, hook: logged, user: root, %s}" % env
            lines.append("- {name: c%d, names: [%s], challenge: %s, deploy: [{run: logged, user: root, %s}]}" % (i, ", ".join(names), how, env))
        self.put("etc/tegata.yaml", "\n".join(lines) + "\n")
        self.put("etc/entitlements.yaml", "".join("- %s\n" % n for names in self.names for n in names))

    def mutate(self, endpoint, n, status, headers, body):
        with self.lock:
            self.last_asked = time.monotonic()
            mutator = self.mutator
            if not mutator or (self.focus and endpoint != self.focus):
                return status, headers, body
            self.counts[endpoint] += 1
            n = self.counts[endpoint]
            made = mutator.change(endpoint, n, status, headers, body)
            if made[:3] != (status, headers, body):
                self.delivered += 1
                self.changed.append((endpoint, n, made))
            return made[:3]

    def tegata(self, *words, state="var"):
        """Runs it; its exit status and what it said."""
        where = [os.path.join(self.folder, "etc"), os.path.join(self.folder, state)]
        said = os.path.join(self.o.work, "said%d" % self.k)
        with open(said, "wb") as out:
            p = subprocess.Popen([self.o.program, "--config-dir", where[0], "--state-dir", where[1], *words], stdin=subprocess.DEVNULL,
                                 stdout=out, stderr=out, cwd=self.folder)
            status, note = self.wait(p), ""
        if isinstance(status, tuple):
            status, note = status
        with open(said, "rb") as f:
            return status, f.read().decode("utf-8", "replace"), note

    def wait(self, p):
        began = time.monotonic()
        while True:
            try:
                return p.wait(timeout=1)
            except subprocess.TimeoutExpired:
                pass
            took = time.monotonic() - began
            if not self.mutator and took < GOOD_SEC:
                continue
            if took > PATIENT_SEC and time.monotonic() - self.last_asked < 12:
                p.terminate()  # it polls an order that was led astray, as long as it must
                try:
                    status = p.wait(timeout=10)
                except subprocess.TimeoutExpired:
                    p.kill()
                    raise Bad("it did not end within 10 s of SIGTERM") from None
                if status not in STATUSES | {12}:
                    raise Bad("exit status %d after SIGTERM" % status)
                return 12, "cut short while it polled"
            if took > HANG_SEC:
                p.kill()
                p.wait()
                raise Bad("it hangs: nothing asked for %d s" % (time.monotonic() - self.last_asked))

    # ---- what must hold

    def outside(self):
        own = {k: v for k, v in listing(self.folder).items()
               if not re.match(re.escape(self.folder) + r"/(var|www|other)", k)}
        for folder in ("/", "/etc", "/root", "/tmp/canary", self.o.work):
            if os.path.isdir(folder):
                own[folder] = sorted(n for n in os.listdir(folder) if not re.match(r"said\d|hooks\d|failed-|lane\d|\.", n))
        return own

    def check_said(self, status, said):
        if re.search(r"AddressSanitizer|LeakSanitizer|runtime error:", said):
            raise Bad("the sanitizers found something")
        if "network helper" in said:
            raise Bad("the network helper did not survive")
        if status < 0 or (status not in STATUSES | {12} and not (status == 10 and "clock" in said)):
            raise Bad("exit status %d" % status)
        if re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", said):
            raise Bad("control characters on the terminal")

    def check_hooks(self):
        if not os.path.exists(self.log):
            return
        with open(self.log, encoding="utf-8", errors="surrogateescape") as f:
            text = f.read()
        os.truncate(self.log, 0)
        flat = [n for names in self.names for n in names]
        for record in text.split("RS_END\n"):
            for line in record.split("\n"):
                name, equals, value = line.partition("=")
                if line and not equals:
                    raise Bad("a hook was given a line of its own: %r" % line)
                if line and not self.hook_value_fits(name, value, flat):
                    raise Bad("a hook was given %s=%r" % (name, value))

    def hook_value_fits(self, name, value, flat):
        if name == "RS_ARGS":
            words = value.split(" ")
            return words[0] in ("present", "cleanup", "deploy") and all(w in flat or re.fullmatch(r"c\d", w) for w in words[1:]) and len(words) == 2
        if name in ("TEGATA_IDENTIFIER", "CERTBOT_DOMAIN", "CERTBOT_IDENTIFIER"):
            return value in flat
        if name in ("TEGATA_NAMES", "RENEWED_DOMAINS", "CERTBOT_ALL_DOMAINS", "CERTBOT_ALL_IDENTIFIERS"):
            return any(sorted(re.split("[ ,]", value)) == sorted(n) for n in self.names)
        if name == "TEGATA_CERT_NAME":
            return re.fullmatch(r"c\d", value) is not None
        if re.fullmatch("TEGATA_(CERT_DIR|(KEY|CERT|CHAIN|FULLCHAIN)_PATH)|RENEWED_LINEAGE", name):
            return re.fullmatch(re.escape(self.folder) + r"/var/live/c\d(/(privkey|cert|chain|fullchain)\.pem)?", value) is not None
        return name in GRAMMAR and re.fullmatch(GRAMMAR[name], value) is not None

    def check_live(self, all_of_them):
        live = os.path.join(self.folder, "var/live")
        for i in range(CERTS):
            folder = os.path.join(live, "c%d" % i)
            if not os.path.islink(folder):
                if all_of_them or folder in self.verified:
                    raise Bad("%s is missing" % folder)
                continue
            target = os.readlink(folder)
            for name in ("privkey", "cert", "chain", "fullchain"):
                if not os.path.getsize(os.path.join(folder, name + ".pem")) and name != "chain":  # the CA says how long it is
                    raise Bad("%s/%s.pem is empty" % (folder, name))
            if self.verified.get(folder) == target:
                continue
            public = [subprocess.run(["openssl", *words, "-in", os.path.join(folder, name)], check=False, capture_output=True).stdout
                      for words, name in ((("pkey", "-pubout"), "privkey.pem"), (("x509", "-noout", "-pubkey"), "fullchain.pem"))]
            if not public[0] or public[0] != public[1]:
                raise Bad("key and certificate of %s do not belong together" % folder)
            self.verified[folder] = target

    def check_webroot(self):
        left = os.listdir(os.path.join(self.www, ".well-known/acme-challenge"))
        if left:
            raise Bad("challenges are left behind: %s" % left)

    # ---- runs

    def good(self, *words, state="var"):
        self.mutator = None
        status, said, _ = self.tegata(*words, state=state)
        if status:
            faulthandler.dump_traceback()  # should it be this program that hangs
            raise Bad("a good run after it ends with %d:\n%s" % (status, said))
        return said

    def heal(self):
        self.good("renew", "--force")
        self.check_live(True)
        self.check_hooks()

    def register_words(self):
        kid, _, path = self.o.eab.partition(":")
        return ["register", "-n", "-m", "admin@example.jp", "--agree-tos", "--eab-kid", kid, "--eab-hmac-key-file", path]

    def one(self, seed):
        """One run with this seed; what it did, for the table."""
        r = random.Random(seed)
        kind = r.random()
        words, state, self.focus = ["renew", "--force"], "var", None
        share = r.choice((0.1, 0.2, 0.4, 0.8))
        if kind < 0.05:
            shutil.rmtree(os.path.join(self.folder, "other"), ignore_errors=True)
            words, state, share = self.register_words(), "other", 0.5
        elif kind < 0.09:
            words, share = ["revoke", "--cert-name", "c%d" % r.randrange(CERTS), "-n"], 0.6
        elif kind < 0.6:
            self.focus, share = r.choice(FOCUS), 1
        before = self.outside()
        with self.lock:
            self.mutator, self.changed = Mutator(seed, share), []
            self.counts.clear()
        status, said, note = self.tegata(*words, state=state)
        self.mutator = None
        self.check_said(status, said)
        after = self.outside()
        if after != before:
            raise Bad("outside the store: %s" % [k for k in set(before) | set(after) if before.get(k) != after.get(k)])
        self.check_hooks()
        self.check_live(False)
        self.check_webroot()
        return note or "exit status %d" % status

    def tell(self, seed, bad):
        path = os.path.join(self.o.work, "failed-%s" % seed)
        with open(path, "w", encoding="utf-8") as f:
            for endpoint, n, (status, headers, body, what) in self.changed:
                f.write(json.dumps({"endpoint": endpoint, "n": n, "what": what, "status": status, "headers": headers, "body": body.decode("latin-1")}) + "\n")
        print("FAILED: seed %s (mutants.sh %s 1): %s" % (seed, seed, bad))
        said = os.path.join(self.o.work, "said%d" % self.k)
        with open(said, "rb") as f:
            print("   it said: %r" % f.read()[-3000:].decode("utf-8", "replace"))
        for endpoint, n, (status, headers, body, what) in self.changed[-12:]:
            print("   %s %d, %s: %d %r %r" % (endpoint, n, what, status, headers, body[:700].decode("latin-1")))
        sys.stdout.flush()


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256  # five, as it comes, are too few for the validations of some lanes: the rest wait for seconds


class Web(http.server.BaseHTTPRequestHandler):
    """The web servers of all lanes: which one is asked is in the name."""
    lanes = []

    def do_GET(self):
        found = re.fullmatch(r"[cd]\d\.l(\d)\.example\.jp(:80)?", self.headers.get("Host", ""))
        token = re.fullmatch(r"/\.well-known/acme-challenge/([A-Za-z0-9_-]+)", self.path)
        try:
            with open(os.path.join(self.lanes[int(found[1])].www, self.path[1:]), "rb") as f:
                body, status = (f.read(), 200) if token else (b"", 404)
        except (OSError, TypeError, IndexError):
            body, status = b"", 404
        try:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            pass  # whoever asked has gone

    def log_message(self, *_):
        pass


def work_on(lane, o, shared):
    try:
        lane.good(*lane.register_words())
        lane.good("run")
        lane.heal()
    except Bad as bad:
        lane.tell("none", bad)
        shared["failed"] += 1
        return
    healed = 0
    while not shared["failed"] > 4:
        with shared["lock"]:
            done = sum(one.delivered for one in shared["lanes"])
            if (o.runs and shared["next"] >= o.seed + o.runs) or (not o.runs and done >= o.answers) or time.monotonic() > shared["end"]:
                break
            seed = shared["next"]
            shared["next"] += 1
        try:
            note = lane.one(seed)
            healed += 1
            with shared["lock"]:
                shared["notes"][note] += 1
            if healed % HEAL_EVERY == 0:
                lane.heal()
        except Bad as bad:
            shared["failed"] += 1
            lane.tell(seed, bad)
            for path in os.listdir(os.path.join(lane.www, ".well-known/acme-challenge")):
                os.unlink(os.path.join(lane.www, ".well-known/acme-challenge", path))
    try:
        lane.heal()
    except Bad as bad:
        shared["failed"] += 1
        lane.tell("of the end", bad)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("program", "work", "ca", "cert", "key", "eab"):
        p.add_argument("--" + name, required=True)
    p.add_argument("--server-port", type=int, default=14000)
    p.add_argument("--lanes", type=int, default=2)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--answers", type=int, default=150)
    p.add_argument("--runs", type=int, default=0)
    p.add_argument("--seconds", type=int, default=3000, help="no run is begun after so many")
    o = p.parse_args()
    threading.stack_size(512 * 1024)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(1))
    lanes = [Lane(o, k) for k in range(o.lanes)]
    Web.lanes = lanes
    web = Server(("127.0.0.1", 80), Web)
    web.daemon_threads = True
    threading.Thread(target=web.serve_forever, daemon=True).start()
    shared = {"lock": threading.Lock(), "next": o.seed, "failed": 0, "lanes": lanes, "notes": collections.Counter(),
              "end": time.monotonic() + o.seconds}
    began = time.monotonic()
    threads = [threading.Thread(target=work_on, args=(lane, o, shared)) for lane in lanes]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    notes = ", ".join("%s: %d" % item for item in sorted(shared["notes"].items()))
    print("%d mutated answers in %d runs, %d s (%s)" % (sum(one.delivered for one in lanes), sum(shared["notes"].values()), time.monotonic() - began, notes))
    sys.stdout.flush()
    os._exit(1 if shared["failed"] else 0)


if __name__ == "__main__":
    main()
