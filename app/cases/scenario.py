"""A scenario: what a planner asks of one district, one stage and one target year."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator
from shapely.errors import GEOSException
from shapely.geometry import shape

from app.cases.recipe import Recipe
from app.cases.strict import Strict
from data.domain.schools import Stage


class RuleMode(StrEnum):
    """How a rule acts: never broken, broken at a price, or not looked at."""

    HARD = "hard"
    SOFT = "soft"
    OFF = "off"


class Rule(Strict):
    """How one rule acts. ``price`` is yuan a year for each unit of breach, used in mode ``soft`` only."""

    mode: RuleMode = RuleMode.HARD
    price: Annotated[int, Field(ge=0, le=10_000_000)] = 0


class Rules(Strict):
    """
    The rules a scenario may set; all others always hold.

    ``trip_limit`` (rule 4; breach unit: pupil-minute beyond the limit), ``least_viable`` (rule 3; unit: pupil
    missing), ``largest_school`` (rule 3; hard or off: places above the norm then count, and are reported), ``beds``
    (rule 5; unit: boarder without a bed), ``contiguity`` (rule 6; hard or off), ``crossing`` (soft or off; unit:
    primary pupil whose way on foot crosses a trunk road or a railway on the level; needs roads).
    """

    trip_limit: Rule = Rule()
    least_viable: Rule = Rule(mode=RuleMode.SOFT, price=2_000)
    largest_school: Rule = Rule()
    beds: Rule = Rule()
    contiguity: Rule = Rule()
    crossing: Rule = Rule(mode=RuleMode.SOFT, price=200)

    @model_validator(mode="after")
    def _some_rules_have_no_price(self) -> Rules:
        for name in ("largest_school", "contiguity"):
            if getattr(self, name).mode is RuleMode.SOFT:
                raise ValueError(f"{name} is hard or off")
        if self.crossing.mode is RuleMode.HARD:
            raise ValueError("crossing is soft or off")
        return self


class Means(StrEnum):
    """
    How pupils travel. ``mixed``: on foot or by bus, whichever is quicker. ``straight_line``: estimated, even where
    the dataset has roads; a dataset without roads is always estimated so.
    """

    MIXED = "mixed"
    WALK = "walk"
    BUS = "bus"
    STRAIGHT_LINE = "straight_line"


class LimitOn(StrEnum):
    """What of a settlement is held against the limits: the mean of its homes, or the trip that 95 of 100 keep to."""

    MEAN = "mean"
    P95 = "p95"


class Starts(StrEnum):
    """
    Where trips start: ``auto``: from the homes that the dataset lists, else from places along the roads within an
    outline, else from the centre; ``centre``: always from the centre.
    """

    AUTO = "auto"
    CENTRE = "centre"


class SlopeRule(StrEnum):
    """How steepness slows walking: by Tobler (1993), by Minetti et al. (2002), or not at all."""

    TOBLER = "tobler"
    MINETTI = "minetti"
    FLAT = "flat"


class RoadClosure(Strict):
    """
    A named state of the roads, such as 夏季洪水 or 冬季冰雪, in which some are shut for everyone.

    A segment is shut that meets every condition given of ``above_metres``, ``below_metres``, ``steeper_than`` and
    ``area`` (a GeoJSON Polygon or MultiPolygon); ferries and ``ways`` (ids in the extract) are shut besides.
    """

    name: Annotated[str, Field(min_length=1, max_length=100)]
    above_metres: float | None = None
    below_metres: float | None = None
    steeper_than: Annotated[float, Field(gt=0, le=1)] | None = None
    ferries: bool = False
    ways: tuple[int, ...] = ()
    area: dict[str, Any] | None = None

    @field_validator("area")
    @classmethod
    def _area_is_a_polygon(cls, area: dict[str, Any] | None) -> dict[str, Any] | None:
        if area is not None:
            try:
                found = shape(area)
            except (AttributeError, KeyError, TypeError, ValueError, IndexError, GEOSException) as error:
                raise ValueError(f"area is no GeoJSON geometry: {error}") from error
            if found.geom_type not in {"Polygon", "MultiPolygon"} or found.is_empty or not found.is_valid:
                raise ValueError("area is no valid Polygon or MultiPolygon")
        return area

    @model_validator(mode="after")
    def _shuts_something(self) -> RoadClosure:
        conditions = (self.above_metres, self.below_metres, self.steeper_than, self.area)
        if all(condition is None for condition in conditions) and not self.ferries and not self.ways:
            raise ValueError("a closure names nothing that is shut")
        return self


class Travel(Strict):
    """
    How minutes are found. On roads: ``means``, ``slope``, ``limit_on``, ``starts``, ``closures``; speeds are norms.

    ``km_per_hour`` and ``detour`` are for straight lines only: straight line x detour / speed, rounded up, and the
    plan says that its minutes are estimates.
    """

    means: Means = Means.MIXED
    slope: SlopeRule = SlopeRule.TOBLER
    limit_on: LimitOn = LimitOn.MEAN
    starts: Starts = Starts.AUTO
    closures: tuple[RoadClosure, ...] = ()
    km_per_hour: Annotated[float, Field(gt=0, le=120)] | None = None
    detour: Annotated[float, Field(ge=1, le=5)] | None = None


class Neighbours(Strict):
    """
    What counts as neighbouring: borders shared for longer than a length, and corners on request.

    ``barriers``: where the dataset has roads, a shared border counts only where people can cross it.
    """

    shared_border_metres: Annotated[float, Field(ge=0, le=1_000)] = 1.0
    corners: bool = False
    barriers: bool = True


class NormOverride(Strict):
    """A district's own value of a norm; refused where the national rule is a floor and the value is laxer."""

    key: str
    value: float
    stage: Stage | None = None


class Pin(Strict):
    """A settlement that must (pin) or must not (ban) join a school's zone."""

    settlement: str
    school: str


class Weights(Strict):
    """
    Prices that make one objective, yuan a year: a daily one-way pupil-minute, running cost, a pupil who changes zone.

    ``school_bus``: factor on the cost of school buses for pupils who change school and walk too far; needs roads. The
    defaults are proposals, to be confirmed by the authority: 200 yuan a year is half a yuan for each minute of 400
    trips; 1,000 yuan for a changed zone keeps a plan from moving children for little.
    """

    pupil_minute: Annotated[int, Field(ge=0, le=100_000)] = 200
    running_cost: Annotated[float, Field(ge=0, le=1_000)] = 1.0
    moved_pupil: Annotated[int, Field(ge=0, le=10_000_000)] = 1_000
    school_bus: Annotated[float, Field(ge=0, le=1_000)] = 1.0


class OpenChoice(StrEnum):
    """Whether the plan may close schools (consolidation) or only draws zones."""

    CHOOSE = "choose"
    ALL = "all"


class SolveOrder(Strict):
    """How long and how to solve."""

    seconds: Annotated[float, Field(ge=1, le=3_600)] = 60.0
    seed: Annotated[int, Field(ge=0, le=2_147_483_647)] = 1
    workers: Annotated[int, Field(ge=1, le=16)] = 2
    deterministic: bool = False
    gap: Annotated[float, Field(ge=0, le=1)] = 0.0


class Scenario(Strict):
    """
    One question to the planner's desk: one district, one stage, one target year.

    ``keep_open`` and ``close`` name schools; ``pins`` and ``bans`` name settlement-school pairs (rule 12).
    ``open_schools_at_least`` / ``_at_most`` bound the number of schools open. ``forecast``: plan for the pupils of a
    forecast of this recipe (its last year is the target year); not given: for children aged without more ado.
    """

    title: Annotated[str, Field(min_length=1, max_length=200)]
    stage: Stage = Stage.PRIMARY
    target_year: Annotated[int, Field(ge=2000, le=2100)]
    forecast: Recipe | None = None
    open_choice: OpenChoice = OpenChoice.CHOOSE
    travel: Travel = Travel()
    neighbours: Neighbours = Neighbours()
    rules: Rules = Rules()
    norms: tuple[NormOverride, ...] = ()
    weights: Weights = Weights()
    keep_open: tuple[str, ...] = ()
    close: tuple[str, ...] = ()
    pins: tuple[Pin, ...] = ()
    bans: tuple[Pin, ...] = ()
    open_schools_at_least: Annotated[int, Field(ge=0)] = 0
    open_schools_at_most: Annotated[int, Field(ge=1)] | None = None
    solve: SolveOrder = SolveOrder()
