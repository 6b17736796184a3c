"""The words of the report: what stages, levels, colours and actions are called, and how figures are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone

from app.reports.published import MASK, SMALLEST_SHOWN

BEIJING = timezone(timedelta(hours=8), "北京时间")
"""Times in a report are told in it, wherever the service runs."""

UNKNOWN = "—"

STAGE: Mapping[str, str] = {"preschool": "学前", "primary": "小学", "junior": "初中", "senior": "高中"}
STAGE_EN: Mapping[str, str] = {
    "preschool": "Preschool", "primary": "Primary", "junior": "Junior", "senior": "Senior",
}  # fmt: skip
LEVEL: Mapping[str, str] = {
    "division": "区县",
    "township": "乡镇（街道）",
    "school": "学校",
    "settlement": "村（社区）",
}
COLOUR: Mapping[str, str] = {"red": "红色", "orange": "橙色", "yellow": "黄色", "blue": "蓝色", "normal": "正常"}
SEVERITY: tuple[str, ...] = tuple(COLOUR)
"""Colours from the gravest on."""

ACTION: Mapping[str, str] = {"build": "新建扩建", "convert": "改建转用", "transfer": "调剂学位", "merge": "并班或合并"}
NORM: Mapping[str, str] = {
    "act.classes": "较大缺口", "act.years": "持续年数", "class.huge": "超大班额", "class.large": "大班额",
    "class.longterm": "远期班额", "class.norm": "标准班额", "class.norm_point": "非完全小学班额",
    "class.small_step": "小班化过渡班额", "class.small_target": "小班化目标班额", "gov.migrant": "随迁子女公办就读比例",
    "lead.build": "新建所需时间", "lead.convert": "改用所需时间", "lead.merge": "合并所需时间",
    "lead.transfer": "调剂所需时间", "rec.births": "出生数与儿童数容差", "rec.least": "不列出的差异",
    "rec.roll": "登记儿童与在校生容差", "rec.sources": "两来源容差", "rec.yearly": "逐年变化容差",
    "school.max_size": "学校规模上限", "school.max_size_through": "一贯制学校规模上限",
    "staff.kg_full_day": "全日制幼儿园师幼比", "staff.ratio": "生师比", "warn.blue": "蓝色（富余）线",
    "warn.margin": "解除预警的回落幅度", "warn.orange": "橙色预警线", "warn.red": "红色预警线",
    "warn.small_class": "班额偏小提示线", "warn.yellow": "黄色预警线",
}  # fmt: skip
"""Norms that a forecast rests on."""
UNIT: Mapping[str, str] = {
    "classes": "班", "months": "个月", "people": "人", "pupils": "人", "pupils per class": "人/班",
    "pupils per staff": "人/教职工", "ratio": "倍", "share": "比例", "years": "年",
}  # fmt: skip
TABLE: Mapping[str, str] = {
    "people": "人口", "births": "出生", "roll": "在校生", "migration": "迁移", "migrants": "随迁子女",
    "controls": "控制总数", "demand": "学位需求",
}  # fmt: skip
STATE: Mapping[str, str] = {"draft": "草稿 Draft", "signed": "已签发 Signed"}
FERTILITY: Mapping[str, str] = {"low": "低方案", "middle": "中方案", "high": "高方案"}
TRUST: Mapping[str, str] = {"V": "V 已核实原文", "K": "K 已知", "U": "U 未核实"}
SEX: Mapping[str, str] = {"male": "男", "female": "女", "both": "合计"}
CODED: Mapping[str, Mapping[str, str]] = {
    "level": LEVEL, "stage": STAGE, "colour": COLOUR, "colour_low": COLOUR, "colour_high": COLOUR,
    "worst_ahead": COLOUR, "action": ACTION, "sex": SEX, "fertility": FERTILITY,
}  # fmt: skip
"""Columns whose codes have a word."""
SYNTHETIC = "合成数据，非真实情况 Synthetic data, no real place"
TOO_FEW = "人数少，说明从略。"


def small(count: float | None) -> bool:
    """Tell whether a count of children is too small to be shown."""
    return count is not None and 0 < abs(count) < SMALLEST_SHOWN


def count(value: float | None) -> str:
    """Write a count of children; 1 to 4 are masked."""
    if value is None:
        return UNKNOWN
    return MASK if small(value) else f"{value:,.0f}"


def number(value: float | None, digits: int = 0) -> str:
    """Write a figure that is no count of children."""
    return UNKNOWN if value is None else f"{value:,.{digits}f}"


def percent(share: float | None, digits: int = 0, *, sign: bool = False) -> str:
    """Write a share of 1."""
    return UNKNOWN if share is None else f"{share:{'+' if sign else ''}.{digits}%}"


def years(first: int, last: int) -> str:
    """Write a span of years."""
    return f"{first}" if first == last else f"{first}–{last}"


def band(low: float | None, high: float | None) -> str:
    """Write the two ends of a band; one number where they meet."""
    if low is None or high is None:
        return UNKNOWN
    return count(low) if low == high else f"{count(low)}–{count(high)}"


def moment(at: datetime) -> str:
    """Write a time, to the minute."""
    return f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M}（北京时间）"


def day(at: datetime) -> str:
    """Write a day as a Chinese document does."""
    local = at.astimezone(BEIJING)
    return f"{local.year}年{local.month}月{local.day}日"


def in_order(stages: Iterable[str]) -> tuple[str, ...]:
    """Put stages from the youngest children to the oldest."""
    order = list(STAGE)
    return tuple(sorted(stages, key=lambda name: (order.index(name) if name in STAGE else len(order), name)))


def stage(name: str) -> str:
    """Name a stage."""
    return STAGE.get(name, name)


def colour(name: str) -> str:
    """Name a colour."""
    return COLOUR.get(name, name)


def action(name: str | None) -> str:
    """Name what can be done."""
    return UNKNOWN if name is None else ACTION.get(name, name)


def severity(name: str) -> int:
    """Rank a colour, the gravest first; blue asks for action and goes before normal."""
    return SEVERITY.index(name) if name in SEVERITY else len(SEVERITY)


def migrants(migrants: int, in_public: int, gap: int, coverage: float) -> tuple[str, str, str, str]:
    """Write migrant children, those in public places, their share, and the gap: the three counts tell each other."""
    if any(small(value) for value in (migrants, in_public, gap)):
        return count(migrants), UNKNOWN, UNKNOWN, UNKNOWN
    return count(migrants), count(in_public), percent(coverage), count(gap)
