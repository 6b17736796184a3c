"""GeoJSON (RFC 7946) as bytes: the same input gives the same bytes, so that they can be hashed for an ETag."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.crs import Shapes
from geo.errors import UnequalLengths

DECIMALS = 6
"""Decimals of a degree that are written: about 0.1 m."""


def feature_collection(
    geometries: Sequence[BaseGeometry] | Shapes,
    properties: Sequence[Mapping[str, object]],
    *,
    ids: Sequence[str] | None = None,
    members: Mapping[str, object] | None = None,
) -> bytes:
    """
    Write a FeatureCollection in UTF-8.

    Parameters
    ----------
    geometries
        Longitude and latitude. Coordinates are rounded to six decimals in a way that keeps polygons valid, rings
        turn as RFC 7946 asks, and an empty shape becomes ``null``.
    properties
        One mapping for each geometry, keys in the order wanted; values as `json` takes them.
    ids
        Member ``id`` of the features; ``None`` leaves it out.
    members
        More members of the collection, such as ``{"synthetic": true}``, written before the features.

    Raises
    ------
    UnequalLengths
        When properties or ids do not match the geometries in number.
    """
    shapes = np.asarray(geometries, dtype=object)
    if len(properties) != len(shapes):
        raise UnequalLengths("properties", len(properties), "geometries", len(shapes))
    if ids is not None and len(ids) != len(shapes):
        raise UnequalLengths("ids", len(ids), "geometries", len(shapes))
    names = [f'"id":{_text(name)},' for name in ids] if ids is not None else [""] * len(shapes)
    features = ",".join(
        f'{{"type":"Feature",{name}"geometry":{geometry},"properties":{_text(dict(row))}}}'
        for name, geometry, row in zip(names, _geometries(shapes), properties, strict=True)
    )
    more = "".join(f"{_text(key)}:{_text(value)}," for key, value in (members or {}).items())
    return f'{{"type":"FeatureCollection",{more}"features":[{features}]}}'.encode()


def _geometries(shapes: Shapes) -> list[str]:
    if shapes.size == 0:
        return []
    rounded = shapely.orient_polygons(shapely.set_precision(shapes, 10.0**-DECIMALS))
    empty = shapely.is_empty(rounded)
    return ["null" if nothing else str(text) for nothing, text in zip(empty, shapely.to_geojson(rounded), strict=True)]


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
