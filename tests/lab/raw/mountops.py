# SPDX-License-Identifier: GPL-2.0-only
"""mountops.py DIR [GROUP...]: what programs do on a mount, and what they see, a line for each.

Four groups, as the Connectathon suite has them: basic, general, special, lock. DIR is a new
directory on a mount. The same run over plain nfsd must print the same: so no times, no inode
numbers, and errors by name.
"""
import errno
import fcntl
import hashlib
import os
import struct
import subprocess
import sys
import time

TOP = os.path.abspath(sys.argv[1])
os.mkdir(TOP)
os.chdir(TOP)


def told(call, *args):
    """What the call returns, or its error."""
    try:
        return call(*args)
    except OSError as error:
        return errno.errorcode[error.errno]


def put(path, data, flags=os.O_TRUNC):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o644)
    os.write(fd, data)
    os.close(fd)


def get(path):
    """Not from the page cache of this client."""
    fd = os.open(path, os.O_RDONLY)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    data = b""
    while True:
        more = os.read(fd, 65536)
        if not more:
            break
        data += more
    os.close(fd)
    return data


def digest(path):
    data = get(path)
    return len(data), hashlib.sha256(data).hexdigest()[:16]


def seen(path):
    s = os.lstat(path)
    return f"{s.st_mode:o} links {s.st_nlink} size {s.st_size} {s.st_uid}:{s.st_gid}"


def pattern(n, seed=0):
    return b"".join(struct.pack("<I", i * 2654435761 + seed & 0xffffffff) for i in range(n // 4))


def sh(command):
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


# ---- basic

def tree(directory, depth):
    for n in range(4):
        put(f"{directory}/file.{n}", f"{directory} {n}".encode() * 50)
    for n in range(2 if depth else 0):
        os.mkdir(f"{directory}/dir.{n}")
        tree(f"{directory}/dir.{n}", depth - 1)


def create():
    os.mkdir("tree")
    tree("tree", 3)
    for directory, names, files in sorted(os.walk("tree")):
        yield directory, sorted(names), [digest(f"{directory}/{f}") for f in sorted(files)]


def remove():
    for directory, _, files in os.walk("tree", topdown=False):
        for file in files:
            os.unlink(f"{directory}/{file}")
        yield directory, told(os.rmdir, directory)
    yield "again", told(os.unlink, "tree/file.0"), told(os.rmdir, "tree")


def lookup():
    os.makedirs("a/b/c")
    put("a/b/c/f", b"deep")
    for path in "a/b/c/f", "a/../a/b/./c/f", "a/b/c/f/", "a/b/none", "a/f/../b", "n" * 300:
        yield path[:20], told(get, path)
    os.chdir("a/b")
    yield os.path.relpath(os.getcwd(), TOP), told(get, "c/f"), told(get, "../b/c/f")
    os.chdir(TOP)


def attributes():
    put("attr", b"attributes")
    for mode in 0, 0o400, 0o644, 0o777, 0o4755, 0o2644:
        os.chmod("attr", mode)
        yield seen("attr"), get("attr")
    for owner in (1000, -1), (-1, 2000), (0, 0):
        os.chown("attr", *owner)
        yield seen("attr")
    os.utime("attr", ns=(10**18 + 1000, 10**18 + 2000))
    yield os.stat("attr").st_mtime_ns, get("attr"), os.stat("attr").st_mtime_ns
    for size in 4, 9000, 0, 100:
        os.truncate("attr", size)
        yield seen("attr"), digest("attr")


def read_write():
    for size in 1, 4095, 4096, 4097, 30000, 65536, 1 << 20:
        put("data", pattern(size + 3 & ~3)[:size])
        for _ in range(4):
            yield size, digest("data")
    fd = os.open("data", os.O_RDWR)
    for offset in 0, 5000, (1 << 20) - 3, 1 << 21:
        os.pwrite(fd, b"in the middle", offset)
        yield offset, os.pread(fd, 40, max(0, offset - 10))
    os.close(fd)
    yield digest("data")


def listing():
    os.mkdir("list")
    for n in range(150):
        put(f"list/{n:03}", b"%d" % n)
    for n in range(0, 150, 3):
        os.unlink(f"list/{n:03}")
    yield sorted(os.listdir("list"))
    with os.scandir("list") as entries:
        yield sorted((e.name, e.stat().st_size) for e in entries)
    yield [get(f"list/{n:03}") for n in range(150) if n % 3]


def links():
    put("one", b"a file of several names")
    yield told(os.link, "one", "two"), told(os.link, "one", "two"), seen("one"), get("two")
    yield told(os.rename, "one", "three"), told(os.lstat, "one"), get("three"), seen("two")
    yield told(os.rename, "two", "three"), seen("three"), told(os.unlink, "two"), seen("three")
    yield told(os.symlink, "three", "soft"), told(os.readlink, "soft"), told(get, "soft"), seen("soft")
    yield told(os.symlink, "none", "dangling"), told(get, "dangling"), told(os.readlink, "three")
    yield told(os.mkfifo, "fifo"), seen("fifo"), told(os.link, "a", "dirlink")


# ---- general

def general():
    put("words", "\n".join(str(n * n % 997) for n in range(3000)).encode())
    os.makedirs("g/x/y")
    for n in range(25):
        put(f"g/x/y/{n}", pattern(400 * n, n))
    for command in ("sort -n words | uniq -c | sort -rn | head -20", "wc words", "grep -c 7 words",
                    "tar -cf g.tar g && rm -r g && tar -xf g.tar && tar -df g.tar",
                    "cp -r g h && diff -r g h && mv h/x h/z && ls -R h | cksum",
                    "find . -type f -name '1*' | sort", "cksum g/x/y/* | sort",
                    "for i in 1 2 3 4 5 6; do (cat words words >out.$i) & done; wait; cksum out.*",
                    "dd if=words of=part bs=7 skip=100 count=50 2>&1 | head -2; cksum part",
                    "cp words bin && chmod 755 bin && printf '#!/bin/sh\\necho run' >bin && ./bin",
                    "du --apparent-size -sb g/x/y/24; ls h/none; rm -r g h; ls"):
        yield command, sh(command)


# ---- special

def unlinked():
    fd = os.open("open", os.O_RDWR | os.O_CREAT)
    os.write(fd, b"before")
    os.unlink("open")
    yield told(os.lstat, "open"), os.pread(fd, 100, 0), os.pwrite(fd, b" after", 6), os.pread(fd, 100, 0)
    put("open", b"another")
    yield os.pread(fd, 100, 0), get("open")
    os.close(fd)
    yield [name for name in os.listdir(".") if name.startswith(".nfs")]


def renamed_over():
    put("old", b"old bytes" * 100)
    put("new", b"new bytes" * 200)
    fd = os.open("old", os.O_RDONLY)
    os.rename("new", "old")
    yield os.pread(fd, 20, 0), digest("old"), seen("old"), told(get, "new")
    os.close(fd)
    os.chmod("old", 0)
    yield digest("old")


def exclusive():
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
    fd = os.open("excl", flags, 0o444)
    yield told(os.open, "excl", flags), os.write(fd, b"though it is read-only"), seen("excl")
    os.close(fd)
    yield get("excl")


def holes():
    fd = os.open("holes", os.O_RDWR | os.O_CREAT)
    for n in range(8):
        os.pwrite(fd, b"island", n * 7001)
    yield digest("holes")
    os.ftruncate(fd, 30000)
    os.ftruncate(fd, 60000)
    os.pwrite(fd, b"end", 59000)
    yield digest("holes"), told(os.lseek, fd, -1, os.SEEK_SET), os.pread(fd, 10, 10**9)
    os.pwrite(fd, b"far", (1 << 32) + 5)
    yield seen("holes"), os.pread(fd, 10, 1 << 32), told(os.pwrite, fd, b"x", (1 << 63) - 1)
    os.close(fd)


def repeated():
    """What a server must not do twice, many times."""
    for n in range(60):
        put("dup", b"%d" % n)
        os.rename("dup", "dup2")
        os.link("dup2", "dup")
        os.unlink("dup2")
        if get("dup") != b"%d" % n:
            yield n, get("dup")
        os.unlink("dup")
        os.mkdir("dupdir")
        os.rmdir("dupdir")
    yield "done", told(os.lstat, "dup")


def append():
    fds = [os.open("append", os.O_WRONLY | os.O_CREAT | os.O_APPEND) for _ in range(3)]
    for n in range(30):
        os.write(fds[n % 3], b"%d," % n)
        os.fsync(fds[n % 3])
    for fd in fds:
        os.close(fd)
    yield get("append")


def again():
    """Files that nobody writes any more are read again and again, and then changed."""
    names = [f"again.{n}" for n in range(8)]
    for n, name in enumerate(names):
        put(name, pattern(3000 * n + 4, n))
    changes = (lambda name: os.chmod(name, 0o640), lambda name: os.truncate(name, 1000),
               lambda name: put(name, b"appended", os.O_APPEND),
               lambda name: os.rename(names[0], name), lambda name: os.link(name, name + ".link"))
    for change in changes:
        # nfsd keeps a file open for some seconds after the last WRITE
        for _ in range(3):
            time.sleep(2)
            yield [(digest(name), seen(name)) for name in names[1:]]
        for name in names[1:2] if "rename" in change.__code__.co_names else names[1:]:
            change(name)
        yield [(digest(name), seen(name)) for name in names[1:]]


# ---- lock

def other(kind, start, length, block=False):
    """What another process is told that wants the lock: 'granted', or the error."""
    pid = os.fork()
    if not pid:
        fd = os.open("lock", os.O_RDWR)
        try:
            fcntl.lockf(fd, kind | (0 if block else fcntl.LOCK_NB), length, start)
            os._exit(0)
        except OSError as error:
            os._exit(error.errno)
    if block:
        return pid
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return errno.errorcode.get(code, code) if code else "granted"


def locks():
    shared, alone = fcntl.LOCK_SH, fcntl.LOCK_EX
    put("lock", pattern(4096))
    fd = os.open("lock", os.O_RDWR)
    ranges = (0, 0), (0, 10), (5, 10), (10, 10), (20, 0), (1 << 31, 1), ((1 << 62), 5)
    for kind in shared, alone:
        for start, length in ranges:
            fcntl.lockf(fd, kind | fcntl.LOCK_NB, length, start)
            yield kind, start, length, [(other(k, *r)) for k in (shared, alone) for r in ranges]
            fcntl.lockf(fd, fcntl.LOCK_UN, length, start)
    fcntl.lockf(fd, alone, 100, 0)
    fcntl.lockf(fd, fcntl.LOCK_UN, 20, 40)
    yield "split", other(alone, 0, 40), other(alone, 40, 20), other(alone, 60, 40), other(alone, 45, 20)
    fcntl.lockf(fd, shared, 100, 0)
    yield "downgraded", other(shared, 0, 100), other(alone, 0, 100)
    query = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    yield "query of one's own", struct.unpack("hhqqi", fcntl.fcntl(fd, fcntl.F_GETLK, query))[0]
    waits = other(alone, 50, 5, block=True)
    told_once = os.waitpid(waits, os.WNOHANG)[0]
    os.pwrite(fd, b"written under a lock", 50)
    fcntl.lockf(fd, fcntl.LOCK_UN, 0, 0)
    yield "waited", told_once, os.waitstatus_to_exitcode(os.waitpid(waits, 0)[1])
    os.close(os.open("lock", os.O_RDONLY))
    yield "closed", other(alone, 0, 0), digest("lock")
    os.close(fd)


GROUPS = (create, remove, lookup, attributes, read_write, listing, links, general, unlinked,
          renamed_over, exclusive, holes, repeated, append, again, locks)
for group in GROUPS:
    if not sys.argv[2:] or group.__name__ in sys.argv[2:]:
        for line in group():
            print(group.__name__, line, flush=True)
