# SPDX-License-Identifier: GPL-2.0-only
"""direct.py MOUNT REFERENCE THREADS PASSES: reads all files of MOUNT past the page cache.

Threads share the work, so that many READs are out at once. Every byte is compared with
REFERENCE. Prints one JSON object: reads, wrong, seconds. Fails if anything was wrong.
"""
import json
import mmap
import os
import sys
import threading
import time

BUFFER = 65536


def read_all(path, buffer):
    """The file's bytes, in READs of up to BUFFER, and how many READs that took."""
    data, reads = b"", 0
    fd = os.open(path, os.O_RDONLY | os.O_DIRECT)
    try:
        while True:
            n = os.preadv(fd, [buffer], len(data))
            reads += 1
            data += buffer[:n]
            if n < BUFFER:
                return data, reads
    finally:
        os.close(fd)


class Work:
    def __init__(self, mount, reference, passes):
        self.mount, self.names = mount, sorted(os.listdir(reference))
        self.expected = {}
        for name in self.names:
            with open(os.path.join(reference, name), "rb") as file:
                self.expected[name] = file.read()
        self.lock, self.next, self.end = threading.Lock(), 0, passes * len(self.names)
        self.reads = self.wrong = self.done = 0

    def take(self):
        with self.lock:
            self.next += 1
            return self.names[self.next % len(self.names)] if self.next <= self.end else None

    def run(self):
        buffer = mmap.mmap(-1, BUFFER)
        while (name := self.take()) is not None:
            try:
                data, reads = read_all(os.path.join(self.mount, name), buffer)
            except OSError as error:
                print(f"{name}: {error}", file=sys.stderr)
                data, reads = None, 1
            with self.lock:
                self.reads += reads
                self.done += 1
                if data != self.expected[name]:
                    self.wrong += 1
                    print(f"{name}: wrong bytes", file=sys.stderr)


def main():
    work = Work(sys.argv[1], sys.argv[2], int(sys.argv[4]))
    start = time.monotonic()
    threads = [threading.Thread(target=work.run) for _ in range(int(sys.argv[3]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"reads": work.reads, "wrong": work.wrong,
                      "seconds": time.monotonic() - start}))
    return 1 if work.wrong or work.done != work.end else 0


sys.exit(main())
