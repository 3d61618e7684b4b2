#!/usr/bin/env python3
"""Hands hostile input to tegata, and looks at what it does with it.

    hostile_input.py PROGRAM FOLDER [--every N] [--all-commands] [--only TEXT]

Each case of hostile_input_cases.py runs in a folder of its own below FOLDER: settings in which hooks that leave a mark
are configured everywhere, the list, a state. It must end within 5 seconds with a documented refusal (2, 3, 4, or 10 for
files that cannot be read) and a message that is fit for a terminal; no hook for challenges or deploys may have run, and
nothing may have changed but the state, and what certonly and entitlements are there to write. Prints the cases that
went wrong, a line with the counts, and ends with 1 if any did.
"""
import concurrent.futures
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading

import hostile_input_cases

LIMIT = 5
SAID_MAX = 160 * 1024  # messages show arguments, which have 32 KiB at most
REFUSED = {2, 3, 4}
FINE_NAME = re.compile(rb"^[A-Za-z0-9._+-]+$")
UNFIT = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
MARK = """#!/bin/sh
echo "$0 $*" >>'%s'
"""
# Told of a failure it is right to run it, but not with anything in its environment that is unfit.
TOLD = """#!/bin/sh
if env | LC_ALL=C grep -q '[[:cntrl:]]'; then env >>'%s'; fi
"""


class Place:
    """A folder with settings, list, state, and things outside."""

    def __init__(self, top):
        self.top = top
        self.base = os.path.join(top, "one", "two", "three")
        self.conf = os.path.join(self.base, "etc")
        self.state = os.path.join(self.base, "var")
        self.outside = os.path.join(top, "outside")
        self.cwd = os.path.join(self.base, "cwd")
        self.mark = os.path.join(top, "mark")

    def path(self, text):
        text = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        return text.replace(b"@OUT@", self.outside.encode()).replace(b"@CONF@", self.conf.encode())

    def script(self, path, text):
        with open(path, "w") as f:
            f.write(text % self.mark)
        os.chmod(path, 0o755)

    def make(self):
        shutil.rmtree(self.top, ignore_errors=True)
        for folder in (self.conf, self.outside, self.cwd, os.path.join(self.conf, "hooks"), os.path.join(self.conf, "conf.d")):
            os.makedirs(folder)
        self.script(os.path.join(self.conf, "hooks", "canary"), MARK)
        self.script(os.path.join(self.base, "canary"), MARK)
        self.script(os.path.join(self.conf, "hooks", "told"), TOLD)
        with open(os.path.join(self.outside, "plain"), "w") as f:
            f.write("not a program\n")
        os.symlink("loop", os.path.join(self.outside, "loop"))
        os.symlink("nothing", os.path.join(self.outside, "dangling"))
        self.write(os.path.join(self.conf, "tegata.yaml"), hostile_input_cases.SERVER.encode() + hostile_input_cases.CERT.encode() +
                   b"  deploy: canary\nnotify: {run: told, level: info}\n")
        self.write(os.path.join(self.conf, "entitlements.yaml"), hostile_input_cases.LIST)

    @staticmethod
    def write(path, data):
        with open(path, "wb") as f:
            f.write(data)

    def odd_file(self, name, how, data):
        path = os.path.join(os.fsencode(self.conf), self.path(name))
        if os.path.lexists(path):
            os.unlink(path)
        if how == "plain":
            self.write(path, data)
        elif how == "fifo":
            os.mkfifo(path)
        elif how == "directory":
            os.mkdir(path)
        elif how == "socket":
            here = os.getcwd()
            with socket.socket(socket.AF_UNIX) as s:
                s.bind("/proc/self/fd/%d/%s" % (os.open(os.path.dirname(path), os.O_PATH), os.path.basename(path).decode()))
            assert os.getcwd() == here
        else:
            os.symlink({"loop": os.path.basename(path), "dangling": b"nothing"}.get(how, self.path(how)), path)

    def listing(self):
        """What must stay as it is, and the names below the state."""
        kept, state = [], []
        for folder, folders, files in os.walk(os.fsencode(self.top)):
            for name in folders + files:
                path = os.path.join(folder, name)
                if path.startswith(os.fsencode(self.state) + b"/"):
                    state.append(name)
                elif path != os.fsencode(self.state):
                    st = os.lstat(path)
                    kept.append((path, st.st_mode, 0 if os.path.isdir(path) else st.st_size, st.st_mtime_ns if os.path.isfile(path) else 0))
        return sorted(kept), state


class Run:
    """One command of one case."""

    def __init__(self, place, case, command):
        self.place, self.case, self.command = place, case, command
        self.wrong = []

    def may_change(self, path):
        """certonly keeps its settings, entitlements the list."""
        rest = path[len(os.fsencode(self.place.conf)) + 1:]
        first = [w for w in self.command if w != "--json"][0]
        if first == "entitlements":
            return rest == b"entitlements.yaml"
        return first == "certonly" and re.match(rb"^conf\.d/[A-Za-z0-9][A-Za-z0-9._-]*\.yaml$", rest) is not None

    def fit(self, what, data):
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as e:
            self.wrong.append("%s is no UTF-8: %s" % (what, e))
            return
        found = UNFIT.search(text)
        if found:
            self.wrong.append("%s has U+%04X: %r" % (what, ord(found.group()), text[max(0, found.start() - 40):found.end() + 10]))
        if len(data) > SAID_MAX:
            self.wrong.append("%s is %d bytes long" % (what, len(data)))

    def judge(self, status, out, err):
        harmless = self.case[4]
        if b"Sanitizer" in err or b"runtime error:" in err:
            self.wrong.append("the sanitizers found something")
        if status < 0:
            self.wrong.append("ended by signal %d" % -status)
        elif status not in REFUSED | ({10} if self.case[1] == "file" or self.touches_files() else set()) and not (harmless and status in (0, 6, 10)):  # 6: all was right, and nobody listens
            self.wrong.append("exit status %d" % status)
        answered = out.strip() and ("--json" in self.command or "check" in self.command[:2])
        if (status != 0 or (harmless == "warned" and self.command is self.case[3][0])) and not err.strip() and not answered:
            self.wrong.append("no message")
        self.fit("standard error", err)
        self.fit("standard output", out)
        if "--json" in self.command and out.strip():
            try:
                json.loads(out)
            except ValueError as e:
                self.wrong.append("no JSON: %s" % e)

    def touches_files(self):
        return any(a in self.command for a in ("--csr", "--cert-path", "--plan", "-w", "--entitlements", "--ca-file", "--scan", "--eab-hmac-key-file"))

    def run(self, program, env):
        before, _ = self.place.listing()
        words = [os.fsencode(program), b"--config-dir", os.fsencode(self.place.conf), b"--state-dir", os.fsencode(self.place.state)]
        words += [self.place.path(a) for a in self.command]
        try:
            child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.place.cwd, env=env, start_new_session=True)
        except OSError as e:
            return ["could not be started: %s" % e]
        try:
            out, err = child.communicate(timeout=LIMIT * env_factor())
            self.judge(child.returncode, out, err)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
            self.wrong.append("had not ended after %d seconds" % LIMIT)
        after, state = self.place.listing()
        for entry in set(before) ^ set(after):
            if not self.may_change(entry[0]):
                self.wrong.append("changed: %r" % entry[0])
        self.wrong += ["a file in the state: %r" % n for n in state if not FINE_NAME.match(n)]
        if os.path.exists(self.place.mark):
            self.wrong.append("a hook ran: " + open(self.place.mark, errors="replace").read())
        return sorted(set(self.wrong))


def env_factor():
    """Where the sanitizers or a busy machine make it slow."""
    return float(os.environ.get("HOSTILE_PATIENCE", "1"))


def set_up(place, case):
    place.make()
    _, kind, payload, _, _ = case
    if kind == "settings":
        place.write(os.path.join(place.conf, "tegata.yaml"), place.path(payload))
    elif kind == "list":
        place.write(os.path.join(place.conf, "entitlements.yaml"), place.path(payload))
    elif kind == "file":
        place.odd_file(*payload)


def do_case(program, top, case, all_commands):
    place = Place(os.path.join(top, "place-%d" % threading.get_ident()))
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent",
           **{k: v for k, v in os.environ.items() if k.startswith(("TEGATA_", "ASAN", "UBSAN", "LSAN", "LD_PRELOAD"))}}
    commands = list(case[3])
    if all_commands:
        commands += [["--json"] + list(commands[0])]
    else:
        commands = commands[:1]
    said = []
    for command in commands:
        set_up(place, case)
        said += ["%s: %s" % (" ".join(hostile_input_cases.short(a) for a in command), w) for w in Run(place, case, command).run(program, env)]
    return case[0], len(commands), said


def main():
    words = sys.argv[1:]
    every = int(words[words.index("--every") + 1]) if "--every" in words else 1
    only = words[words.index("--only") + 1] if "--only" in words else ""
    cases = [c for c in hostile_input_cases.cases() if only in c[0]][::every]
    runs = wrong = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(do_case, words[0], words[1], c, "--all-commands" in words) for c in cases]
        for job in jobs:
            title, n, said = job.result()
            runs += n
            wrong += bool(said)
            for line in said:
                print("WRONG: %s: %s" % (ascii(title), ascii(line)))
    print("%d hostile inputs, %d runs, %d wrong" % (len(cases), runs, wrong))
    return 1 if wrong or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
