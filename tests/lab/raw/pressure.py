# SPDX-License-Identifier: GPL-2.0-only
"""pressure.py SERVER EXPORT CLIENT CONNECTIONS USERS: more than the tables hold.

A first connection is answered from the cache; then so many others come, all at once, and as
many users on each of a few. The first one must be answered on, from the cache, too. Before
that either side resets one: counted by who it was.
"""
import json
import os
import socket
import struct
import subprocess
import sys
import time

import nfs3


def spliced():
    out = subprocess.run(["nfsaccelctl", "status", "--json"], check=True, capture_output=True)
    return json.loads(out.stdout)["connections"]


def tell(good, what):
    print(("ok - " if good else "not ok - ") + what, flush=True)


def hit(client, handle, data):
    """Read until the cache answers; is every byte right meanwhile?"""
    deadline, before = time.monotonic() + 60, nfs3.counters()["hits"]
    while nfs3.counters()["hits"] == before and time.monotonic() < deadline:
        if any(client.read(handle).data != data for _ in range(5)):
            return False
        time.sleep(0.1)
    return nfs3.counters()["hits"] > before


def reset(client, who):
    if who == "client":
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.socket.close()
    else:
        subprocess.run(["ss", "-K", "sport", "=", "2049", "dport", "=",
                        str(client.socket.getsockname()[1])], check=True, stdout=subprocess.DEVNULL)


def grown(counter, before):
    deadline = time.monotonic() + 60
    while nfs3.counters()[counter] == before and time.monotonic() < deadline:
        time.sleep(0.1)
    return nfs3.counters()[counter] > before


def main():
    server, export, netns = sys.argv[1:4]
    connections, users = int(sys.argv[4]), int(sys.argv[5])
    name = max(os.listdir(export), key=lambda n: os.stat(os.path.join(export, n)).st_size % 4001)
    with open(os.path.join(export, name), "rb") as file:
        data = file.read()
    root = nfs3.Client(server, netns, port=nfs3.MOUNT_PORT).mount(export)
    first = nfs3.Client(server, netns)
    handle = first.lookup(root, name)[1]
    tell(hit(first, handle, data), "the first connection is answered from the cache")

    for who in "server", "client":
        other = nfs3.Client(server, netns)
        tell(hit(other, handle, data), "another one is answered")
        before = nfs3.counters()["resets_by_" + who]
        reset(other, who)
        tell(grown("resets_by_" + who, before), f"it is reset by the {who}, and counted")

    many = []
    wrong = 0
    for _ in range(connections):
        many.append(nfs3.Client(server, netns))
        # nfsd keeps no more than 64 strangers
        wrong += many[-1].read(handle).data != data
    for _ in range(3):
        for client in many:
            client.send_read(handle)
        wrong += sum(client.answer_read()[1].data != data for client in many)
    now = spliced()
    tell(not wrong, f"{connections} connections at once: every byte")
    tell(now["tracked"] <= now["max"] < connections, f"of them {now} are followed")
    tell(nfs3.counters()["flow_full"] > 0, "the table was full")
    tell(hit(first, handle, data), "the first one is answered on")

    wrong = 0
    for user in range(users):
        client = many[user % 8]
        client.uid, client.gid, client.groups = 1000 + user, 1000 + user, [user, user + 1]
        wrong += any(client.read(handle).data != data for _ in range(2))
    tell(not wrong, f"{users} users: every byte")
    for client in many:
        client.socket.close()
    tell(hit(first, handle, data), "the first one is answered to the end")


main()
