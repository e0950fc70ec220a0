# SPDX-License-Identifier: GPL-2.0-only
"""games.py SERVER EXPORT SEED ROUNDS: clients that lie, repeat themselves and stutter.

Whatever a client sends, nfsd answers the same by both ways (twin.py); the bytes of one file
never come as another's, and a good client is served well in between and afterwards.
"""
import random
import struct
import sys

import nfs3
import twin
from reader import Reader, Wrong, tell

SERVER, EXPORT, SEED, ROUNDS = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
FILES = 6
rng = random.Random(SEED)
good = Reader(SERVER)
other = Reader(SERVER, "client2", uid=1000)
CRED = nfs3.auth_sys(1000, 1000, [5, 6])
hot = Reader(SERVER)
hot.cred = CRED
xids = iter(range(0x10000000, 0x7fffffff))
files = {}


def make():
    for n in range(FILES):
        name = f"game{n}"
        with open(f"{EXPORT}/{name}", "wb", buffering=0) as file:
            file.write(f"{name} {'abcdef'[n]} ".encode() * (60 + 250 * n))
        with open(f"{EXPORT}/{name}", "rb", buffering=0) as file:
            files[good.find(EXPORT, name)] = file.read()


def sane(what):
    """Good clients get each file's own bytes, also out of what was cached meanwhile."""
    for reader in good, other:
        for handle, data in files.items():
            reader.expect(handle, data, f"{what}, a good client")


def read_call(xid, handle, offset=0, count=65536, **more):
    more.setdefault("cred", CRED)
    return nfs3.call(xid, nfs3.READ, nfs3.read_args(handle, offset, count), **more)


class Liar:
    """A connection by each way that is sent the same bytes in the same pieces."""

    def __init__(self):
        self.twin = twin.Twin(SERVER, "client1")

    def play(self, what, pieces, numbers):
        """
        `numbers`: xids that may be answered, and how often at most. Where nfsd closes the
        connection, a call behind may have been answered before: then it is tried again.
        """
        for _ in range(6):
            why = self.once(pieces, numbers)
            if not why:
                return
            if twin.CLOSED not in why:
                break
        raise Wrong(f"{what}: {why}")

    def once(self, pieces, numbers):
        """
        A NULL call after the pieces says when both ways are through; answers that come by
        one way, be it late, are waited for by the other.
        """
        last = next(xids)
        for stream in self.twin.both():
            stream.send(b"")
            for piece in pieces + [nfs3.record(nfs3.call(last, nfs3.NULL, b""))]:
                stream.send(piece, reopen=False)
        ends = [stream.answer(last, 20) for stream in self.twin.both()]
        got = [{number: [] for number in numbers} for _ in range(2)]
        quiet = 0
        while quiet < 3:
            quiet += 1
            for way, stream in enumerate(self.twin.both()):
                for number, times in numbers.items():
                    while len(got[way][number]) < times:
                        late = len(got[way][number]) < len(got[1 - way][number])
                        reply = stream.answer(number, 20 if late else 0.02)
                        if isinstance(reply, str):
                            break
                        got[way][number].append(reply)
                        quiet = 0
        if any(isinstance(end, str) for end in ends):
            self.twin.close()
        for number in numbers:
            ways = [list(map(twin.word, sorted(got[way][number]))) for way in (0, 1)]
            if sorted(got[0][number]) != sorted(got[1][number]):
                return f"xid {number:x}: {ways[0]}, {twin.word(ends[0])}; plain nfsd: {ways[1]}, " \
                       f"{twin.word(ends[1])}"
        if ends[0] != ends[1]:
            return f"ends with {twin.word(ends[0])}; plain nfsd: {twin.word(ends[1])}"
        return None


def warm():
    """The cache answers the liars too."""
    hot.warm(list(files))


def pair():
    return rng.sample(list(files), 2)


def duplicate_xids():
    """Two calls out at once with one xid, for two files: two answers, one of each."""
    liar = Liar()
    for n in range(ROUNDS):
        a, b = pair()
        if n % 2:
            good.ask(0, a)
        x = next(xids)
        calls = [nfs3.record(read_call(x, handle)) for handle in (a, b)]
        # in one segment or in two
        liar.play("duplicate xids", [b"".join(calls)] if n % 3 else calls, {x: 2})
        if n % 5 == 0:
            sane("duplicate xids")
            warm()


def repeated_requests():
    """The same call, whole, two to six times: cold, warm, and with others in between."""
    liar = Liar()
    for n in range(ROUNDS):
        a, b = pair()
        x, y = next(xids), next(xids)
        call = nfs3.record(read_call(x, a))
        between = nfs3.record(read_call(y, b))
        times = rng.randint(2, 6)
        liar.play("repeated", [call, between] + [call] * (times - 1), {x: times, y: 1})
        if n % 5 == 0:
            sane("repeated requests")
            warm()


def same_xid_on_many_connections():
    liars = [Liar() for _ in range(4)]
    for _ in range(ROUNDS):
        x = next(xids)
        asked = [rng.choice(list(files)) for _ in liars]
        for liar, handle in zip(liars, asked):
            for stream in liar.twin.both():
                stream.send(nfs3.record(read_call(x, handle)))
        for liar, handle in zip(liars, asked):
            replies = [stream.answer(x) for stream in liar.twin.both()]
            if replies[0] != replies[1]:
                raise Wrong(f"{twin.word(replies[0])}; plain nfsd: {twin.word(replies[1])}")
            if files[handle] not in replies[0]:
                raise Wrong(f"another file's bytes: {twin.word(replies[0])}")
    sane("same xid on many connections")


def cut(data):
    """In random pieces."""
    pieces = []
    while data:
        n = rng.choice((1, 2, 3, 4, 5, 20, 60, 200))
        pieces.append(data[:n])
        data = data[n:]
    return pieces


def split_records():
    """Segments that end anywhere, also within a record mark; and record fragments."""
    liar = Liar()
    for n in range(ROUNDS):
        numbers, data = {}, b""
        for handle in rng.choices(list(files), k=rng.randint(1, 4)):
            x = next(xids)
            numbers[x] = 1
            call = read_call(x, handle)
            if n % 2:
                at = sorted(rng.sample(range(1, len(call)), rng.randint(1, 3)))
                parts = [call[i:j] for i, j in zip([0, *at], [*at, len(call)])]
                if n % 4 == 1:
                    parts.insert(1, b"")
                data += b"".join(nfs3.record(part, last=i == len(parts) - 1)
                                 for i, part in enumerate(parts))
            else:
                data += nfs3.record(call)
        liar.play("split", cut(data), numbers)
        if n % 5 == 0:
            sane("split records")
            warm()


def smuggled():
    """A second call behind the first within one record; a record that ends too early."""
    liar = Liar()
    for n in range(ROUNDS):
        a, b = pair()
        x, y = next(xids), next(xids)
        one, two = read_call(x, a), read_call(y, b)
        if n % 3 == 0:
            data = nfs3.record(one + nfs3.record(two))
        elif n % 3 == 1:
            data = nfs3.record(one + bytes(rng.choice((4, 8, 400, 3000))) + nfs3.record(two))
        else:
            data = nfs3.record(one[:-rng.choice((1, 4, 8, 12, 20))]) + nfs3.record(two)
        liar.play("smuggled", [data], {x: 1, y: 1})
        if n % 5 == 0:
            sane("smuggled")
            warm()


def lies():
    """READs with one thing wrong, each right after the cache has answered the right one."""
    liar = Liar()
    handles = list(files)
    huge = 2**32 - 1, 2**31, 65537, 2**20, 0
    for n in range(ROUNDS * 4):
        handle, x = rng.choice(handles), next(xids)
        call = bytearray(read_call(x, handle))
        kind = rng.choice(("word", "word", "byte", "offset", "count", "verifier", "machine", "groups",
                           "handle", "padding", "version", "short", "long"))
        if kind == "word":
            # a word behind the xid and the kind of message, which decide who is answered
            struct.pack_into(">I", call, 4 * rng.randrange(2, len(call) // 4), rng.choice(
                (*huge, 1, 2, 3, 4, 16, 17, 64, 65, 255, 256, 400, rng.getrandbits(32))))
        elif kind == "byte":
            call[rng.randrange(8, len(call))] ^= 1 << rng.randrange(8)
        elif kind in ("offset", "count"):
            where = {"offset": rng.choice((2**63 - 1, 2**63, 2**64 - 1, 2**64 - 4096, 1, 65536)),
                     "count": rng.choice(huge)}
            call = read_call(x, handle, **{kind: where[kind]})
        elif kind == "verifier":
            call = read_call(x, handle, verifier=rng.choice((
                struct.pack(">II", 1, 0), struct.pack(">II", 0, 4) + b"abcd",
                struct.pack(">II", 6, 8) + bytes(8), struct.pack(">II", 0, 401))))
        elif kind in ("machine", "groups"):
            many = rng.choice((15, 16, 17, 40)) if kind == "groups" else 0
            name = b"m" * (rng.choice((0, 1, 63, 64, 65, 255, 256, 300)) if kind == "machine" else 3)
            body = struct.pack(">I", n) + nfs3.opaque(name) + struct.pack(
                ">III", 1000, 1000, many) + b"".join(struct.pack(">I", g) for g in range(many))
            call = read_call(x, handle, cred=struct.pack(">I", 1) + nfs3.opaque(body))
        elif kind == "handle":
            made = rng.choice((handle[:-4], handle + bytes(4), handle[:-1], b"", handle + bytes(40),
                               bytes(len(handle)), handle * 3))
            call = read_call(x, made)
        elif kind == "padding":
            call = read_call(x, handle[:-1])
            call = call[:-13] + b"\xff" + call[-12:]
        elif kind == "version":
            call = read_call(x, handle, version=rng.choice((0, 2, 4, 5)),
                             program=rng.choice((nfs3.PROGRAM, nfs3.PROGRAM, 100227, 100021)))
        elif kind == "short":
            call = call[:rng.randrange(8, len(call))]
        else:
            call = bytes(call) + bytes(rng.choice((1, 4, 100)))
        liar.play(f"{kind}: {bytes(call).hex()}",
                  [nfs3.record(read_call(next(xids), handle)), nfs3.record(bytes(call))], {x: 1})
        if n % 20 == 0:
            sane(kind)
            warm()


def marks_that_lie():
    """Record marks beyond all bounds end the connection, by both ways."""
    for mark in 0xffffffff, 0x80ffffff, 0x90000000, 0x7fffffff, 0x80000000, 0x80000001, 0:
        liar, handle = Liar(), rng.choice(list(files))
        x, y = next(xids), next(xids)
        liar.play("before", [nfs3.record(read_call(x, handle))], {x: 1})
        said = []
        for stream in liar.twin.both():
            stream.send(struct.pack(">I", mark) + read_call(y, handle), reopen=False)
            said.append(stream.answer(y, 3))
        if said[0] != said[1]:
            raise Wrong(f"mark {mark:x}: {twin.word(said[0])}; plain nfsd: {twin.word(said[1])}")
        liar.twin.close()
        sane(f"mark {mark:x}")


def afterwards():
    """The cache answers as it did before, on old connections and a new one."""
    good.warm(list(files))
    sane("afterwards")
    Reader(SERVER).warm(list(files))


make()
good.warm(list(files))
tell(duplicate_xids, repeated_requests, same_xid_on_many_connections, split_records, smuggled,
     lies, marks_that_lie, afterwards)
