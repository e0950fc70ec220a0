#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Change bytes of a pinned BPF array: what a fault would leave behind.

poke.py MAP set OFFSET NUMBER	a 32-bit word of element 0, of a map that can be mapped
poke.py MAP flip EVERY FROM	one of every EVERY bytes of all elements, from byte FROM on, inverted
"""
import ctypes
import mmap
import os
import struct
import sys

LIBBPF = ctypes.CDLL("libbpf.so.1", use_errno=True)
INFO = "6I"  # struct bpf_map_info: type, id, key_size, value_size, max_entries, map_flags


def check(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


class Array:
    def __init__(self, path):
        self.fd = check(LIBBPF.bpf_obj_get(path.encode()))
        info = ctypes.create_string_buffer(struct.calcsize(INFO))
        size = ctypes.c_uint32(len(info))
        check(LIBBPF.bpf_obj_get_info_by_fd(self.fd, info, ctypes.byref(size)))
        _, _, _, self.value_size, self.entries, _ = struct.unpack(INFO, info.raw)

    def change(self, key, edit):
        index = ctypes.c_uint32(key)
        value = ctypes.create_string_buffer(self.value_size)
        check(LIBBPF.bpf_map_lookup_elem(self.fd, ctypes.byref(index), value))
        edit(value)
        check(LIBBPF.bpf_map_update_elem(self.fd, ctypes.byref(index), value, ctypes.c_uint64(0)))


def main():
    array = Array(sys.argv[1])
    if sys.argv[2] == "set":
        with mmap.mmap(array.fd, mmap.PAGESIZE) as page:
            struct.pack_into("=I", page, int(sys.argv[3]), int(sys.argv[4]))
        return
    every, first = int(sys.argv[3]), int(sys.argv[4])

    def flip(value):
        for at in range(first, array.value_size, every):
            value[at] = bytes([value[at][0] ^ 0xFF])

    for key in range(array.entries):
        array.change(key, flip)


main()
