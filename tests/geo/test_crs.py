"""Degrees to metres: zones by their published meridians, lengths against the ellipsoid."""

import numpy as np
import pytest
from pyproj import Geod
from shapely import Point, Polygon

from geo import crs
from geo.errors import UnequalLengths, WrongCrs


@pytest.mark.parametrize(
    ("lon", "epsg"),
    [(75.0, 4534), (106.4, 4544), (107.4, 4545), (109.4, 4545), (112.9, 4547), (114.0, 4547), (120.9, 4549)],
)
def test_the_zone_is_that_of_the_nearest_meridian(lon, epsg):
    # EPSG register: 4534 has the central meridian 75 E and each next code 3 degrees more, so 4547 has 114 E.
    zone = crs.metric_crs(lon, 30.0)
    assert zone.to_epsg() == epsg
    meridian = {step.name: step.value for step in zone.coordinate_operation.params}["Longitude of natural origin"]
    assert abs(lon - meridian) <= 1.5


@pytest.mark.parametrize(("lon", "lat"), [(30.0, 107.0), (36_500_000.0, 3_300_000.0), (107.0, np.nan)])
def test_what_is_no_place_is_refused(lon, lat):
    with pytest.raises(WrongCrs):
        crs.metric_crs(lon, lat)


@pytest.mark.parametrize(
    ("lon", "lat", "epsg"),
    [(1.5, 42.5, 32631), (-46.6, -23.5, 32723), (-180.0, 10.0, 32601), (180.0, 10.0, 32660)],
)
def test_a_place_outside_the_zones_has_its_utm_zone(lon, lat, epsg):
    # UTM: zone 1 begins at 180 W and each has 6 degrees; EPSG 326xx north of the equator, 327xx south.
    assert crs.metric_crs(lon, lat).to_epsg() == epsg


def test_metres_agree_with_the_ellipsoid_near_the_meridian():
    lon, lat = np.array([107.9, 108.1]), np.array([30.0, 30.2])
    points = crs.project_points(lon, lat)
    _, _, metres = Geod(ellps="GRS80").inv(lon[0], lat[0], lon[1], lat[1])
    assert np.hypot(*(points[1] - points[0])) == pytest.approx(metres, rel=2e-5)


def test_two_sets_given_one_system_can_be_measured_together():
    one = crs.metric_crs(106.49, 29.5)
    homes = crs.project_points([106.49], [29.5], one)
    schools = crs.project_points([106.51], [29.5], one)
    _, _, metres = Geod(ellps="GRS80").inv(106.49, 29.5, 106.51, 29.5)
    assert np.hypot(*(schools - homes)[0]) == pytest.approx(metres, rel=5e-4)


def test_points_that_are_no_degrees_are_refused():
    with pytest.raises(WrongCrs) as error:
        crs.project_points([107.0, 36_512_000.0], [30.0, 3_300_000.0])
    assert "36512000" in str(error.value)
    with pytest.raises(UnequalLengths):
        crs.project_points([107.0, 108.0], [30.0])


def test_shapes_go_to_metres_and_back():
    shapes = [Point(107.0, 30.0), Polygon([(107, 30), (107.01, 30), (107, 30.01)])]
    system = crs.metric_crs_of(shapes)
    back = crs.unproject(crs.project(shapes, system), system)
    assert back[0].distance(shapes[0]) < 1e-9
    assert back[1].equals_exact(shapes[1], 1e-9)


def test_no_points_give_no_rows():
    assert crs.project_points([], []).shape == (0, 2)
