"""Faults and warnings of an import: where in the file, what is wrong, in English and Chinese."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

MOST_OF_A_KIND = 1_000
"""Faults of one code in one column of one file that are listed; the rest are counted in one line."""


@dataclass(frozen=True, slots=True)
class Where:
    """
    A place in the files of an import.

    Attributes
    ----------
    file
        Path inside the folder or archive; a workbook's sheet or a file's layer in square brackets.
    table
        Name of our table, empty where the fault is about a whole file.
    row
        Row as a person sees it: the heading is row 1; in a shape file the first feature is row 1. ``None``: no one row.
    column
        Heading as written in the file.
    """

    file: str = ""
    table: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault or warning; ``code`` names its kind, ``reason`` and ``reason_zh`` say it to a planner."""

    file: str
    table: str
    row: int | None
    column: str
    value: str
    code: str
    reason: str
    reason_zh: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a code says; ``warning``: the dataset is stored all the same."""

    en: str
    zh: str
    warning: bool = False


def _warning(en: str, zh: str) -> Sentence:
    return Sentence(en, zh, warning=True)


SENTENCES: Mapping[str, Sentence] = MappingProxyType(
    {
        # files
        "path-missing": Sentence("There is no such file or folder.", "文件或文件夹不存在。"),
        "nothing-to-read": Sentence("No table was found in it.", "其中没有找到任何数据表。"),
        "file-empty": Sentence("The file is empty.", "文件是空的。"),
        "file-kind": Sentence(
            "Files of kind {kind} are not read; save it as CSV, .xlsx, GeoJSON, GeoPackage or Shapefile.",
            "不支持 {kind} 文件;请另存为 CSV、.xlsx、GeoJSON、GeoPackage 或 Shapefile。",
        ),
        "file-ignored": _warning("The file was not read: not a table.", "该文件不是数据表,未读取。"),
        "encoding": Sentence(
            "The text is neither UTF-8 nor GB18030 (first bad byte at {byte}).",
            "文字编码既不是 UTF-8 也不是 GB18030(首个坏字节在第 {byte} 字节)。",
        ),
        "csv-broken": Sentence("The CSV cannot be read here: {error}.", "CSV 在此处无法解析:{error}。"),
        "workbook-broken": Sentence("The workbook cannot be opened: {error}.", "工作簿无法打开:{error}。"),
        "shapes-broken": Sentence("The shape file cannot be opened: {error}.", "矢量文件无法打开:{error}。"),
        "shapefile-part": Sentence(
            "The shapefile lacks its {part} file; all of .shp, .shx and .dbf are needed.",
            "Shapefile 缺少 {part} 文件;.shp、.shx、.dbf 缺一不可。",
        ),
        "zip-broken": Sentence("The zip archive is damaged: {error}.", "压缩包损坏:{error}。"),
        "zip-locked": Sentence("The zip archive has a password.", "压缩包设有密码。"),
        "zip-unsafe": Sentence("The archive holds a path that leads outside it.", "压缩包内含指向包外的路径。"),
        "zip-too-large": Sentence("Unpacked, the archive is larger than {limit}.", "压缩包解开后超过 {limit}。"),
        "zip-too-many": Sentence("The archive holds more than {limit} files.", "压缩包内文件超过 {limit} 个。"),
        # tables and headings
        "table-missing": Sentence(
            "The table {table} ({table_zh}) is missing.{hint}", "缺少数据表 {table_zh}({table})。{hint_zh}"
        ),
        "one-of-missing": Sentence(
            "At least one of the tables {tables} is needed.", "数据表 {tables_zh} 至少要有一个。"
        ),
        "table-unknown": _warning(
            "No table has the name {name}; it was not read.{hint}", "没有名为“{name}”的数据表,未读取。{hint_zh}"
        ),
        "declaration-unknown": Sentence(
            "The declaration names {name}, which is no {what}.", "申报中的“{name}”不是已知的{what_zh}。"
        ),
        "declared-heading-missing": Sentence(
            "The declared heading for {column} is not in the file.{hint}",
            "文件中没有申报给 {column_zh} 的列名。{hint_zh}",
        ),
        "column-missing": Sentence(
            "The required column {column} ({column_zh}) is missing.{hint}",
            "缺少必填列 {column_zh}({column})。{hint_zh}",
        ),
        "place-column-missing": Sentence("One of the columns {columns} is needed.", "需要 {columns_zh} 中的一列。"),
        "column-twice": Sentence(
            "Two headings both mean {column}: {headings}.", "有两个列名都表示 {column_zh}:{headings}。"
        ),
        "column-unknown": _warning("The column is not known and was not read.{hint}", "未识别该列,未读取。{hint_zh}"),
        "more-of-the-same": Sentence("{count} more faults of kind {kind}.", "另有 {count} 处同类问题({kind})。"),
        "more-warnings": _warning("{count} more warnings of kind {kind}.", "另有 {count} 条同类提醒({kind})。"),
        # cells
        "blank": Sentence("The cell is blank but required.", "必填项为空。"),
        "extra-cells": Sentence("The row has more cells than there are headings.", "该行的单元格多于列名。"),
        "formula-error": Sentence("The cell holds a formula error.", "单元格是公式错误值。"),
        "not-whole": Sentence("A whole number is needed.", "应为整数。"),
        "not-a-number": Sentence("A number is needed.", "应为数字。"),
        "too-large": Sentence("The number is too large.", "数字过大。"),
        "out-of-range": Sentence("The value must be between {low} and {high}.", "数值应在 {low} 与 {high} 之间。"),
        "not-a-date": Sentence("A date like 2026-09-01 is needed.", "应为日期,如 2026-09-01。"),
        "not-a-choice": Sentence("One of these is needed: {allowed}.", "应为以下之一:{allowed}。"),
        "code-digits-lost": Sentence(
            "A spreadsheet shortened this code and lost digits; format the column as text and fill it in again.",
            "该代码被表格软件改成科学记数并丢失数位;请把该列设为文本后重填。",
        ),
        "bad-geometry": Sentence("The outline is not readable WKT.", "边界不是可读的 WKT。"),
        # rows
        "place-count": Sentence(
            "Exactly one of {columns} must be filled; {count} are.", "{columns_zh} 应恰好填一项,现有 {count} 项。"
        ),
        "duplicate": Sentence(
            "Row {first} of {first_file} has the same {columns}.",
            "与 {first_file} 第 {first} 行的 {columns_zh} 相同。",
        ),
        "bad-row": Sentence("The row cannot be: {error}.", "该行数据自相矛盾:{error}。"),
        "boarders-above-pupils": Sentence("More boarders than pupils ({pupils}).", "寄宿生多于学生数({pupils})。"),
        "ready-year-missing": Sentence(
            "Classrooms are being added, but the year they serve is blank.", "填写了在建教室,但未填投用年份。"
        ),
        "dates-turned": Sentence("The end {end} is not after the start.", "失效日期 {end} 不晚于生效日期。"),
        "with-itself": Sentence("A settlement cannot be joined to itself.", "村社区不能与自身相连。"),
        "grade-not-of-stage": Sentence(
            "Grade {grade} is not of the stage {stage}.", "{grade} 年级不属于学段 {stage}。"
        ),
        # coordinates
        "crs-unreadable": Sentence(
            "The declared coordinate system is not known; give an EPSG code such as EPSG:4490, or GCJ-02 or BD-09.",
            "申报的坐标系无法识别;请填 EPSG 代码(如 EPSG:4490)、GCJ-02 或 BD-09。",
        ),
        "crs-unknown": Sentence(
            "The file does not say its coordinate system; declare it. {candidates}",
            "文件没有坐标系信息,请申报。{candidates_zh}",
        ),
        "crs-old-datum": Sentence(
            "The file says it is on the old datum {datum}; declare {crs} to accept its lower accuracy.",
            "文件为旧基准 {datum};如接受其较低精度,请申报 {crs}。",
        ),
        "crs-accuracy": _warning(
            "Positions on {datum} were moved to WGS 84 without local parameters: tens of metres off, up to about 100.",
            "{datum} 坐标未用当地参数转换:误差数十米,可达约百米。",
        ),
        "crs-differs": _warning(
            "The file says {file_crs}; the declared {crs} was used.", "文件自述为 {file_crs};按申报的 {crs} 读取。"
        ),
        "crs-assumed": _warning(
            "Read as WGS 84 / CGCS2000 degrees; points from an online map may be GCJ-02 or BD-09: declare it.",
            "经纬度按 WGS 84/CGCS2000 读取;若取自在线地图,可能是 GCJ-02 或 BD-09,请申报。",
        ),
        "crs-implausible": Sentence(
            "Read as {crs}, {count} of {total} places fall outside the area it is for: the first at {at}.{hint}",
            "按 {crs} 读取,{total} 处中有 {count} 处落在其适用范围外,首处为 {at}。{hint_zh}",
        ),
        "outside-area": Sentence(
            "The place falls at {at}, outside the area {crs} is for.", "位置落在 {at},超出 {crs} 的适用范围。"
        ),
        "no-location": Sentence("It has neither an outline nor a point.", "既无边界也无坐标点。"),
        "half-point": Sentence("Longitude and latitude are needed together.", "经度与纬度须同时填写。"),
        "geometry-kind": Sentence("A point or polygon is needed, not a {kind}.", "应为点或面,而不是 {kind}。"),
        "geometry-empty": Sentence("Nothing is left of the outline.", "边界为空。"),
        "ring-repaired": _warning(
            "The outline of {id} was invalid ({problem}) and was repaired.", "{id} 的边界无效({problem}),已修复。"
        ),
        "shape-without-row": Sentence(
            "The shape's id is in no other file of {table}.", "该图形的编号在 {table_zh} 的其他文件中不存在。"
        ),
        # between tables
        "unknown-settlement": Sentence("No settlement has this id.{hint}", "没有该编号的村社区。{hint_zh}"),
        "unknown-school": Sentence("No school has this id.{hint}", "没有该编号的学校。{hint_zh}"),
        "unknown-division": Sentence("No division has this code.{hint}", "没有该代码的区划。{hint_zh}"),
        "unknown-township": Sentence(
            "No settlement or school lies in a township of this name.{hint}",
            "没有村社区或学校属于该乡镇街道。{hint_zh}",
        ),
        "division-ended": _warning(
            "{name} ended on {valid_to}; it went on as {successors}.",
            "{name} 已于 {valid_to} 撤销,承继单位为 {successors}。",
        ),
        "other-division": _warning(
            "It belongs to {other}, not to the declared {declared}.", "属于 {other},而申报的是 {declared}。"
        ),
        "zone-without-site": Sentence(
            "The school {school} has no site for the stage {stage}.", "学校 {school} 没有 {stage} 学段的办学条件。"
        ),
        "roll-without-site": Sentence(
            "The school {school} has pupils in grade {grade} but no site for the stage {stage}.",
            "学校 {school} 有 {grade} 年级学生,却没有 {stage} 学段的办学条件。",
        ),
        "site-not-of-kind": _warning(
            "A school of kind {kind} has a site for the stage {stage}.", "类别为 {kind} 的学校有 {stage} 学段。"
        ),
        "school-without-site": _warning(
            "The school has no site at any stage: no plan will use it.", "该学校没有任何学段的办学条件,规划不会使用。"
        ),
        "roll-above-places": _warning(
            "{pupils} pupils in {year} for {places} places at the stage {stage}.",
            "{year} 年 {stage} 学段 {pupils} 名学生,学位 {places} 个。",
        ),
        "boarders-above-beds": _warning(
            "{boarders} boarders in {year} for {beds} beds.", "{year} 年寄宿生 {boarders} 名,床位 {beds} 张。"
        ),
        "counted-twice": Sentence(
            "{what} of {year} are given for {inner} and also for {outer}, which contains it: keep one level.",
            "{year} 年的{what_zh}既按 {inner} 又按包含它的 {outer} 填报:只能保留一级。",
        ),
        "total-and-parts": Sentence(
            "A total and its parts ({parts}) are both given; keep one of them.",
            "合计与分项({parts_zh})同时填报,只能保留一种。",
        ),
        "sources-differ": Sentence(
            "{first_source} says {first_value} (row {first}, {first_file}), {source} says {value}: delete one of them.",
            "{first_source} 为 {first_value}({first_file} 第 {first} 行),{source} 为 {value}:请选定一个并删去另一个。",
        ),
        "two-sources": _warning(
            "{first_source} (row {first} of {first_file}) and {source} give the same figure; it was counted once.",
            "{first_source}({first_file} 第 {first} 行)与 {source} 数值相同,只计一次。",
        ),
        "sources-linked": _warning(
            "{first_source} says {first_value} (row {first}, {first_file}), {source} says {value}: both are kept; a "
            "forecast uses one source of a figure and lists the conflict.",
            "{first_source} 为 {first_value}({first_file} 第 {first} 行),{source} 为 {value}:两者均保留,"
            "预测只采用其一并列出冲突。",
        ),
        "levels-linked": _warning(
            "{what} of {year} are given for {inner} and, by another source, for {outer}, which contains it: the finer "
            "figures are used, and compared with the coarser one.",
            "{year} 年的{what_zh}既按 {inner} 又由另一来源按包含它的 {outer} 填报:采用较细的数,并与较粗的数核对。",
        ),
        "controls-clash": Sentence(
            "The townships of {division} add up to {sum}, the control total of the division is {total}.",
            "{division} 各乡镇合计 {sum},而区县控制数为 {total}。",
        ),
        "settlements-overlap": _warning(
            "The outlines of {one} and {other} overlap by about {area} m2.",
            "{one} 与 {other} 的边界重叠约 {area} 平方米。",
        ),
        "school-outside": _warning(
            "The school stands outside every settlement, about {metres} m from {nearest}.",
            "学校不在任何村社区内,距 {nearest} 约 {metres} 米。",
        ),
        "centre-outside": _warning(
            "The point trips start from lies about {metres} m outside the settlement's outline.",
            "出行起点在村社区边界外约 {metres} 米。",
        ),
        # homes
        "home-outside": _warning(
            "The home lies about {metres} m outside the outline of its settlement {settlement}.",
            "居住点在所属村社区 {settlement} 的边界外约 {metres} 米。",
        ),
        "home-nowhere": _warning(
            "The home names no settlement and lies in none: it was left out.",
            "居住点未填村社区,也不在任何村社区边界内,已略去。",
        ),
        "home-settlement-missing": Sentence(
            "The home names no settlement, and not every settlement has an outline to find it by.",
            "居住点未填村社区,而并非所有村社区都有边界,无法判定。",
        ),
        # roads of an import
        "roads-missing": Sentence(
            "No road extract was found: a file that ends in .osm.pbf, .osm, .osm.gz or .osm.bz2.",
            "没有找到路网文件(.osm.pbf、.osm、.osm.gz 或 .osm.bz2)。",
        ),
        "relief-alone": _warning(
            "The elevation file was not used: no road extract came with it.", "没有路网文件,高程文件未使用。"
        ),
        "roads-reach-no-school": Sentence(
            "None of the {count} schools stands within {limit} m of a road of this file; the nearest, {nearest}, is "
            "{metres} m away: is it of another area?",
            "{count} 所学校均不在该文件道路的 {limit} 米之内,最近的 {nearest} 相距 {metres} 米:是否为其他地区的路网?",
        ),
        "far-from-roads": _warning(
            "{name} is {metres} m from the nearest road of this file, more than {limit} m: its trips are estimated by "
            "straight line.",
            "{name} 距该文件中最近的道路 {metres} 米,超过 {limit} 米:其路程按直线估算。",
        ),
        # roads
        "roads-kind": Sentence(
            "Roads are read from an OpenStreetMap extract (.osm.pbf, .osm, .osm.gz, .osm.bz2), not from {kind}.",
            "道路只读取 OpenStreetMap 数据(.osm.pbf、.osm、.osm.gz、.osm.bz2),不支持 {kind}。",
        ),
        "roads-several": Sentence(
            "This is one of {count} road extracts; give one that covers the whole area.",
            "共有 {count} 个道路文件;请只提供一个覆盖全区的文件。",
        ),
        "roads-broken": Sentence("The road extract is damaged or cut off: {error}.", "道路文件损坏或不完整:{error}。"),
        "roads-too-long": Sentence(
            "Reading the extract took longer than {seconds} seconds and was ended; cut it to the district.",
            "读取道路文件超过 {seconds} 秒,已中止;请按本区县范围裁剪后再试。",
        ),
        "roads-empty": Sentence(
            "The extract holds no way that people or vehicles can use.", "文件中没有行人或车辆可通行的道路。"
        ),
        "roads-elsewhere": Sentence(
            "The roads lie at {roads}, the settlements and schools at {places} (longitude and latitude).",
            "道路位于 {roads},而村社区和学校位于 {places}(经纬度)。",
        ),
        "roads-part": _warning(
            "{count} of {total} settlements and schools lie outside {roads}, which the extract covers.",
            "{total} 个村社区和学校中有 {count} 个在道路文件的范围 {roads} 之外。",
        ),
        "roads-cut": _warning(
            "{count} pieces of road were left out: the extract lacks an end of them.",
            "{count} 段道路缺少端点坐标,已略去。",
        ),
        "relief-kind": Sentence(
            "Heights are read from .hgt, .hgt.zip and GeoTIFF (.tif), not from {kind}.",
            "高程只读取 .hgt、.hgt.zip 和 GeoTIFF(.tif),不支持 {kind}。",
        ),
        "relief-broken": Sentence(
            "The elevation file is damaged or cut off: {error}.", "高程文件损坏或不完整:{error}。"
        ),
        "relief-crs": Sentence(
            "The elevation file does not say where it lies: a GeoTIFF needs its coordinate system, an .hgt file the "
            "name of its corner, such as N29E106.hgt.",
            "高程文件没有位置信息:GeoTIFF 须带坐标系,.hgt 文件须以西南角命名,如 N29E106.hgt。",
        ),
        "relief-elsewhere": Sentence(
            "The heights lie at {relief}, the roads at {roads} (longitude and latitude).",
            "高程位于 {relief},而道路位于 {roads}(经纬度)。",
        ),
        "relief-holes": _warning(
            "{share} % of the ends of road pieces have no height; there the ground is taken as flat.",
            "{share}% 的道路节点没有高程,这些地方按平地计算。",
        ),
    }
)
"""Every kind of fault and warning, by code."""


def fault(code: str, where: Where, **facts: object) -> Fault:
    """Make a fault or warning: the sentences of ``code``, filled with ``facts``."""
    sentence = SENTENCES[code]
    filled = {"hint": "", "hint_zh": "", **facts}
    return Fault(
        file=where.file,
        table=where.table,
        row=where.row,
        column=where.column,
        value=where.value[:200],
        code=code,
        reason=sentence.en.format_map(filled),
        reason_zh=sentence.zh.format_map(filled),
    )


@dataclass(slots=True)
class Findings:
    """All faults and warnings of one import, in the order found."""

    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    _of_a_kind: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)

    def add(self, code: str, where: Where, **facts: object) -> None:
        """Add a finding; beyond ``MOST_OF_A_KIND`` of one kind in one column it is only counted."""
        kind = (where.file, where.table, where.column, code)
        self._of_a_kind[kind] += 1
        if self._of_a_kind[kind] <= MOST_OF_A_KIND:
            found = self.warnings if SENTENCES[code].warning else self.faults
            found.append(fault(code, where, **facts))

    def take(self, other: Findings) -> None:
        """Add what another import found, in its order."""
        self.faults.extend(other.faults)
        self.warnings.extend(other.warnings)
        self._of_a_kind.update(other._of_a_kind)

    def closed(self) -> tuple[tuple[Fault, ...], tuple[Fault, ...]]:
        """Give faults and warnings, with one more line for each kind that was too many to list."""
        faults, warnings = list(self.faults), list(self.warnings)
        for (file, table, column, code), count in self._of_a_kind.items():
            if count > MOST_OF_A_KIND:
                warning = SENTENCES[code].warning
                more = "more-warnings" if warning else "more-of-the-same"
                line = fault(more, Where(file, table, None, column), count=count - MOST_OF_A_KIND, kind=code)
                (warnings if warning else faults).append(line)
        return tuple(faults), tuple(warnings)


def did_you_mean(words: list[str]) -> dict[str, str]:
    """Give the facts ``hint`` and ``hint_zh`` that name what was perhaps meant; empty when there is nothing."""
    if not words:
        return {}
    return {"hint": f" Did you mean {' or '.join(words)}?", "hint_zh": f"是否指 {'、'.join(words)}?"}
