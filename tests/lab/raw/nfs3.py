# SPDX-License-Identifier: GPL-2.0-only
"""A small NFSv3 client that hides nothing: no cache, no retry, no interpretation.

One call, one reply; status, attributes and data are given back as they came. The
client's network is a namespace by name, the AUTH_SYS credential is the caller's choice.
"""
import os
import socket
import struct
from collections import namedtuple

PROGRAM, VERSION = 100003, 3
MOUNT, MOUNT_VERSION, MOUNT_PORT = 100005, 3, 20048
NULL, GETATTR, SETATTR, LOOKUP, ACCESS, READ, WRITE, CREATE = 0, 1, 2, 3, 4, 6, 7, 8
REMOVE, RENAME, LINK, COMMIT = 12, 14, 15, 21
FILE_SYNC, UNSTABLE = 2, 0

OK, EPERM, ENOENT, EACCES, EINVAL, ESTALE, JUKEBOX = 0, 1, 2, 13, 22, 70, 10008

Attr = namedtuple("Attr", "type mode nlink uid gid size used rdev fsid fileid atime mtime ctime")
Read = namedtuple("Read", "status attr count eof data")


class Denied(Exception):
    """The RPC layer refused: (reject_stat or accept_stat, detail)."""


class Unpack:
    def __init__(self, data):
        self.data, self.at = data, 0

    def u32(self):
        self.at += 4
        return struct.unpack_from(">I", self.data, self.at - 4)[0]

    def u64(self):
        self.at += 8
        return struct.unpack_from(">Q", self.data, self.at - 8)[0]

    def opaque(self):
        n = self.u32()
        if n > len(self.data) - self.at:
            raise ValueError("opaque longer than the message")
        start = self.at
        self.at += (n + 3) & ~3
        return self.data[start:start + n]

    def attr(self):
        if not self.u32():
            return None
        head = [self.u32() for _ in range(5)] + [self.u64(), self.u64(), self.u64()]
        fsid, fileid = self.u64(), self.u64()
        times = [self.u32() * 10**9 + self.u32() for _ in range(3)]
        return Attr(*head, fsid, fileid, *times)

    def wcc(self):
        if self.u32():
            self.at += 24
        return self.attr()


def opaque(data):
    return struct.pack(">I", len(data)) + data + bytes(-len(data) % 4)


def name(directory, entry):
    return opaque(directory) + opaque(entry.encode())


def sattr(mode=None, size=None, uid=None, gid=None):
    out = b""
    for value, form in (mode, ">II"), (uid, ">II"), (gid, ">II"), (size, ">IQ"):
        out += struct.pack(">I", 0) if value is None else struct.pack(form, 1, value)
    return out + struct.pack(">II", 0, 0)


def connect(server, netns=None, port=2049, timeout=60, source_port=None):
    """A TCP socket in network namespace `netns` (None: this one)."""
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        if netns:
            there = os.open("/run/netns/" + netns, os.O_RDONLY)
            os.setns(there, os.CLONE_NEWNET)
            os.close(there)
        made = socket.socket(family, socket.SOCK_STREAM)
        made.settimeout(timeout)
        if source_port:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(("", source_port))
        made.connect((server, port))
    finally:
        os.setns(home, os.CLONE_NEWNET)
        os.close(home)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def auth_sys(uid=0, gid=0, groups=()):
    """An AUTH_SYS credential, with its flavor and length."""
    body = struct.pack(">I", 0) + opaque(b"raw") + struct.pack(">III", uid, gid, len(groups))
    return struct.pack(">I", 1) + opaque(body + b"".join(struct.pack(">I", g) for g in groups))


NOBODY = struct.pack(">II", 0, 0)  # AUTH_NONE, as credential or verifier


def call(xid, procedure, args, cred=NOBODY, verifier=NOBODY, program=PROGRAM, version=VERSION):
    """A whole call, without its record mark."""
    head = struct.pack(">IIIIII", xid, 0, 2, program, version, procedure)
    return head + cred + verifier + args


def record(body, last=True):
    return struct.pack(">I", (0x80000000 if last else 0) | len(body)) + body


def read_args(handle, offset=0, count=65536):
    return opaque(handle) + struct.pack(">QI", offset, count)


class Client:
    """A TCP connection to `server` from network namespace `netns` (None: this one)."""

    def __init__(self, server, netns=None, uid=0, gid=0, groups=(), port=2049, timeout=60,
                 source_port=None):
        self.uid, self.gid, self.groups, self.xid = uid, gid, groups, os.getpid() << 16
        self.socket = connect(server, netns, port, timeout, source_port)

    def receive(self, n):
        out = b""
        while len(out) < n:
            more = self.socket.recv(n - len(out))
            if not more:
                raise ConnectionError("the server closed the connection")
            out += more
        return out

    def send(self, procedure, args, program=PROGRAM, version=VERSION):
        """A call; returns its xid."""
        self.xid = (self.xid + 1) & 0xffffffff
        self.socket.sendall(record(call(
            self.xid, procedure, args, auth_sys(self.uid, self.gid, self.groups),
            program=program, version=version)))
        return self.xid

    def answer(self):
        """The next reply: its xid and its results."""
        reply = b""
        last = False
        while not last:
            mark = struct.unpack(">I", self.receive(4))[0]
            last = bool(mark >> 31)
            reply += self.receive(mark & 0x7fffffff)
        x = Unpack(reply)
        xid = x.u32()
        if x.u32() != 1:
            raise ValueError("not a reply")
        if x.u32() != 0:
            raise Denied("rejected", x.u32(), x.u32())
        x.u32(), x.opaque()
        accepted = x.u32()
        if accepted != 0:
            raise Denied("accepted", accepted)
        return xid, x

    def call(self, procedure, args, program=PROGRAM, version=VERSION):
        sent = self.send(procedure, args, program, version)
        xid, x = self.answer()
        if xid != sent:
            raise ValueError("not the reply to this call")
        return x

    def mount(self, path):
        """The root's handle, or mountd's error as PermissionError."""
        x = self.call(1, opaque(path.encode()), MOUNT, MOUNT_VERSION)
        status = x.u32()
        if status:
            raise PermissionError(status, "mountd says no")
        return x.opaque()

    def getattr(self, handle):
        x = self.call(GETATTR, opaque(handle))
        status = x.u32()
        if status:
            return status, None
        x.data = x.data[:x.at] + struct.pack(">I", 1) + x.data[x.at:]
        return status, x.attr()

    def lookup(self, directory, entry):
        x = self.call(LOOKUP, name(directory, entry))
        status = x.u32()
        return status, x.opaque() if status == OK else None

    def send_read(self, handle, offset=0, count=65536):
        return self.send(READ, read_args(handle, offset, count))

    def read(self, handle, offset=0, count=65536):
        sent = self.send_read(handle, offset, count)
        xid, reply = self.answer_read()
        if xid != sent:
            raise ValueError("not the reply to this call")
        return reply

    def answer_read(self):
        """The next reply, to a READ: its xid and what it says."""
        xid, x = self.answer()
        status, attr = x.u32(), x.attr()
        if status:
            return xid, Read(status, attr, 0, False, b"")
        n, eof, data = x.u32(), bool(x.u32()), x.opaque()
        if n != len(data):
            raise ValueError("count and data differ")
        return xid, Read(status, attr, n, eof, data)

    def write(self, handle, offset, data, stable=FILE_SYNC):
        x = self.call(WRITE, opaque(handle) + struct.pack(">QII", offset, len(data), stable) +
                      opaque(data))
        return x.u32()

    def commit(self, handle):
        return self.call(COMMIT, opaque(handle) + struct.pack(">QI", 0, 0)).u32()

    def setattr(self, handle, **changes):
        return self.call(SETATTR, opaque(handle) + sattr(**changes) + struct.pack(">I", 0)).u32()

    def create(self, directory, entry, **attributes):
        """Unchecked: an existing file gets the attributes."""
        x = self.call(CREATE, name(directory, entry) + struct.pack(">I", 0) + sattr(**attributes))
        status = x.u32()
        return status, x.opaque() if status == OK and x.u32() else None

    def remove(self, directory, entry):
        return self.call(REMOVE, name(directory, entry)).u32()

    def rename(self, directory, old, new):
        return self.call(RENAME, name(directory, old) + name(directory, new)).u32()

    def link(self, handle, directory, entry):
        return self.call(LINK, opaque(handle) + name(directory, entry)).u32()


def counters():
    """nfsaccel's counters."""
    import json
    import subprocess
    return json.loads(subprocess.run(["nfsaccelctl", "stats", "--json"], check=True,
                                     capture_output=True).stdout)["counters"]


def answers():
    """READs answered by the cache, or left to nfsd to be compared with what it would have said."""
    now = counters()
    return now["hits"] + now["shadow_asked"]


def shadow(share):
    """One in so many hits is left to nfsd and compared by the programs; lab_shadow does the same."""
    import subprocess
    subprocess.run(["python3", "/mnt/with/poke.py", "/sys/fs/bpf/nfsaccel/maps/na_ctl", "set", "80",
                    str(share)], check=True)
