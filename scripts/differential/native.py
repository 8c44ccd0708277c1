"""Where device code may lie in a native file, found without gpucheck: for cutting out what cuobjdump cannot see by itself."""

from __future__ import annotations

import mmap
import struct
from collections import Counter
from typing import Iterator, NamedTuple

FATBIN = bytes.fromhex("50ED55BA01001000")  # magic, version 1, header of 16 bytes
MAGIC = FATBIN[:4]
CUBIN_MACHINE = 190
PTX, SASS = 1, 2
KINDS = {1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x100}
NAMED = {b".nv_fatbin", b"__nv_relfatbin", b".nv_fatb", b"__nv_rel"}

Bytes = mmap.mmap | bytes


class Range(NamedTuple):
    start: int
    end: int


def kind(head: bytes) -> str | None:
    """What a file is by its first 64 bytes; nothing for what carries no device code."""
    if head[:4] == b"\x7fELF":
        return "cubin" if head[18:20] == CUBIN_MACHINE.to_bytes(2, "little") else "elf"
    if head[:2] == b"MZ":
        return "pe"
    if head[:8] in (b"!<arch>\n", b"!<thin>\n"):
        return "ar"
    if head[:4] == MAGIC:
        return "fatbin"
    return None


def sections(data: Bytes, kind: str) -> list[Range]:
    """The sections that are named for device code."""
    return [Range(start, start + size) for name, start, size in (elf(data) if kind == "elf" else pe(data)) if name in NAMED]


def elf(data: Bytes) -> Iterator[tuple[bytes, int, int]]:
    if data[4] != 2:
        return
    (offset,) = struct.unpack_from("<Q", data, 40)
    _, count, names = struct.unpack_from("<HHH", data, 58)
    headers = [struct.unpack_from("<IIQQQQ", data, offset + 64 * index) for index in range(count)]
    if not headers:
        return
    strings = headers[names][4]
    for name, section_type, _, _, start, size in headers:
        if section_type != 8:  # SHT_NOBITS
            begin = strings + name
            yield data[begin : data.find(b"\0", begin)], start, size


def pe(data: Bytes) -> Iterator[tuple[bytes, int, int]]:
    (header,) = struct.unpack_from("<I", data, 0x3C)
    (count,) = struct.unpack_from("<H", data, header + 6)
    (optional,) = struct.unpack_from("<H", data, header + 20)
    for index in range(count):
        name, virtual, _, raw, start = struct.unpack_from("<8sIIII", data, header + 24 + optional + 40 * index)
        yield name.rstrip(b"\0"), start, min(virtual, raw)


def fatbins(data: Bytes, within: Range) -> Iterator[Range]:
    """Fatbins in a range: a header whose entries fill it exactly."""
    position = within.start
    while (position := data.find(FATBIN, position, within.end)) >= 0:
        (size,) = struct.unpack_from("<Q", data, position + 8)
        end = position + 16 + size
        if size and end <= within.end and tiles(data, position + 16, end):
            yield Range(position, end)
            position = end
        else:
            position += 4


def tiles(data: Bytes, position: int, end: int) -> bool:
    while position + 64 <= end:
        entry, _, header, padded = struct.unpack_from("<HHIQ", data, position)
        if entry not in KINDS or header < 64:
            return False
        position += header + padded
    return position == end


def other_kinds(data: Bytes, containers: list[Range]) -> Counter[str]:
    """Entries that cuobjdump does not list: LTO-IR, Tile IR."""
    names = {8: "LTO-IR", 0x80: "Tile IR", 0x100: "compressed group"}
    counts: Counter[str] = Counter()
    for container in containers:
        position = container.start + 16
        while position < container.end:
            entry, _, header, padded = struct.unpack_from("<HHIQ", data, position)
            if entry not in (PTX, SASS):
                counts[names.get(entry, f"kind {entry}")] += 1
            position += header + padded
    return counts


def gaps(length: int, taken: list[Range]) -> Iterator[Range]:
    """What lies between the taken ranges."""
    position = 0
    for taken_range in sorted(taken):
        if position < taken_range.start:
            yield Range(position, taken_range.start)
        position = max(position, taken_range.end)
    if position < length:
        yield Range(position, length)


def cubins(data: Bytes, within: Range) -> Iterator[Range]:
    """Bare cubins in a range: ELF headers of NVIDIA's machine whose tables lie in the range."""
    position = within.start
    while (position := data.find(b"\x7fELF\x02\x01\x01", position, within.end)) >= 0:
        end = position + 64
        if end <= within.end and struct.unpack_from("<H", data, position + 18)[0] == CUBIN_MACHINE:
            programs, tables = struct.unpack_from("<QQ", data, position + 32)
            program_size, program_count, size, count = struct.unpack_from("<HHHH", data, position + 54)
            stop = position + max(tables + size * count, programs + program_size * program_count)
            if tables >= 64 and count and stop <= within.end:
                yield Range(position, stop)
                end = stop
        position = max(position + 4, end if end > position + 64 else 0)


def count(data: Bytes, pattern: bytes, within: Range) -> int:
    """How often a pattern stands in a range."""
    total, position = 0, within.start
    while (position := data.find(pattern, position, within.end)) >= 0:
        total, position = total + 1, position + len(pattern)
    return total


def wrapped(parts: list[bytes]) -> bytes:
    """An ELF object whose section `.nv_fatbin` holds these containers: a form that cuobjdump reads."""
    body = b"".join(part + bytes(-len(part) % 8) for part in parts)
    names = b"\0.nv_fatbin\0.shstrtab\0"
    at_names = 64 + len(body)
    table = at_names + len(names) + (-(at_names + len(names)) % 8)
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 1, 62, 1, 0, 0, table, 0, 64, 0, 0, 64, 3, 2)
    rows = [
        bytes(64),
        struct.pack("<IIQQQQIIQQ", 1, 1, 2, 0, 64, len(body), 0, 0, 8, 0),
        struct.pack("<IIQQQQIIQQ", 12, 3, 0, 0, at_names, len(names), 0, 0, 1, 0),
    ]
    return header + body + names + bytes(table - at_names - len(names)) + b"".join(rows)
