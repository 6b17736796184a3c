"""Roads by HTTP: sent with tables or after them, told of, drawn, and how far a school is reached on them."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from dataclasses import replace

import hamlet_roads
import pytest
from house import HOME, OTHER, district
from shapely.geometry import Point, shape
from sqlalchemy import func, select

from app.db.models import AuditRow, DatasetRow, DatasetTableRow, NetworkRow
from data import digest, export

DECLARATION = {"title": "三村", "division": HOME, "synthetic": True, "source": "drawn by hand"}
ROADS = (hamlet_roads.NAME, hamlet_roads.extract())


def tables(tmp_path, figures=None):
    folder = tmp_path / "hamlets"
    export.write_csv_folder(figures or district(), folder)
    return [(path.name, path.read_bytes()) for path in sorted(folder.iterdir()) if path.suffix == ".csv"]


def sent(files):
    return [("files", file) for file in files]


def send(client, files):
    return client.post("/api/datasets", files=sent(files), data={"declaration": json.dumps(DECLARATION)})


def add(client, dataset, *files):
    return client.post(f"/api/datasets/{dataset}/roads", files=sent(files))


def stored_rows(house):
    with house.database.reading() as session:
        kinds = (DatasetRow, DatasetTableRow, NetworkRow, AuditRow)
        return [session.scalar(select(func.count()).select_from(kind)) for kind in kinds]


@pytest.fixture
def roaded(house, tmp_path):
    """Id of the three hamlets with their road."""
    reply = send(house.city, [*tables(tmp_path), ROADS])
    assert reply.status_code == 201, reply.text
    return reply.json()["id"]


def test_tables_and_roads_in_one_upload_are_one_dataset(house, tmp_path):
    reply = send(house.city, [*tables(tmp_path), ROADS])
    assert reply.status_code == 201, reply.text
    found = reply.json()
    assert [warning for warning in found["warnings"] if warning["file"] == hamlet_roads.NAME] == []
    assert found["hash"] == digest.with_roads(digest.digest(district()), found["roads"]["hash"])
    assert {name: found["roads"][name] for name in ("nodes", "segments", "has_relief")} == {
        "nodes": 7,
        "segments": 6,
        "has_relief": False,
    }
    assert found["roads"]["km"] == pytest.approx(7.4, abs=0.05)
    assert house.city.get(f"/api/datasets/{found['id']}").json() == found
    assert house.city.get("/api/datasets").json() == [found]


def test_an_archive_of_tables_beside_the_roads_is_the_same(house, tmp_path, roaded):
    archive = tmp_path / "三村.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for name, content in tables(tmp_path):
            out.writestr(name, content)
    packed = (f"{hamlet_roads.NAME}.gz", gzip.compress(ROADS[1]))
    reply = send(house.city, [(archive.name, archive.read_bytes()), packed])
    assert (reply.status_code, reply.json()["id"]) == (200, roaded)


def test_figures_are_given_roads_as_a_new_dataset_and_the_old_one_stays(house, tmp_path):
    plain = send(house.city, tables(tmp_path)).json()
    assert plain["roads"] is None
    first, again = add(house.city, plain["id"], ROADS), add(house.city, plain["id"], ROADS)
    assert (first.status_code, again.status_code) == (201, 200)
    new = first.json()
    assert first.headers["location"] == again.headers["location"] == f"/api/datasets/{new['id']}"
    assert new["id"] != plain["id"]
    assert {name: new[name] for name in ("title", "division", "counts", "source")} == {
        name: plain[name] for name in ("title", "division", "counts", "source")
    }
    assert house.city.get(f"/api/datasets/{plain['id']}").json() == plain
    assert send(house.city, [*tables(tmp_path), ROADS]).json()["id"] == new["id"]
    lines = house.city.get("/api/audit").json()
    assert [line["subject_id"] for line in lines if line["action"] == "dataset.stored"] == [new["id"], plain["id"]]


def test_the_report_tells_what_the_network_holds(house, roaded):
    reply = house.city.get(f"/api/datasets/{roaded}/roads")
    assert reply.status_code == 200, reply.text
    found = reply.json()
    assert found["walk_km"] == found["ride_km"] == pytest.approx(7.4, abs=0.05)
    assert [part["nodes"] for part in found["parts"]] == [7]
    assert found["parts_in_all"] == 1
    [residential] = found["by_class"]
    assert (residential["road"], residential["zh"], residential["walk"]) == ("residential", "居住区道路", True)
    assert residential["bus_kmh"] == 18
    assert found["relief"] is None
    assert found["bounds"] == pytest.approx([107.0, 30.0, 107.0 + 7_400 / hamlet_roads.METRES_A_DEGREE, 30.0], abs=1e-5)
    assert "OpenStreetMap" in found["credit"]
    assert "ODbL" in found["credit"]
    assert found["read_from"] == [hamlet_roads.NAME]
    assert found["far"] == {"settlements": [], "schools": [], "limit": 1000}


def test_a_dataset_without_roads_says_so_everywhere(house, tmp_path):
    dataset = send(house.city, tables(tmp_path)).json()["id"]
    for url in ("roads", "map/roads", "map/barriers", "isochrones?school=north"):
        reply = house.city.get(f"/api/datasets/{dataset}/{url}")
        assert (reply.status_code, reply.json()["type"]) == (404, "/problems/not-found"), url
        assert "road" in reply.json()["detail"]


def test_roads_and_barriers_are_drawn_within_a_box(house, roaded):
    url = f"/api/datasets/{roaded}/map"
    roads = house.city.get(f"{url}/roads").json()
    assert (roads["truncated"], "OpenStreetMap" in roads["credit"]) == (False, True)
    assert {feature["properties"]["road"] for feature in roads["features"]} == {"residential"}
    assert {feature["properties"]["name"] for feature in roads["features"]} == {"三村路"}
    [river] = house.city.get(f"{url}/barriers").json()["features"]
    assert (river["properties"]["kind"], river["properties"]["name"]) == ("water", "界河")
    away = {"bbox": "107.05,29.99,107.06,30.01"}  # B lies there, the river far west of it
    assert house.city.get(f"{url}/barriers", params=away).json()["features"] == []
    assert house.city.get(f"{url}/roads", params=away).json()["features"] != []


def test_a_map_of_roads_is_packed_and_known_again(house, roaded):
    url = f"/api/datasets/{roaded}/map/roads"
    first = house.city.get(url, headers={"Accept-Encoding": "gzip"})
    assert first.headers["content-encoding"] == "gzip"
    assert first.headers["content-type"].startswith("application/geo+json")
    assert house.city.get(url, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    boxed = house.city.get(url, params={"bbox": "107,29.99,107.005,30.01"}, headers={"If-None-Match": '"other"'})
    assert boxed.status_code == 200


def test_a_box_that_is_none_is_refused(house, roaded):
    for box in ("107,30,106,31", "107,31,108,30", "1,2,3", "a,b,c,d", "107,30,108,31,5", ""):
        for layer in ("roads", "barriers"):
            reply = house.city.get(f"/api/datasets/{roaded}/map/{layer}", params={"bbox": box})
            assert reply.status_code == 422, box
            assert reply.json()["facts"]["faults"][0]["field"] == "query.bbox"


def test_on_foot_a_school_is_reached_as_far_as_paper_says(house, roaded):
    """At 4 km/h the 950 m from A take 14.25 minutes, those from B (3,800 m) 57."""
    reply = house.city.get(
        f"/api/datasets/{roaded}/isochrones", params={"school": "north", "means": "walk", "minutes": "14,60,20"}
    )
    assert reply.status_code == 200, reply.text
    features = reply.json()["features"]
    assert [feature["properties"]["minutes"] for feature in features] == [60, 20, 14]
    assert {feature["properties"]["means"] for feature in features} == {"walk"}
    an_hour, twenty, fourteen = (shape(feature["geometry"]) for feature in features)
    a, b = (Point(107.0 + hamlet_roads.STOPS[name] / hamlet_roads.METRES_A_DEGREE, 30.0) for name in "AB")
    assert an_hour.covers(a) and an_hour.covers(b)
    assert twenty.covers(a) and not twenty.covers(b)
    assert an_hour.area > twenty.area > fourteen.area


def test_by_bus_a_school_is_reached_from_further(house, roaded):
    """B to North takes 57 minutes on foot and 5 + 12.67 by bus at 18 km/h."""
    b = Point(107.0 + hamlet_roads.STOPS["B"] / hamlet_roads.METRES_A_DEGREE, 30.0)
    for means, reached in (("walk", False), ("bus", True), ("mixed", True)):
        params = {"school": "north", "means": means, "minutes": "20"}
        [feature] = house.city.get(f"/api/datasets/{roaded}/isochrones", params=params).json()["features"]
        assert shape(feature["geometry"]).covers(b) is reached, means


def test_an_isochrone_of_what_cannot_be_is_refused(house, roaded):
    for asked, status in (
        ({"school": "nowhere"}, 404),
        ({}, 422),
        ({"school": "north", "minutes": "0"}, 422),
        ({"school": "north", "minutes": "181"}, 422),
        ({"school": "north", "minutes": "1,2,3,4,5,6,7"}, 422),
        ({"school": "north", "means": "horse"}, 422),
    ):
        assert house.city.get(f"/api/datasets/{roaded}/isochrones", params=asked).status_code == status, asked


def test_a_reader_looks_and_does_not_send_and_another_district_sees_nothing(house, roaded):
    reader, foreign = house.as_("reader", HOME), house.as_("planner", OTHER)
    for url in ("roads", "map/roads", "map/barriers", "isochrones?school=north"):
        assert reader.get(f"/api/datasets/{roaded}/{url}").status_code == 200, url
        assert foreign.get(f"/api/datasets/{roaded}/{url}").status_code == 404, url
    assert add(reader, roaded, ROADS).status_code == 403
    assert add(foreign, roaded, ROADS).status_code == 404
    assert add(house.as_("planner", HOME), roaded, ROADS).status_code == 200


BAD_ROADS = {
    "cut off": ((f"{hamlet_roads.NAME}", ROADS[1][: len(ROADS[1]) // 2]), "roads-broken"),
    "cut off when packed": ((f"{hamlet_roads.NAME}.gz", gzip.compress(ROADS[1])[:-40]), "roads-broken"),
    "no extract": (("roads.osm.pbf", b"not a map at all"), "roads-broken"),
    "empty": (("roads.osm.pbf", b""), "file-empty"),
    "another area": (("helsinki.osm", hamlet_roads.extract(north=30.0)), "roads-elsewhere"),
    "no road near any school": (("beside.osm", hamlet_roads.extract(north=0.05)), "roads-reach-no-school"),
}


def test_roads_that_cannot_be_used_are_named_and_nothing_is_stored_by_half(house, tmp_path):
    plain = send(house.city, tables(tmp_path)).json()["id"]
    before = stored_rows(house)
    for kind, (file, code) in BAD_ROADS.items():
        for reply in (add(house.city, plain, file), send(house.city, [*tables(tmp_path), file])):
            assert (reply.status_code, reply.json()["type"]) == (422, "/problems/import-faults"), reply.text
            faults = reply.json()["facts"]["faults"]
            assert [(fault["code"], fault["file"]) for fault in faults] == [(code, file[0])], kind
            assert faults[0]["reason"]
            assert faults[0]["reason_zh"]
        assert stored_rows(house) == before, kind
    assert not list(house.app.state.service.settings.data_dir.glob("upload-*"))


def test_faults_of_tables_and_of_roads_come_together(house, tmp_path):
    files = [
        (name, content + (b"X,,,,,,,,\r\n" if name == "schools.csv" else b"")) for name, content in tables(tmp_path)
    ]
    reply = send(house.city, [*files, (hamlet_roads.NAME, ROADS[1][:900])])
    assert reply.status_code == 422
    assert {fault["file"] for fault in reply.json()["facts"]["faults"]} == {"schools.csv", hamlet_roads.NAME}
    assert stored_rows(house)[:3] == [0, 0, 0]


def test_what_is_missing_or_too_much_is_said(house, roaded, tmp_path):
    tile = ("N30E107.hgt", b"not read")
    for files, code in (
        (((hamlet_roads.NAME, ROADS[1]), ("again.osm", ROADS[1])), "roads-several"),
        ((tile,), "roads-missing"),
        ((("readme.txt", b"x"),), "roads-missing"),
    ):
        faults = add(house.city, roaded, *files).json()["facts"]["faults"]
        assert code in [fault["code"] for fault in faults]
    alone = send(house.city, [*tables(tmp_path), tile]).json()
    assert alone["roads"] is None
    assert [warning["file"] for warning in alone["warnings"] if warning["code"] == "relief-alone"] == [tile[0]]


def test_a_school_far_from_the_roads_is_a_warning_that_names_it(house, tmp_path):
    """The school South is moved 0.03 degrees of latitude off the road: about 3.3 km."""
    south = district().schools[1]
    moved = replace(district(), schools=(district().schools[0], replace(south, point=Point(south.point.x, 30.03))))
    reply = send(house.city, [*tables(tmp_path, moved), ROADS])
    assert reply.status_code == 201, reply.text
    far = [warning for warning in reply.json()["warnings"] if warning["code"] == "far-from-roads"]
    assert [(warning["file"], warning["table"], warning["value"]) for warning in far] == [
        (hamlet_roads.NAME, "schools", "south")
    ]
    [school] = house.city.get(f"/api/datasets/{reply.json()['id']}/roads").json()["far"]["schools"]
    assert school["id"] == "south"
    assert school["metres"] == pytest.approx(0.03 * 110_850, rel=0.01)


def test_elevation_is_laid_under_the_roads_and_its_holes_are_told(house, tmp_path):
    """A tile of one height, 500 m, in its west; east of 107.04 nothing is known: three of seven nodes."""
    size = 1201
    row = (500).to_bytes(2, "big", signed=True) * 49 + (-32_768).to_bytes(2, "big", signed=True) * (size - 49)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("N30E107.hgt", row * size)
    tile = ("N30E107.hgt.zip", packed.getvalue())
    plain = send(house.city, tables(tmp_path)).json()["id"]
    with_holes = add(house.city, plain, ROADS, tile)
    assert with_holes.status_code == 201, with_holes.text
    assert [(w["code"], w["file"]) for w in with_holes.json()["warnings"]] == [("relief-holes", tile[0])]
    assert with_holes.json()["roads"]["has_relief"] is True
    relief = house.city.get(f"{with_holes.headers['location']}/roads").json()["relief"]
    assert relief == {"files": [tile[0]], "share_known": pytest.approx(4 / 7, abs=1e-4), "lowest": 500, "highest": 500}


def test_uploads_of_roads_keep_to_the_limits(house, roaded):
    house.app.state.service.settings.__dict__["max_unpacked_mb"] = 1
    bomb = ("bomb.osm.gz", gzip.compress(b" " * (3 * 1024 * 1024)))
    reply = add(house.city, roaded, bomb)
    assert (reply.status_code, reply.json()["type"]) == (422, "/problems/bad-upload")
    assert "unpacked" in reply.json()["detail"]
    reply = add(house.city, roaded, ("large.osm", b" " * (2 * 1024 * 1024 + 1)))
    assert reply.status_code == 413
    reply = add(house.city, roaded, ("larger than any other body.osm", b" " * (1024 * 1024 + 1)))
    assert reply.status_code == 422  # read, and no extract
