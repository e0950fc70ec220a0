# SPDX-License-Identifier: GPL-2.0-only
"""storm.py SERVER EXPORT SECONDS: READs that race with changes.

Each subject has a process that changes one file, version by version, noting when a change
starts and when it is done, and a client that reads it all the time. A READ must show a
version that is not older than what was done before it was sent, nor newer than what was
started before its reply came.
"""
import mmap
import os
import random
import signal
import struct
import sys
import time

import nfs3

SERVER, EXPORT, SECONDS = sys.argv[1], sys.argv[2], float(sys.argv[3])
DIR = EXPORT + "/storm"
WORDS = 300


class Versions:
    """Shared by the process that changes and the one that reads."""

    def __init__(self):
        # struct.pack_into() writes zeros first, which the other process may see.
        self.words = memoryview(mmap.mmap(-1, 4096)).cast("Q")

    def done(self):
        return self.words[0]

    def started(self):
        return self.words[8]

    def change(self, version, how):
        self.words[8] = version
        how(version)
        self.words[0] = version


def words(version):
    return struct.pack(">Q", version) * WORDS


def seen_words(reply):
    """Oldest and newest version in the data: a READ may come amidst a write."""
    if reply.status != nfs3.OK or len(reply.data) != WORDS * 8:
        raise AssertionError(f"status {reply.status}, {len(reply.data)} bytes")
    found = struct.unpack(f">{WORDS}Q", reply.data)
    return min(found), max(found)


class Overwrite:
    """By a local process, which closes the file each time: else nothing would be cached."""

    def __init__(self, path):
        self.path = path

    def connect(self):
        pass

    def change(self, version):
        fd = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o644)
        os.pwrite(fd, words(version), 0)
        os.close(fd)

    def read(self, client, directory, handle):
        return seen_words(client.read(handle))


class Rename(Overwrite):
    def change(self, version):
        with open(self.path + ".new", "wb") as file:
            file.write(words(version))
        os.rename(self.path + ".new", self.path)

    def read(self, client, directory, handle):
        while True:
            status, handle = client.lookup(directory, os.path.basename(self.path))
            reply = client.read(handle)
            # Gone between the two calls; or nfsd is letting go of it just now, and says "later".
            if reply.status not in (nfs3.ESTALE, nfs3.JUKEBOX):
                return seen_words(reply)


class Truncate(Overwrite):
    """By SETATTR of another client: the size is the version."""

    def connect(self):
        self.writer = nfs3.Client(SERVER, "client2")
        self.handle = find(self.writer, self.path)[1]

    def change(self, version):
        if version == 0:
            return super().change(0) or os.truncate(self.path, 0)
        if self.writer.setattr(self.handle, size=version):
            raise AssertionError("SETATTR")

    def read(self, client, directory, handle):
        reply = client.read(handle)
        if reply.status != nfs3.OK:
            raise AssertionError(f"status {reply.status}")
        # Not reply.attr.size: nfsd looks at that when it has read the data.
        return len(reply.data), len(reply.data)


class Chmod(Overwrite):
    """uid 1000 may read the even versions; what lies between two looks cannot be told."""
    uid = 1000

    def change(self, version):
        if version == 0:
            super().change(0)
        os.chmod(self.path, 0o600 if version & 1 else 0o644)

    def read(self, client, directory, handle):
        before = self.versions.done()
        status = client.read(handle).status
        if self.versions.started() == before:
            if status != (nfs3.EACCES if before & 1 else nfs3.OK):
                raise AssertionError(f"version {before}, but status {status}")
        elif status not in (nfs3.OK, nfs3.EACCES):
            raise AssertionError(f"status {status}")
        return before, before


def find(client, path):
    root = nfs3.Client(SERVER, "client1", port=nfs3.MOUNT_PORT).mount(EXPORT)
    directory = client.lookup(root, "storm")[1]
    return directory, client.lookup(directory, os.path.basename(path))[1]


def changer(subject, versions, seed):
    random.seed(seed)
    subject.connect()
    version = 0
    while True:
        # Bursts, and pauses in which the cache fills.
        time.sleep(random.choice((0, 0, 0.002, 0.02, 0.05, 0.1)))
        version += 1
        versions.change(version, subject.change)


def reader(subject, versions, output):
    client = nfs3.Client(SERVER, "client1", uid=getattr(subject, "uid", 0))
    directory, handle = find(nfs3.Client(SERVER, "client1"), subject.path)
    end, reads, different = time.monotonic() + SECONDS, 0, set()
    while time.monotonic() < end:
        done = versions.done()
        oldest, newest = subject.read(client, directory, handle)
        started = versions.started()
        if not done <= oldest <= newest <= started:
            raise AssertionError(f"{oldest} to {newest} read, but {done} was done before and "
                                 f"{started} the newest that was started")
        reads += 1
        different.add(newest)
    os.write(output, struct.pack("=QQ", reads, len(different)))


def forked(function, *args):
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        function(*args)
        code = 0
    except BaseException as error:
        print(f"# {type(args[0]).__name__}: {error!r}", flush=True)
    os._exit(code)


def main():
    os.makedirs(DIR, exist_ok=True)
    subjects, changers, failed, total = [], [], 0, 0
    for n, kind in enumerate((Overwrite, Rename, Truncate, Chmod)):
        subject = kind(f"{DIR}/{kind.__name__}")
        subject.versions = Versions()
        subject.change(0)
        subjects.append((subject, os.pipe(), n))
    hits = nfs3.counters()["hits"]
    running = []
    for subject, (_, output), n in subjects:
        running.append(forked(reader, subject, subject.versions, output))
        changers.append(forked(changer, subject, subject.versions, n))
    status = [os.waitpid(pid, 0)[1] for pid in running]
    for pid in changers:
        os.kill(pid, signal.SIGKILL)
    for (subject, (pipe, output), _), code in zip(subjects, status):
        os.close(output)
        reads, different = struct.unpack("=QQ", os.read(pipe, 16) or bytes(16))
        total += reads
        good = code == 0 and different > 10
        failed += not good
        print(f"{'ok' if good else 'not ok'} - storm, {type(subject).__name__}: {reads} READs "
              f"saw {different} of {subject.versions.done()} versions", flush=True)
    hits = nfs3.counters()["hits"] - hits
    good = hits * 10 >= total
    print(f"{'ok' if good else 'not ok'} - storm: {hits} hits in {total} READs", flush=True)
    sys.exit(failed != 0 or not good)


main()
