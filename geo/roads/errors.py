"""Errors of roads: files that cannot be used, and stored networks that are damaged."""

from __future__ import annotations

from pathlib import Path

from data.errors import PlanningError
from data.faults import SENTENCES


def said(path: Path, error: BaseException) -> str:
    """Give what a library says of a file, by the file's name alone: the folder it lies in is nobody's business."""
    text = str(error).replace(str(path), path.name).strip().rstrip(".")
    return text or type(error).__name__


class BadRoadFile(PlanningError):
    """
    A road extract or elevation file cannot be used.

    Attributes
    ----------
    code
        Of ``data.faults.SENTENCES``.
    said
        What its sentence is filled with.
    """

    def __init__(self, path: Path, code: str, **said: object) -> None:
        self.path, self.code, self.said = path, code, said
        super().__init__(f"{path.name}: {SENTENCES[code].en.format_map(said)}")


class StoredRoadsBroken(PlanningError):
    """A stored road network is not what its hash says."""

    def __init__(self, hash: str, reason: str) -> None:
        self.hash, self.reason = hash, reason
        super().__init__(f"The stored road network {hash} is damaged: {reason}.")
