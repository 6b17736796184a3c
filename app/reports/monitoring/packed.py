"""Zip files that are the same whenever they are made: parts in their order, one date, no trace of the machine."""

from __future__ import annotations

import io
import zipfile

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first date that a zip file can hold."""


def same_always(content: bytes) -> bytes:
    """Pack the parts of a zip file again without the time at which they were written."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            part = zipfile.ZipInfo(name, EPOCH)
            part.compress_type = zipfile.ZIP_DEFLATED
            part.create_system = 0
            new.writestr(part, old.read(name), compresslevel=6)
    return out.getvalue()
