# SPDX-License-Identifier: GPL-2.0-only
"""A reader by both ways (twin.py) that can wait for hits, and tests told one by one."""
import sys
import time

import nfs3
import twin


class Wrong(Exception):
    pass


class Reader:
    def __init__(self, server, netns="client1", uid=0):
        self.twin = twin.Twin(server, netns)
        self.server, self.netns = server, netns
        self.cred, self.xid = nfs3.auth_sys(uid, uid), 0

    def ask(self, way, handle, offset=0, count=65536):
        """A READ, sent again if it is lost (nfsd may while exports change)."""
        self.xid += 1
        stream = self.twin.both()[way]
        for _ in range(6):
            stream.send(nfs3.record(nfs3.call(self.xid, nfs3.READ, nfs3.read_args(
                handle, offset, count), self.cred)))
            reply = stream.answer(self.xid, 10)
            if not isinstance(reply, str):
                break
        return reply

    def read(self, handle, what, *where):
        """By the accelerated way first; both ways must say the same. What they say."""
        accelerated = self.ask(0, handle, *where)
        plain = self.ask(1, handle, *where)
        if accelerated != plain:
            raise Wrong(f"{what}: {twin.word(accelerated)}; plain nfsd: {twin.word(plain)}")
        return parse(accelerated)

    def warm(self, handles):
        """Until the cache has answered READs of all of `handles`."""
        deadline = time.monotonic() + 90
        while True:
            before = nfs3.answers()
            for handle in handles:
                self.ask(0, handle)
            if nfs3.answers() - before == len(handles):
                return
            if time.monotonic() > deadline:
                raise Wrong("the cache does not answer: " + str(
                    {k: v for k, v in nfs3.counters().items() if v}))

    def expect(self, handle, data, what):
        reply = self.read(handle, what)
        if reply.status or reply.data != data:
            raise Wrong(f"{what}: {reply}, but {data[:40]} expected")
        return reply

    def root(self, path):
        return nfs3.Client(self.server, self.netns, port=nfs3.MOUNT_PORT).mount(path)

    def find(self, path, *names):
        """The handle of a file in the export `path`."""
        client = nfs3.Client(self.server, self.netns)
        handle = self.root(path)
        for name in names:
            status, handle = client.lookup(handle, name)
            if status:
                raise Wrong(f"LOOKUP of {name} in {path}: status {status}")
        return handle


def parse(reply):
    """The reply to a READ, as nfs3.Client.read() gives it."""
    if isinstance(reply, str) or reply[4:8] + reply[16:20] != bytes(8):
        raise Wrong(f"no reply to a READ: {twin.word(reply)}")
    x = nfs3.Unpack(reply)
    x.at = 20
    status, attr = x.u32(), x.attr()
    if status:
        return nfs3.Read(status, attr, 0, False, b"")
    return nfs3.Read(status, attr, x.u32(), bool(x.u32()), x.opaque())


def tell(*tests):
    """Runs them all, a line for each; exits with 1 if any was wrong."""
    failed = 0
    for test in tests:
        name, start = test.__name__.replace("_", " "), time.monotonic()
        try:
            said = test()
            print(f"ok - {name}{': ' + said if said else ''} "
                  f"({time.monotonic() - start:.0f} s)", flush=True)
        except Wrong as wrong:
            failed += 1
            print(f"not ok - {name}: {wrong}", flush=True)
    sys.exit(failed != 0)
