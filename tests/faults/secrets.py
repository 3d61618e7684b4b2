#!/usr/bin/env python3
"""Looks for secrets where they must not be.

secrets.py canaries OUT STATE HMAC [TEXT...]   makes the list of what to look for: the lines of every private key in STATE, the
                                               numbers in them, the MAC key as text and as bytes, and each TEXT
secrets.py trace CANARIES TRACE STATE OWN...   reads `strace -f -y -v -xx` (execve, open*, write*, send*, *chmod*, rename*): no
                                               secret in an argument, an environment, a pipe or a socket; each file that a secret
                                               is written to was made and stayed closed to group and others. OWN: variables that
                                               the settings put into a hook's environment
secrets.py memory CANARIES NAME OUT            looks through the memory of every process of this name; appends hits to OUT
secrets.py core READY PROGRAM...               runs it with no limit for core files, sends SEGV once the file READY is there
"""
import base64
import glob
import os
import re
import resource
import signal
import subprocess
import sys
import time

KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\n(.*?)-----END", re.S)


def key_numbers(path):
    said = subprocess.run(["openssl", "pkey", "-in", path, "-noout", "-text"], capture_output=True).stdout.decode()
    for name in ("priv", "prime1", "privateExponent"):
        found = re.search(name + r":\n((?:    [0-9a-f:]+\n)+)", said)
        if found:
            yield bytes.fromhex(re.sub(r"[\s:]", "", found.group(1)))[-24:]


def make_canaries(out, state, hmac, *texts):
    found = {hmac.encode(), base64.urlsafe_b64decode(hmac + "=" * (-len(hmac) % 4))[:24]}
    found.update(t.encode() for t in texts)
    for path in glob.glob(state + "/**/*.pem", recursive=True):
        for body in KEY.findall(open(path, "rb").read()):
            # The first line begins alike in all keys of a type.
            found.update(line[-32:] for line in body.split(b"\n")[:-1] if len(line) >= 48)
            found.update(key_numbers(path))
    with open(out, "w") as f:
        f.writelines(c.hex() + "\n" for c in sorted(found))
    print(len(found), "secrets")


def load(path):
    return [bytes.fromhex(line) for line in open(path).read().split()]


def unhex(text):
    return bytes.fromhex("".join(re.findall(r"\\x([0-9a-f]{2})", text)))


NAME = re.compile(r"^(?:\d+ +)?(\w+)\(")
WRITES = ("write", "pwrite", "send")
CALL = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += +(-?\d+)(?:<(.*)>)?")
STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


def path_of_fd(arguments):
    found = re.match(r"-?\w+<(.*?)>(?:\(deleted\))?[,)]?", arguments)
    if not found:
        return ""
    text = found.group(1)
    return unhex(text).decode(errors="replace") if text.startswith("\\x") else text


def trace(canaries, trace_file, state, *own):
    secrets, modes, bad, writes = load(canaries), {}, [], 0
    shown = ["".join("\\x%02x" % b for b in c) for c in secrets]
    for line in open(trace_file, errors="replace"):
        begin = NAME.match(line)
        if not begin or (begin.group(1).startswith(WRITES) and not any(c in line for c in shown)):
            continue
        found = CALL.match(line)
        if not found:
            continue
        name, arguments, result = found.group(1), found.group(2), int(found.group(3))
        if name == "execve":
            for s in (unhex(s) for s in STRING.findall(arguments)):
                if any(s.startswith(v.encode() + b"=") for v in own):
                    continue
                if any(c in s for c in secrets):
                    bad.append("execve shows a secret: " + s.decode(errors="replace")[:80])
        elif name.startswith("open") and "O_CREAT" in arguments and result >= 0:
            mode = re.search(r", 0([0-7]+)$", arguments)
            modes[found.group(4) and path_of_fd("3<" + found.group(4) + ">")] = int(mode.group(1), 8) if mode else 0o777
        elif name in ("fchmod", "chmod", "fchmodat") and result == 0:
            mode = int(re.search(r"0([0-7]+)(?:, 0)?$", arguments).group(1), 8)
            path = path_of_fd(arguments) if name == "fchmod" else unhex(STRING.findall(arguments)[-1]).decode(errors="replace")
            modes[path] = modes.get(path, 0) | mode
        elif name.startswith(WRITES):
            path = path_of_fd(arguments)
            writes += 1
            if not path.startswith("/") or path.startswith("/dev/"):
                bad.append("a secret went to %s by %s" % (path, name))
            elif modes.get(path, 0o777) & 0o077:
                bad.append("a secret went to %s, whose mode was %04o" % (path, modes.get(path, 0o777)))
            else:
                modes[path] = modes[path] | 0x10000
    # What held a secret and was opened to others afterwards, by the name it was written under.
    bad += ["%s with a secret was opened to others: %04o" % (p, m & 0o7777) for p, m in modes.items() if m & 0x10000 and m & 0o077]
    print(writes, "writes of secrets,", len(bad), "bad")
    for b in sorted(set(bad)):
        print(b)
    return 1 if bad else 0


def scan(pid, secrets):
    hits = 0
    with open("/proc/%s/maps" % pid) as maps, open("/proc/%s/mem" % pid, "rb", 0) as mem:
        for line in maps:
            span, rights = line.split()[:2]
            if not rights.startswith("rw"):
                continue
            begin, end = (int(x, 16) for x in span.split("-"))
            try:
                mem.seek(begin)
                data = mem.read(end - begin)
            except OSError:
                continue
            hits += sum(c in data for c in secrets)
    return hits


def memory(canaries, name, out):
    secrets = load(canaries)
    for path in glob.glob("/proc/[0-9]*/comm"):
        try:
            if open(path).read().strip() != name:
                continue
            pid = path.split("/")[2]
            hits = scan(pid, secrets)
        except OSError as e:
            hits = "cannot look: %s" % e
        with open(out, "a") as f:
            f.write("%s %s\n" % (name, hits))
    return 0


def dies_with_core(ready, argv):
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not os.path.exists(ready) and time.monotonic() < until:
        time.sleep(0.05)
    os.kill(child.pid, signal.SIGSEGV)
    status = os.waitpid(child.pid, 0)[1]
    return os.WIFSIGNALED(status), os.WIFSIGNALED(status) and os.WCOREDUMP(status)


def core(ready, *argv):
    died, dumped = dies_with_core(ready, list(argv))
    control = dies_with_core("/", ["sh", "-c", "kill -SEGV $$"])[1]
    print("killed" if died else "not killed", "with core" if dumped else "no core", "(a core is possible here)" if control else "")
    return 0 if died and not dumped else 1


if __name__ == "__main__":
    commands = {"canaries": make_canaries, "trace": trace, "memory": memory, "core": core}
    sys.exit(commands[sys.argv[1]](*sys.argv[2:]))
