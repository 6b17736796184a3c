from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile

import pytest
from house import HOME, OTHER, district

from app.db import datasets
from data import digest, export

DECLARATION = {"title": "三村", "division": HOME, "synthetic": True, "source": "drawn by hand"}


def folder_files(tmp_path, name="hamlets"):
    folder = tmp_path / name
    export.write_csv_folder(district(), folder)
    return [("files", (path.name, path.read_bytes())) for path in sorted(folder.iterdir()) if path.suffix == ".csv"]


def send(client, files, **declared):
    return client.post("/api/datasets", files=files, data={"declaration": json.dumps(DECLARATION | declared)})


def test_files_become_a_dataset_that_is_the_same_district(house, tmp_path):
    reply = send(house.city, folder_files(tmp_path))
    assert reply.status_code == 201, reply.text
    found = reply.json()
    assert reply.headers["location"] == f"/api/datasets/{found['id']}"
    assert house.city.get(reply.headers["location"]).json() == found
    assert found["hash"] == digest.digest(district())
    assert (found["division"], found["synthetic"], found["created_by"]) == (HOME, True, "first")
    assert found["counts"]["settlements"] == 3
    with house.database.reading() as session:
        assert digest.to_tables(datasets.load(session, found["id"])) == digest.to_tables(district())


def test_the_same_figures_again_are_the_same_dataset(house, tmp_path):
    files = folder_files(tmp_path)
    first, second = send(house.city, files), send(house.city, files)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert len(house.city.get("/api/datasets").json()) == 1


def test_a_workbook_and_an_archive_are_read_too(house, tmp_path):
    book = tmp_path / "三村.xlsx"
    export.write_workbook(district(), book)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for _, (name, content) in folder_files(tmp_path):
            archive.writestr(name, content)
    replies = [
        send(house.city, [("files", ("三村.xlsx", book.read_bytes()))]),
        send(house.city, [("files", ("三村.zip", packed.getvalue()))]),
    ]
    assert {reply.json()["hash"] for reply in replies} == {digest.digest(district())}


def test_every_fault_comes_at_once_and_nothing_is_stored(house, tmp_path):
    bad_rows = {
        "schools.csv": "x9,无名,509902,,no_such_kind,public,no,,107,30\r\n".encode(),
        "sites.csv": b"nowhere,primary,-1,,,,,,,,,,\r\n",
    }
    files = [("files", (name, content + bad_rows.get(name, b""))) for _, (name, content) in folder_files(tmp_path)]
    reply = send(house.city, files)
    assert (reply.status_code, reply.json()["type"]) == (422, "/problems/import-faults")
    faults = reply.json()["facts"]["faults"]
    assert {fault["file"] for fault in faults} == {"schools.csv", "sites.csv"}
    for fault in faults:
        assert set(fault) == {"file", "table", "row", "column", "value", "code", "reason", "reason_zh"}
        assert fault["reason"]
        assert fault["reason_zh"]
    assert house.city.get("/api/datasets").json() == []
    assert not list((house.app.state.service.settings.data_dir).glob("upload-*"))


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ([("files", ("..", b"x"))], "named"),
        ([("files", (".hidden", b"x"))], "named"),
        ([("files", ("a.csv", b"x")), ("files", ("folder/a.csv", b"y"))], "two files"),
    ],
)
def test_file_names_that_cannot_be_are_refused(house, files, reason):
    reply = send(house.city, files)
    assert (reply.status_code, reply.json()["type"]) == (422, "/problems/bad-upload")
    assert reason in reply.json()["detail"]


def test_a_path_in_a_name_leads_nowhere(house, tmp_path):
    files = folder_files(tmp_path)
    moved = [("files", (f"../../{name}" if i % 2 else f"..\\..\\{name}", c)) for i, (_, (name, c)) in enumerate(files)]
    assert send(house.city, moved).status_code == 201
    assert not list(tmp_path.glob("*.csv"))


def test_an_archive_that_unpacks_too_large_is_refused_before_it_is_unpacked(house):
    house.app.state.service.settings.__dict__["max_unpacked_mb"] = 1
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("people.csv", b"0" * (3 * 1024 * 1024))
    reply = send(house.city, [("files", ("bomb.zip", packed.getvalue()))])
    assert (reply.status_code, reply.json()["type"]) == (422, "/problems/bad-upload")


def test_an_upload_over_the_limit_is_refused_declared_or_not(house):
    boundary = "b" * 20
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="a.csv"\r\n\r\n'.encode()
        + b"0" * (2 * 1024 * 1024 + 1)
        + f"\r\n--{boundary}--\r\n".encode()
    )
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    for content in (body, (body[i : i + 65536] for i in range(0, len(body), 65536))):
        reply = house.city.post("/api/datasets", content=content, headers=headers)
        assert (reply.status_code, reply.json()["type"]) == (413, "/problems/body-too-large")
        assert reply.headers["content-type"] == "application/problem+json"


def test_any_other_body_has_a_smaller_limit(house):
    reply = house.city.post("/api/scenarios", content=b'"' + b"x" * (1024 * 1024) + b'"')
    assert reply.status_code == 413


def test_a_declaration_is_checked_like_any_body(house):
    for declared, field in (({"colour": "red"}, "colour"), ({"title": ""}, "title")):
        reply = send(house.city, [("files", ("a.csv", b"x"))], **declared)
        assert reply.status_code == 422
        assert any(field in fault["field"] for fault in reply.json()["facts"]["faults"])
    reply = house.city.post("/api/datasets", files=[("files", ("a.csv", b"x"))], data={"declaration": "{"})
    assert (reply.status_code, reply.json()["type"]) == (422, "/problems/validation")


def test_a_district_imports_for_itself_only(house, tmp_path):
    files = folder_files(tmp_path)
    assert send(house.as_("planner", HOME), files).status_code == 201
    reply = send(house.as_("planner", OTHER), files)
    assert (reply.status_code, reply.json()["type"]) == (403, "/problems/not-allowed")


def test_a_table_comes_back_as_canonical_csv(house):
    stored = house.store_plan()
    reply = house.as_("planner", HOME).get(f"/api/datasets/{stored.dataset}/tables/people")
    assert reply.headers["content-type"].startswith("text/csv")
    assert reply.content == digest.to_tables(district())["people"]
    missing = house.city.get(f"/api/datasets/{stored.dataset}/tables/demand")
    assert missing.status_code == 404


def test_a_reader_and_a_published_table_get_no_count_below_five(house):
    """Hamlet C has 3, 3, 3, 2, 2, 2 children in its grades, A five in each."""
    stored = house.store_plan()
    url = f"/api/datasets/{stored.dataset}/tables/people"
    as_reader = house.as_("reader", HOME).get(url).content
    assert as_reader == house.as_("planner", HOME).get(url, params={"published": True}).content
    rows = list(csv.DictReader(io.StringIO(as_reader.decode())))
    counts = {(row["settlement"], row["age"]): row["count"] for row in rows}
    assert (counts["C", "6"], counts["C", "11"], counts["A", "6"]) == ("<5", "<5", "5")
    plain = list(csv.DictReader(io.StringIO(digest.to_tables(district())["people"].decode())))
    assert [row | {"count": ""} for row in rows] == [row | {"count": ""} for row in plain]


def test_a_workbook_can_be_imported_again(house):
    stored = house.store_plan()
    content = house.as_("planner", HOME).get(f"/api/datasets/{stored.dataset}/workbook").content
    assert send(house.city, [("files", ("again.xlsx", content))]).json()["id"] == stored.dataset


def test_the_dictionary_and_the_blank_workbook(house):
    tables = {table["name"]: table for table in house.city.get("/api/tables").json()}
    assert {column["name"] for column in tables["people"]["columns"]} >= {"settlement", "year", "age", "count"}
    assert all(column["meaning"] and column["zh"] for table in tables.values() for column in table["columns"])
    assert zipfile.is_zipfile(io.BytesIO(house.city.get("/api/tables/workbook").content))


def test_a_map_has_a_tag_is_packed_and_is_not_sent_twice(house):
    stored = house.store_plan()
    url = f"/api/datasets/{stored.dataset}/map/settlements"
    client = house.as_("reader", HOME)
    first = client.get(url)
    assert first.headers["content-type"] == "application/geo+json"
    assert first.headers["content-encoding"] == "gzip"
    tag = first.headers["etag"]
    plain = client.get(url, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert (plain.json(), plain.headers["etag"]) == (first.json(), tag)
    for sent in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        again = client.get(url, headers={"If-None-Match": sent})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get(url, headers={"If-None-Match": '"other"'}).status_code == 200
    assert "private" in first.headers["cache-control"]
    assert house.as_("reader", OTHER).get(url, headers={"If-None-Match": tag}).status_code == 404


def test_the_map_shows_what_the_district_holds(house):
    stored = house.store_plan()
    settlements = house.city.get(f"/api/datasets/{stored.dataset}/map/settlements").json()
    assert settlements["synthetic"] is True
    assert [feature["id"] for feature in settlements["features"]] == ["A", "B", "C"]
    home = settlements["features"][0]
    assert home["geometry"]["type"] == "Polygon"
    assert (home["properties"]["name"], home["properties"]["lon"]) == ("上湾村", 107.0)
    schools = house.city.get(f"/api/datasets/{stored.dataset}/map/schools").json()["features"]
    assert {(school["id"], school["geometry"]["type"]) for school in schools} == {
        ("north", "Point"),
        ("south", "Point"),
    }
    assert schools[0]["properties"]["stages"] == ["primary"]


def test_gzip_is_real_gzip():
    from app.api.unchanging import content_of  # noqa: PLC0415

    content = content_of(b"x" * 1000)
    assert gzip.decompress(content.packed) == content.plain
    assert content_of(b"y").tag != content_of(b"x").tag


def test_the_forecast_is_the_one_drawn_by_hand(house):
    """The drawing says: primary pupils 30, 20, 15 in 2025 and 18, 12, 6 in 2031."""
    stored = house.store_plan()
    reply = house.city.get(f"/api/datasets/{stored.dataset}/forecast", params={"years": "2031,2025"})
    found = reply.json()
    assert found["years"] == [2025, 2031]
    assert found["totals"]["primary"] == [65, 36]
    assert {row["id"]: row["pupils"]["primary"] for row in found["settlements"]} == {
        "A": [30, 18],
        "B": [20, 12],
        "C": [15, 6],
    }
    assert found["method"]


def test_years_that_the_figures_do_not_reach_are_null(house):
    """Ages 0 to 17 are counted in 2025: who was at primary school in 2007 is 24 and older by then."""
    stored = house.store_plan()
    found = house.city.get(f"/api/datasets/{stored.dataset}/forecast", params={"years": "2031,2007"}).json()
    assert found["totals"]["primary"] == [None, 36]
    for years in ("", "31", "2031;2032", "2031,"):
        reply = house.city.get(f"/api/datasets/{stored.dataset}/forecast", params={"years": years})
        assert reply.status_code == 422, years


def test_norms_are_those_in_force_on_the_day(house):
    on_day = house.city.get("/api/norms", params={"on": "2026-09-01"}).json()
    class_sizes = {norm["stage"]: norm["value"] for norm in on_day if norm["key"] == "class.norm"}
    assert class_sizes["primary"] == 45  # the standard class of a primary school
    assert all(norm["source"] for norm in on_day)
    assert house.city.get("/api/norms", params={"on": "yesterday"}).status_code == 422
