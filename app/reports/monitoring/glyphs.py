"""
Which characters the fonts of a report hold.

A name or a comment may hold a character that no font has; an empty box would say nothing, and an archive PDF must not
have one. It is printed as 〓, as Chinese typesetters do.
"""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path

import pylopdf_fonts_zh_cn as fonts

MISSING = "〓"
FORMAT_WHOLE_UNICODE = 12
"""Of the character tables of an OpenType font, the one that reaches beyond the first 65,536 characters."""


def printable(text: str) -> str:
    """Put 〓 for every character that is in neither font; breaks of lines stay."""
    held = _held()
    return "".join(sign if sign in "\n\t" or held[ord(sign)] else MISSING for sign in text)


@cache
def _held() -> bytes:
    """Mark every character that both fonts hold."""
    marks = [_characters(path.read_bytes()) for path in (fonts.sans_path(), fonts.serif_path())]
    return bytes(a & b for a, b in zip(*marks, strict=True))


def _characters(font: bytes) -> bytearray:
    """
    Read the character table of a font file.

    Source: ISO/IEC 14496-22, Open Font Format, ``cmap`` subtable format 12.
    """
    cmap = _table(font, b"cmap")
    (count,) = struct.unpack_from(">H", font, cmap + 2)
    marks = bytearray(0x110000)
    for record in range(count):
        (offset,) = struct.unpack_from(">I", font, cmap + 4 + 8 * record + 4)
        start = cmap + offset
        if struct.unpack_from(">H", font, start)[0] == FORMAT_WHOLE_UNICODE:
            (groups,) = struct.unpack_from(">I", font, start + 12)
            for group in range(groups):
                first, last, _ = struct.unpack_from(">III", font, start + 16 + 12 * group)
                marks[first : last + 1] = b"\x01" * (last + 1 - first)
    return marks


def _table(font: bytes, tag: bytes) -> int:
    """Find where a table of a font file begins."""
    (count,) = struct.unpack_from(">H", font, 4)
    for entry in range(count):
        name, _, offset, _ = struct.unpack_from(">4sIII", font, 12 + 16 * entry)
        if name == tag:
            return int(offset)
    raise ValueError(f"the font holds no table {tag.decode()}")


def folder() -> Path:
    """Tell where the fonts are."""
    return fonts.sans_path().parent
