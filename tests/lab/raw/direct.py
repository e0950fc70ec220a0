# SPDX-License-Identifier: GPL-2.0-only
"""direct.py MOUNT REFERENCE THREADS PASSES|STATE: reads all files of MOUNT past the page cache.

Threads share the work, so that many READs are out at once. Every byte is compared with
REFERENCE. With STATE, a file that exists, they read until it is removed; meanwhile it says
how many files the thread that did fewest has read. Prints one JSON object: reads, wrong,
longest (READ, in seconds), seconds. Fails if anything was wrong.
"""
import json
import mmap
import os
import sys
import threading
import time

BUFFER = 65536


class Work:
    def __init__(self, mount, reference, passes):
        self.mount, self.names = mount, sorted(os.listdir(reference))
        self.expected = {}
        for name in self.names:
            # not open(): that asks for a terminal by ioctl, which makes the cache forget the file
            fd = os.open(os.path.join(reference, name), os.O_RDONLY)
            self.expected[name] = os.read(fd, os.fstat(fd).st_size)
            os.close(fd)
        self.lock, self.taken = threading.Lock(), 0
        self.end = passes * len(self.names) if passes else None
        self.done = []  # files, by thread
        self.reads = self.wrong = self.longest = 0

    def take(self):
        with self.lock:
            if self.taken == self.end:
                return None
            self.taken += 1
            return self.names[self.taken % len(self.names)]

    def stop(self):
        with self.lock:
            self.end = self.taken

    def read(self, name, buffer):
        """The file's bytes, in READs of up to BUFFER; or None."""
        data, times = b"", [time.monotonic()]
        try:
            fd = os.open(os.path.join(self.mount, name), os.O_RDONLY | os.O_DIRECT)
            try:
                n = BUFFER
                while n == BUFFER:
                    n = os.preadv(fd, [buffer], len(data))
                    times.append(time.monotonic())
                    data += buffer[:n]
            finally:
                os.close(fd)
        except OSError as error:
            print(f"{name}: {error}", file=sys.stderr)
            data = None
        with self.lock:
            self.reads += len(times) - 1
            self.longest = max([self.longest] + [b - a for a, b in zip(times, times[1:])])
        return data

    def run(self, thread):
        buffer = mmap.mmap(-1, BUFFER)
        while (name := self.take()) is not None:
            data = self.read(name, buffer)
            with self.lock:
                self.done[thread] += 1
                if data != self.expected[name]:
                    self.wrong += 1
                    print(f"{name}: wrong bytes", file=sys.stderr)


def tell(work, state):
    """Until the state is gone."""
    while True:
        try:
            with open(state, "r+", encoding="ascii") as file:
                file.write(str(min(work.done)))
        except FileNotFoundError:
            work.stop()
            return
        time.sleep(0.2)


def main():
    state = None if sys.argv[4].isdigit() else sys.argv[4]
    work = Work(sys.argv[1], sys.argv[2], 0 if state else int(sys.argv[4]))
    start = time.monotonic()
    threads = [threading.Thread(target=work.run, args=[i]) for i in range(int(sys.argv[3]))]
    work.done = [0] * len(threads)
    for thread in threads:
        thread.start()
    if state:
        tell(work, state)
    for thread in threads:
        thread.join()
    print(json.dumps({"reads": work.reads, "wrong": work.wrong, "longest": round(work.longest, 3),
                      "seconds": time.monotonic() - start}))
    return 1 if work.wrong or sum(work.done) != work.end else 0


sys.exit(main())
