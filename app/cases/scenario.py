"""A scenario: what a planner asks of one district, one stage and one target year."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

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
    (rule 5; unit: boarder without a bed), ``contiguity`` (rule 6; hard or off).
    """

    trip_limit: Rule = Rule()
    least_viable: Rule = Rule(mode=RuleMode.SOFT, price=2_000)
    largest_school: Rule = Rule()
    beds: Rule = Rule()
    contiguity: Rule = Rule()

    @model_validator(mode="after")
    def _some_rules_have_no_price(self) -> Rules:
        for name in ("largest_school", "contiguity"):
            if getattr(self, name).mode is RuleMode.SOFT:
                raise ValueError(f"{name} is hard or off")
        return self


class Travel(Strict):
    """Minutes by straight line x detour / speed, rounded up; the plan says that they are estimates."""

    km_per_hour: Annotated[float, Field(gt=0, le=120)] | None = None
    detour: Annotated[float, Field(ge=1, le=5)] | None = None


class Neighbours(Strict):
    """What counts as neighbouring: borders shared for longer than a length, and corners on request."""

    shared_border_metres: Annotated[float, Field(ge=0, le=1_000)] = 1.0
    corners: bool = False


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

    The defaults are proposals, to be confirmed by the authority: 200 yuan a year is half a yuan for each minute of
    400 trips; 1,000 yuan for a changed zone keeps a plan from moving children for little.
    """

    pupil_minute: Annotated[int, Field(ge=0, le=100_000)] = 200
    running_cost: Annotated[float, Field(ge=0, le=1_000)] = 1.0
    moved_pupil: Annotated[int, Field(ge=0, le=10_000_000)] = 1_000


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
