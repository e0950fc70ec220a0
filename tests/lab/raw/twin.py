# SPDX-License-Identifier: GPL-2.0-only
"""The same messages to one nfsd by two ways, and whether the answers are alike.

nfsd listens on two ports (lab_plain_port): the one that the accelerator answers on, and one
that it knows nothing of. So what plain nfsd says is known at each moment, for the same
files, exports and clients.
"""
import struct
import time

import nfs3

ACCELERATED, PLAIN = 2049, 2050
CLOSED, NOTHING = "the connection was closed", "no answer"


class Stream:
    """A connection that carries bytes as they are, and hands out replies by xid."""

    def __init__(self, server, netns, port, source_port=None):
        self.where = server, netns, port
        self.source_port = source_port  # a function that gives a new one, or None
        self.socket, self.rest, self.replies = None, b"", {}

    def open(self):
        server, netns, port = self.where
        self.socket = nfs3.connect(server, netns, port,
                                   source_port=self.source_port and self.source_port())
        self.rest, self.replies = b"", {}

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None

    def send(self, data, reopen=True):
        if not self.socket and reopen:
            self.open()
        try:
            if self.socket:
                self.socket.sendall(data)
        except (ConnectionError, TimeoutError):
            self.close()

    def take(self):
        """Whole records out of what has come."""
        while len(self.rest) >= 4:
            mark = struct.unpack_from(">I", self.rest)[0]
            if not mark >> 31:
                raise ValueError("nfsd sent a reply in fragments")
            end = 4 + (mark & 0x7fffffff)
            if len(self.rest) < end:
                return
            xid = struct.unpack_from(">I", self.rest, 4)[0]
            self.replies.setdefault(xid, []).append(self.rest[8:end])
            self.rest = self.rest[end:]

    def answer(self, xid, timeout=30):
        """The next reply to `xid`, without the xid; or CLOSED or NOTHING."""
        deadline = time.monotonic() + timeout
        while True:
            if self.replies.get(xid):
                return self.replies[xid].pop(0)
            if not self.socket:
                return CLOSED
            left = deadline - time.monotonic()
            if left <= 0:
                return NOTHING
            self.socket.settimeout(left)
            try:
                more = self.socket.recv(1 << 18)
            except TimeoutError:
                continue
            except ConnectionError:
                more = b""
            if not more:
                self.close()
                continue
            self.rest += more
            self.take()


class Twin:
    """Two connections from one client, one by each way."""

    def __init__(self, server, netns, source_port=None):
        self.accelerated = Stream(server, netns, ACCELERATED, source_port)
        self.plain = Stream(server, netns, PLAIN, source_port)

    def both(self):
        return self.accelerated, self.plain

    def close(self):
        for stream in self.both():
            stream.close()


class Judge:
    """Compares replies, and keeps what is wrong."""

    def __init__(self):
        self.compared, self.wrong = 0, []

    def judge(self, what, accelerated, plain):
        self.compared += 1
        if accelerated != plain:
            self.wrong.append(f"{what}: {word(accelerated)}; plain nfsd: {word(plain)}")
        return accelerated == plain


def word(reply):
    """A reply in few words."""
    if isinstance(reply, str):
        return reply
    if len(reply) < 24 or reply[4:8] != bytes(4):
        return "denied " + reply[4:].hex()
    if reply[16:20] != bytes(4):
        return "accepted with " + reply[16:].hex()
    x = nfs3.Unpack(reply)
    x.at = 20
    try:
        status, attr = x.u32(), x.attr()
        if status:
            return f"status {status}, {attr}"
        n, eof, data = x.u32(), x.u32(), x.opaque()
        return f"{n} bytes {data[:24]}, eof {eof}, {attr}"
    except (struct.error, ValueError):  # of another procedure
        return reply.hex()


def readable(reply):
    return not isinstance(reply, str) and reply[4:8] + reply[16:24] == bytes(12)
