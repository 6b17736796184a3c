from __future__ import annotations

import pytest

from app.reports import published
from data.tables import TABLES


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, 0), (1, "<5"), (4, "<5"), (5, 5), (-4, "<5"), (-5, -5), (None, None), ("x", "x"), (True, "<5")],
)
def test_counts_from_one_to_four_are_masked(count, shown):
    assert published.mask(count) == shown


def test_only_counts_of_children_are_masked():
    facts = {"pupils": 3, "boarders": 2, "minutes": 3, "settlements": 1, "pupils_today": 4}
    assert published.masked(facts) == {
        "pupils": "<5",
        "boarders": "<5",
        "minutes": 3,
        "settlements": 1,
        "pupils_today": "<5",
    }


def test_every_column_that_is_masked_is_in_the_dictionary():
    for table, columns in published.COUNTED_COLUMNS.items():
        assert columns <= set(TABLES[table].names)
    assert set(TABLES) >= published.PERSONAL


def test_tables_of_single_persons_and_of_places_where_few_live_are_not_for_readers():
    assert {"teachers", "homes"} == published.PERSONAL


def test_a_table_without_counts_is_left_as_it_is():
    content = b"school,stage\r\nx,primary\r\n"
    assert published.masked_table("sites", content) is content


def test_blank_cells_and_quoted_cells_survive():
    names = TABLES["roll"].names
    row = dict.fromkeys(names, "") | {"school": 'a "b", c', "pupils": "3"}
    content = ",".join(names) + "\r\n" + ",".join('"a ""b"", c"' if n == "school" else row[n] for n in names) + "\r\n"
    found = published.masked_table("roll", content.encode()).decode()
    assert found == content.replace(",3,", ",<5,")
