# SPDX-License-Identifier: GPL-2.0-only
"""changes.py SERVER EXPORT: each kind of change, and a READ right after it.

Client 1 reads a file until the cache answers, somebody changes it (a local process, or
client 2 over NFS), and client 1's next READ must bring what a READ brings now: status,
bytes, end of file, attributes. One line "ok" or "not ok" for each kind of change.
"""
import ctypes
import mmap
import os
import subprocess
import sys
import time

import nfs3

FILES = 16
SERVER, EXPORT = sys.argv[1:]
DIR = EXPORT + "/changes"
failed = 0


class Wrong(Exception):
    pass


def content(kind, n, version):
    text = f"{kind} file {n} version {version}\n".encode()
    return (text * (1 + (200 * (n + 1) * (1 + version % 3)) // len(text)))[:200 * (n + 1) + version]


def put(path, data):
    with open(path, "wb") as f:
        f.write(data)


def now(path):
    """Without the ioctl by which open() asks for a terminal: that is an event for the cache."""
    fd = os.open(path, os.O_RDONLY)
    try:
        return os.read(fd, 1 << 20)
    finally:
        os.close(fd)


def expect(reply, path, what):
    """`reply` must be that of a READ of the whole file at `path` as it is now."""
    data = now(path)
    st = os.stat(path)
    if reply.status != nfs3.OK:
        raise Wrong(f"{what}: status {reply.status}")
    if reply.data != data or not reply.eof:
        raise Wrong(f"{what}: {reply.count} bytes {reply.data[:60]}, eof {reply.eof}; "
                    f"{len(data)} bytes {data[:60]} expected")
    a = reply.attr
    if a is None:
        raise Wrong(f"{what}: no attributes")
    got = a.mode, a.nlink, a.uid, a.gid, a.size, a.fileid, a.mtime, a.ctime
    want = (st.st_mode & 0o7777, st.st_nlink, st.st_uid, st.st_gid, st.st_size, st.st_ino,
            st.st_mtime_ns, st.st_ctime_ns)
    if got != want:
        raise Wrong(f"{what}: attributes {got}, but {want} expected")


class File:
    def __init__(self, kind, n):
        self.kind, self.n, self.name = kind, n, f"{kind}-{n}"
        self.path = f"{DIR}/{self.name}"
        put(self.path, content(kind, n, 0))
        os.chmod(self.path, 0o644)
        if kind in BEFORE:
            BEFORE[kind](self)

    def find(self):
        status, self.handle = reader.lookup(directory, self.name)
        if status:
            raise Wrong(f"LOOKUP {self.name}: status {status}")

    def other(self, version=1):
        """A second file, for renames."""
        path = self.path + ".other"
        put(path, content(self.kind, self.n, version))
        return path


# ---- changes by a local process; what they give back is what a READ by handle must say,
# nothing being "what the file at this path is now"

def write(f):
    fd = os.open(f.path, os.O_WRONLY)
    os.pwrite(fd, b"CHANGED", 11)
    os.close(fd)


def several_writes(f):
    with open(f.path, "r+b", buffering=0) as file:
        for i in range(5):
            os.pwrite(file.fileno(), b"%d" % i, 7 + i)
            expect(reader.read(f.handle), f.path, f"{f.name} write {i}")


def append(f):
    with open(f.path, "ab") as file:
        file.write(b"MORE")


def truncate_down(f):
    os.truncate(f.path, 100)


def truncate_up(f):
    os.truncate(f.path, 9000)


def truncate_open(f):
    put(f.path, b"")


def rename_over(f):
    os.rename(f.other(), f.path)
    return nfs3.ESTALE


def exchange(f):
    """Both keep their bytes under another name, and get a new ctime."""
    other = f.other()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(-100, f.path.encode(), -100, other.encode(), 2):
        raise OSError(ctypes.get_errno(), "renameat2")
    return other


def unlink_and_create(f):
    os.unlink(f.path)
    put(f.path, content(f.kind, f.n, 2))
    return nfs3.ESTALE


def unlink_linked(f):
    os.unlink(f.path + ".other")


def chmod(f):
    os.chmod(f.path, 0o604)


def chown(f):
    os.chown(f.path, 1000, 1000)


def link(f):
    os.link(f.path, f.path + ".link")


def utimes(f):
    os.utime(f.path, ns=(10**18, 10**18 + 1))


def acl(f):
    subprocess.run(["setfacl", "-m", "u:1000:---", f.path], check=True)
    if stranger.read(f.handle).status != nfs3.EACCES:
        raise Wrong(f"{f.name}: uid 1000 was let in after setfacl")


def chmod_000(f):
    os.chmod(f.path, 0)
    if stranger.read(f.handle).status != nfs3.EACCES:
        raise Wrong(f"{f.name}: uid 1000 was let in after chmod")


def chattr(f):
    subprocess.run(["chattr", "+d", f.path], check=True)


def punch(f):
    subprocess.run(["fallocate", "-p", "-o", "50", "-l", "100", f.path], check=True)


def copy_range(f):
    with open(f.other(), "rb") as source, open(f.path, "r+b") as target:
        os.copy_file_range(source.fileno(), target.fileno(), 150)


def mapped(f):
    with open(f.path, "r+b") as file:
        memory = mmap.mmap(file.fileno(), 0)
    for i in range(5):
        memory[20 + i] = 0x30 + i
        reply = reader.read(f.handle)
        if reply.data != bytes(memory):
            raise Wrong(f"{f.name}: store {i} through a mapping is not seen")
    memory.close()


def splice_write(f):
    """sendfile() does not go through write()."""
    with open(f.other(), "rb") as source, open(f.path, "r+b") as target:
        os.sendfile(target.fileno(), source.fileno(), 0, 150)


# ---- by client 2

def must(status):
    if isinstance(status, tuple):
        status = status[0]
    if status:
        raise Wrong(f"the change over NFS was refused: {status}")


def nfs_write(f):
    must(writer.write(f.handle, 11, b"CHANGED"))


def nfs_unstable(f):
    must(writer.write(f.handle, 11, b"CHANGED", nfs3.UNSTABLE))
    expect(reader.read(f.handle), f.path, f"{f.name} before COMMIT")
    must(writer.commit(f.handle))


def nfs_append(f):
    must(writer.write(f.handle, os.path.getsize(f.path), b"MORE"))


def nfs_truncate(f):
    must(writer.setattr(f.handle, size=50))


def nfs_chmod(f):
    must(writer.setattr(f.handle, mode=0o640))
    if stranger.read(f.handle).status != nfs3.EACCES:
        raise Wrong(f"{f.name}: uid 1000 was let in after SETATTR")


def nfs_chown(f):
    must(writer.setattr(f.handle, uid=1000, gid=1000))


def nfs_rename_over(f):
    f.other()
    must(writer.rename(directory, f.name + ".other", f.name))
    return nfs3.ESTALE


def nfs_remove_and_create(f):
    must(writer.remove(directory, f.name))
    status, handle = writer.create(directory, f.name, mode=0o644)
    must(status)
    must(writer.write(handle, 0, content(f.kind, f.n, 2)))
    return nfs3.ESTALE


def nfs_create_over(f):
    must(writer.create(directory, f.name, size=0))


def nfs_link(f):
    must(writer.link(f.handle, directory, f.name + ".link"))


CHANGES = (write, several_writes, append, truncate_down, truncate_up, truncate_open, rename_over,
           exchange, unlink_and_create, unlink_linked, chmod, chown, link, utimes, acl, chmod_000,
           chattr, punch, copy_range, mapped, splice_write, nfs_write, nfs_unstable, nfs_append,
           nfs_truncate, nfs_chmod, nfs_chown, nfs_rename_over, nfs_remove_and_create,
           nfs_create_over, nfs_link)
BEFORE = {"unlink_linked": lambda f: os.link(f.path, f.path + ".other")}


def warm(files):
    """READs until all of `files` are answered from the cache; one more of each is made."""
    deadline = time.monotonic() + 30
    while True:
        before = nfs3.counters()["hits"]
        for f in files:
            for who in reader, stranger:
                expect(who.read(f.handle), f.path, f"{f.name} before the change")
        hits = nfs3.counters()["hits"] - before
        # The connection sends a READ to nfsd every few seconds.
        if hits >= 2 * len(files) - 2:
            return
        if time.monotonic() > deadline:
            raise Wrong(f"only {hits} hits in {2 * len(files)} READs of unchanged files")


def try_change(change):
    files = [File(change.__name__, n) for n in range(FILES)]
    for f in files:
        f.find()
    warm(files)
    for f in files:
        after = change(f)
        reply = reader.read(f.handle)
        if after == nfs3.ESTALE:
            # nfsd may still hold the removed file open: then its old bytes are the truth,
            # but it has no name any more.
            if reply.status != nfs3.ESTALE and not (
                    reply.status == nfs3.OK and reply.attr and reply.attr.nlink == 0):
                raise Wrong(f"{f.name}: {reply} after the file went away")
            f.find()
            reply = reader.read(f.handle)
            after = None
        expect(reply, after or f.path, f.name)
        expect(reader.read(f.handle), after or f.path, f"{f.name} again")


def main():
    global failed
    for change in CHANGES:
        kind = change.__name__
        try:
            try_change(change)
            print(f"ok - {kind}", flush=True)
        except Wrong as wrong:
            failed += 1
            print(f"not ok - {kind}: {wrong}", flush=True)


os.makedirs(DIR, exist_ok=True)
reader = nfs3.Client(SERVER, "client1")
stranger = nfs3.Client(SERVER, "client1", uid=1000, gid=1000)
writer = nfs3.Client(SERVER, "client2")
mountd = nfs3.Client(SERVER, "client1", port=nfs3.MOUNT_PORT)
status, directory = reader.lookup(mountd.mount(EXPORT), "changes")
# The first call of a client makes mountd touch the export cache, which hides what follows.
writer.getattr(directory)
main()
sys.exit(failed != 0)
