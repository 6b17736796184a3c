"""Comma-separated text, as RFC 4180 has it; outlines make fields of any length."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

csv.field_size_limit(1 << 30)  # the module's own limit, 128 KiB, is shorter than the outline of a large village

BadCsv = csv.Error
"""Raised by ``read`` at a quote that does not close or a text after a closing quote."""


def write(rows: Iterable[Sequence[str]]) -> str:
    """Write rows of texts, with the line ends that also protect a text with a bare carriage return."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def read(text: str, delimiter: str = ",") -> Iterator[list[str]]:
    """Read rows one by one; a blank line is an empty row."""
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
