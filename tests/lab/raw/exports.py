# SPDX-License-Identifier: GPL-2.0-only
"""Exports by chance, as an administrator would make and change them.

Three places may be exported, to two clients each with options of its own: the top of a file
system, a directory in it, and another file system mounted on a directory of it.
"""
import os
import signal
import subprocess
import time

TOP = "/srv/export"
PLACES = (TOP, TOP + "/sub", TOP + "/mnt")
NETS = {"client1": ("10.9.1.2/32", "fd09:0:0:1::2/128"), "client2": ("10.9.2.2/32", "10.9.2.0/24")}
IDS = 0, 1000, 1001, 1002, 2000, 65534
CACHES = "auth.unix.ip", "auth.unix.gid", "nfsd.fh", "nfsd.export"
TLS = tuple(map(int, os.uname().release.split(".")[:2])) >= (6, 12)


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def options(rng, place, plain=False):
    """Options of one export; `plain`: only such as nfsaccel answers under."""
    chosen = [rng.choice(("rw", "ro")), rng.choice(("sync", "async")),
              rng.choice(("insecure", "insecure", "secure")),
              rng.choice(("root_squash", "no_root_squash", "all_squash")), "no_subtree_check"]
    for option in "anonuid", "anongid":
        if rng.random() < 0.3:
            chosen.append(f"{option}={rng.choice(IDS)}")
    if rng.random() < 0.5:
        chosen.append("crossmnt" if place == TOP else "nohide")
    if plain:
        return ",".join(chosen)
    if rng.random() < 0.15:
        chosen[4] = "subtree_check"
    if rng.random() < 0.3:
        chosen.append("sec=" + rng.choice(("krb5", "sys:krb5", "krb5:sys", "none", "sys:none",
                                           "krb5,ro,sec=sys,rw", "krb5i:krb5p")))
    if rng.random() < 0.1:
        chosen.append("fsid=7" if place == TOP else "no_acl")
    if TLS and rng.random() < 0.1:
        chosen.append("xprtsec=" + rng.choice(("tls", "none:tls", "mtls")))
    return ",".join(chosen)


class Exports:
    """What is exported: {(place, net): options}."""

    def __init__(self, rng):
        self.rng, self.table, self.manage_gids, self.ttl = rng, {}, False, None

    def generate(self, plain):
        """The top for client 1 always; each other place and client perhaps."""
        self.table = {}
        for place in PLACES:
            for client, nets in NETS.items():
                if (place, client) == (TOP, "client1") or self.rng.random() < 0.6:
                    chosen = options(self.rng, place, plain)
                    for net in nets:
                        # client 2's second net holds the first, and mountd has to choose
                        if net != "10.9.2.0/24" or self.rng.random() < 0.5:
                            self.table[place, net] = chosen
        self.apply()

    def apply(self):
        self.write()
        run("exportfs", "-ra")

    def write(self):
        with open("/etc/exports", "w") as out:
            for (place, net), chosen in self.table.items():
                out.write(f"{place} {net}({chosen})\n")

    def restart_mountd(self):
        pid = int(subprocess.run(["pidof", "rpc.mountd"], check=True, capture_output=True).stdout)
        os.kill(pid, signal.SIGTERM)
        while os.path.exists(f"/proc/{pid}"):
            time.sleep(0.02)
        more = ["--manage-gids"] if self.manage_gids else []
        run("rpc.mountd", *more, *(["--ttl", str(self.ttl)] if self.ttl else []))

    def change(self):
        """One thing that an administrator may do; returns what."""
        rng = self.rng
        place, net = rng.choice(list(self.table))
        kind = rng.choice(("edited", "edited", "taken away", "-u", "-i", "-f", "-au", "flush",
                           "mountd", "manage-gids"))
        chosen = options(rng, place)
        host = f"[{net}]" if ":" in net else net
        if ":" in net:
            host = "[" + net.replace("/", "]/")
        if kind == "edited":
            self.table[place, net] = chosen
            self.apply()
        elif kind == "taken away":
            del self.table[place, net]
            self.apply()
            if not self.table:
                self.table[TOP, "10.9.1.2/32"] = chosen
        elif kind == "-u":
            run("exportfs", "-u", f"{host}:{place}")
        elif kind == "-i":
            run("exportfs", "-i", "-o", chosen, f"{host}:{place}")
        elif kind in ("-f", "-au"):
            run("exportfs", kind)
        elif kind == "flush":
            for cache in rng.sample(CACHES, rng.randint(1, 4)):
                with open(f"/proc/net/rpc/{cache}/flush", "w") as flush:
                    flush.write(f"{int(time.time()) + 1}\n")
        else:
            self.manage_gids ^= kind == "manage-gids"
            self.restart_mountd()
        return f"exports: {kind} {place} {net}"
