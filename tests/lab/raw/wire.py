# SPDX-License-Identifier: GPL-2.0-only
"""wire.py TAP QUEUES NETNS: a wire from a device with many queues to a client.

TAP is made here, with so many queues, and eth0 in NETNS; what is sent into one comes out of
the other, until a signal. The kernel sends a connection's packets by the queue its last one
came in by, so that each is given a queue by its port.
"""
import fcntl
import os
import select
import struct
import sys

TUNSETIFF, IFF_TAP, IFF_MULTI_QUEUE, IFF_NO_PI = 0x400454CA, 0x2, 0x100, 0x1000
ETHERNET, FRAME = 14, 65536


def tap(name, flags=0):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI | flags))
    return fd


def port(frame):
    """The source port, where IPv4 has one; any number else."""
    head = ETHERNET + 4 * (frame[ETHERNET] & 15)
    return int.from_bytes(frame[head:head + 2], "big")


def forward(fd, choose):
    try:
        while True:
            frame = os.read(fd, FRAME)
            os.write(choose(frame), frame)
    except BlockingIOError:
        pass
    except OSError as e:
        # one end is down
        print(f"wire: {e}", file=sys.stderr, flush=True)


def main():
    name, queues, netns = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    server = [tap(name, IFF_MULTI_QUEUE) for _ in range(queues)]
    with open(f"/run/netns/{netns}") as ns:
        os.setns(ns.fileno(), os.CLONE_NEWNET)
    client = tap("eth0")
    poll = select.epoll()
    for fd in [*server, client]:
        poll.register(fd, select.EPOLLIN)
    print("ready", flush=True)
    while True:
        for fd, _ in poll.poll():
            if fd == client:
                forward(fd, lambda frame: server[port(frame) % queues])
            else:
                forward(fd, lambda _: client)


main()
