# SPDX-License-Identifier: GPL-2.0-only
"""permissions.py SERVER SERVER6 SEED ROUNDS COMPARED: who may read what, against plain nfsd.

Each round has other exports, and asks READs by chance (client, port, credential, handle)
of the accelerated nfsd and of plain nfsd: cold, until the cache answers, and as the very
next thing after changes of files and exports. Each reply must be what plain nfsd says,
byte by byte. The file systems are mounted noatime: atime may differ (nfsaccel(7)). In the last
COMPARED rounds each hit is left to nfsd, and the programs compare its reply with theirs.
"""
import os
import random
import stat
import subprocess
import sys
import time
from itertools import zip_longest

import nfs3
import twin
from exports import IDS, NETS, PLACES, TOP, Exports, run

SERVER, SERVER6, SEED = sys.argv[1:4]
ROUNDS, COMPARED = map(int, sys.argv[4:6])
CELLS, FILES = 90, 8
MODES = (0o000, 0o400, 0o040, 0o004, 0o440, 0o640, 0o600, 0o604, 0o111, 0o070, 0o444, 0o644, 0o644,
         0o755, 0o664)
rng = random.Random(SEED)
judge = twin.Judge()
low_ports = iter(range(300, 1024))


# ---- who asks

def low_port():
    return next(low_ports)


def connections():
    kinds = [(client, SERVER, low) for client in NETS for low in (False, True)]
    kinds += [("client1", SERVER6, False), ("client1", SERVER6, True)]
    return {f"{client}, {'IPv6' if ':' in server else 'IPv4'}, {'low' if low else 'high'} port":
            twin.Twin(server, client, low_port if low else None) for client, server, low in kinds}


GROUPS = 0, 1000, 65534, *range(2000, 2006), 2**32 - 1


class Credential:
    def __init__(self, uid=None, gid=None, groups=None):
        self.uid = rng.choice((*IDS, 1000, 1001, 2**32 - 1, 2**31)) if uid is None else uid
        self.gid = rng.choice((0, 1000, 1001, 2000, 2001, 65534)) if gid is None else gid
        if groups is None:
            groups = [rng.choice(GROUPS) for _ in range(rng.choice((0, 1, 2, 3, 16)))]
        self.groups = groups
        self.none = rng.random() < 0.05

    def near(self):
        """Another that differs in one thing."""
        groups = list(self.groups)
        kind = rng.choice(("uid", "gid", "shuffle", "fewer", "fewer", "other", "more"))
        if kind == "uid":
            return Credential(None, self.gid, groups)
        if kind == "gid":
            return Credential(self.uid, None, groups)
        if kind == "shuffle":
            rng.shuffle(groups)
        elif kind == "fewer" and groups:
            groups.pop(rng.randrange(len(groups)))
        elif kind == "other" and groups:
            groups[rng.randrange(len(groups))] = rng.choice(GROUPS)
        else:
            groups = groups[:15] + [rng.choice(GROUPS)]
        return Credential(self.uid, self.gid, groups)

    def bytes(self):
        return nfs3.NOBODY if self.none else nfs3.auth_sys(self.uid, self.gid, self.groups)

    def __str__(self):
        return "AUTH_NONE" if self.none else f"{self.uid}:{self.gid} in {self.groups}"


# ---- what is asked for

class Files:
    """Paths, and all handles that were ever given out for them."""

    def __init__(self):
        self.handles = {}
        self.version = 0
        for place in PLACES:
            for n in range(FILES):
                self.make(f"{place}/f{n}")

    def make(self, path):
        """Bytes that say which file it is, and rights by chance."""
        self.version += 1
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.write(fd, (f"{path} version {self.version} " * 400).encode()[:rng.randint(300, 9000)])
        os.fsync(fd)
        os.close(fd)
        self.handles.setdefault(path, [])
        os.chown(path, rng.choice(IDS), rng.choice((0, 1000, 2000, 2001)))
        os.chmod(path, rng.choice(MODES))
        if rng.random() < 0.25:
            acl(path)

    def collect(self):
        """The handles under the exports as they are."""
        for place in PLACES:
            try:
                root = patiently(lambda place=place: nfs3.Client(
                    SERVER, "client1", port=nfs3.MOUNT_PORT, timeout=8).mount(place))
            except PermissionError:
                continue
            patiently(lambda root=root, place=place: self.look_up(
                nfs3.Client(SERVER, "client1", 1000, 1000, timeout=8), root, place))

    def look_up(self, client, directory, place):
        for path, known in self.handles.items():
            if path.startswith(place + "/f"):
                handle = client.lookup(directory, os.path.basename(path))[1]
                if handle and handle not in known:
                    known.append(handle)
        if place == TOP:
            for below in PLACES[1:]:
                handle = client.lookup(directory, os.path.basename(below))[1]
                if handle:
                    self.look_up(client, handle, below)


def patiently(call):
    """
    What is not answered is asked for again, as any client does: nfsd loses requests that
    wait for mountd while the export caches are flushed (seen with plain nfsd, 6.1).
    """
    for _ in range(6):
        try:
            return call()
        except (TimeoutError, ConnectionError):
            pass
    raise SystemExit("no answer to LOOKUP or MOUNT")


def acl(path):
    run("setfacl", "-m", f"u:{rng.choice(IDS)}:{rng.choice(('r', '-'))},"
        f"g:{rng.choice((2000, 2001, 2002))}:{rng.choice(('r', '-'))}", path)


class Cell:
    """
    One READ by one client. Most are like another in all but one thing, or what is learnt
    of one would not be mistaken for the other.
    """

    def __init__(self, like=None):
        self.connection = rng.choice(list(twins))
        self.path = rng.choice(list(files.handles))
        self.handle = rng.choice(files.handles[self.path])
        self.cred, self.args = Credential(), (0, 65536)
        if rng.random() < 0.6:
            # lives by one of its groups
            group = os.stat(self.path).st_gid
            groups = [each for each in self.cred.groups[:15] if each != group] + [group]
            self.cred = Credential(rng.choice((1000, 1001, 1002)), 1003,
                                   rng.sample(groups, len(groups)))
        if rng.random() < 0.2:
            self.args = rng.choice((0, 1, 200, 4096, 5000, 20000)), rng.choice((0, 1, 100, 4096))
        if not like:
            return
        changed = rng.choice(("connection", "connection", "cred", "cred", "handle", "args"))
        for name in "connection", "cred", "args":
            if name != changed:
                setattr(self, name, getattr(like, name))
        if changed != "handle":
            self.path, self.handle = like.path, like.handle
        if changed == "cred":
            self.cred = like.cred.near()

    def message(self, xid):
        return nfs3.record(nfs3.call(xid, nfs3.READ, nfs3.read_args(self.handle, *self.args),
                                     self.cred.bytes()))

    def __str__(self):
        return f"{self.connection}, {self.cred}, {self.path}, {self.args}"


xid = 0
resent = 0


def ask(cells, way):
    """One READ at a time on each connection; the replies in the order of `cells`."""
    global xid
    replies, lanes = {}, {}
    for cell in cells:
        lanes.setdefault(cell.connection, []).append(cell)
    for batch in zip_longest(*lanes.values()):
        sent = []
        for cell in filter(None, batch):
            xid += 1
            stream = twins[cell.connection].both()[way]
            sent.append((cell, stream, xid))
        exchange(sent, replies)
    return [replies[cell] for cell in cells]


def exchange(sent, replies):
    """What is not answered is sent again; see patiently()."""
    global resent
    for _ in range(6):
        for cell, stream, number in sent:
            stream.send(cell.message(number))
        deadline = time.monotonic() + 8
        for cell, stream, number in sent:
            replies[cell] = stream.answer(number, max(0.01, deadline - time.monotonic()))
        sent = [each for each in sent if isinstance(replies[each[0]], str)]
        if not sent:
            return
        resent += len(sent)


def compare(cells, when):
    """As the next thing by the accelerated way, then by the other. What plain nfsd says."""
    accelerated, plain = ask(cells, 0), ask(cells, 1)
    for cell, a, p in zip(cells, accelerated, plain):
        judge.judge(f"{when}: {cell}", a, p)
    return plain


# ---- changes

def change_files(cells):
    """Four changes of files; returns what."""
    done = []
    for _ in range(4):
        path = rng.choice(cells).path
        kind = rng.choice(("chmod", "chmod", "chown", "setfacl", "no ACL", "chattr", "write",
                           "replace", "directory"))
        if kind == "chmod":
            os.chmod(path, rng.choice(MODES))
        elif kind == "chown":
            os.chown(path, rng.choice(IDS), rng.choice((-1, 0, 1000, 2000)))
        elif kind == "setfacl":
            acl(path)
        elif kind == "no ACL":
            run("setfacl", "-b", path)
        elif kind == "chattr":
            run("chattr", "+d", path)
            run("chattr", "-d", path)
        elif kind == "write":
            with open(path, "r+b", buffering=0) as file:
                file.write(b"WRITTEN ANEW")
                os.fsync(file.fileno())
        elif kind == "replace":
            os.unlink(path)
            files.make(path)
        else:
            path = os.path.dirname(path)
            os.chmod(path, 0o755 if stat.S_IMODE(os.stat(path).st_mode) != 0o755 else 0o700)
        done.append(f"{kind} {path}")
    return ", ".join(done)


# ---- a round

hits_by = {}


def count(kind, hits):
    hits_by[kind] = hits_by.get(kind, 0) + hits


def warm(cells):
    """Until the cache answers; its hits by kind of connection."""
    for _ in range(2):
        ask(cells, 0)
    hits = 0
    for name in twins:
        mine = [cell for cell in cells if cell.connection == name]
        before = nfs3.answers()
        ask(mine, 0)
        of_these = nfs3.answers() - before
        count(name, of_these)
        hits += of_these
    for chosen in set(exports.table[key] for key in exports.table if key[0] == TOP):
        count(next(word for word in chosen.split(",") if word.endswith("squash")), hits)
    return hits


def play(number):
    for place in PLACES:
        os.chmod(place, 0o755)
    # Every other round something can be cached for sure.
    exports.generate(plain=number % 2 == 0)
    files.collect()
    cells = []
    for n in range(CELLS):
        cells.append(Cell(cells and n % 10 and rng.choice(cells[-10:])))
    plain = compare(cells, "cold")
    allowed = sum(map(twin.readable, plain))
    before = nfs3.answers()
    hits = warm(cells)
    compare(cells, "warm")
    for _ in range(2):
        for what in change_files(cells), exports.change():
            compare(cells, what)
            ask(cells, 0)
    return allowed, hits, nfs3.answers() - before


for name in "1000", "1001", "1002":
    with open("/etc/passwd", "a") as passwd, open("/etc/group", "a") as group:
        passwd.write(f"u{name}:x:{name}:{name}::/:/bin/sh\n")
        group.write(f"u{name}:x:{name}:\ng2{name[1:]}:x:2{name[1:]}:u1000,u1001\n")
exports, files, twins = Exports(rng), Files(), connections()
for given in ("no_subtree_check,crossmnt", "subtree_check,crossmnt", "no_subtree_check,fsid=7"):
    for places in PLACES[:1], PLACES:
        exports.table = {(place, "10.9.1.2/32"): "rw,insecure," + (
            given if place == TOP else "no_subtree_check") for place in places}
        exports.apply()
        files.collect()

failed = 0
for number in range(ROUNDS + COMPARED):
    if number == ROUNDS:
        nfs3.shadow(1)
    allowed, hits, all_hits = play(number)
    good = "not ok" if judge.wrong else "ok"
    print(f"{good} - round {number} of seed {SEED}: {allowed} of {CELLS} may read, {hits} hits "
          f"while warm, {all_hits} in all", flush=True)
    for wrong in judge.wrong[:5]:
        print(f"# {wrong}", flush=True)
    failed += len(judge.wrong)
    judge.wrong = []
print(f"# {judge.compared} replies compared, {failed} differ, {resent} READs sent again; hits by kind {hits_by}", flush=True)
for kind, hits in sorted(hits_by.items()):
    if ROUNDS >= 6 and not hits:
        print(f"not ok - {kind}: no hits")
        failed += 1
sys.exit(failed != 0)
