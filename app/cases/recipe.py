"""What a forecast is asked for."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from app.cases.strict import Strict


class Recipe(Strict):
    """
    What a forecast is asked for.

    ``last_year``: the last September forecast. ``fertility``: births of the years not yet counted. ``migrants_change``:
    the demand of migrant children against today's, -0.2 to 0.2 in the plan's sensitivity. ``paths`` sample paths of
    ``seed`` make the bands, which hold the share ``band`` of them. ``as_of``: the day of the warnings, today when not
    given: norms in force on it hold, and dates to act before it are overdue. ``sources``: of people and births, by
    preference; those not named follow, the one that tells most first.
    """

    last_year: Annotated[int, Field(ge=2000, le=2060)] = 2035
    fertility: Literal["low", "middle", "high"] = "middle"
    migrants_change: Annotated[float, Field(ge=-0.5, le=0.5)] = 0.0
    paths: Annotated[int, Field(ge=50, le=1_000)] = 200
    seed: Annotated[int, Field(ge=0, le=2_147_483_647)] = 1
    band: Annotated[float, Field(ge=0.5, le=0.99)] = 0.8
    as_of: date | None = None
    sources: tuple[Annotated[str, Field(max_length=200)], ...] = ()
