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
    """What the plan says of one settlement; minutes are one way, ``None`` where there is no school (today)."""

    id: str
    name: str
    pupils: int
    school: str | None
    school_today: str | None
    minutes: int | None
    minutes_today: int | None
    boarders: int
    moved: bool


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
    where no plan was given, or, as a notice then says, none near it was found.
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
