# SPDX-License-Identifier: GPL-2.0-only
"""attributes.py SERVER LIFETIME DIR...: attributes of hits against GETATTR.

Each DIR is an export on a file system of its own. GETATTR always goes to nfsd. All must be
alike but atime and used (nfsaccel(7), DEVIATIONS): those are measured, must not be older
than LIFETIME seconds, and must come right in the end.
"""
import mmap
import os
import subprocess
import sys
import time

import nfs3
from reader import Reader, Wrong, parse, tell

SERVER, LIFETIME, DIRS = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
TICK = 0.05
reader = Reader(SERVER)
getattrs = nfs3.Client(SERVER, "client1")


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def hit(handle, what):
    """Attributes in an answer of the cache, and those of GETATTR right after it."""
    deadline = time.monotonic() + 60
    while True:
        before = nfs3.counters()["hits"]
        reply = parse(reader.ask(0, handle))
        status, attr = getattrs.getattr(handle)
        if status or reply.status:
            raise Wrong(f"{what}: READ {reply.status}, GETATTR {status}")
        if not alike(reply.attr, attr):
            raise Wrong(f"{what}: READ says {reply.attr}, GETATTR {attr}")
        if nfs3.counters()["hits"] > before:
            return reply.attr, attr
        if time.monotonic() > deadline:
            raise Wrong(f"{what}: no hits: " + str(
                {k: v for k, v in nfs3.counters().items() if v}))


def alike(read, attr):
    return read._replace(atime=0, used=0) == attr._replace(atime=0, used=0)


def new(directory, name, data=b"attributes " * 100):
    path = f"{directory}/{name}"
    with open(path, "wb", buffering=0) as file:
        file.write(data)
    return path, reader.find(directory, name)


def mapped(path):
    with open(path, "r+b") as file:
        memory = mmap.mmap(file.fileno(), 0)
        memory[5] = 0x30
        memory.flush()
        memory.close()


def grow(path):
    with open(path, "ab", buffering=0) as file:
        file.write(b"more" * 1000)


CHANGES = {
    "chmod": lambda path: os.chmod(path, 0o604),
    "set-id bits": lambda path: os.chmod(path, 0o6755),
    "chown": lambda path: os.chown(path, 1000, 2000),
    "link": lambda path: os.link(path, path + ".link"),
    "unlink": lambda path: os.unlink(path + ".link"),
    "utimes, past": lambda path: os.utime(path, ns=(10**18, 10**18 + 1)),
    "utimes, future": lambda path: os.utime(path, ns=(4 * 10**18, 4 * 10**18 + 1)),
    "append": grow,
    "truncate": lambda path: os.truncate(path, 33),
    "store": mapped,
    "extended attribute": lambda path: run("setfattr", "-n", "user.a", "-v", "b" * 100, path),
    "rename": lambda path: os.rename(path, path + ".away"),
}


def all_attributes():
    """All attributes after each kind of change, on each file system."""
    cells = 0
    for directory in DIRS:
        path, handle = new(directory, "all")
        hit(handle, f"{directory}, new")
        for kind, change in CHANGES.items():
            change(path)
            hit(handle, f"{directory}, {kind}")
            cells += 1
    return f"{cells} changes"


def atime():
    """strictatime: each READ that nfsd does moves atime, and a hit does not."""
    said = []
    for directory in DIRS:
        # tmpfs knows its options at remount only if they are given again
        run("mount", "-o", "remount,strictatime", directory)
        handle = new(directory, "atime")[1]
        hit(handle, directory)
        most, reads, end = 0, 0, time.monotonic() + 3 * LIFETIME
        while time.monotonic() < end:
            sent = time.time()
            attr = parse(reader.ask(0, handle)).attr
            behind = sent - attr.atime / 10**9
            most, reads = max(most, behind), reads + 1
            if behind > LIFETIME + TICK:
                raise Wrong(f"{directory}: atime is {behind} s behind")
        # plain nfsd's READ moves it, and the cache's answer tells the old one meanwhile
        read, _ = hit(handle, directory)
        reader.ask(1, handle)
        moved = getattrs.getattr(handle)[1].atime
        if moved <= read.atime:
            raise Wrong(f"{directory}: a READ by nfsd did not move atime")
        said.append(f"{os.path.basename(directory)} {most:.1f} s in {reads} READs")
        run("mount", "-o", "remount,relatime", directory)
    return "at most behind by " + ", ".join(said)


def used():
    """Space, while the file system makes up its mind: what it says may change by itself."""
    said = []
    for directory in DIRS:
        differed = 0
        for n, data in enumerate((b"a" * 100, b"b" * 5000, bytes(60000), os.urandom(60000))):
            path, handle = new(directory, f"used{n}", data)
            with open(path, "ab", buffering=0) as file:
                for _ in range(4):
                    file.write(b"end")
            read, attr = hit(handle, directory)
            before = attr.used
            os.sync()
            read, attr = hit(handle, f"{directory} after sync")
            if read.used != attr.used:
                differed += 1
                if read.used != before:
                    raise Wrong(f"{directory}: used is {read.used}, was {before}, is {attr.used}")
            deadline = time.monotonic() + 10 * LIFETIME
            while read.used != attr.used:
                if time.monotonic() > deadline:
                    raise Wrong(f"{directory}: used stays {read.used}, but is {attr.used}")
                read, attr = hit(handle, f"{directory} later")
        said.append(f"{os.path.basename(directory)} {differed} of 4")
    return "behind after sync: " + ", ".join(said)


tell(all_attributes, atime, used)
