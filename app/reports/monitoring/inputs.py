"""
What a report is made from, all of it stored: forecasts, comments, and who signed.

The hash of a report is the SHA-256 of these facts as canonical JSON, forecasts and parts by their own hashes. The files
of a report are made from its inputs alone, so that they are the same bytes whenever they are made again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from app.cases.forecast_document import ForecastDocument


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed: the ``name`` given, when, and the token it was done with."""

    name: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """A stored forecast with the hash of its canonical document."""

    id: str
    hash: str
    document: ForecastDocument


@dataclass(frozen=True, slots=True)
class Previous:
    """The signed report of the last time, to compare with."""

    id: str
    hash: str
    title: str
    document: ForecastDocument


@dataclass(frozen=True, slots=True)
class DistrictInputs:
    """The inputs of a district's report."""

    id: str
    title: str
    division: str
    comments: str
    created_at: datetime
    created_by: str
    signature: Signature | None
    forecast: Forecast
    previous: Previous | None

    @property
    def synthetic(self) -> bool:
        """Tell whether its figures are made up."""
        return self.forecast.document.synthetic

    @property
    def hash(self) -> str:
        """Hash the inputs."""
        facts = _facts(self) | {
            "division": self.division,
            "forecast": {"id": self.forecast.id, "hash": self.forecast.hash},
            "previous": None if self.previous is None else {"id": self.previous.id, "hash": self.previous.hash},
        }
        return fingerprint(facts)


@dataclass(frozen=True, slots=True)
class CityInputs:
    """The inputs of the city's report: the signed reports of districts, in the order of their divisions."""

    id: str
    title: str
    comments: str
    created_at: datetime
    created_by: str
    signature: Signature | None
    parts: tuple[DistrictInputs, ...]

    @property
    def synthetic(self) -> bool:
        """Tell whether the figures of any part are made up."""
        return any(part.synthetic for part in self.parts)

    @property
    def hash(self) -> str:
        """Hash the inputs."""
        return fingerprint(_facts(self) | {"parts": [{"id": part.id, "hash": part.hash} for part in self.parts]})


Inputs = DistrictInputs | CityInputs


def _facts(inputs: Inputs) -> dict[str, object]:
    signature = inputs.signature
    return {
        "id": inputs.id,
        "title": inputs.title,
        "comments": inputs.comments,
        "created_at": _utc(inputs.created_at),
        "created_by": inputs.created_by,
        "signature": signature
        and {"name": signature.name, "at": _utc(signature.at), "by": signature.by},
    }  # fmt: skip


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def fingerprint(facts: object) -> str:
    """Hash plain facts: SHA-256 of their canonical JSON."""
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
