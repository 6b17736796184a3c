"""The plan as stored, sent and shown: the answer, its certificate, its reasons and what it was made from."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from solver.plan import Status


class Part(BaseModel):
    """A frozen part of a plan document."""

    model_config = ConfigDict(frozen=True)


class NormUse(Part):
    """A norm that the plan used, with its source; ``trust`` V read, K known, U unverified 未核实."""

    key: str
    stage: str | None
    value: float
    unit: str
    kind: str
    source: str
    trust: str
    level: str


class BrokenRule(Part):
    """A rule the plan breaks: ``amount`` in ``unit``; ``hard`` ones make a plan unlawful, soft ones are priced."""

    rule: str
    norm: str | None
    hard: bool
    amount: int
    unit: str
    who: tuple[str, ...]
    detail: str
    detail_zh: str


class SchoolPlan(Part):
    """
    What the plan says of one school.

    ``decision``: ``keep`` or ``close``. ``reason``: ``protected``, ``private``, ``pinned``, ``necessary``, ``chosen``,
    ``all_open`` or ``closed_by_order``. ``necessary_for`` names the settlements whose pupils no other school can take.
    """

    id: str
    name: str
    decision: str
    reason: str
    pupils: int
    pupils_today: int | None
    places: int
    boarders: int
    beds: int
    settlements: int
    running_cost: int
    necessary_for: tuple[str, ...] = ()


class SettlementPlan(Part):
    """
    What the plan says of one settlement; minutes are one way, ``None`` where there is no school (today).

    ``estimated``: the minutes are straight-line estimates (of a plan of before roads were known: ``None``).

    On roads: ``minutes`` is the mean of its homes by the means asked, ``minutes_p95`` what 95 of 100 keep to,
    ``minutes_walk`` on foot; ``by_bus``: the bus is quicker; ``crosses``: the way on foot crosses a trunk road or a
    railway on the level. ``minutes_straight`` is the straight-line estimate of the same trip, ``nearest_straight`` the
    school that straight lines call nearest of those open, ``nearest_road`` the one that is. ``None``: not known.
    """

    id: str
    name: str
    pupils: int
    school: str | None
    school_today: str | None
    minutes: int | None
    minutes_today: int | None
    boarders: int
    moved: bool
    estimated: bool | None = None
    minutes_p95: int | None = None
    minutes_p95_today: int | None = None
    minutes_walk: int | None = None
    minutes_walk_today: int | None = None
    by_bus: bool | None = None
    crosses: bool | None = None
    crosses_today: bool | None = None
    minutes_straight: int | None = None
    nearest_straight: str | None = None
    nearest_road: str | None = None


class Unserved(Part):
    """A settlement that no plan can serve under the rules, and why."""

    settlement: str
    name: str
    pupils: int
    reason: str
    nearest_school: str | None
    nearest_minutes: int | None
    detail: str
    detail_zh: str


class Clash(Part):
    """
    Settlements that together cannot be served: their pupils against the places they can reach.

    ``verified`` by arithmetic or by an exact solve; never a solver's unchecked core.
    """

    rule: str
    settlements: tuple[str, ...]
    schools: tuple[str, ...]
    pupils: int
    places: int
    verified: bool
    detail: str
    detail_zh: str


class AccessMeasures(Part):
    """
    What roads say of access; ``None`` where today's zones are not known.

    ``within_walk_share``: pupils within the limit on foot. ``pupils_crossing``: primary pupils whose way on foot
    crosses a trunk road or a railway. ``catchment_mean``, ``catchment_worst``: places a pupil by the two-step floating
    catchment (Luo and Wang 2003) within the trip limit, mean over pupils and mean of the worst-off tenth of pupils.
    ``straight_too_short``: pupils whom straight lines call within the limit and roads do not; ``straight_too_long``:
    the other way round; ``straight_wrong_nearest``: pupils whose nearest open school straight lines get wrong.
    """

    within_walk_share: float | None
    within_walk_share_today: float | None
    pupils_crossing: int
    pupils_crossing_today: int | None
    catchment_mean: float | None
    catchment_mean_today: float | None
    catchment_worst: float | None
    catchment_worst_today: float | None
    straight_too_short: int
    straight_too_long: int
    straight_wrong_nearest: int


class Measures(Part):
    """The district at a glance; minutes are pupil-weighted, one way."""

    pupils: int
    schools_open: int
    schools_closed: int
    mean_minutes: float | None
    mean_minutes_today: float | None
    p95_minutes: int | None
    worst_minutes: int | None
    within_limit_share: float | None
    pupils_moved: int
    boarders: int
    running_cost: int
    places_open: int
    within_limit_share_today: float | None = None
    access: AccessMeasures | None = None


class RepairOut(Part):
    """
    One change that made the plan to start from lawful: a settlement changes school, or a school opens or closes.

    ``rule``: the rule that its own place broke, or ``makes_room``: it gave way so that the others keep their rules.
    ``settlement`` ``None``: the school ``school_from`` closes, or ``school_to`` opens. ``pupils`` of the settlement.
    """

    rule: str
    settlement: str | None
    name: str
    pupils: int
    school_from: str | None
    school_to: str | None
    detail: str
    detail_zh: str


class CutBorder(Part):
    """
    Two settlements whose common border nobody can cross: no neighbours for rule 6.

    ``reason``: ``water``, ``expressway``, ``railway`` or ``no_way`` (no way leads over it). ``barrier``: its name,
    where it has one. ``kept``: cut, yet counted as neighbours, since one of them would have had no neighbour to reach.
    ``lines``: the border, longitude and latitude, simplified to about ten metres.
    """

    settlement: str
    other: str
    reason: str
    barrier: str
    kept: bool
    border_metres: int
    detail: str
    detail_zh: str
    lines: tuple[tuple[tuple[float, float], ...], ...]


class BusStop(Part):
    """A stop of a school bus; ``minutes``: from here to the school; ``pupils`` of ``settlements`` who board."""

    lon: float
    lat: float
    pupils: int
    minutes: int
    settlements: tuple[str, ...]


class BusRoute(Part):
    """One bus: its stops in order, then the school. ``minutes``: longest ride; yuan a year; ``line``: its way."""

    school: str
    stops: tuple[BusStop, ...]
    pupils: int
    minutes: int
    km: float
    cost: int
    line: tuple[tuple[float, float], ...]


class BusPlan(Part):
    """
    School buses for the pupils who change school and walk too far.

    ``estimate``: what the plan reckoned in its objective for them, yuan a year; ``cost``: what the routes cost.
    ``bound``: no routes cost less (``None`` where none was proved). ``unrouted``: settlements with pupils whom no bus
    can take. ``status`` as of a plan.
    """

    status: str
    routes: tuple[BusRoute, ...]
    pupils: int
    vehicles: int
    cost: int
    estimate: int
    bound: int | None
    unrouted: tuple[str, ...]
    detail: str
    detail_zh: str


class CertificateOut(Part):
    """How good the answer is and how it was made; objective and bound in yuan a year."""

    status: Status
    objective: int | None
    bound: int | None
    gap: float | None
    parts: dict[str, int]
    method: str
    seed: int
    seconds: float
    deterministic: bool
    stopped: bool


class HandCheck(Part):
    """What the checker, which shares no code with the model, says of an assignment; yuan a year."""

    rules_broken: tuple[BrokenRule, ...]
    objective: int | None
    parts: dict[str, int]
    measures: Measures | None


class Refused(Part):
    """
    Why an edit cannot be kept: the rule in the way, ``None`` when the time ended without a reason.

    ``certain``: no plan at all keeps the edit; otherwise none was found that leaves all else as it is.
    """

    rule: str | None
    settlement: str | None
    school: str | None
    certain: bool
    detail: str
    detail_zh: str


class ChangedSettlement(Part):
    """A settlement that changes school; ``by_hand``: as the edit says, otherwise to make the edit good."""

    settlement: str
    name: str
    pupils: int
    school_from: str | None
    school_to: str | None
    minutes_from: int | None
    minutes_to: int | None
    by_hand: bool


class ChangedSchool(Part):
    """A school that the edit makes open (``keep``) or close (``close``)."""

    school: str
    name: str
    decision: str


class AdjustedPart(Part):
    """
    What was solved again, everything outside it kept as it is.

    ``bound``: no plan that keeps the edit and everything outside the part costs less, the whole plan counted, yuan a
    year. It says nothing of plans that change what lies outside.
    """

    schools: tuple[str, ...]
    settlements: int
    bound: int | None
    proved: bool


class AdjustedPlan(Part):
    """
    An edit by hand made good: ``check`` judges the whole plan after it; yuan a year.

    ``check`` and ``objective_after`` are ``None`` where the edit is refused; nothing has changed then.
    """

    refused: Refused | None
    objective_before: int
    objective_after: int | None
    settlements: tuple[ChangedSettlement, ...]
    schools: tuple[ChangedSchool, ...]
    part: AdjustedPart | None
    check: HandCheck | None
    seconds: float


class PlanDocument(Part):
    """
    A plan. ``rules_broken`` comes from the checker that shares no code with the model.

    ``repairs``: what had to change in the plan to start from before it broke no rule, empty when nothing; ``None``
    where no plan was given, or, as a notice then says, none near it was found. ``cut_borders``, ``buses``: on roads.
    """

    title: str
    dataset_title: str
    dataset_hash: str
    synthetic: bool
    stage: str
    target_year: int
    certificate: CertificateOut
    schools: tuple[SchoolPlan, ...]
    settlements: tuple[SettlementPlan, ...]
    measures: Measures | None
    norms_used: tuple[NormUse, ...]
    rules_broken: tuple[BrokenRule, ...]
    unserved: tuple[Unserved, ...]
    clashes: tuple[Clash, ...]
    travel: dict[str, object]
    notices: tuple[dict[str, str], ...]
    forecast: dict[str, object]
    versions: dict[str, str]
    repairs: tuple[RepairOut, ...] | None = None
    cut_borders: tuple[CutBorder, ...] = ()
    buses: BusPlan | None = None
