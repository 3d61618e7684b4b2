#!/usr/bin/env python3
"""Starts a program many times at the same moment.

    crowd.py N FOLDER PROGRAM ARGUMENT...

All N processes are there and waiting before the first of them becomes the program. What each says is in FOLDER/1 and so on,
and its exit status in FOLDER/1.status (128 and the signal's number for one that was killed).
"""
import os
import sys


def main():
    number, folder, argv = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    os.makedirs(folder, exist_ok=True)
    gate, opener = os.pipe()
    nothing = os.open("/dev/null", os.O_RDONLY)
    pids = {}
    for i in range(1, number + 1):
        pid = os.fork()
        if pid == 0:
            os.close(opener)
            said = os.open(os.path.join(folder, str(i)), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            os.read(gate, 1)
            os.dup2(nothing, 0)
            os.dup2(said, 1)
            os.dup2(said, 2)
            os.execv(argv[0], argv)
        pids[pid] = i
    os.close(opener)
    while pids:
        pid, status = os.wait()
        code = os.waitstatus_to_exitcode(status)
        with open(os.path.join(folder, "%d.status" % pids.pop(pid)), "w") as out:
            out.write("%d\n" % (code if code >= 0 else 128 - code))


if __name__ == "__main__":
    main()
