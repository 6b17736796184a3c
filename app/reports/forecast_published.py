"""A forecast for readers and for publication: counts of children from 1 to 4 are null, and so is what tells them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel, create_model

from app.reports.monitoring.words import small
from app.reports.monitoring.workbook import COUNTED, TELLING

COUNTED_BY_YEAR = frozenset({"pupils", "low", "high", "grades", "people", "variants"})
"""Members that hold counts of children in tables, of whatever depth."""
NEVER_MASKED = frozenset({"accuracy", "recipe"})
"""Members that hold no counts of children, though their words are alike."""
HOLDERS = frozenset({tuple, list, dict})


def masked(part: Any) -> Any:
    """Mask a part of a document, as plain JSON; sums are left as they are, as in every published output."""
    if isinstance(part, list):
        return [masked(one) for one in part]
    if not isinstance(part, dict):
        return part
    facts = {name: member(name, value) for name, value in part.items()}
    hidden = {name for name in COUNTED & part.keys() if _is_small(part[name])}
    if hidden:
        facts |= dict.fromkeys(hidden | (TELLING & part.keys()))
    return facts


def hidden(counts: Any) -> Any:
    """Mask every number of a table of counts."""
    if isinstance(counts, list):
        return [hidden(one) for one in counts]
    if isinstance(counts, dict):
        return {name: hidden(value) for name, value in counts.items()}
    return None if _is_small(counts) else counts


def member(name: str, value: Any) -> Any:
    """Mask what a part holds under a name."""
    if name in NEVER_MASKED or not isinstance(value, (dict, list)):
        return value
    return hidden(value) if name in COUNTED_BY_YEAR else masked(value)


def _is_small(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and small(value)


@cache
def as_sent(kind: Any) -> Any:
    """Give the form in which a part, or lists and mappings of parts, are sent: what may be masked may be null."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _model_as_sent(kind)
    return _within(kind, as_sent)


def _model_as_sent(part: type[BaseModel]) -> type[BaseModel]:
    changed: dict[str, Any] = {}
    for name, field in part.model_fields.items():
        sent = _member_as_sent(name, field.annotation)
        if sent != field.annotation:
            changed[name] = (sent, ...)
    if not changed:
        return part
    return create_model(part.__name__, __base__=part, __doc__=part.__doc__, __module__=__name__, **changed)


def _member_as_sent(name: str, kind: Any) -> Any:
    if get_origin(kind) in HOLDERS:
        return _nullable(kind) if name in COUNTED_BY_YEAR else as_sent(kind)
    return kind | None if name in COUNTED | TELLING else as_sent(kind)


def _nullable(counts: Any) -> Any:
    return counts | None if counts is int else _within(counts, _nullable)


def _within(kind: Any, change: Callable[[Any], Any]) -> Any:
    """Change what tuples, lists and mappings hold."""
    origin = get_origin(kind)
    return origin[tuple(change(one) for one in get_args(kind))] if origin in HOLDERS else kind
