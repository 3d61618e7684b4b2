#!/usr/bin/env python3
"""The states that a power cut may leave on disk.

Usage: power.py BEFORE RECORD ROOT OUT [MAX] [SEED]

BEFORE is a copy of the folder ROOT as it was, RECORD what was done to it since (calls -d -o RECORD). For
every point between two calls it builds what a file system may hold that was switched off there, writes each different state
once as OUT/000001/... and tells of it in OUT/list: number, point, model, and what had been sent to the CA by then ("account",
"finalize"). With MAX only so many of them are written, picked with SEED.

What holds: a file's bytes and mode are on disk since its fsync; a name is on disk since an fsync of its folder. All else may be
there or not, in any mix that these models make:
  kept        all of it, as after a kill
  lost        none of it
  names       all names, but no bytes that were not synced: files are empty
  half        all names, and half of the bytes that were not synced
  only K      only the Kth of the names that were changed and not synced
  without K   all of them but the Kth
  first K     the first K of them (a journal that was cut)
What other processes write (hooks) is taken to be on disk at once: it is theirs to sync.
"""
import json
import os
import random
import stat
import sys

SYNCS = ("fsync", "fdatasync")


class Node:
    """A file, folder or link: what programs see, and what is on disk."""

    def __init__(self, kind, mode, data=b"", target=""):
        self.kind, self.mode, self.data, self.target = kind, mode, data, target
        self.disk_data, self.disk_mode = b"", mode
        self.names = {}
        self.disk_names = {}

    def sync_bytes(self):
        self.disk_data, self.disk_mode = self.data, self.mode


class Disk:
    def __init__(self, root):
        self.root = root
        self.top = Node("dir", 0o755)
        self.pending = []  # (folder, [(name, node or None), ...]) not synced yet, in order
        self.by_ino = {}

    def load(self, path, node=None):
        """What was there before is on disk."""
        node = node or self.top
        for name in sorted(os.listdir(path)):
            full = os.path.join(path, name)
            st = os.lstat(full)
            if stat.S_ISLNK(st.st_mode):
                child = Node("link", 0o777, target=os.readlink(full))
            elif stat.S_ISDIR(st.st_mode):
                child = Node("dir", stat.S_IMODE(st.st_mode))
                self.load(full, child)
            else:
                with open(full, "rb") as f:
                    child = Node("file", stat.S_IMODE(st.st_mode), f.read())
                child.sync_bytes()
            node.names[name] = child
        node.disk_names = dict(node.names)

    def find(self, path):
        """(folder, name) of a path below the root; links on the way are followed."""
        rest = os.path.relpath(path, self.root).split("/")
        at, trail = self.top, [self.top]
        for part in rest[:-1]:
            if part == "..":
                trail.pop()
            else:
                child = trail[-1].names[part]
                if child.kind == "link":
                    raise ValueError("a link on the way to " + path)
                trail.append(child)
            at = trail[-1]
        return at, rest[-1]

    def node(self, path):
        if os.path.normpath(path) == self.root:
            return self.top
        folder, name = self.find(path)
        return folder.names[name]

    def rename_entries(self, changes):
        """One change, whole or not at all: [(folder, name, node or None), ...]."""
        for folder, name, node in changes:
            if node is None:
                folder.names.pop(name, None)
            else:
                folder.names[name] = node
        self.pending.append(changes)

    def sync_folder(self, folder):
        folder.disk_names = dict(folder.names)
        self.pending = [c for c in self.pending if all(f is not folder for f, _, _ in c)]

    def apply(self, call):
        name, path = call["call"], call["path"]
        if call["result"] < 0:
            return
        if name.startswith("open"):
            self.open(call)
        elif name in ("write", "pwrite64"):
            node = self.by_ino.get(call["ino"])
            if node:
                node.data += bytes.fromhex(call["data"])[: call["result"]]
        elif name == "ftruncate":
            node = self.by_ino.get(call["ino"]) or self.node(path)
            node.data = node.data[: call["number"]]
        elif name in SYNCS:
            node = self.top if os.path.normpath(path) == self.root else self.by_ino.get(call["ino"]) or self.node(path)
            if node.kind == "dir":
                self.sync_folder(node)
            else:
                node.sync_bytes()
        elif name in ("fchmod", "chmod", "fchmodat"):
            (self.by_ino.get(call["ino"]) or self.node(path)).mode = call["number"] & 0o7777
        elif name.startswith("mkdir"):
            folder, last = self.find(path)
            self.rename_entries([(folder, last, Node("dir", call["number"] & 0o777))])
        elif name.startswith(("unlink", "rmdir")):
            folder, last = self.find(path)
            self.rename_entries([(folder, last, None)])
        elif name.startswith("symlink"):
            folder, last = self.find(call["path2"])
            self.rename_entries([(folder, last, Node("link", 0o777, target=path))])
        elif name.startswith("link"):
            folder, last = self.find(call["path2"])
            self.rename_entries([(folder, last, self.node(path))])
        elif name.startswith("rename"):
            old, old_name = self.find(path)
            new, new_name = self.find(call["path2"])
            self.rename_entries([(new, new_name, old.names[old_name]), (old, old_name, None)])
        elif name not in ("flock", "fchown", "chown", "fchownat", "utimensat"):
            raise ValueError("unknown call " + name)

    def theirs(self, call):
        if call["result"] < 0:
            return
        if call["call"].startswith("open"):
            folder, last = self.find(call["path"])
            node = folder.names.setdefault(last, Node("file", 0o644))
            folder.disk_names[last] = node
            self.by_ino[call["ino"]] = node
        elif call["call"] == "write" and call["ino"] in self.by_ino:
            node = self.by_ino[call["ino"]]
            node.data += bytes.fromhex(call["data"])[: call["result"]]
            node.sync_bytes()

    def open(self, call):
        folder, last = self.find(call["path"])
        node = folder.names.get(last)
        if node is None:
            node = Node("file", 0o600)
            self.rename_entries([(folder, last, node)])
        elif call["number"] & os.O_TRUNC:
            node.data = b""
        self.by_ino[call["ino"]] = node

    def states(self):
        """(model, which of the pending changes are on disk, how bytes that were not synced are)"""
        n = len(self.pending)
        every = list(range(n))
        yield "kept", every, "all"
        yield "lost", [], "none"
        yield "names", every, "none"
        yield "half", every, "half"
        for k in every:
            yield f"only {k}", [k], "none"
            yield f"without {k}", [i for i in every if i != k], "all"
            yield f"first {k}", every[:k], "none"

    def tree(self, kept, how):
        """{path: (kind, mode, bytes or target)} as it would be found."""
        names = {}

        def of(folder):
            return names.setdefault(id(folder), dict(folder.disk_names))

        for i in kept:
            for folder, name, node in self.pending[i]:
                if node is None:
                    of(folder).pop(name, None)
                else:
                    of(folder)[name] = node
        found = {}

        def walk(folder, path):
            for name, node in of(folder).items():
                full = f"{path}/{name}" if path else name
                if node.kind == "file":
                    data, mode = node.disk_data, node.disk_mode
                    if how == "all":
                        data, mode = node.data, node.mode
                    elif how == "half" and node.data != node.disk_data:
                        data = node.data[: len(node.data) // 2]
                    found[full] = ("file", mode, data)
                elif node.kind == "link":
                    found[full] = ("link", 0, node.target)
                else:
                    found[full] = ("dir", node.mode, b"")
                    walk(node, full)

        walk(self.top, "")
        return found


def put(tree, out):
    os.makedirs(out)
    for path in sorted(tree):
        kind, mode, data = tree[path]
        full = os.path.join(out, path)
        if kind == "dir":
            os.mkdir(full)
            os.chmod(full, mode)
        elif kind == "link":
            os.symlink(data, full)
        else:
            with open(full, "wb") as f:
                f.write(data)
            os.chmod(full, mode)


def sent_by(call, sent):
    if call["own"] and call["call"] == "sendto" and "socket:" in call["path"]:
        data = bytes.fromhex(call.get("data", ""))
        if b"/sign-me-up" in data:
            sent.add("account")
        if b"/finalize-order/" in data:
            sent.add("finalize")
    return sent


def main():
    before, record, root, out = sys.argv[1:5]
    most = int(sys.argv[5]) if len(sys.argv) > 5 else 0
    chance = random.Random(sys.argv[6] if len(sys.argv) > 6 else 0)
    disk, sent, seen, states, looked = Disk(os.path.normpath(root)), set(), set(), [], 0
    disk.load(before)
    with open(record) as f:
        calls = [json.loads(line) for line in f]
    for call in [None] + calls:
        if call:
            sent_by(call, sent)
            if (call.get("path2") or call["path"]).startswith(disk.root + "/") or call["path"] == disk.root:
                disk.apply(call) if call["own"] else disk.theirs(call)
        for model, kept, how in disk.states():
            tree = disk.tree(kept, how)
            looked += 1
            key = (tuple(sorted(tree.items())), tuple(sorted(sent)))
            if key not in seen:
                seen.add(key)
                states.append((call["n"] if call else 0, model, tree, sorted(sent)))
    picked = range(len(states))
    if most and most < len(states):
        picked = sorted(chance.sample(picked, most))
    os.makedirs(out)
    with open(os.path.join(out, "list"), "w") as f:
        for number, i in enumerate(picked, 1):
            point, model, tree, what = states[i]
            put(tree, os.path.join(out, f"{number:06}"))
            f.write(f"{number:06}\t{point}\t{model}\t{','.join(what) or '-'}\n")
    print(f"{looked} {len(states)} {len(picked)}")


if __name__ == "__main__":
    main()
