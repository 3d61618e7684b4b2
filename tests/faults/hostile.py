#!/usr/bin/env python3
"""What a CA might say that means harm, or makes no sense: each case is one lie, told to a real tegata.

    hostile.py --work FOLDER --program TEGATA --peak PROGRAM [--jobs N] [--short] [--again all|some] [--show] [NAME...]

runs the cases side by side, each with folders and a port of its own, and says for each what was due and did not come.
The fault proxy, with this file as its script, tells the lies: case n has the port 20000 + n. As soon as there is a file
FOLDER/cases/NAME/calm, its CA is honest again. FOLDER holds the CA's root and settings (tests/torture/hostile-ca.sh).

The tables are hostile_http.py, hostile_acme.py and hostile_cert.py; their words are in hostile_base.py.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

from hostile_base import CASES, WORK
import hostile_http  # noqa: F401 pylint: disable=unused-import
import hostile_acme  # noqa: F401 pylint: disable=unused-import
import hostile_cert  # noqa: F401 pylint: disable=unused-import

PORT = 20000
MOST_KIB = 32 * 1024  # of one process: tegata and tegata-net together have 64 MiB at most
MOST_SECONDS = 120
# What no terminal shall get: C0 but for tab and line feed, DEL, C1, and what turns text around or ends lines.
UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffd]")
TEMPLATE_PORT = 20000


def folder_of(case):
    return os.path.join(WORK, "cases", case.name)


def rules_of(port):
    """For the proxy."""
    case = CASES[port - PORT - 1] if PORT < port <= PORT + len(CASES) else None
    if not case or os.path.exists(os.path.join(folder_of(case), "calm")):
        return []
    return case.rules


def tree(folder):
    """What is in a folder: paths with kind, mode and content."""
    found = {}
    for path, folders, files in os.walk(folder):
        for name in folders + files:
            full = os.path.join(path, name)
            s = os.lstat(full)
            content = ""
            if os.path.islink(full):
                content = os.readlink(full)
            elif os.path.isfile(full):
                with open(full, "rb") as f:
                    content = hashlib.sha256(f.read()).hexdigest()
            found[os.path.relpath(full, folder)] = (s.st_mode, content)
    return found


class Run:
    """One case with its folders."""

    def __init__(self, case, options):
        self.case, self.options = case, options
        self.folder = folder_of(case)
        self.port = PORT + 1 + CASES.index(case)
        self.wrong, self.kib, self.seconds, self.said, self.status = [], 0, 0.0, "", None

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as f:
            f.write(text)

    def settings(self):
        ca = {"profile": "jprs", "server": "https://localhost:%d/dir" % self.port,
        "ca_file": os.path.join(WORK, "ca.pem"),
              "key": "ecdsa-p256"}
        certificate = {"name": "www", "names": self.case.names, "challenge": {"webroot": self.folder + "/www"}}
        settings = dict(self.case.settings)
        ca.update(settings.pop("ca", {}))
        certificate.update(settings)
        return json.dumps({"cas": [ca], "certificates": [certificate]})

    def prepare(self):
        """Folders with an account, and for some commands with a certificate, as if this port had given them."""
        template = {"register": None, "issue": "account", "account": "account"}.get(self.case.command, "issued")
        for name in ("etc", "www", "cwd"):
            os.makedirs(os.path.join(self.folder, name))
        var = os.path.join(self.folder, "var")
        if template:
            shutil.copytree(os.path.join(WORK, "templates", template), var, symlinks=True)
            for path, _, files in os.walk(var):
                for name in files:
                    self.move(os.path.join(path, name))
            accounts = os.path.join(var, "accounts")
            os.rename(os.path.join(accounts, os.listdir(accounts)[0]), os.path.join(accounts, self.account_folder()))
        self.write("etc/tegata.yaml", self.settings())
        self.write("etc/entitlements.yaml", '- "example.jp"\n- "www.example.jp"\n')
        if self.case.command == "ari":
            self.ask_again()
        if self.case.command == "account":
            self.lose_account_url()

    def account_folder(self):
        """As tegata names it: of the directory and the key id of the EAB credentials."""
        both = "https://localhost:%d/dir\nkid-1" % self.port
        return "localhost-" + hashlib.sha256(both.encode()).hexdigest()[:12]

    def move(self, path):
        with open(path, "rb") as f:
            data = f.read()
        moved = data.replace(b"localhost:%d/" % TEMPLATE_PORT, b"localhost:%d/" % self.port)
        if moved != data:
            with open(path, "wb") as f:
                f.write(moved)

    def ask_again(self):
        """Renewal information is due."""
        path = os.path.join(self.folder, "var/state/www.json")
        with open(path, encoding="utf-8") as f:
            state = json.load(f)
        state["ari"].update(next_at=0, not_offered=False)
        with open(path, "w", encoding="utf-8") as f:
            json.dump(state, f)

    def lose_account_url(self):
        """The answer to the registration got lost."""
        path = os.path.join(self.folder, "var/accounts", self.account_folder(), "account.json")
        with open(path, encoding="utf-8") as f:
            account = json.load(f)
        account["url"] = None
        with open(path, "w", encoding="utf-8") as f:
            json.dump(account, f)

    def tegata(self, *words):
        """Status, output, seconds; the peak is kept."""
        peak = os.path.join(self.folder, "peak")
        command = [self.options.peak, peak, self.options.program, "--config-dir", self.folder + "/etc", "--state-dir",
                   self.folder + "/var", *words]
        begun = time.monotonic()
        with open(os.path.join(self.folder, "said"), "wb+") as out:
            try:
                status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False,
                                        timeout=4 * MOST_SECONDS, cwd=self.folder + "/cwd").returncode
            except subprocess.TimeoutExpired:
                status = "none in time"
            out.seek(0)
            said = out.read()
        seconds = time.monotonic() - begun
        if os.path.exists(peak):
            with open(peak, encoding="ascii") as f:
                self.kib = max(self.kib, int(f.read()))
            os.unlink(peak)
        return status, said, seconds

    def words(self):
        hmac = os.path.join(WORK, "hmac")
        return {"issue": ["run", "-vv"], "account": ["run", "-vv"], "ari": ["run", "-vv"],
                "register": ["register", "-vv", "-n", "-m", "admin@example.jp", "--agree-tos", "--eab-kid", "kid-1",
                             "--eab-hmac-key-file", hmac],
                "revoke": ["revoke", "-vv", "-n", "--cert-name", "www"]}[self.case.command]

    def check(self, condition, text):
        if not condition:
            self.wrong.append(text)

    def live(self):
        path = os.path.join(self.folder, "var/live/www")
        return os.readlink(path) if os.path.islink(path) else None

    def tell_lies(self):
        before_live = self.live()
        before = {name: tree(os.path.join(self.folder, name)) for name in ("etc", "www", "cwd")}
        self.status, said, self.seconds = self.tegata(*self.words())
        self.said = said.decode("utf-8", "replace")
        self.check(self.status == self.case.status, "exit status %s, due is %d" % (self.status, self.case.status))
        self.check(self.case.text in self.said, "it does not say: " + self.case.text)
        unwanted = UNWANTED.search(self.said)
        self.check(not unwanted, "raw character %r in what it says" % (unwanted and unwanted.group()))
        self.check("Sanitizer" not in self.said and "runtime error:" not in self.said, "a sanitizer found something")
        self.check(self.kib <= MOST_KIB, "%d KiB of memory" % self.kib)
        self.check(self.seconds <= MOST_SECONDS, "%.0f seconds" % self.seconds)
        for name, files in before.items():
            self.check(tree(os.path.join(self.folder, name)) == files, "files in %s changed" % name)
        if self.case.status and self.case.command == "issue":
            self.check(self.live() == before_live, "a certificate was put in place")

    def tell_truth(self):
        """The CA is honest again, and nothing of before is in the way."""
        self.write("calm", "")
        if self.case.command == "register":
            words = self.words()
        elif self.case.command == "revoke":
            words = ["revoke", "-n", "--cert-name", "www"]
        else:
            words = ["renew", "www", "--force"]
        status, said, _ = self.tegata(*words)
        self.check(status == 0, "afterwards exit status %s: %s" % (status, said.decode("utf-8", "replace")))

    def run(self):
        try:
            self.prepare()
            self.tell_lies()
            if self.case.again and (self.options.again == "all" or self.options.again == "some" and self.port % 8 == 0):
                self.tell_truth()
        except Exception as e:  # pylint: disable=broad-except
            self.wrong.append("%s: %s" % (type(e).__name__, e))
        shutil.rmtree(self.folder, ignore_errors=not self.wrong)
        return self


def report(run, show):
    if run.wrong or show:
        print("%s %s: status %s, %d KiB, %.1f s" % ("FAILED" if run.wrong else "good", run.case.name, run.status,
        run.kib,
                                                    run.seconds))
        for line in run.wrong:
            print("   " + line)
        text = run.said if len(run.said) < 3000 else run.said[:1000] + "\n[...]\n" + run.said[-2000:]
        print("".join("   | %s\n" % ascii(line)[1:-1] for line in text.splitlines()), flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--work", required=True)
    p.add_argument("--program")
    p.add_argument("--peak")
    p.add_argument("--jobs", type=int, default=8)
    p.add_argument("--short", action="store_true")
    p.add_argument("--again", default="some", choices=["all", "some", "none"])
    p.add_argument("--show", action="store_true")
    p.add_argument("--count", action="store_true", help="only tell the last port")
    p.add_argument("names", nargs="*")
    o = p.parse_args()
    names = [c.name for c in CASES]
    if len(set(names)) != len(names):
        sys.exit("a name twice: %s" % [n for n in names if names.count(n) > 1])
    if o.count:
        print(PORT + len(CASES))
        return
    chosen = [c for c in CASES if (c.name in o.names if o.names else c.short or not o.short)]
    runs = []
    with concurrent.futures.ThreadPoolExecutor(o.jobs) as pool:
        for each in concurrent.futures.as_completed([pool.submit(Run(c, o).run) for c in chosen]):
            report(each.result(), o.show)
            runs.append(each.result())
    print("%d cases, %d failed, most memory of a process %.1f MiB, slowest %.0f s (%s)" % (
        len(runs), sum(bool(r.wrong) for r in runs), max(r.kib for r in runs) / 1024,
        *max((r.seconds, r.case.name) for r in runs)))
    sys.exit(any(r.wrong for r in runs))


if __name__ == "__main__":
    main()
