# SPDX-License-Identifier: GPL-2.0-only
"""preempt.py DIR GO: tasks that preempt each other inside chmod(2), as long as file GO exists.

On each CPU two ordinary tasks do nothing else, and a real-time task wakes up every 100 us
or so, wherever the others are just then, and does the same. Where the kernel is preemptible
inside a tracing program, that program is then skipped for the real-time task.
"""
import os
import sys
import time


def task(path, cpu, go, pause):
    os.sched_setaffinity(0, {cpu})
    if pause:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    while os.path.exists(go):
        for _ in range(500):
            os.chmod(path, 0o644)
            if pause:
                time.sleep(pause)


def main():
    directory, go = sys.argv[1:]
    children = []
    for cpu in os.sched_getaffinity(0):
        for n, pause in enumerate((0, 0, 0.0001)):
            path = f"{directory}/{cpu}-{n}"
            with open(path, "wb"):
                pass
            pid = os.fork()
            if not pid:
                task(path, cpu, go, pause)
                os._exit(0)
            children.append(pid)
    sys.exit(any(os.waitpid(pid, 0)[1] for pid in children))


main()
