# SPDX-License-Identifier: GPL-2.0-only
"""identity.py SERVER SERVER2 DISK1 DISK2: which file is it?

Each handle gets the bytes of its own file, also where another had the same number, handle
or name before, after the cache had answered for that one. SERVER2 is an nfsd in another
network namespace, which identity.sh starts before the test of that name.
"""
import os
import subprocess
import sys
import time

import nfs3
from reader import Reader, Wrong, parse, tell

SERVER, SERVER2, DISK1, DISK2 = sys.argv[1:5]
TOP, SWAP, BTRFS, BIND, TMPFS = ("/srv/" + name for name in (
    "export", "swap", "btrfs", "bind", "tmpfs"))
reader = Reader(SERVER)


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def put(path, data):
    with open(path, "wb", buffering=0) as file:
        file.write(data)


def text(what):
    return (what + " ").encode() * 40


def gone(handle, data, what):
    """
    Plain nfsd may hold a removed file open, and then let go of it at any time: it is asked
    first. What it does not know any more, the cache does not know either.
    """
    plain, accelerated = reader.ask(1, handle), reader.ask(0, handle)
    if accelerated != plain and (parse(plain).status or not parse(accelerated).status):
        raise Wrong(f"{what}: {parse(accelerated)}; plain nfsd: {parse(plain)}")
    if not parse(accelerated).status and parse(accelerated).data != data:
        raise Wrong(f"{what} became another: {parse(accelerated)}")


def inode_reuse():
    """A new file with the number of a removed one."""
    path, reused = TOP + "/reuse", 0
    for n in range(4):
        put(path, text(f"number {n}"))
        number = os.stat(path).st_ino
        handle = reader.find(TOP, "reuse")
        reader.warm([handle])
        os.unlink(path)
        deadline = time.monotonic() + (5 if reused else 60)
        # nfsd may hold the removed file open for a moment.
        while True:
            put(path, text(f"later  {n}"))
            if os.stat(path).st_ino == number or time.monotonic() > deadline:
                break
            os.unlink(path)
            gone(handle, text(f"number {n}"), "the removed file")
        reused += os.stat(path).st_ino == number
        gone(handle, text(f"number {n}"), "the old handle's file")
        reader.expect(reader.find(TOP, "reuse"), text(f"later  {n}"), "the new file")
        os.unlink(path)
    if not reused:
        raise Wrong("no inode number came twice")
    return f"{reused} of 4 numbers came twice"


def hard_links():
    path = TOP + "/link"
    put(path + "1", text("first"))
    os.link(path + "1", path + "2")
    handles = [reader.find(TOP, "link1"), reader.find(TOP, "link2")]
    reader.warm(handles)
    put(path + "2", text("second"))
    for handle in handles:
        reader.expect(handle, text("second"), "written by the other name")
    os.unlink(path + "1")
    for handle in handles:
        if reader.expect(handle, text("second"), "one name less").attr.nlink != 1:
            raise Wrong("the removed name is still counted")
    os.unlink(path + "2")


def one_file():
    """Its handle by each of three exports."""
    put(TOP + "/sub/one", text("one file"))
    ways = {"top": (TOP, "sub", "one"), "nested": (TOP + "/sub", "one"), "bind": (BIND, "one")}
    return {way: reader.find(*names) for way, names in ways.items()}


def exports_of_one_file():
    """With other handles and other fsids."""
    handles = one_file()
    if len(set(handles.values())) != 3:
        raise Wrong(f"the handles are alike: {handles}")
    reader.warm(list(handles.values()))
    fsids = {reader.expect(handle, text("one file"), way).attr.fsid
             for way, handle in handles.items()}
    put(TOP + "/sub/one", text("other bytes"))
    for way, handle in handles.items():
        reader.expect(handle, text("other bytes"), way)
    return f"{len(fsids)} fsids"


def export_taken_away():
    handles = one_file()
    reader.warm(list(handles.values()))
    run("exportfs", "-u", f"10.9.0.0/16:{BIND}")
    reader.read(handles["bind"], "export taken away")
    for way in "top", "nested":
        reader.expect(handles[way], text("one file"), way)


def unmount():
    run("exportfs", "-u", f"10.9.0.0/16:{SWAP}")
    run("exportfs", "-f")
    deadline = time.monotonic() + 60
    while subprocess.run(["umount", SWAP], stderr=subprocess.DEVNULL, check=False).returncode:
        if time.monotonic() > deadline:
            raise Wrong(f"{SWAP} stays busy")
        time.sleep(0.2)


def mount(disk):
    run("mount", disk, SWAP)
    run("exportfs", "-i", "-o", "rw,no_root_squash,insecure,no_subtree_check,fsid=5",
        f"10.9.0.0/16:{SWAP}")


def twins():
    """Two file systems that differ in the bytes of one file, and in nothing else."""
    run("mke2fs", "-q", "-F", "-t", "ext4", DISK1, "16M")
    run("mount", DISK1, SWAP)
    put(SWAP + "/file", text("on the first disk"))
    run("umount", SWAP)
    with open(DISK1, "rb") as source, open(DISK2, "wb") as target:
        target.write(source.read(16 << 20).replace(text("on the first disk"),
                                                   text("ON ANOTHER DISK. ")))


def another_file_system():
    """Mounted on the same path, with the same handle, inode, generation and times."""
    twins()
    mount(DISK1)
    handle = reader.find(SWAP, "file")
    disks = {DISK1: text("on the first disk"), DISK2: text("ON ANOTHER DISK. ")}
    for disk in DISK2, DISK1, DISK2:
        unmount()
        reader.read(handle, "nothing is mounted")
        mount(disk)
        reader.expect(handle, disks[disk], f"mounted {disk}")
        reader.warm([handle])
        reader.expect(handle, disks[disk], f"mounted {disk}, warm")


def btrfs_snapshots():
    """Device, inode number and generation are the same; only the tree is another."""
    run("btrfs", "subvolume", "create", BTRFS + "/vol")
    put(BTRFS + "/vol/file", text("the volume's"))
    os.sync()
    handles = {}
    for n in range(3):
        run("btrfs", "subvolume", "snapshot", BTRFS + "/vol", f"{BTRFS}/snap{n}")
        handles[f"snap{n}"] = reader.find(BTRFS, f"snap{n}", "file")
    handles["vol"] = reader.find(BTRFS, "vol", "file")
    reader.warm(list(handles.values()))
    contents = dict.fromkeys(handles, text("the volume's"))
    for n, name in enumerate(("snap1", "vol")):
        contents[name] = text(f"changed {n}")
        put(f"{BTRFS}/{name}/file", contents[name])
        for each, handle in handles.items():
            reader.expect(handle, contents[each], f"{each} after a change of {name}")
    reader.warm(list(handles.values()))
    run("btrfs", "subvolume", "delete", BTRFS + "/snap1")
    gone(handles.pop("snap1"), contents["snap1"], "the deleted snapshot's file")
    for each, handle in handles.items():
        reader.expect(handle, contents[each], f"{each} after another was deleted")
    run("btrfs", "subvolume", "snapshot", BTRFS + "/vol", BTRFS + "/snap1")
    reader.expect(reader.find(BTRFS, "snap1", "file"), contents["vol"], "the new snapshot")
    for name in ("vol", "snap0", "snap1", "snap2"):
        run("btrfs", "subvolume", "delete", f"{BTRFS}/{name}")


def tmpfs_holes():
    """
    Before 6.5 nfsd sends other bytes than the file's if a READ begins within a page that is
    a hole of a tmpfs. That is between it and that client: the cache learns nothing of it.
    """
    path, wrong = TMPFS + "/holes", 0
    for n in range(3):
        data = text("begin").ljust(8192, b"\0") + text(f"end {n}") * 20
        with open(path, "wb", buffering=0) as file:
            file.write(data[:4096])
            os.pwrite(file.fileno(), data[8192:], 8192)
        handle = reader.find(TMPFS, "holes")
        for offset in 5120, 4608, 6000:
            time.sleep(0.1)  # what has just been written is not learnt
            wrong += parse(reader.ask(0, handle, offset)).data != data[offset:]
        reader.expect(handle, data, "after READs within a hole")
        reader.warm([handle])
        reader.expect(handle, data, "the same, warm")
        os.unlink(path)
    return f"nfsd itself sent other bytes in {wrong} of 9 READs"


def second_nfsd():
    """In another network namespace: the same path, fsid and handle, other bytes."""
    second = nfs3.Client(SERVER2, "client1")
    mountd = nfs3.Client(SERVER2, "client1", port=nfs3.MOUNT_PORT)
    other = second.lookup(mountd.mount(SWAP), "file")[1]
    handle = reader.find(SWAP, "file")
    if other != handle:
        raise Wrong(f"the handles differ: {handle.hex()}, {other.hex()}")
    for n in range(3):
        reader.warm([handle])
        for _ in range(5):
            first = reader.ask(0, handle)
            reply = second.read(other)
            if reply.data != text("on the first disk"):
                raise Wrong(f"the second nfsd's file: {reply}")
            if text("ON ANOTHER DISK. ") not in first:
                raise Wrong("the first nfsd's file became another")
        if n == 1:
            second = nfs3.Client(SERVER2, "client1", uid=1000, gid=1000)


tests = {test.__name__: test for test in (inode_reuse, hard_links, exports_of_one_file,
                                          export_taken_away, another_file_system, btrfs_snapshots,
                                          tmpfs_holes, second_nfsd)}
tell(*(tests[name] for name in sys.argv[5:]))
