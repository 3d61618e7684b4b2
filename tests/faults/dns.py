#!/usr/bin/env python3
"""Name servers that fail, each on an address of its own.

    dns.py ADDRESS=FILE...

FILE says how this one answers, and is read for each question: an IPv4 address (of every name), or "servfail", "nxdomain",
"refused", "garbage", "silent". Of other types than A there is nothing. Each question is told on standard output.
"""
import selectors
import socket
import struct
import sys

CODES = {"servfail": 2, "nxdomain": 3, "refused": 5}


def answer_to(question, how):
    """The answer, or None for silence."""
    if how == "garbage":
        return question[:2] + b"\xff" * 40
    end = 12
    while question[end]:
        end += question[end] + 1
    end += 5
    kind = struct.unpack(">H", question[end - 4:end - 2])[0]
    code = CODES.get(how, 0)
    data = socket.inet_aton(how) if not code and kind == 1 else b""
    head = question[:2] + struct.pack(">HHHHH", 0x8580 | code, 1, 1 if data else 0, 0, 0)
    record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 1, 4) + data if data else b""
    return head + question[12:end] + record


def main():
    selector = selectors.DefaultSelector()
    for word in sys.argv[1:]:
        address, _, path = word.partition("=")
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((address, 53))
        selector.register(s, selectors.EVENT_READ, path)
    while True:
        for key, _ in selector.select():
            question, client = key.fileobj.recvfrom(4096)
            with open(key.data, encoding="ascii") as f:
                how = f.read().strip()
            print(key.fileobj.getsockname()[0], how, flush=True)
            if how == "silent":
                continue
            try:
                key.fileobj.sendto(answer_to(question, how), client)
            except (IndexError, struct.error, OSError):
                pass


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main()
