"""A box of longitude and latitude in a query, as ``bbox=west,south,east,north``."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from fastapi.exceptions import RequestValidationError

NUMBER = r"\s*-?\d{1,3}(\.\d+)?\s*"

Box = tuple[float, float, float, float]
"""West, south, east, north, in degrees."""

BoxText = Annotated[
    str | None, Query(pattern=rf"^{NUMBER}(,{NUMBER}){{3}}$", description="West, south, east, north, in degrees.")
]


def box_of(text: str) -> Box:
    """
    Read a box that has the form of ``BoxText``.

    Raises
    ------
    RequestValidationError
        When its sides are not in this order.
    """
    west, south, east, north = (float(number) for number in text.split(","))
    if west > east or south > north:
        fault = {"loc": ("query", "bbox"), "msg": "expected west,south,east,north", "type": "value_error"}
        raise RequestValidationError([fault])
    return west, south, east, north
