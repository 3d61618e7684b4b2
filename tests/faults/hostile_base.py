"""What the tables of hostile answers are written with; see hostile.py."""
import os
import time

WORK = os.environ.get("HOSTILE_WORK", ".")
CASES = []


class Case:
    """One lie: its rules for the proxy, what tegata has to make of it, and how it is brought about.

    status, text    the exit status that is due, and a text that its output must have ("" = any)
    command         issue, register, revoke, ari: what is run
    short           also in the short form
    settings        members of the certificate's settings
    names           its names
    again           afterwards, with an honest CA, all goes well
    """

    def __init__(self, name, status, text, rules, command="issue", short=False, settings=None, names=None, again=True):
        self.name, self.status, self.text, self.rules, self.command = name, status, text, rules, command
        self.short, self.settings, self.names = short, settings or {}, names or ["www.example.jp"]
        self.again = again


def case(name, status, text, *rules, **options):
    CASES.append(Case(name, status, text, list(rules), **options))


def at(endpoint, **rule):
    rule["at"] = endpoint
    return rule


def edit(endpoint, statements, **rule):
    """Statements that change `j`."""
    return at(endpoint, edit=statements, **rule)


def member(endpoint, name, value, **rule):
    """The member becomes this value."""
    return edit(endpoint, "j[%r] = %r" % (name, value), **rule)


def without(endpoint, name, **rule):
    return edit(endpoint, "j.pop(%r, None)" % name, **rule)


def says(endpoint, body, **rule):
    """The body is this one; the rest of the answer is the server's."""
    return at(endpoint, body=body, **rule)


def problem(endpoint, status=400, kind="malformed", detail="no", more=None, **rule):
    body = {"type": "urn:ietf:params:acme:error:" + kind, "detail": detail}
    body.update(more or {})
    headers = rule.pop("set", {})
    headers["Content-Type"] = "application/problem+json"
    return at(endpoint, status=status, json=body, set=headers, **rule)


def raw(endpoint, data, **rule):
    return at(endpoint, raw=data, ask=False, **rule)


def forever(first, again, pause=0.0):
    """Bytes, and then others again and again; a function that makes a new iterator for each answer."""
    def stream():
        yield first
        while True:
            if pause:
                time.sleep(pause)
            yield again
    return stream


# Ten thousand characters that a terminal would act on, were they shown to it; and those that turn text around.
ESCAPES = "\x1b[2J\x1b]0;owned\x07\r\n\x9b31m\x7f\u202e\u2066\u200f\u2028\u0085forged line"
