# SPDX-License-Identifier: GPL-2.0-only
"""Records READ calls and what a kernel's nfsd replied, as knfsd_test.c reads them.

record.py SERVER EXPORT: the export holds the files "0" and "10" of so many bytes.
Lines are "read SIZE CALL REPLY" and "error|refused WHAT CALL REPLY", records in hex.
"""
import socket
import struct
import sys


def words(*values):
    return b"".join(struct.pack(">I", v & 0xFFFFFFFF) for v in values)


def opaque(data):
    return words(len(data)) + data + bytes(-len(data) % 4)


def auth_sys(name=b"client", uid=0, gid=0, gids=()):
    body = words(7) + opaque(name) + words(uid, gid, len(gids), *gids)
    return words(1) + opaque(body)


class Server:
    def __init__(self, host, port):
        self.sock = socket.create_connection((host, port))
        self.xid = 0x0A000000

    def exact(self, n):
        data = b""
        while len(data) < n:
            more = self.sock.recv(n - len(data))
            if not more:
                raise EOFError("connection closed")
            data += more
        return data

    def raw(self, prog, vers, proc, cred, args):
        """Returns (call, reply) with their record marks."""
        self.xid += 1
        call = words(self.xid, 0, 2, prog, vers, proc) + cred + words(0, 0) + args
        call = words(0x80000000 | len(call)) + call
        self.sock.sendall(call)
        mark = self.exact(4)
        return call, mark + self.exact(struct.unpack(">I", mark)[0] & 0x7FFFFFFF)

    def results(self, *what):
        return self.raw(*what)[1][28:]


NONE = words(0, 0)


def main():
    host, export = sys.argv[1:]
    mountd = Server(host, 20048)
    root = mountd.results(100005, 3, 1, auth_sys(), opaque(export.encode()))
    assert root[:4] == words(0), "mountd refuses"
    length = struct.unpack(">I", root[4:8])[0]
    rootfh = root[8 : 8 + length]
    nfs = Server(host, 2049)

    def lookup(name):
        res = nfs.results(100003, 3, 3, auth_sys(), opaque(rootfh) + opaque(name))
        assert res[:4] == words(0), name
        return res[8 : 8 + struct.unpack(">I", res[4:8])[0]]

    def read(kind, what, cred, fh, offset, count):
        args = opaque(fh) + struct.pack(">Q", offset) + words(count)
        call, reply = nfs.raw(100003, 3, 6, cred, args)
        print(kind, what, call.hex(), reply.hex())

    top = 2**63 - 1
    creds = [
        auth_sys(),
        auth_sys(b"a-longer-name", 1000, 1000, (4, 24, 27)),
        auth_sys(b"", 65534, 65534, range(16)),
    ]
    n = 0
    for size, offsets in ((0, (0, 1, top)), (10, (0, 1, 6, 9, 10, 11, top - 65535))):
        fh = lookup(b"%d" % size)
        for offset in offsets:
            for count in (0, 1, 4, 10, 65535):
                if offset + count <= top:
                    read("read", size, creds[n % len(creds)], fh, offset, count)
                    n += 1
    stale = bytearray(fh)
    stale[-1] ^= 0xFF
    # sec=sys, which is the default, lets AUTH_NONE not in.
    read("error", "auth-none", NONE, fh, 0, 1)
    read("error", "stale", creds[1], bytes(stale), 0, 1)
    read("error", "directory", creds[1], rootfh, 0, 1)
    read("error", "handle", creds[1], b"\1\2\3\4", 0, 1)
    read("refused", "flavor", words(9, 0), fh, 0, 1)
    read("refused", "none-with-body", words(0, 4, 0), fh, 0, 1)
    read("refused", "groups", auth_sys(gids=range(17)), fh, 0, 1)
    call, reply = nfs.raw(100003, 3, 6, creds[1], opaque(bytes(68)) + words(0, 0, 1))
    print("refused", "handle-too-long", call.hex(), reply.hex())
    call, reply = nfs.raw(100003, 3, 6, creds[1], opaque(fh) + words(0, 0))
    print("refused", "no-count", call.hex(), reply.hex())


main()
