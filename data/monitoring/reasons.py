"""The reason of a warning in the planner's words, English and Chinese, out of its numbers alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from data.monitoring.lead_times import Action, Remedy, Spell

WHAT: dict[Action, tuple[str, str]] = {
    Action.BUILD: ("build or extend", "新建或扩建校舍"),
    Action.CONVERT: ("convert rooms between stages", "在学段之间调剂改用校舍"),
    Action.TRANSFER: ("change zones, move pupils and teachers", "调整片区、调剂学生和师资"),
    Action.MERGE: ("look into merging classes or schools", "研究并班或合并办学"),
}
VERB: dict[Action, tuple[str, str]] = {
    Action.BUILD: ("build", "新建扩建"),
    Action.CONVERT: ("convert", "改用校舍"),
    Action.TRANSFER: ("transfer", "调剂"),
    Action.MERGE: ("merge", "合并"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages."""

    en: str
    zh: str

    def __add__(self, more: Words) -> Words:
        """Put a second text after this one."""
        return Words(f"{self.en} {more.en}" if more.en else self.en, self.zh + more.zh)


NOTHING = Words("", "")


def figures(year: int, pupils: int, low: int, high: int, places: int, *, surplus: bool, chance: float) -> Words:
    """
    Tell the numbers of a year; places above 0.

    The share used is cut, not rounded, to a tenth of a percent, so that it never reads as a threshold not reached.
    ``chance`` is that of a surplus where ``surplus``, of a shortage elsewhere, 0 to 1. Pupils without a band are
    counted or certain: no chance is told.
    """
    used = f"{pupils * 1000 // places / 10:.1f}"
    percent = f"{100 * chance:.0f}"
    left = places - pupils
    room, room_zh = (f"{left:,} left", f"余{left}个") if left >= 0 else (f"{-left:,} missing", f"缺{-left}个")
    of, of_zh = ("surplus", "学位富余") if surplus else ("shortage", "学位不足")
    if low == pupils == high:  # counted, not forecast
        return Words(
            f"{year}: {pupils:,} pupils for {places:,} places, {used} % used, {room}.",
            f"{year}年学生{pupils}人,学位{places}个,使用率{used}%,{room_zh}。",
        )
    return Words(
        f"{year}: {pupils:,} pupils ({low:,} to {high:,}) for {places:,} places, {used} % used, {room}; "
        f"chance of {of} {percent} %.",
        f"{year}年预计学生{pupils}人(区间{low}—{high}人),学位{places}个,使用率{used}%,{room_zh},{of_zh}概率{percent}%。",
    )


def kept(colour: str, colour_zh: str, left_at: float, *, surplus: bool) -> Words:
    """Tell why a level still stands although its threshold is no longer reached; ``left_at`` is a ratio."""
    percent = f"{100 * left_at:.1f}"
    side, side_zh = ("or more", "及以上") if surplus else ("or less", "及以下")
    return Words(
        f"Still {colour}: the level is left at {percent} % {side}.",
        f"仍为{colour_zh}:使用率回到{percent}%{side_zh}方解除。",
    )


def no_shortage_ahead(last_year: int) -> Words:
    """Tell that a place near its limit has places enough as far as the forecast goes."""
    return Words(
        f"By the middle of the band no places are missing up to {last_year}.", f"按区间中值,至{last_year}年学位不缺。"
    )


def passing_surplus(years: int) -> Words:
    """Tell that a surplus is too short to act on."""
    lasting = "1 year" if years == 1 else f"{years} years"
    return Words(f"The surplus lasts {lasting}: nothing to change.", f"富余仅{years}年,不作调整。")


def of_shortage(spell: Spell, remedy: Remedy) -> Words:
    """Tell of a shortage, what to do, by when, and what can no longer be done in time."""
    most = max(spell.amounts)
    en, zh = _span(spell)
    short, short_zh = (f"Short of up to {most:,} places", f"最多缺学位{most}个") if most else ("Full", "学位用满")
    return Words(f"{short} {en}: {_advice(remedy)}.", f"{zh}{short_zh}:{_advice_zh(remedy)}。") + _too_late(
        spell.first, remedy
    )


def of_surplus(spell: Spell, remedy: Remedy) -> Words:
    """Tell of a lasting surplus, what to do and by when."""
    most = max(spell.amounts)
    en, zh = _span(spell)
    return Words(
        f"Up to {most:,} places empty {en}: {_advice(remedy)}.", f"{zh}最多空余学位{most}个:{_advice_zh(remedy)}。"
    )


def _advice(remedy: Remedy) -> str:
    past = ", a date already past" if remedy.overdue else ""
    return f"{WHAT[remedy.action][0]}, at the latest from {remedy.act_by.isoformat()}{past}"


def _advice_zh(remedy: Remedy) -> str:
    past = "(已逾期)" if remedy.overdue else ""
    return f"{WHAT[remedy.action][1]},最迟{_date_zh(remedy.act_by)}启动{past}"


def _too_late(year: int, remedy: Remedy) -> Words:
    if not remedy.too_late:
        return NOTHING
    verbs = " or ".join(VERB[action][0] for action in remedy.too_late)
    verbs_zh = "、".join(VERB[action][1] for action in remedy.too_late)
    late = Words(f"It is too late to {verbs} for {year}", f"{verbs_zh}已赶不上{year}年秋季")
    if remedy.ready_year is None:
        return Words(f"{late.en}.", f"{late.zh}。")
    return Words(
        f"{late.en}; a building begun now would serve from {remedy.ready_year}.",
        f"{late.zh};现在启动新建扩建,可自{remedy.ready_year}年秋季投用。",
    )


def _span(spell: Spell) -> tuple[str, str]:
    if spell.to_the_end:
        return f"from {spell.first} to the end of the forecast", f"{spell.first}年起至预测期末"
    if spell.first == spell.last:
        return f"in {spell.first}", f"{spell.first}年"
    return f"from {spell.first} to {spell.last}", f"{spell.first}—{spell.last}年"


def _date_zh(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
