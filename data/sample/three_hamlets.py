"""
Three hamlets on one road: a district that can be solved by hand.

    west                                                                        east
      A ----5---- North ---------20--------- B ----5---- South -----9----- C
      |   950 m              3800 m               950 m        1700 m      |
      [---------- A ----------][------------ B ------------------][-- C --]   land, side by side

Minutes at 15 km/h with a detour of 1.3, rounded up for each pair: 192.3 m a minute. Along the road they add up:

                North   South
        A         5      30
        B        20       5
        C        34       9

Primary pupils, all grades together (grades 1 to 6):

                 2025                      2031
        A     30 (5 5 5 5 5 5)          18 (3 a grade)
        B     20 (4 4 3 3 3 3)          12 (2 a grade)
        C     15 (3 3 3 2 2 2)           6 (1 a grade)

Places: North 50 in 2 classrooms, 200,000 yuan a year; South 40 in 1 classroom, 300,000 yuan. Today A goes to North,
B and C to South (35 of 40).

By hand, with grades 1 to 3 at most 30 minutes away:

- C can go to South only (34 minutes to North), so South stays open whatever the year.
- 2025: 65 pupils need more than either school's places, so both stay. South takes C (15) and B (20) and is then five
  short of A; A at North, B and C at South cost 30 x 5 + 20 x 5 + 15 x 9 = 385 pupil-minutes; B at North instead 685.
- 2031: 36 pupils fit South's 40 places, and A's trip of 30 minutes is lawful, so North may close: 18 x 30 + 12 x 5 +
  6 x 9 = 654 pupil-minutes in place of 204, and 200,000 yuan a year less.

After 2031 births stand still, so every later year is 2031 again in grade 1.
"""

from __future__ import annotations

from shapely import Point, Polygon, box

from data.domain.district import District
from data.domain.divisions import Division, DivisionCode
from data.domain.people import BirthCount, PeopleCount
from data.domain.schools import RollCount, School, SchoolId, SchoolKind, Site, Stage, ZoneToday
from data.domain.settlements import Settlement, SettlementId

DIVISION = DivisionCode("509902")
TODAY = 2025
SOURCE = "drawn by hand for this software; synthetic 合成数据"

_WEST, _LATITUDE = 107.0, 30.0
_METRES_A_DEGREE = 96_486.0
"""Metres of a degree of longitude at 30 N on the GRS80 ellipsoid."""
_HALF_WIDTH_DEGREES = 0.01

_HAMLET_METRES = {"A": 0.0, "B": 4_750.0, "C": 7_400.0}
_LAND_METRES = {"A": (-1_000.0, 2_500.0), "B": (2_500.0, 6_550.0), "C": (6_550.0, 8_400.0)}
_HAMLET_NAMES = {"A": "上湾村", "B": "中坝村", "C": "下河村"}
_SCHOOL_METRES = {"north": 950.0, "south": 5_700.0}

_PUPILS = {"A": (5, 5, 5, 5, 5, 5), "B": (4, 4, 3, 3, 3, 3), "C": (3, 3, 3, 2, 2, 2)}
"""Children of the six primary grades today."""
_YOUNGER = {"A": 3, "B": 2, "C": 1}
"""Children of every age below six, and births of every year since."""
_OLDER = {"A": 5, "B": 3, "C": 2}
"""Children of every age from twelve to seventeen."""
_ZONES = {"A": "north", "B": "south", "C": "south"}


def load() -> District:
    """Return the district drawn above."""
    return District(
        title="三村示例(合成数据 synthetic)",
        division=DIVISION,
        synthetic=True,
        source=SOURCE,
        divisions=(Division(DIVISION, "三村县(合成)", "county"),),
        settlements=tuple(_hamlet(name) for name in "ABC"),
        people=tuple(_people()),
        births=tuple(
            BirthCount(name, "settlement", year, _YOUNGER[name], source=SOURCE)
            for name in "ABC"
            for year in range(TODAY - 5, TODAY + 1)
        ),
        schools=(_school("north", "北岸小学"), _school("south", "南岸小学")),
        sites=(
            Site(SchoolId("north"), Stage.PRIMARY, classrooms=2, places=50, running_cost=200_000),
            Site(SchoolId("south"), Stage.PRIMARY, classrooms=1, places=40, running_cost=300_000),
        ),
        roll=tuple(_roll()),
        zones=tuple(ZoneToday(SettlementId(name), Stage.PRIMARY, SchoolId(school)) for name, school in _ZONES.items()),
    )


def _hamlet(name: str) -> Settlement:
    return Settlement(
        id=SettlementId(name),
        name=_HAMLET_NAMES[name],
        division=DIVISION,
        geometry=_land(*_LAND_METRES[name]),
        centre=_on_the_road(_HAMLET_METRES[name]),
        township="三村乡",
        urban=False,
    )


def _school(name: str, title: str) -> School:
    return School(
        id=SchoolId(name),
        name=title,
        division=DIVISION,
        kind=SchoolKind.FULL_PRIMARY,
        point=_on_the_road(_SCHOOL_METRES[name]),
        township="三村乡",
    )


def _people() -> list[PeopleCount]:
    counts = {name: (*[_YOUNGER[name]] * 6, *_PUPILS[name], *[_OLDER[name]] * 6) for name in "ABC"}
    return [
        PeopleCount(name, "settlement", TODAY, age, count, source=SOURCE)
        for name in "ABC"
        for age, count in enumerate(counts[name])
    ]


def _roll() -> list[RollCount]:
    return [
        RollCount(
            SchoolId(school), TODAY, grade, sum(_PUPILS[name][grade - 1] for name in "ABC" if _ZONES[name] == school)
        )
        for school in ("north", "south")
        for grade in range(1, 7)
    ]


def _land(west: float, east: float) -> Polygon:
    longitudes = [round(_WEST + metres / _METRES_A_DEGREE, 6) for metres in (west, east)]
    return box(longitudes[0], _LATITUDE - _HALF_WIDTH_DEGREES, longitudes[1], _LATITUDE + _HALF_WIDTH_DEGREES)


def _on_the_road(metres: float) -> Point:
    return Point(round(_WEST + metres / _METRES_A_DEGREE, 6), _LATITUDE)
