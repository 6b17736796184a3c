"""GeoJSON that other programs read."""

import json

import pytest
import shapely
from shapely import Point, Polygon, box

from geo.errors import UnequalLengths
from geo.geojson import feature_collection


def test_a_collection_is_written_as_rfc_7946_asks():
    clockwise = Polygon([(107, 30), (107, 31), (108, 31), (108, 30)])
    text = feature_collection(
        [clockwise, Point(107.12345678, 30)],
        [{"name": "河东村"}, {"pupils": 3}],
        ids=["a", "b"],
        members={"synthetic": True},
    )
    collection = json.loads(text)
    assert collection["type"] == "FeatureCollection"
    assert collection["synthetic"] is True
    first, second = collection["features"]
    assert first["id"] == "a"
    assert first["properties"] == {"name": "河东村"}
    assert shapely.geometry.shape(first["geometry"]).exterior.is_ccw
    assert second["geometry"] == {"type": "Point", "coordinates": [107.123457, 30.0]}
    assert "河东村".encode() in text


def test_the_same_input_gives_the_same_bytes():
    shapes, rows = [box(107, 30, 107.1, 30.1)], [{"b": 1, "a": 2}]
    assert feature_collection(shapes, rows) == feature_collection(shapes, rows)
    assert b'{"b":1,"a":2}' in feature_collection(shapes, rows)


def test_rounding_keeps_a_polygon_valid():
    # A spike thinner than a rounding step would fold over itself if its corners were rounded one by one.
    thin = Polygon([(107, 30), (107.1, 30), (107.05, 30.0000002), (107.1, 30.1), (107, 30.1)])
    (feature,) = json.loads(feature_collection([thin], [{}]))["features"]
    assert shapely.geometry.shape(feature["geometry"]).is_valid


def test_an_empty_shape_is_null_and_no_shapes_are_no_features():
    assert json.loads(feature_collection([Polygon()], [{}]))["features"][0]["geometry"] is None
    assert json.loads(feature_collection([], []))["features"] == []


def test_rows_and_ids_must_match_the_shapes():
    with pytest.raises(UnequalLengths):
        feature_collection([Point(107, 30)], [])
    with pytest.raises(UnequalLengths):
        feature_collection([Point(107, 30)], [{}], ids=[])
