# SPDX-License-Identifier: GPL-2.0-only
"""refuse.py SERVER EXPORT FILE: who may read what, written to FILE as JSON.

Run with plain nfsd and with the accelerator: the answers must not differ. Before each
question those who may read the file do so until (with the accelerator) the cache answers.
"""
import json
import os
import struct
import subprocess
import sys
import time

import nfs3

SERVER, EXPORT, OUTPUT = sys.argv[1:4]
ACCELERATED = sys.argv[4:] == ["accelerated"]
DIR = EXPORT + "/refuse"
WORLD, NETS = "10.9.0.0/16", ("10.9.0.0/16", "fd09::/48")
USUAL = "rw,sync,no_subtree_check,no_root_squash,insecure"
answers, failed, clients = {}, 0, {}


def client(where="client1", uid=0, gid=None, groups=(), source_port=None):
    key = where, uid, uid if gid is None else gid, tuple(groups), source_port
    if key not in clients:
        clients[key] = nfs3.Client(SERVER, where, key[1], key[2], key[3], timeout=4,
                                   source_port=source_port)
    return clients[key]


def answer(who, handle):
    """What a READ brings, in a word; a connection that was closed is made anew."""
    try:
        reply = who.read(handle)
        if reply.status == nfs3.OK:
            return f"{reply.count} bytes, eof {reply.eof}, mode {reply.attr.mode:o}"
        return f"status {reply.status}"
    except nfs3.Denied as denied:
        return f"denied {denied.args}"
    except TimeoutError:
        return forget(who, "nothing")
    except ConnectionError:
        return forget(who, "closed")


def forget(who, what):
    for key in [key for key, known in clients.items() if known is who]:
        del clients[key]
    return what


def warm(who, handle):
    deadline = time.monotonic() + 10
    while True:
        if not answer(who, handle).endswith(tuple("01234567")):
            raise SystemExit("who may read is refused")
        if not ACCELERATED:
            return
        before = nfs3.counters()["hits"]
        answer(who, handle)
        if nfs3.counters()["hits"] > before:
            return
        if time.monotonic() > deadline:
            raise SystemExit("the cache does not answer: " + str(
                {k: v for k, v in nfs3.counters().items() if v}))


def ask(question, who, handle):
    answers[question] = answer(who, handle)


def file(name, mode, uid=0, gid=0):
    path = f"{DIR}/{name}"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.write(fd, (name * 300).encode())
    os.close(fd)
    os.chown(path, uid, gid)
    os.chmod(path, mode)
    status, handle = client().lookup(directory, name)
    return path, handle


def exports(options, nets=NETS):
    """Only these, with these options."""
    subprocess.run(["exportfs", "-au"], check=True)
    for net in nets:
        subprocess.run(["exportfs", "-i", "-o", options, f"[{net}]:{EXPORT}".replace(
            "[10", "10").replace("16]", "16").replace("32]", "32")], check=True)


def identities():
    path, handle = file("private", 0o600)
    warm(client(), handle)
    ask("0600 of root, uid 1000", client(uid=1000), handle)
    ask("0600 of root, uid 1000 in group 0", client(uid=1000, groups=[0]), handle)
    ask("0600 of root, root with groups", client(groups=[5, 6]), handle)
    ask("0600 of root, root of client 2", client("client2"), handle)

    path, handle = file("group", 0o640, 0, 2000)
    warm(client(uid=1000, groups=[5, 2000]), handle)
    for groups in [], [2001], [5], [5, 2000], [2000, 5], [5, 2000, 6], [200], list(range(16)):
        ask(f"0640 of group 2000, uid 1000 in {groups}", client(uid=1000, groups=groups), handle)
    ask("0640 of group 2000, gid 2000", client(uid=1000, gid=2000), handle)
    ask("0640 of group 2000, uid 2000", client(uid=2000, gid=1), handle)
    ask("0640 of group 2000, other client", client("client2", uid=1000, groups=[5]), handle)

    path, handle = file("own", 0o000, 1000, 1000)
    warm(client(uid=1000), handle)
    ask("0000 of uid 1000, its owner", client(uid=1000), handle)
    ask("0000 of uid 1000, its group", client(uid=1001, gid=1000), handle)

    path, handle = file("acl", 0o600)
    subprocess.run(["setfacl", "-m", "u:1000:r", path], check=True)
    warm(client(uid=1000), handle)
    ask("ACL for uid 1000, uid 1001", client(uid=1001), handle)
    subprocess.run(["setfacl", "-b", path], check=True)
    ask("ACL taken away", client(uid=1000), handle)


def chmods():
    path, handle = file("chmod", 0o644)
    for mode in 0o600, 0o644, 0o000, 0o604, 0o640, 0o444:
        for uid in 1000, 0:
            warm(client(uid=uid), handle)
        os.chmod(path, mode)
        for uid in 1000, 0:
            ask(f"chmod {mode:o}, uid {uid}", client(uid=uid), handle)
        os.chmod(path, 0o644)
    for uid, gid in (1000, 1000), (0, 2000), (1001, 1000):
        os.chmod(path, 0o640)
        os.chown(path, 1000, 0)
        warm(client(uid=1000), handle)
        os.chown(path, uid, gid)
        ask(f"chown {uid}:{gid}", client(uid=1000), handle)


def exported():
    path, handle = file("exported", 0o644)
    private = file("exported-private", 0o600)[1]
    readers = [client(), client(uid=1000), client("client2")]

    def all_warm():
        for who in readers:
            warm(who, handle)
        warm(client(), private)

    all_warm()
    ask("client of no export", client("client0"), handle)
    ask("client of no export, uid 1000", client("client0", uid=1000), handle)

    exports(USUAL, nets=[])
    ask("exportfs -u", client(), handle)
    ask("exportfs -u, uid 1000", client(uid=1000), handle)
    exports(USUAL)
    ask("exported again", client(), handle)

    all_warm()
    exports(USUAL, nets=["10.9.1.2/32"])
    ask("only client 1, client 1", client(), handle)
    ask("only client 1, client 2", client("client2"), handle)
    exports(USUAL)

    all_warm()
    exports(USUAL.replace("no_root_squash", "root_squash"))
    ask("root_squash, root", client(), handle)
    ask("root_squash, root, private", client(), private)
    ask("root_squash, uid 1000", client(uid=1000), handle)
    exports(USUAL)

    all_warm()
    exports(USUAL + ",all_squash,anonuid=1000,anongid=1000")
    os.chmod(path, 0o000)
    os.chown(path, 1000, 1000)
    warm(client(uid=5), handle)
    ask("all_squash to the owner, uid 7", client(uid=7), handle)
    exports(USUAL)
    ask("all_squash no more", client(uid=5), handle)
    os.chmod(path, 0o644)

    all_warm()
    exports(USUAL.replace("insecure", "secure"))
    low = client(source_port=900 + os.getpid() % 100)
    warm(low, handle)
    ask("secure, low port", low, handle)
    ask("secure, high port", client(), handle)
    exports(USUAL.replace("rw", "ro"))
    ask("ro", client(), handle)
    exports(USUAL)


def firewall():
    """Netfilter sees nothing of a connection whose READs are all hits for some seconds only."""
    handle = file("firewall", 0o644)[1]
    who = client()
    warm(who, handle)
    subprocess.run(["nft", "-f", "-"], check=True, input=b"""
        table inet lab {
            chain input {
                type filter hook input priority 0
                tcp dport 2049 ip saddr 10.9.1.2 drop
            }
        }""")
    end = time.monotonic() + 7
    while time.monotonic() < end and answer(who, handle) != "nothing":
        pass
    ask("firewall", who, handle)
    subprocess.run(["nft", "delete", "table", "inet", "lab"], check=True)
    ask("firewall gone", client(), handle)


os.makedirs(DIR, exist_ok=True)
root = nfs3.Client(SERVER, "client1", port=nfs3.MOUNT_PORT).mount(EXPORT)
directory = client().lookup(root, "refuse")[1]
for subject in identities, chmods, exported, firewall:
    subject()
with open(OUTPUT, "w") as out:
    json.dump(answers, out)
