# SPDX-License-Identifier: GPL-2.0-only
"""deleg_times.py SECONDS NEVER...: how often a changed file keeps its times.

Each file is changed once through a version 4.2 mount (/mnt/FS), by a hole or a clone, in some
runs while somebody else opens it; then whoever holds a delegation has to give it back. The file
systems NEVER may not keep the ctime of before.
"""
import collections
import ctypes
import fcntl
import os
import sys
import threading
import time

from reader import Wrong, tell

SECONDS, NEVER = float(sys.argv[1]), sys.argv[2:]
ALL = "ext4", "xfs", "btrfs", "tmpfs"
CLONES = "xfs", "btrfs"
KEEP_SIZE, PUNCH_HOLE, FICLONE = 1, 2, 0x40049409
libc = ctypes.CDLL("libc.so.6", use_errno=True)
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]


def make(path):
    with open(path, "wb") as file:
        file.write(path.encode() * 1000)


def punch(fd, _):
    if libc.fallocate(fd, PUNCH_HOLE | KEEP_SIZE, 4096, 4096):
        raise OSError(ctypes.get_errno(), "fallocate")


def clone(fd, path):
    other = os.open(path + ".other", os.O_RDONLY)
    fcntl.ioctl(fd, FICLONE, other)
    os.close(other)


def disturb(path, delay):
    time.sleep(delay)
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    except BlockingIOError:
        pass


def keeps_ctime(fs, change, number):
    name = f"{os.getpid()}.{number}"
    here, there = f"/srv/{fs}/{name}", f"/mnt/{fs}/{name}"
    for path in here, here + ".other":
        make(path)
    time.sleep(0.03)
    before = os.stat(here).st_ctime_ns
    time.sleep(0.03)
    fd = os.open(there, os.O_WRONLY)
    thread = threading.Thread(target=disturb, args=(here, number % 7 * 0.002))
    if number % 3:
        thread.start()
    change(fd, there)
    os.fsync(fd)
    os.close(fd)
    if number % 3:
        thread.join()
    os.close(os.open(here, os.O_WRONLY))
    after = os.stat(here).st_ctime_ns
    for path in here, here + ".other":
        os.unlink(path)
    return after == before


def times():
    tried, kept = collections.Counter(), collections.Counter()
    end, number = time.monotonic() + SECONDS, 0
    while time.monotonic() < end or not number:
        number += 1
        for fs in ALL:
            for change in (punch, clone) if fs in CLONES else (punch,):
                tried[fs, change.__name__] += 1
                kept[fs, change.__name__] += keeps_ctime(fs, change, number)
    said = ", ".join(f"{fs} {change} {kept[fs, change]} of {n}" for (fs, change), n in tried.items())
    if any(kept[fs, change] for fs, change in tried if fs in NEVER):
        raise Wrong(said)
    return "kept by " + said


tell(times)
