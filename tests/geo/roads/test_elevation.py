"""Heights worked on paper, and a real tile held against another way of interpolating."""

import math
import zipfile

import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from scipy.ndimage import map_coordinates

from geo.roads import elevation
from geo.roads.errors import BadRoadFile
from geo.roads.osm import Box

HOLE = -32_768
NAN = float("nan")

SLOPE = [[100, 200, 300], [400, 500, 600], [700, 800, 900]]
"""Nine cells of half a degree; the outer ones lie on whole degrees: 0 E 1 N is 100 m, 1 E 0 N 900 m."""


def at(relief, *places):
    lon, lat = np.array(places, dtype=float).T
    return relief.heights(lon, lat).tolist()


def read(*paths):
    return elevation.read(paths)


def refused(path):
    with pytest.raises(BadRoadFile) as error:
        read(path)
    return error.value.code


def test_heights_at_cells_and_between_them(tmp_path, write_hgt):
    relief = read(write_hgt(tmp_path, SLOPE))
    assert at(relief, (0, 1), (1, 1), (0, 0), (1, 0), (0.5, 0.5)) == [100, 300, 700, 900, 500]
    # A quarter of a degree is half a cell: (100 + 200 + 400 + 500) / 4 in the middle of the first four.
    assert at(relief, (0.25, 1), (0, 0.75), (0.25, 0.75)) == [150, 250, 300]
    # A tenth of a degree east and south of a corner is a fifth of a cell: 100 + 0.2 x 100 + 0.2 x 300.
    assert at(relief, (0.1, 0.9)) == pytest.approx([180])


def test_four_unequal_cells(tmp_path, write_hgt):
    relief = read(write_hgt(tmp_path, [[0, 100], [200, 1_000]]))
    # A quarter from the west, half down: west side 100, east side 550; 100 x 3/4 + 550 / 4.
    assert at(relief, (0.25, 0.5)) == [212.5]


@pytest.mark.parametrize(
    ("name", "west", "south"),
    [("N29E106.hgt", 106, 29), ("s24w047.HGT", -47, -24), ("n00e006.hgt", 6, 0), ("chongqing_N29E106.hgt", 106, 29)],
)
def test_the_name_tells_the_corner(tmp_path, write_hgt, name, west, south):
    path = write_hgt(tmp_path, SLOPE, name)
    assert at(read(path), (west, south), (west + 1, south + 1)) == [700, 300]
    (tile,) = elevation.tiles_of(path)
    assert tile.bounds() == pytest.approx(Box(west - 0.25, south - 0.25, west + 1.25, south + 1.25))


def test_a_zipped_tile(tmp_path, write_hgt):
    assert at(read(write_hgt(tmp_path, SLOPE, "N00E000.hgt.zip")), (0, 1)) == [100]


def test_an_archive_may_hold_several_tiles_under_any_name(tmp_path, write_hgt):
    with zipfile.ZipFile(tmp_path / "both.hgt.zip", "w") as archive:
        for name, heights in (("dem/N00E000.hgt", SLOPE), ("dem/N00E001.hgt", [[1, 2], [3, 4]])):
            archive.writestr(name, np.array(heights, dtype=">i2").tobytes())
        archive.writestr("readme.txt", "heights")
    assert at(read(tmp_path / "both.hgt.zip"), (0, 1), (2, 0)) == [100, 4]


def test_tiles_with_half_as_many_columns_far_from_the_equator(tmp_path, write_hgt):
    heights = np.zeros((3_601, 1_801))
    heights[0, 1_800] = 77
    assert at(read(write_hgt(tmp_path, heights, "N60E024.hgt")), (25, 61), (24, 61)) == [77, 0]


def test_outside_nothing_is_known(tmp_path, write_hgt):
    relief = read(write_hgt(tmp_path, SLOPE))
    assert all(math.isnan(height) for height in at(relief, (2, 0.5), (0.5, -1), (-0.3, 0.5), (180, 90)))


def test_the_finest_tile_that_knows_is_asked_whatever_the_order(tmp_path, write_hgt, write_tif):
    coarse = write_hgt(tmp_path, [[10, 10], [10, 10]])
    fine = write_tif(tmp_path / "fine.tif", np.full((20, 20), 5.0, dtype=np.float32), 0.0, 0.2, 0.01)
    for files in ((coarse, fine), (fine, coarse)):
        assert at(read(*files), (0.1, 0.1), (0.5, 0.5)) == [5, 10]


# GeoTIFF


@pytest.mark.parametrize("kind", ["int16", "float32", "float64", "uint16"])
def test_cells_of_a_geotiff_are_known_by_their_middles(tmp_path, write_tif, kind):
    relief = read(write_tif(tmp_path / "a.tif", np.array(SLOPE, dtype=kind), 10.0, 53.0, 1.0))
    assert at(relief, (10.5, 52.5), (11.5, 51.5), (11, 52)) == [100, 500, 300]
    # Between the outer middles and the edge the outer cell counts.
    assert at(relief, (10.1, 52.9), (13, 50)) == [100, 900]
    assert math.isnan(at(relief, (9.9, 52.5))[0])


def test_a_geotiff_in_metres(tmp_path, write_tif):
    # CGCS2000, 3-degree zone of 108 E: cells of 100 m around 500 km east, 3,320 km north.
    relief = read(write_tif(tmp_path / "a.tif", np.array(SLOPE, np.int16), 499_900, 3_320_300, 100, crs="EPSG:4545"))
    to_degrees = Transformer.from_crs("EPSG:4545", "EPSG:4326", always_xy=True)
    places = [to_degrees.transform(*place) for place in ((499_950, 3_320_250), (500_000, 3_320_200))]
    assert at(relief, *places) == pytest.approx([100, 300], abs=0.01)


def test_scale_and_offset_of_a_geotiff(tmp_path, write_tif):
    relief = read(write_tif(tmp_path / "a.tif", np.array(SLOPE, np.int16), 0.0, 3.0, 1.0, scale=0.1, offset=-20))
    assert at(relief, (0.5, 2.5), (2.5, 0.5)) == pytest.approx([-10, 70])


def test_a_large_file_is_read_in_bands(tmp_path, write_tif, monkeypatch):
    heights = np.add.outer(np.arange(200.0), np.arange(60.0)).astype(np.float32)
    heights[100:103, 20:23] = NAN  # a small hole, across a border of bands
    places = np.column_stack([np.linspace(0.02, 0.58, 500), np.linspace(1.98, 0.02, 500)])
    path = write_tif(tmp_path / "a.tif", heights, 0.0, 2.0, 0.01)
    whole = at(read(path), *places)
    monkeypatch.setattr(elevation, "_MOST_CELLS", 3_000)
    assert at(read(path), *places) == whole


# Holes


@pytest.mark.parametrize("mark", [HOLE, 32_767, -9_999])
def test_a_small_hole_is_filled_from_around_it(tmp_path, write_hgt, mark):
    heights = np.full((21, 21), 300)
    heights[5:15, 5:15] = mark  # ten cells across
    assert at(read(write_hgt(tmp_path, heights)), (0.5, 0.5), (0.3, 0.3)) == [300, 300]


def test_a_filled_height_lies_between_those_around_it(tmp_path, write_hgt):
    heights = np.tile(np.arange(21) * 10, (21, 1))  # 0 in the west, 200 in the east
    heights[10, 10] = HOLE
    assert 90 <= at(read(write_hgt(tmp_path, heights)), (0.5, 0.5))[0] <= 110


def test_a_larger_hole_stays_unknown(tmp_path, write_hgt):
    heights = np.full((41, 41), 300)
    heights[5:16, 5:16] = HOLE  # eleven cells across
    middle, beside = at(read(write_hgt(tmp_path, heights)), (10 / 40, 1 - 10 / 40), (30 / 40, 30 / 40))
    assert math.isnan(middle) and beside == 300


def test_a_hole_is_as_large_as_it_is_wherever_the_places_lie(tmp_path, write_hgt):
    heights = np.full((201, 201), 300)
    heights[60:140, 60:140] = HOLE
    # One place alone, just inside a large hole, of which the window around it shows only a part.
    assert math.isnan(at(read(write_hgt(tmp_path, heights)), (62 / 200, 0.5))[0])


def test_beside_a_hole_the_cells_that_are_known_count(tmp_path, write_hgt):
    heights = np.full((41, 41), 300)
    heights[:, :20] = HOLE
    assert at(read(write_hgt(tmp_path, heights)), (19.5 / 40, 0.5)) == [300]


def test_the_mark_of_a_geotiff_is_a_hole(tmp_path, write_tif):
    heights = np.full((30, 30), 50, np.int16)
    heights[:15] = 0
    relief = read(write_tif(tmp_path / "a.tif", heights, 0.0, 3.0, 0.1, nodata=0))
    north, south = at(relief, (1.5, 2.5), (1.5, 0.5))
    assert math.isnan(north) and south == 50


def test_a_tile_of_holes(tmp_path, write_hgt):
    assert math.isnan(at(read(write_hgt(tmp_path, np.full((5, 5), HOLE))), (0.5, 0.5))[0])


# What cannot be used


def test_files_that_are_no_relief(tmp_path, write_tif):
    (tmp_path / "a.asc").write_text("ncols 3")
    assert refused(tmp_path / "a.asc") == "relief-kind"
    for name in ("N00E000.hgt", "a.tif", "a.hgt.zip"):
        (tmp_path / name).write_bytes(b"")
        assert refused(tmp_path / name) == "file-empty"
        (tmp_path / name).write_bytes(b"<html>Not found</html>...")
        assert refused(tmp_path / name) == "relief-broken"
    picture = np.zeros((3, 4, 4), dtype=np.uint8)
    assert refused(write_tif(tmp_path / "photo.tif", picture, 0.0, 1.0, 0.1)) == "relief-broken"


def test_a_tile_that_is_cut_off_or_nameless(tmp_path, write_hgt):
    path = write_hgt(tmp_path, SLOPE)
    path.write_bytes(path.read_bytes()[:-1])
    assert refused(path) == "relief-broken"
    assert refused(write_hgt(tmp_path, SLOPE, "heights.hgt")) == "relief-crs"
    packed = write_hgt(tmp_path, np.random.default_rng(1).integers(0, 999, (101, 101)), "N00E000.hgt.zip")
    packed.write_bytes(packed.read_bytes()[:-200])
    assert refused(packed) == "relief-broken"


def test_an_archive_without_a_tile(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.hgt.zip", "w") as archive:
        archive.writestr("readme.txt", "no heights")
    assert refused(tmp_path / "a.hgt.zip") == "relief-broken"


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_geotiff_without_a_place(tmp_path, write_tif):
    assert refused(write_tif(tmp_path / "a.tif", np.array(SLOPE, np.int16), 0.0, 1.0, 0.1, crs=None)) == "relief-crs"


def test_a_geotiff_that_is_cut_off_is_refused_when_its_cells_are_read(tmp_path, write_tif):
    heights = np.random.default_rng(1).integers(0, 999, (200, 200)).astype(np.int16)
    path = write_tif(tmp_path / "a.tif", heights, 0.0, 2.0, 0.01)
    path.write_bytes(path.read_bytes()[:40_000])
    with pytest.raises(BadRoadFile) as error:
        read(path).heights(np.array([1.0]), np.array([0.1]))
    assert error.value.code == "relief-broken" and error.value.path == path


def test_a_file_of_another_kind_under_the_name_of_a_geotiff_opens_no_other_file(tmp_path, write_tif):
    write_tif(tmp_path / "secret.tif", np.array(SLOPE, np.int16), 0.0, 3.0, 1.0)
    source = f"<SourceFilename>{tmp_path / 'secret.tif'}</SourceFilename><SourceBand>1</SourceBand>"
    band = f'<VRTRasterBand dataType="Int16" band="1"><SimpleSource>{source}</SimpleSource></VRTRasterBand>'
    place = "<SRS>EPSG:4326</SRS><GeoTransform>0,1,0,3,0,-1</GeoTransform>"
    (tmp_path / "a.tif").write_text(f'<VRTDataset rasterXSize="3" rasterYSize="3">{place}{band}</VRTDataset>')
    assert refused(tmp_path / "a.tif") == "relief-broken"


# Bridges and tunnels


def straight(height, segments):
    """Heights after bridges and tunnels; a segment is tail, head, metres, lifted."""
    tail, head, metres, lifted = (np.array(column) for column in zip(*segments, strict=True))
    ends = tail.astype(np.int32), head.astype(np.int32)
    result = elevation.straight_over(np.array(height, float), *ends, metres.astype(np.float32), lifted.astype(bool))
    return result.tolist()


def test_a_bridge_is_straight_between_its_ends():
    # 100 m at the west bank, 130 m at the east bank, the river 40 m below; 300 m in three pieces of 50, 100 and 150 m.
    road = [(0, 1, 10, False), (1, 2, 50, True), (2, 3, 100, True), (3, 4, 150, True), (4, 5, 10, False)]
    assert straight([90, 100, 60, 65, 130, 135], road) == pytest.approx([90, 100, 105, 115, 130, 135])


def test_two_ways_of_one_bridge_whatever_their_direction():
    road = [(0, 1, 10, False), (1, 2, 100, True), (3, 2, 100, True), (3, 4, 10, False)]
    assert straight([100, 100, 10, 140, 140], road) == pytest.approx([100, 100, 120, 140, 140])


def test_nothing_changes_on_the_ground_or_for_a_bridge_of_one_piece():
    road = [(0, 1, 10, False), (1, 2, 50, True), (2, 3, 10, False)]
    assert straight([1, 2, 3, 4], road) == [1, 2, 3, 4]


def test_where_three_bridges_join_in_the_air():
    # Ends at 0, 0 and 90 m, each 100 m away: the joint lies at their mean.
    road = [(0, 3, 100, True), (1, 3, 100, True), (2, 3, 100, True)]
    ground = [(0, 4, 5, False), (1, 4, 5, False), (2, 4, 5, False)]
    assert straight([0, 0, 90, -50, 0], road + ground)[3] == pytest.approx(30)


def test_a_bridge_to_a_dead_end_keeps_the_ground_there():
    assert straight([100, 50, 120], [(0, 1, 100, True), (1, 2, 100, True)]) == pytest.approx([100, 110, 120])


def test_ends_of_unknown_height():
    road = [(0, 1, 10, False), (1, 2, 50, True), (2, 3, 50, True), (3, 4, 10, False)]
    one = straight([100, 100, 7, NAN, NAN], road)
    assert one[:4] == pytest.approx([100] * 4) and math.isnan(one[4])
    assert all(math.isnan(height) for height in straight([NAN, NAN, 7, NAN, NAN], road)[1:4])


def test_a_ring_of_bridges_with_no_end_is_unknown():
    assert all(math.isnan(h) for h in straight([1, 2, 3], [(0, 1, 10, True), (1, 2, 10, True), (2, 0, 10, True)]))


# A real tile


def test_a_real_tile_agrees_with_another_way_of_interpolating(real_roads):
    path = real_roads / "andorra_N42E001.hgt.zip"
    random = np.random.default_rng(5)
    lon, lat = random.uniform(1.41, 1.79, 2_000), random.uniform(42.43, 42.66, 2_000)
    with rasterio.open(f"/vsizip/{path}/N42E001.hgt") as file:
        rows, columns = rasterio.transform.rowcol(file.transform, lon, lat, op=lambda cell: cell)
        heights = file.read(1).astype(float)
    cells = np.array([rows, columns]) - 0.5
    whole = map_coordinates((heights < 0).astype(float), cells, order=1) == 0  # the tile has holes
    expected = map_coordinates(heights, cells, order=1)[whole]
    assert whole.sum() > 1_900
    assert expected.min() > 800 and expected.max() < 2_950  # the lowest and highest points of Andorra: 840, 2,942 m
    found = read(path).heights(lon, lat)
    assert found[whole] == pytest.approx(expected, abs=1e-6)
    assert np.nanmin(found) > 800 and np.nanmax(found) < 2_950
