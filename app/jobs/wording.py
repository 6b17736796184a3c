"""The plan document: an answer in a planner's words, Chinese and English, with the norms behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from app.cases.plan_document import (
    AdjustedPart,
    AdjustedPlan,
    BrokenRule,
    CertificateOut,
    ChangedSchool,
    ChangedSettlement,
    Clash,
    HandCheck,
    Measures,
    NormUse,
    PlanDocument,
    Refused,
    RepairOut,
    SchoolPlan,
    SettlementPlan,
    Unserved,
)
from app.jobs import school_buses, way_wording
from app.jobs.desk import NOBODY, Asked
from app.jobs.ways import NOT_REACHED
from data.norms import Norm
from solver.areas.answer import Adjusted, LayoutPlan
from solver.areas.explain import Left, Reason, Relaxation
from solver.areas.judge import Broken, Judgement
from solver.areas.local import Refusal, Resolved
from solver.areas.reach import Crowd
from solver.areas.repair import Repair
from solver.plan import Certificate, Status

NAMES_IN_A_SENTENCE = 8

NOT_MENDED = {
    "code": "start-not-mended",
    "en": "The plan to start from breaks rules, and no lawful plan near it was found in time; the search began anew.",
    "zh": "起始方案不合规则,限时内未找到与其相近的合规方案;已重新搜索。",
}


@dataclass(frozen=True, slots=True)
class Why:
    """The reasons found: indices into the layout."""

    left: tuple[Left, ...] = ()
    blocked: tuple[int, ...] = ()
    crowd: Crowd | None = None
    relaxations: tuple[Relaxation, ...] = ()
    necessary: Mapping[int, tuple[int, ...]] = field(default_factory=dict)


def document(
    asked: Asked, answer: LayoutPlan, why: Why, dataset_hash: str, versions: Mapping[str, str]
) -> PlanDocument:
    """Write the document of a solve."""
    school_of = None if answer.school_of is None else answer.school_of.tolist()
    opened = None if answer.opened is None else answer.opened.tolist()
    found = _document(asked, answer.certificate, school_of, opened, answer.judgement, why, dataset_hash, versions)
    if answer.repairs is not None:
        return found.model_copy(update={"repairs": tuple(_repair(asked, change) for change in answer.repairs)})
    if answer.begun and answer.school_of is not None:
        return found.model_copy(update={"notices": (*found.notices, NOT_MENDED)})
    return found


def document_of_hand(
    asked: Asked, judged: tuple[list[int], list[bool], Judgement], dataset_hash: str, versions: Mapping[str, str]
) -> PlanDocument:
    """Write the document of a plan made by hand: no bound, and every rule that it breaks."""
    school_of, opened, judgement = judged
    certificate = Certificate(
        status=Status.UNKNOWN if judgement.unlawful else Status.FEASIBLE,
        objective=sum(judgement.parts.values()),
        bound=None,
        seed=0,
        seconds=0.0,
        method="checked by hand edit",
        parts=judgement.parts,
    )
    return _document(asked, certificate, school_of, opened, judgement, Why(), dataset_hash, versions)


def hand_check(asked: Asked, school_of: Sequence[int], opened: Sequence[bool], judgement: Judgement) -> HandCheck:
    """Write what the checker says of a plan made by hand."""
    return HandCheck(
        rules_broken=tuple(_broken(asked, b) for b in judgement.broken),
        objective=sum(judgement.parts.values()),
        parts=judgement.parts,
        measures=_measures(asked, school_of, opened, judgement),
    )


def _document(
    asked: Asked,
    certificate: Certificate,
    school_of: Sequence[int] | None,
    opened: Sequence[bool] | None,
    judgement: Judgement | None,
    why: Why,
    dataset_hash: str,
    versions: Mapping[str, str],
) -> PlanDocument:
    scenario, district = asked.scenario, asked.district
    buses = None if school_of is None or judgement is None else school_buses.plan(asked, school_of, judgement)
    return PlanDocument(
        title=scenario.title,
        dataset_title=district.title,
        dataset_hash=dataset_hash,
        synthetic=district.synthetic,
        stage=scenario.stage,
        target_year=scenario.target_year,
        certificate=_certificate(certificate),
        schools=() if opened is None or judgement is None else _schools(asked, school_of, opened, judgement, why),
        settlements=_settlements(asked, school_of, opened),
        measures=None
        if school_of is None or opened is None or judgement is None
        else _measures(asked, school_of, opened, judgement),
        norms_used=tuple(norm_use(norm) for norm in asked.used.listed()),
        rules_broken=() if judgement is None else tuple(_broken(asked, b) for b in judgement.broken),
        unserved=tuple(_unserved(asked, left) for left in why.left),
        clashes=_clashes(asked, why, certificate.status),
        travel=way_wording.travel_facts(asked),
        notices=asked.notices,
        forecast=_forecast(asked),
        versions=dict(versions),
        cut_borders=way_wording.cut_borders(asked),
        buses=buses,
    )


def _certificate(certificate: Certificate) -> CertificateOut:
    return CertificateOut(
        status=certificate.status,
        objective=certificate.objective,
        bound=certificate.bound,
        gap=certificate.gap,
        parts=certificate.parts,
        method=certificate.method,
        seed=certificate.seed,
        seconds=certificate.seconds,
        deterministic=certificate.deterministic,
        stopped=certificate.stopped,
    )


def norm_use(norm: Norm) -> NormUse:
    """Write a norm with its source."""
    return NormUse(
        key=norm.key,
        stage=norm.stage,
        value=norm.value,
        unit=norm.unit,
        kind=norm.kind,
        source=norm.source,
        trust=norm.trust,
        level=norm.level,
    )


def _forecast(asked: Asked) -> dict[str, object]:
    return {
        "method": asked.forecast.method,
        "notes": list(asked.forecast.notes),
        "notes_zh": list(asked.forecast.notes_zh),
        "pupils": int(asked.layout.pupils.sum()),
    }


def _schools(
    asked: Asked, school_of: Sequence[int] | None, opened: Sequence[bool], judgement: Judgement, why: Why
) -> tuple[SchoolPlan, ...]:
    joined = np.bincount([s for s in school_of or () if s != NOBODY], minlength=len(opened))
    rows = []
    for s, row in enumerate(asked.schools):
        necessary = why.necessary.get(s, ())
        rows.append(
            SchoolPlan(
                id=row.school.id,
                name=row.school.name,
                decision="keep" if opened[s] else "close",
                reason=_decision_reason(asked, s, bool(opened[s]), bool(necessary)),
                pupils=judgement.load[s],
                pupils_today=row.roll,
                places=row.places,
                boarders=judgement.boarders[s],
                beds=row.beds,
                settlements=int(joined[s]),
                running_cost=row.running_cost,
                necessary_for=tuple(asked.layout.settlement_ids[v] for v in necessary),
            )
        )
    rows += [
        SchoolPlan(
            id=row.school.id,
            name=row.school.name,
            decision="keep",
            reason="private",
            pupils=0,
            pupils_today=row.roll,
            places=row.places,
            boarders=0,
            beds=row.beds,
            settlements=0,
            running_cost=row.running_cost,
        )
        for row in asked.private
    ]
    return tuple(rows)


def _decision_reason(asked: Asked, s: int, is_open: bool, necessary: bool) -> str:
    layout = asked.layout
    if layout.close[s]:
        return "closed_by_order"
    if not is_open:
        return "chosen"
    if layout.protected[s]:
        return "protected"
    if layout.keep[s]:
        return "pinned"
    if necessary:
        return "necessary"
    return "all_open" if asked.scenario.open_choice == "all" else "chosen"


def _settlements(
    asked: Asked, school_of: Sequence[int] | None, opened: Sequence[bool] | None
) -> tuple[SettlementPlan, ...]:
    layout, away = asked.layout, _boarders(asked)
    on_roads = way_wording.of_settlements(asked, school_of, opened)
    rows = []
    for v, settlement in enumerate(asked.settlements):
        s = NOBODY if school_of is None else school_of[v]
        now = int(layout.school_now[v])
        rows.append(
            SettlementPlan(
                id=settlement.id,
                name=settlement.name,
                pupils=int(layout.pupils[v]),
                school=None if s == NOBODY else layout.school_ids[s],
                school_today=None if now == NOBODY else layout.school_ids[now],
                minutes=_shown(layout.minutes, v, s),
                minutes_today=_shown(layout.minutes, v, now),
                boarders=0 if s == NOBODY else away(v, s),
                moved=s != NOBODY and now not in (NOBODY, s),
                estimated=bool(asked.trips.estimated[v].all() if s == NOBODY else asked.trips.estimated[v, s]),
                **on_roads[v],
            )
        )
    return tuple(rows)


def _shown(minutes: np.ndarray, v: int, s: int) -> int | None:
    """Give the minutes of a trip; ``None`` where there is no school, or no way to it."""
    return None if s == NOBODY or minutes[v, s] >= NOT_REACHED else int(minutes[v, s])


def _boarders(asked: Asked) -> Callable[[int, int], int]:
    layout = asked.layout

    def away(v: int, s: int) -> int:
        far = layout.held_minutes[v, s] > layout.older_limit
        return int(layout.older[v]) if far and layout.beds[s] > 0 else 0

    return away


def _measures(asked: Asked, school_of: Sequence[int], opened: Sequence[bool], judgement: Judgement) -> Measures:
    layout = asked.layout
    pupils, at = layout.pupils, np.array(school_of)
    now, rows = layout.school_now, np.arange(len(at))
    trip, today = layout.minutes[rows, at], layout.minutes[rows, now]
    joined = (at != NOBODY) & (pupils > 0) & (trip < NOT_REACHED)
    known = (now != NOBODY) & (pupils > 0) & (today < NOT_REACHED)
    minutes, weight = trip[joined], pupils[joined]
    away = sum(judgement.boarders)
    moved = sum(int(pupils[v]) for v in np.flatnonzero((now != NOBODY) & (at != NOBODY) & (at != now)))
    return Measures(
        pupils=int(pupils.sum()),
        schools_open=int(np.sum(opened)),
        schools_closed=len(opened) - int(np.sum(opened)),
        mean_minutes=_mean(minutes, weight),
        mean_minutes_today=_mean(today[known], pupils[known]),
        p95_minutes=_percentile(minutes, weight, 0.95),
        worst_minutes=int(minutes.max()) if len(minutes) else None,
        within_limit_share=way_wording.within_limit_share(asked, at),
        pupils_moved=moved,
        boarders=away,
        running_cost=sum(row.running_cost for s, row in enumerate(asked.schools) if opened[s]),
        places_open=int(layout.places[np.array(opened, dtype=bool)].sum()),
        within_limit_share_today=way_wording.within_limit_share(asked, now),
        access=way_wording.access(asked, school_of, opened),
    )


def _mean(minutes: np.ndarray, weight: np.ndarray) -> float | None:
    return round(float(np.average(minutes, weights=weight)), 2) if weight.sum() > 0 else None


def _percentile(minutes: np.ndarray, weight: np.ndarray, share: float) -> int | None:
    """Give the smallest number of minutes within which at least ``share`` of the pupils travel."""
    if weight.sum() == 0:
        return None
    order = np.argsort(minutes, kind="stable")
    reached = np.cumsum(weight[order]) >= share * weight.sum()
    return int(minutes[order][np.argmax(reached)])


SENTENCES: Mapping[str, tuple[str, str, str | None]] = {
    "every_settlement_joins_a_school": ("{who} joins no school.", "{who} 未划入任何学校。", None),
    "closed_school_takes_nobody": ("{who} is sent to a closed school.", "{who} 被划入已撤并的学校。", None),
    "places": ("{who}: {amount} pupils over its places.", "{who}:超出学位 {amount} 人。", "class.norm"),
    "largest_school": (
        "{who}: {amount} pupils over the largest school.",
        "{who}:超过学校规模上限 {amount} 人。",
        "school.max_size",
    ),
    "least_viable": (
        "{who}: {amount} pupils short of the least viable size.",
        "{who}:低于最小适宜规模 {amount} 人。",
        "school.least_viable",
    ),
    "trip_limit_young": (
        "{who}: grades 1 to 3 travel {amount} pupil-minutes beyond the limit.",
        "{who}:小学 1—3 年级超过用时上限共 {amount} 人·分钟。",
        "acc.walk.g1_3",
    ),
    "trip_limit": (
        "{who}: day pupils travel {amount} pupil-minutes beyond the limit.",
        "{who}:走读生超过用时上限共 {amount} 人·分钟。",
        "acc.single_trip",
    ),
    "no_way": ("{who}: no way leads to its school.", "{who}:没有道路通往所划学校。", None),
    "crossing": (
        "{who}: {amount} pupils cross a trunk road or a railway on foot.",
        "{who}:{amount} 名学生步行途中穿越干线道路或铁路。",
        "acc.crossing",
    ),
    "beds": ("{who}: {amount} boarders without a bed.", "{who}:缺床位 {amount} 个。", None),
    "contiguity": ("The zone of {who} is in pieces.", "{who} 的片区不连通。", "zone.contig"),
    "zone_holds_its_school": (
        "The zone of {who} does not hold the settlement it stands in.",
        "{who} 的片区不包含学校所在村社。",
        "zone.contig",
    ),
    "protected_school": ("{who} is protected and closes.", "{who} 属受保护学校却被撤并。", "lay.keep_points"),
    "keep_order": ("{who} was ordered to stay and closes.", "{who} 被要求保留却撤并。", None),
    "close_order": ("{who} was ordered to close and stays.", "{who} 被要求撤并却保留。", None),
    "pin": ("{who} does not join the school it is pinned to.", "{who} 未按指定划入学校。", None),
    "ban": ("{who} joins a school it is banned from.", "{who} 划入了禁止划入的学校。", None),
    "number_open": (
        "The number of open schools is {amount} off the bounds.",
        "开办学校数超出范围 {amount} 所。",
        None,
    ),
}
"""Sentence in English and Chinese and the norm of each rule of the checker; ``{who}`` is a school or a settlement."""


def _broken(asked: Asked, broken: Broken) -> BrokenRule:
    en, zh, norm = SENTENCES[broken.rule]
    who = _who(asked, broken)
    return BrokenRule(
        rule=broken.rule,
        norm=norm,
        hard=broken.hard,
        amount=broken.amount,
        unit=broken.unit,
        who=tuple(asked.layout.settlement_ids[v] for v in broken.settlements)
        + (() if broken.school is None else (asked.layout.school_ids[broken.school],)),
        detail=en.format(who=who, amount=broken.amount),
        detail_zh=zh.format(who=who, amount=broken.amount),
    )


def _who(asked: Asked, broken: Broken) -> str:
    of_settlement = broken.rule in ("every_settlement_joins_a_school", "closed_school_takes_nobody", "pin", "ban")
    trip = broken.rule in ("trip_limit", "trip_limit_young", "no_way", "crossing")
    if (of_settlement or trip) and broken.settlements:
        return asked.settlements[broken.settlements[0]].name
    return "" if broken.school is None else asked.schools[broken.school].school.name


REPAIR_REASONS: Mapping[str, tuple[str, str]] = {
    "every_settlement_joins_a_school": ("it joined no school", "原方案未划入学校"),
    "closed_school": ("its school is closed", "原学校撤并或未开办"),
    "trip_limit": ("its school is beyond the trip limit", "至原学校超过上学用时上限"),
    "no_way": ("no way leads to its school", "没有道路通往原学校"),
    "contiguity": ("it is cut off from the zone of its school", "与原学校片区不相连"),
    "own_settlement": ("a zone holds the settlement its school stands in", "片区须包含学校所在村社"),
    "places": ("it has more pupils than its school has places", "学生数超过原学校学位"),
    "pin": ("the scenario pins it to that school", "情景指定划入该校"),
    "ban": ("the scenario bans it from its school", "情景禁止划入原学校"),
    "must_open": ("it must stay open", "按规定或要求保留"),
    "must_close": ("it was ordered to close", "按要求撤并"),
    "number_open": ("the number of open schools is bounded", "开办学校数有上下限"),
    "least_viable": ("it is below the least viable size", "低于最小适宜规模"),
    "makes_room": ("it makes room, so that the others keep their rules", "腾让,使其他村社和学校符合规则"),
}
"""Why something was changed in a plan to start from, in English and Chinese; rules as ``check`` names them."""


def _repair(asked: Asked, change: Repair) -> RepairOut:
    left, joined = (None if s is None else asked.schools[s].school for s in (change.left, change.joined))
    rule = _repair_rule(asked, change)
    en, zh = REPAIR_REASONS[rule]
    if change.settlement is not None:
        settlement = asked.settlements[change.settlement]
        name, pupils = settlement.name, int(asked.layout.pupils[change.settlement])
        what = f"from {left.name if left else 'no school'} to {joined.name if joined else 'no school'}"
        what_zh = f"由{left.name if left else '无学校'}改划{joined.name if joined else '无学校'}"
    else:
        settlement, pupils = None, 0
        name = (left or joined).name  # type: ignore[union-attr]  # a school closes or another opens
        what, what_zh = ("closes", "撤并") if joined is None else ("opens", "开办")
    return RepairOut(
        rule=rule,
        settlement=None if settlement is None else settlement.id,
        name=name,
        pupils=pupils,
        school_from=None if left is None else left.id,
        school_to=None if joined is None else joined.id,
        detail=f"{name} {what}: {en}.",
        detail_zh=f"{name}{what_zh}:{zh}。",
    )


def _repair_rule(asked: Asked, change: Repair) -> str:
    """Name the rule in the planner's terms: a pair that the arrays forbid may be forbidden by a pin or a ban."""
    if change.rule == "trip_limit" and (change.settlement, change.joined) in asked.layout.pins:
        return "pin"
    if change.rule == "trip_limit" and (change.settlement, change.left) in asked.layout.bans:
        return "ban"
    return change.rule


REFUSALS: Mapping[str | None, tuple[str, str]] = {
    "must_close": ("{school} was ordered to close.", "{school}按要求撤并。"),
    "no_way": ("No way leads from {settlement} to {school}.", "{settlement}没有道路通往{school}。"),
    "trip_limit": (
        "{settlement} is beyond the trip limit of {school}, or a pin or ban of the scenario forbids it.",
        "{settlement}至{school}超过上学用时上限,或为情景的指定与禁止所不许。",
    ),
    "places": ("{school} has too few places.", "{school}学位不足。"),
    "beds": ("{school} has too few beds.", "{school}床位不足。"),
    "own_settlement": (
        "{settlement} holds a school that must stay, and a zone holds the settlement of its school.",
        "{settlement}为另一所须保留学校的所在地,片区须包含学校所在村社。",
    ),
    "contiguity": (
        "{settlement} would be cut off: no chain of neighbours in the zone leads to {school}.",
        "{settlement}将与{school}不相连:没有同片区的相邻村社可通。",
    ),
    "least_viable": ("A school would fall below the least viable size.", "将有学校低于最小适宜规模。"),
    "number_open": ("The number of open schools would leave its bounds.", "开办学校数将超出范围。"),
    "every_settlement_joins_a_school": (
        "{settlement} joins no school in this plan.",
        "本方案中{settlement}未划入学校。",
    ),
    "closed_school": (
        "{settlement} joins {school}, which is closed in this plan.",
        "本方案中{settlement}划入的{school}已撤并。",
    ),
    "must_open": ("{school} must stay open and is closed in this plan.", "{school}须保留,本方案中却已撤并。"),
    None: ("No lawful plan with this edit was found in the time.", "限时内未找到含此改动的合规方案。"),
}
"""Why an edit is refused, in English and Chinese; rules as ``check`` names them."""
ELSEWHERE = (" The rest of the plan was kept as it is.", "(方案其余部分保持不变。)")


def adjusted_plan(
    asked: Asked, before: tuple[Sequence[int], Sequence[bool]], adjusted: Adjusted, pinned: Mapping[int, int]
) -> AdjustedPlan:
    """Write what became of an edit: what changed, what it costs and what the checker says, or why it cannot be."""
    found, judgement, ids = adjusted.resolved, adjusted.judgement, asked.layout.school_ids
    school_of = before[0] if found.school_of is None else found.school_of.tolist()
    opened = before[1] if found.opened is None else found.opened.tolist()
    return AdjustedPlan(
        refused=None if found.refusal is None else _refused(asked, found.refusal, pinned),
        objective_before=found.cost_before,
        objective_after=found.cost,
        settlements=tuple(
            _changed(asked, v, was, now, by_hand=pinned.get(v) == now)
            for v, (was, now) in enumerate(zip(before[0], school_of, strict=True))
            if was != now
        ),
        schools=tuple(
            ChangedSchool(school=ids[s], name=asked.schools[s].school.name, decision="keep" if now else "close")
            for s, (was, now) in enumerate(zip(before[1], opened, strict=True))
            if was != now
        ),
        part=_part(asked, found),
        check=None if judgement is None else hand_check(asked, school_of, opened, judgement),
        seconds=round(found.seconds, 3),
    )


def _part(asked: Asked, found: Resolved) -> AdjustedPart | None:
    if not found.schools:
        return None
    return AdjustedPart(
        schools=tuple(asked.layout.school_ids[s] for s in found.schools),
        settlements=len(found.settlements),
        bound=found.bound,
        proved=found.cost is not None and found.cost == found.bound,
    )


def _refused(asked: Asked, refusal: Refusal, pinned: Mapping[int, int]) -> Refused:
    v = next(iter(pinned)) if refusal.settlement is None else refusal.settlement
    s = pinned.get(v, next(iter(pinned.values()))) if refusal.school is None else refusal.school
    names = {"settlement": asked.settlements[v].name, "school": asked.schools[s].school.name}
    en, zh = REFUSALS[refusal.rule]
    about, about_zh = ("", "") if refusal.certain else ELSEWHERE
    return Refused(
        rule=refusal.rule,
        settlement=None if refusal.settlement is None else asked.layout.settlement_ids[v],
        school=None if refusal.school is None else asked.layout.school_ids[s],
        certain=refusal.certain,
        detail=en.format(**names) + about,
        detail_zh=zh.format(**names) + about_zh,
    )


def _changed(asked: Asked, v: int, was: int, now: int, *, by_hand: bool) -> ChangedSettlement:
    ids, minutes = asked.layout.school_ids, asked.layout.minutes
    return ChangedSettlement(
        settlement=asked.layout.settlement_ids[v],
        name=asked.settlements[v].name,
        pupils=int(asked.layout.pupils[v]),
        school_from=None if was == NOBODY else ids[was],
        school_to=None if now == NOBODY else ids[now],
        minutes_from=_shown(minutes, v, was),
        minutes_to=_shown(minutes, v, now),
        by_hand=by_hand,
    )


LEFT_SENTENCES: Mapping[Reason, tuple[str, str]] = {
    Reason.NO_WAY: (
        "{name} ({pupils} pupils): no way leads to any school that may open, by the roads known and open.",
        "{name}({pupils} 人):按已知且未封闭的道路,没有通往任何可开办学校的路。",
    ),
    Reason.TOO_FAR: (
        "{name} ({pupils} pupils): the nearest school, {school}, is {minutes} minutes away; "
        "grades 1 to 3 may travel {young} minutes, others {older} or board.",
        "{name}({pupils} 人):最近的学校{school}需 {minutes} 分钟;"
        "1—3 年级上限 {young} 分钟,其余年级上限 {older} 分钟或寄宿。",
    ),
    Reason.TOO_LARGE: (
        "{name} has {pupils} pupils, more than any school within reach has places; a settlement is not split.",
        "{name} 有 {pupils} 名学生,超过可达任一学校的学位数;村社不可拆分。",
    ),
    Reason.CUT_OFF: (
        "{name} ({pupils} pupils) is cut off: no chain of neighbouring settlements leads to a school within its "
        "limits. A named link (bridge, ferry) would join it.",
        "{name}({pupils} 人)与可达学校之间没有相邻村社相连;如有桥梁或渡口,请在连接表中登记。",
    ),
    Reason.ORDERED_AWAY: (
        "{name} ({pupils} pupils): the pins, bans and closures ordered leave it no school.",
        "{name}({pupils} 人):按指定、禁止与撤并要求,已无学校可划入。",
    ),
    Reason.NO_BEDS: (
        "{name} ({pupils} pupils): more boarders than any school within reach has beds.",
        "{name}({pupils} 人):需寄宿人数超过可达任一学校的床位数。",
    ),
}


def _unserved(asked: Asked, left: Left) -> Unserved:
    layout, settlement = asked.layout, asked.settlements[left.settlement]
    nearest = None if left.nearest_school is None else asked.schools[left.nearest_school].school
    en, zh = LEFT_SENTENCES[left.reason]
    facts = {
        "name": settlement.name,
        "pupils": int(layout.pupils[left.settlement]),
        "school": "" if nearest is None else nearest.name,
        "minutes": left.nearest_minutes,
        "young": layout.young_limit,
        "older": layout.older_limit,
    }
    return Unserved(
        settlement=settlement.id,
        name=settlement.name,
        pupils=int(layout.pupils[left.settlement]),
        reason=left.reason,
        nearest_school=None if nearest is None else nearest.id,
        nearest_minutes=left.nearest_minutes,
        detail=en.format(**facts),
        detail_zh=zh.format(**facts),
    )


RULE_NAMES: Mapping[str, tuple[str, str]] = {
    "contiguity": ("connected zones", "片区连通"),
    "beds": ("beds", "床位"),
    "least_viable": ("least viable size", "最小适宜规模"),
    "trip_limit": ("trip limits", "上学用时上限"),
    "pins_and_bans": ("pins and bans", "指定与禁止划入"),
}


def _clashes(asked: Asked, why: Why, status: Status) -> tuple[Clash, ...]:
    found = [_blocked(asked, s) for s in why.blocked]
    if why.crowd is not None:
        found.append(_crowded(asked, why.crowd))
    found += [_relaxed(relaxation, status) for relaxation in why.relaxations]
    if status is Status.INFEASIBLE and not (found or why.left):
        found.append(
            Clash(
                rule="whole_settlements",
                settlements=(),
                schools=(),
                pupils=int(asked.layout.pupils.sum()),
                places=int(asked.layout.places[~asked.layout.close].sum()),
                verified=True,
                detail="An exact search proved that no assignment of whole settlements keeps all hard rules; "
                "doing without any single rule was not enough, or no plan without it was found in time.",
                detail_zh="精确搜索证明:在村社不拆分的前提下,不存在满足全部硬性规则的方案;"
                "单独放宽任一规则仍不足,或在限时内未找到。",
            )
        )
    return tuple(found)


def _blocked(asked: Asked, school: int) -> Clash:
    row = asked.schools[school]
    return Clash(
        rule="zone_holds_its_school",
        settlements=(),
        schools=(row.school.id,),
        pupils=0,
        places=row.places,
        verified=True,
        detail=f"{row.school.name} must stay open, and no settlement at it may join it under the rules.",
        detail_zh=f"{row.school.name}必须保留,但按规则其所在村社无法划入该校。",
    )


def _crowded(asked: Asked, crowd: Crowd) -> Clash:
    names = _some([asked.settlements[v].name for v in crowd.settlements])
    schools = _some([asked.schools[s].school.name for s in crowd.schools])
    return Clash(
        rule="places",
        settlements=tuple(asked.layout.settlement_ids[v] for v in crowd.settlements),
        schools=tuple(asked.layout.school_ids[s] for s in crowd.schools),
        pupils=crowd.pupils,
        places=crowd.places,
        verified=True,
        detail=f"{len(crowd.settlements)} settlements ({names}) with {crowd.pupils} pupils can reach only "
        f"{len(crowd.schools)} schools ({schools}) with {crowd.places} places.",
        detail_zh=f"{len(crowd.settlements)} 个村社({names})共 {crowd.pupils} 名学生,只能到达 "
        f"{len(crowd.schools)} 所学校({schools}),学位共 {crowd.places} 个。",
    )


def _relaxed(relaxation: Relaxation, status: Status) -> Clash:
    en, zh = RULE_NAMES[relaxation.rule]
    proved = status is Status.INFEASIBLE
    return Clash(
        rule=relaxation.rule,
        settlements=(),
        schools=(),
        pupils=0,
        places=0,
        verified=proved,
        detail=f"Without the rule on {en} a plan exists (found and checked)"
        + (", with it none does." if proved else "; with it none was found in the time given."),
        detail_zh=f"若不要求“{zh}”,则存在方案(已求得并核验)"
        + (";要求时不存在方案。" if proved else ";要求时在限时内未找到。"),
    )


def _some(names: Sequence[str]) -> str:
    shown = "、".join(names[:NAMES_IN_A_SENTENCE])
    return shown if len(names) <= NAMES_IN_A_SENTENCE else f"{shown} …"
