# SPDX-License-Identifier: GPL-2.0-only
"""attributes.py SERVER LIFETIME DIR...: attributes of hits against GETATTR.

Each DIR is an export on a file system of its own. GETATTR always goes to nfsd. All must be
alike but atime and used (nfsaccel(7), DEVIATIONS): those are measured, and must not be behind
by more than LIFETIME seconds.
"""
import mmap
import os
import subprocess
import sys
import time

import nfs3
from reader import Reader, Wrong, parse, tell

SERVER, LIFETIME, DIRS = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
# Above LIFETIME, for what passes between nfsd's work and the note of it: a loaded, emulated machine
# may stand still there. What was measured is told.
SLACK = 5
reader = Reader(SERVER)
getattrs = nfs3.Client(SERVER, "client1")


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def hit(handle, what):
    """Attributes in an answer of the cache, and those of GETATTR right after it."""
    deadline = time.monotonic() + 60
    while True:
        before = nfs3.answers()
        reply = parse(reader.ask(0, handle))
        status, attr = getattrs.getattr(handle)
        if status or reply.status:
            raise Wrong(f"{what}: READ {reply.status}, GETATTR {status}")
        if not alike(reply.attr, attr):
            raise Wrong(f"{what}: READ says {reply.attr}, GETATTR {attr}")
        if nfs3.answers() > before:
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


def named(by_directory, form):
    return ", ".join(f"{os.path.basename(d)} {form.format(v)}" for d, v in by_directory.items())


def atime():
    """strictatime: each READ that nfsd does moves atime, and a hit does not."""
    handles, most, reads = {}, dict.fromkeys(DIRS, 0.0), 0
    for directory in DIRS:
        # tmpfs knows its options at remount only if they are given again
        run("mount", "-o", "remount,strictatime", directory)
        handles[directory] = new(directory, "atime")[1]
        hit(handles[directory], directory)
    end = time.monotonic() + 3 * LIFETIME
    while time.monotonic() < end:
        for directory, handle in handles.items():
            sent = time.time()
            behind = sent - parse(reader.ask(0, handle)).attr.atime / 10**9
            most[directory], reads = max(most[directory], behind), reads + 1
            if behind > LIFETIME + SLACK:
                raise Wrong(f"{directory}: atime is {behind} s behind")
    for directory, handle in handles.items():
        # plain nfsd's READ moves it, and the cache's answer tells the old one meanwhile
        read, _ = hit(handle, directory)
        reader.ask(1, handle)
        moved = getattrs.getattr(handle)[1].atime
        if moved <= read.atime:
            raise Wrong(f"{directory}: a READ by nfsd did not move atime")
        run("mount", "-o", "remount,relatime", directory)
    return f"at most behind by {named(most, '{:.2f} s')} in {reads} READs; lifetime {LIFETIME:.0f} s"


def written(path, data):
    """In several goes, after which a file system may have taken more than it needs."""
    with open(path, "wb", buffering=0) as file:
        file.write(data)
    for _ in range(4):
        with open(path, "ab", buffering=0) as file:
            file.write(b"end" * 1000)


def used():
    """Space, while the file system makes up its mind: what it says may change by itself."""
    contents = b"a" * 100, b"b" * 5000, bytes(40000), os.urandom(40000)
    files, most, differed, moved, since = {}, {}, {}, {}, {}
    for directory in DIRS:
        most[directory], differed[directory], moved[directory] = 0.0, 0, 0
        for n, data in enumerate(contents):
            path = f"{directory}/used{n}"
            written(path, data)
            handle = reader.find(directory, f"used{n}")
            files[path] = handle, directory, hit(handle, path)[1].used
    os.sync()
    end = time.monotonic() + 3 * LIFETIME
    while time.monotonic() < end:
        for path, (handle, directory, before) in files.items():
            sent = time.monotonic()
            read, attr = parse(reader.ask(0, handle)).attr, getattrs.getattr(handle)[1]
            differs = read.used != attr.used
            if attr.used != before:
                moved[directory] += 1
                files[path] = handle, directory, attr.used
            if not differs:
                since.pop(path, None)
                continue
            if path not in since:
                differed[directory] += 1
            behind = sent - since.setdefault(path, sent)
            most[directory] = max(most[directory], behind)
            if behind > LIFETIME + SLACK:
                raise Wrong(f"{path}: used is {read.used}, but {attr.used} for {behind} s")
    return f"changed by itself {named(moved, '{}')}; replies behind {named(differed, '{} times')}, " \
        f"for at most {named(most, '{:.2f} s')}; lifetime {LIFETIME:.0f} s"


tell(all_attributes, atime, used)
