# SPDX-License-Identifier: GPL-2.0-only
"""fsx.py SEED ROUNDS DIR...: file operations by chance, against what must come of them.

As fsx does: each DIR is a mount of the same directory by another client. Files are written,
truncated, mapped, renamed over, read by the page cache, mapped, and past the cache; what
each must hold is remembered. Files are opened and closed for each operation, so that
close-to-open holds between the clients.
"""
import mmap
import os
import random
import sys
import time

SEED, ROUNDS, DIRS = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
FILES, LARGEST = 40, 20000
rng = random.Random(SEED)
truth = {f"fsx{n}": b"" for n in range(FILES)}
reads = 0


class Wrong(Exception):
    pass


def somewhere():
    return os.path.join(rng.choice(DIRS), rng.choice(list(truth)))


def check(path, got, offset=0, count=LARGEST * 2, how=""):
    global reads
    reads += 1
    want = truth[os.path.basename(path)][offset:offset + count]
    if got != want:
        at = next((i for i, (a, b) in enumerate(zip(got, want)) if a != b), min(len(got), len(want)))
        raise Wrong(f"{path} by {how}: {len(got)} bytes from {offset}, {len(want)} expected; "
                    f"first at {at}: {got[at:at + 20]} for {want[at:at + 20]}")


def opened(path, flags, work):
    fd = os.open(path, flags, 0o644)
    try:
        return work(fd)
    finally:
        os.close(fd)


def write(path):
    name, data = os.path.basename(path), rng.randbytes(rng.randint(1, 6000))
    offset = rng.randint(0, min(LARGEST - len(data), len(truth[name]) + 1000))
    flags = os.O_WRONLY | (os.O_DIRECT if rng.random() < 0.3 else 0)
    if flags & os.O_DIRECT:
        memory = mmap.mmap(-1, (len(data) + 4095) & ~4095)
        memory[:len(data)] = data
        opened(path, flags, lambda fd: os.pwritev(fd, [memoryview(memory)[:len(data)]], offset))
    else:
        opened(path, flags, lambda fd: os.pwrite(fd, data, offset))
    old = truth[name].ljust(offset, b"\0")
    truth[name] = old[:offset] + data + old[offset + len(data):]


def append(path):
    data = rng.randbytes(rng.randint(1, 500))
    if len(truth[os.path.basename(path)]) + len(data) <= LARGEST:
        opened(path, os.O_WRONLY | os.O_APPEND, lambda fd: os.write(fd, data))
        truth[os.path.basename(path)] += data


def truncate(path):
    size = rng.randint(0, LARGEST)
    os.truncate(path, size)
    truth[os.path.basename(path)] = truth[os.path.basename(path)][:size].ljust(size, b"\0")


def store(path):
    """Through a shared mapping."""
    name = os.path.basename(path)
    if not truth[name]:
        return

    def work(fd):
        memory = mmap.mmap(fd, len(truth[name]))
        at = rng.randrange(len(memory))
        data = rng.randbytes(min(300, len(memory) - at))
        memory[at:at + len(data)] = data
        memory.flush()
        memory.close()
        truth[name] = truth[name][:at] + data + truth[name][at + len(data):]
    opened(path, os.O_RDWR, work)


def replace(path):
    data = rng.randbytes(rng.randint(0, LARGEST))
    opened(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, lambda fd: os.write(fd, data))
    os.rename(path + ".new", path)
    truth[os.path.basename(path)] = data


def read(path):
    name = os.path.basename(path)
    offset, count = rng.choice(((0, LARGEST * 2), (rng.randint(0, LARGEST), rng.randint(1, 5000))))
    kind = rng.choice(("cache", "direct", "mapping"))
    if kind == "cache":
        got = opened(path, os.O_RDONLY, lambda fd: os.pread(fd, count, offset))
    elif kind == "direct":
        memory = mmap.mmap(-1, LARGEST * 2)

        def work(fd):
            n = os.preadv(fd, [memoryview(memory)[:count]], offset)
            return memory[:n]
        got = opened(path, os.O_RDONLY | os.O_DIRECT, work)
    elif truth[name]:
        def mapped(fd):
            with mmap.mmap(fd, len(truth[name]), prot=mmap.PROT_READ) as memory:
                return memory[offset:offset + count]
        got = opened(path, os.O_RDONLY, mapped)
    else:
        return
    check(path, got, offset, count, kind)


def read_all():
    """Nothing was written for a while: this is what the cache answers."""
    with open("/proc/sys/vm/drop_caches", "w") as drop:
        drop.write("1\n")
    for directory in DIRS:
        for name in truth:
            path = os.path.join(directory, name)
            with open(path, "rb") as file:
                check(path, file.read(), how="reading all")


def main():
    for name in truth:
        opened(os.path.join(DIRS[0], name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, lambda fd: None)
    changes = write, write, append, truncate, store, replace
    for _ in range(ROUNDS):
        for _ in range(40):
            rng.choice(changes)(somewhere())
            # Two changes within one tick of the server's clock look like one to a v3 client.
            time.sleep(0.02)
            for _ in range(3):
                read(somewhere())
        # nfsd keeps a file open for some seconds after a write
        time.sleep(5)
        for _ in range(4):
            read_all()


try:
    main()
    print(f"ok - fsx, seed {SEED}: {reads} reads as they must be")
except Wrong as wrong:
    print(f"not ok - fsx, seed {SEED}: {wrong}")
    sys.exit(1)
