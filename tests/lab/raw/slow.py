# SPDX-License-Identifier: GPL-2.0-only
"""slow.py SERVER EXPORT CLIENT: a client that asks and does not read.

The files are those of nfsaccel-verify --make. Asking goes on until the window is zero; what
came must be right once it is read. And what waits must be charged to the socket in full: the
kernel divides by what it makes of that.
"""
import array
import fcntl
import os
import socket
import struct
import sys
import termios
import time

import nfs3

SO_MEMINFO, CALLS, CONNECTIONS = 55, 40, 3
CHARGES = 40


def waiting(sock):
    """Bytes that can be read."""
    n = array.array("i", [0])
    fcntl.ioctl(sock, termios.FIONREAD, n)
    return n[0]


def settle(socks):
    """Until nothing more comes for a while."""
    last, deadline = None, time.monotonic() + 60
    while time.monotonic() < deadline:
        now = [waiting(s) for s in socks]
        if now == last and any(now):
            return
        last = now
        time.sleep(1)


def lacks(client, handle, size):
    """Is a reply of one packet charged to the socket for less than its bytes?"""
    client.send_read(handle)
    deadline = time.monotonic() + 60
    while waiting(client.socket) < size and time.monotonic() < deadline:
        time.sleep(0.001)
    info = client.socket.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 64)
    lack = struct.unpack_from("I", info)[0] < waiting(client.socket)
    client.answer_read()
    return lack


def tell(good, what):
    print(("ok - " if good else "not ok - ") + what, flush=True)


def main():
    server, export, netns = sys.argv[1:4]
    names = sorted(os.listdir(export))
    expected = {}
    for name in names:
        with open(os.path.join(export, name), "rb") as file:
            expected[name] = file.read()
    root = nfs3.Client(server, netns, port=nfs3.MOUNT_PORT).mount(export)
    first = nfs3.Client(server, netns)
    handles = {name: first.lookup(root, name)[1] for name in names}
    slow = [nfs3.Client(server, netns) for _ in range(CONNECTIONS)]
    for c in slow:
        c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
        for name in names:
            if c.read(handles[name]).data != expected[name]:
                raise ValueError(name + ": wrong bytes")
    asked = [{c.send_read(handles[names[i % len(names)]]): names[i % len(names)]
              for i in range(CALLS)} for c in slow]
    settle([c.socket for c in slow])
    failed = 0
    wrong = 0
    for c, calls in zip(slow, asked):
        print(f"# {waiting(c.socket)} bytes wait", file=sys.stderr)
        while calls:
            xid, reply = c.answer_read()
            wrong += reply.data != expected[calls.pop(xid)]
    tell(not wrong, "right bytes after the window was zero")
    hits = nfs3.counters()["hits"]
    lacking = sum(lacks(first, handle, len(expected[name])) for name, handle in handles.items()
                  if 1000 <= len(expected[name]) <= 1300 for _ in range(CHARGES))
    tell(not lacking, "what waits is charged in full")
    tell(nfs3.counters()["hits"] > hits, "hits were among it")


main()
