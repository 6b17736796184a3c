"""The report as an archive PDF (PDF/A-2a), and its figures as pictures; both set by typst with our own two fonts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst

from app.reports.monitoring import glyphs, words
from app.reports.monitoring.blocks import Block, Figure, Report
from data.errors import PlanningError

HERE = Path(__file__).parent
PICTURE_DPI = 220
STANDARD = "a-2a"
"""PDF/A-2a: every glyph embedded and readable as text, headings and tables tagged; made to be archived."""


class NotPrinted(PlanningError):
    """A report could not be set: a fault of our own, such as a font that is not there."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The report could not be printed: {reason}")


def pdf(report: Report) -> bytes:
    """
    Print a report; the one date in the file is the report's own.

    Raises
    ------
    NotPrinted
        On any warning too.
    """
    return _set("report.typ", {"report.json": _plain(report)}, "pdf", timestamp=int(report.at.timestamp()))


def picture(figure: Figure) -> bytes:
    """
    Draw a figure as PNG, as it stands in the PDF.

    Raises
    ------
    NotPrinted
    """
    return _set("figure.typ", {"figure.json": asdict(figure)}, "png", timestamp=0)


def _plain(report: Report) -> dict[str, Any]:
    day = report.at.astimezone(words.BEIJING)
    return {
        **{name: value for name, value in asdict(report).items() if name not in {"at", "blocks"}},
        "day": {"year": day.year, "month": day.month, "day": day.day},
        "banner": words.SYNTHETIC,
        "blocks": [_kind(block) | asdict(block) for block in report.blocks],
    }


def _kind(block: Block) -> dict[str, str]:
    return {"kind": type(block).__name__.lower()}


def _set(main: str, facts: Mapping[str, Any], form: Literal["pdf", "png"], *, timestamp: int) -> bytes:
    files = {**_templates(), **{name: _json(value) for name, value in facts.items()}}
    files = {"main.typ": files[main], **files}
    try:
        made, warnings = typst.compile_with_warnings(  # type: ignore[call-overload]  # its stub forgets files in memory
            files,
            font_paths=[str(glyphs.folder())],
            ignore_system_fonts=True,
            format=form,
            ppi=PICTURE_DPI,
            timestamp=timestamp,
            pdf_standards=[STANDARD] if form == "pdf" else [],
        )
    except typst.TypstError as error:
        raise NotPrinted(f"{error}; {'; '.join(error.hints)}") from error
    if warnings:
        raise NotPrinted("; ".join(warning.message for warning in warnings))
    if not isinstance(made, bytes):
        raise NotPrinted("a figure does not fit on its page")
    return made


def _json(facts: object) -> bytes:
    return glyphs.printable(json.dumps(facts, ensure_ascii=False)).encode()


@cache
def _templates() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(HERE.glob("*.typ"))}
