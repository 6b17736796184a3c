"""CSV files: UTF-8 with or without its mark, UTF-16 with its mark, or GB18030."""

from __future__ import annotations

import codecs

from data import csv_text
from data.faults import Findings, Where
from data.importers.sheets import RawSheet
from data.importers.sources import SourceFile, decoded

DELIMITERS = (",", "\t", ";")


def read_csv(source: SourceFile, findings: Findings) -> RawSheet | None:
    """Read one CSV file as text; ``None`` where it is empty or cannot be read, which is then reported."""
    content = source.path.read_bytes()
    text = _decoded(content, source, findings)
    if text is None:
        return None
    if not text.strip():
        findings.add("file-empty", Where(source.name))
        return None
    rows: list[list[str]] = []
    try:
        rows.extend(csv_text.read(text, _delimiter(text)))
    except csv_text.BadCsv as broken:
        findings.add("csv-broken", Where(source.name, row=len(rows) + 1), error=broken)
        return None
    return RawSheet(source.name, (source.name, source.stem), rows, list(range(1, len(rows) + 1)))


def _decoded(content: bytes, source: SourceFile, findings: Findings) -> str | None:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    try:
        return decoded(content)
    except UnicodeDecodeError as unreadable:
        line = content.count(b"\n", 0, unreadable.start) + 1
        findings.add("encoding", Where(source.name, row=line), byte=unreadable.start + 1)
        return None


def _delimiter(text: str) -> str:
    """Choose comma unless the first line with text has none but has a tab or semicolon."""
    first = next(line for line in text.splitlines() if line.strip())
    return next((delimiter for delimiter in DELIMITERS if delimiter in first), ",")
