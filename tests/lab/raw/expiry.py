# SPDX-License-Identifier: GPL-2.0-only
"""expiry.py SERVER EXPORT: refusals of which no event tells.

Groups and exports that mountd said change when the kernel's cache entries run out; a
firewall rule shows itself by nothing at all. Plain nfsd is asked first: from when on it
refuses, so must the cache.
"""
import os
import random
import re
import subprocess
import sys
import time

import nfs3
import twin
from exports import Exports
from reader import Reader, Wrong, tell

SERVER, EXPORT = sys.argv[1:3]
TTL, ETAB = 4, "/var/lib/nfs/etab"
exports = Exports(random.Random(1))
exports.manage_gids, exports.ttl = True, TTL


def edit(path, old, new):
    with open(path) as file:
        text = file.read()
    changed = re.sub(old, new, text)
    if changed == text:
        raise Wrong(f"{path} has no {old}: {text}")
    with open(path + ".new", "w") as file:
        file.write(changed)
    os.rename(path + ".new", path)


def put(name, mode, gid):
    path = f"{EXPORT}/{name}"
    with open(path, "wb", buffering=0) as file:
        file.write(name.encode() * 100)
    os.chown(path, 0, gid)
    os.chmod(path, mode)


def follows(reader, handle, refused):
    """Asks until the cache's way refuses (or no more does); never later than plain nfsd."""
    start = time.monotonic()
    for reads in range(100000):
        replies = [reader.ask(way, handle) for way in (1, 0)]
        plain, accelerated = (not twin.readable(reply) for reply in replies)
        if plain == refused and accelerated != refused:
            raise Wrong(f"plain nfsd: {twin.word(replies[0])}, but {twin.word(replies[1])} follows")
        if plain == accelerated == refused:
            return f"{time.monotonic() - start:.1f} s, {reads} READs"
        if time.monotonic() - start > 90:
            raise Wrong(f"nothing changes: {twin.word(replies[0])}, {twin.word(replies[1])}")
    return ""


def groups_run_out():
    """mountd --manage-gids: what groups the client says it has does not matter."""
    put("managed", 0o640, 2001)
    reader = Reader(SERVER, uid=1001)
    root = Reader(SERVER)
    handle = root.find(EXPORT, "managed")
    said = []
    for _ in range(2):
        reader.warm([handle])
        edit("/etc/group", r"g2001:x:2001:.*", "g2001:x:2001:u1000")
        said.append(follows(reader, handle, True))
        edit("/etc/group", r"g2001:x:2001:.*", "g2001:x:2001:u1000,u1001")
        said.append(follows(reader, handle, False))
    return "; ".join(said)


def exports_run_out():
    """etab is changed, and the kernel is not told."""
    put("private", 0o600, 0)
    reader = Reader(SERVER)
    handle = reader.find(EXPORT, "private")
    said = []
    for _ in range(2):
        reader.warm([handle])
        edit(ETAB, "no_root_squash", "root_squash")
        said.append(follows(reader, handle, True))
        edit(ETAB, "([(,])root_squash", r"\1no_root_squash")
        said.append(follows(reader, handle, False))
    return "; ".join(said)


def firewall():
    """The connection is there already, and all it does is answered by the cache."""
    put("walled", 0o644, 0)
    reader, outside = Reader(SERVER), Reader(SERVER, "client2")
    handle = outside.find(EXPORT, "walled")
    reader.warm([handle])
    subprocess.run(["nft", "-f", "-"], check=True, input=b"""
        table inet lab {
            chain input {
                type filter hook input priority 0
                tcp dport { 2049, 2050 } ip saddr 10.9.1.2 drop
            }
        }""")
    start, stream, answers = time.monotonic(), reader.twin.accelerated, 0
    while True:
        last = time.monotonic() - start
        stream.send(nfs3.record(nfs3.call(answers, nfs3.READ, nfs3.read_args(handle), reader.cred)))
        if stream.answer(answers, 10) == twin.NOTHING:
            break
        answers += 1
        if last > 120:
            raise Wrong("the firewall's rule is never seen")
    outside.expect(handle, b"walled" * 100, "a client that may")
    subprocess.run(["nft", "delete", "table", "inet", "lab"], check=True)
    reader.twin.close()
    reader.expect(handle, b"walled" * 100, "the rule is gone")
    return f"{answers} answers in {last:.1f} s, then none"


with open("/etc/passwd", "a") as passwd, open("/etc/group", "a") as group:
    for n in 1000, 1001:
        passwd.write(f"u{n}:x:{n}:{n}::/:/bin/sh\n")
    group.write("g2001:x:2001:u1000,u1001\n")
exports.restart_mountd()
tell(groups_run_out, exports_run_out, firewall)
