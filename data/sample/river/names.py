"""Invented names; where one is also the name of a real place, that is chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_FIRST = "云青白龙石清松竹梅柏桂莲凤鹤金银玉铜双三"
_LAST = "岩溪坪坝湾沟坡岭垭塘井桥田树林泉峡洞台场"
_TOWNS = (
    "河谷", "青龙", "白鹤", "石坝", "云台", "双溪", "松林", "金竹", "柏树", "清泉",
    "桂花", "莲池", "凤岭", "铜鼓", "梅子", "龙潭", "玉峰", "银杏", "三岔", "长滩",
)  # fmt: skip
BRIDGES = ("青石渡大桥", "龙门大桥", "河谷大桥", "白沙大桥", "回龙大桥")
TRUNK_ROAD, EXPRESSWAY, RAILWAY, RIVER = "沿江国道", "河谷高速", "河谷铁路", "青河"
SUBJECTS = (
    "语文", "数学", "英语", "道德与法治", "科学", "体育", "音乐", "美术", "信息科技", "劳动",
)  # fmt: skip
JUNIOR_SUBJECTS = (
    "语文", "数学", "英语", "道德与法治", "历史", "地理", "生物", "物理", "化学", "体育", "音乐", "美术", "信息科技",
)  # fmt: skip


def towns() -> tuple[str, ...]:
    """Return the stems of the town names, the county seat first."""
    return _TOWNS


def villages() -> Iterator[str]:
    """Yield stems of two characters, each once and no town's, in an order in which neighbours do not sound alike."""
    count = len(_FIRST) * len(_LAST)
    for number in range(count):
        mixed = number * 149 % count
        stem = _FIRST[mixed % len(_FIRST)] + _LAST[mixed // len(_FIRST)]
        if stem not in _TOWNS:
            yield stem


def stems(centre_of_town: Sequence[int], count: int) -> list[str]:
    """Return the names of settlements without 村 or 社区; the middle of a town bears the town's."""
    villages_left, of_town = villages(), dict(zip(centre_of_town, towns(), strict=True))
    return [of_town[number] if number in of_town else next(villages_left) for number in range(count)]
