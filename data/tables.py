"""
The one dictionary of columns: import, checks, export, the blank workbook and the page on inputs are made from it.

Column order is the order of the parameters that build a row in ``data.records``. Codes are always text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from data.domain.people import OLDEST_AGE


class CellType(StrEnum):
    """What a cell holds."""

    CODE = "code"  # text that names something; never a number
    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes_no"
    CHOICE = "choice"
    CODES = "codes"  # several, separated by ;
    CHOICES = "choices"  # several, separated by ;
    GEOMETRY = "geometry"


@dataclass(frozen=True, slots=True)
class Choice:
    """A word allowed in a column, with its Chinese form and other spellings read as the same."""

    value: str
    zh: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """
    A column.

    Attributes
    ----------
    required
        The heading must be there and no cell of it may be blank.
    minimum, maximum
        Both allowed themselves.
    refers_to
        Table whose id the cell names; checked after reading.
    """

    name: str
    zh: str
    type: CellType
    meaning: str
    meaning_zh: str
    required: bool = False
    unit: str = ""
    choices: tuple[Choice, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    refers_to: str | None = None
    aliases: tuple[str, ...] = ()

    @property
    def is_text(self) -> bool:
        """Tell whether a spreadsheet must keep the cells as text."""
        return self.type not in {CellType.WHOLE, CellType.NUMBER, CellType.DATE}


@dataclass(frozen=True, slots=True)
class Table:
    """
    A table.

    Attributes
    ----------
    key
        Columns that together name a row; no two rows share them.
    place
        Columns of which a row fills exactly one.
    figure
        The column that two sources may give twice, when the table keeps its sources.
    required
        A dataset must have it.
    linked
        Figures of several named sources are kept side by side, to be linked and compared; otherwise one must be chosen.
    """

    name: str
    zh: str
    meaning: str
    meaning_zh: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    place: tuple[str, ...] = ()
    figure: str | None = None
    required: bool = False
    linked: bool = False
    aliases: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """Give the column of that name; raises ``KeyError`` when the table has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)


FIRST_YEAR, LAST_YEAR = 1950, 2100

YES_NO = (Choice("yes", "是", ("y", "true", "1", "有")), Choice("no", "否", ("n", "false", "0", "无")))
SEXES = (Choice("male", "男", ("m", "boys")), Choice("female", "女", ("f", "girls")))
STAGES = (
    Choice("preschool", "学前", ("pre", "幼儿园", "学前教育")),
    Choice("primary", "小学", ("pri",)),
    Choice("junior", "初中", ("jun", "初级中学")),
    Choice("senior", "高中", ("sen", "普通高中", "高级中学")),
)
KINDS = (
    Choice("teaching_point", "教学点", ("小学教学点",)),
    Choice("village_primary", "村小", ("村完小", "村小学")),
    Choice("full_primary", "完全小学", ("小学", "完小", "中心小学", "中心校")),
    Choice("junior", "初级中学", ("初中",)),
    Choice("nine_year", "九年一贯制", ("九年一贯制学校", "九年制学校")),
    Choice("twelve_year", "十二年一贯制", ("十二年一贯制学校",)),
    Choice("complete_middle", "完全中学", ("完中",)),
    Choice("senior", "高级中学", ("高中", "普通高中")),
    Choice("kindergarten", "幼儿园"),
    Choice("special", "特殊教育", ("特殊教育学校", "特教")),
)
LEVELS = (
    Choice("city", "市"),
    Choice("district", "区"),
    Choice("county", "县", ("自治县",)),
    Choice("authority", "教育管理机构", ("开发区", "管委会")),
    Choice("township", "乡镇", ("街道", "镇", "乡")),
)
LINK_KINDS = (
    Choice("bridge", "桥梁", ("桥",)),
    Choice("ferry", "渡口", ("轮渡",)),
    Choice("tunnel", "隧道"),
    Choice("road", "道路", ("公路",)),
)
URBAN_RURAL = (Choice("urban", "城镇", ("城区", "镇区", "城市", "town")), Choice("rural", "乡村", ("农村",)))
OWNERSHIP = (Choice("public", "公办"), Choice("private", "民办"))

T = CellType


def _settlement(meaning: str, meaning_zh: str, *, required: bool = True) -> Column:
    return Column(
        "settlement",
        "村社区编号",
        T.CODE,
        meaning,
        meaning_zh,
        required,
        refers_to="settlements",
        aliases=("村社区代码", "村居编号", "settlement_id"),
    )


def _school(meaning: str, meaning_zh: str) -> Column:
    aliases = ("学校代码", "学校标识码", "school_id")
    return Column("school", "学校编号", T.CODE, meaning, meaning_zh, True, refers_to="schools", aliases=aliases)


def _township(meaning: str = "Name of the township or subdistrict", meaning_zh: str = "所在乡镇街道名称") -> Column:
    return Column("township", "乡镇街道", T.TEXT, meaning, meaning_zh, aliases=("乡镇", "街道", "镇街", "town"))


def _division(*, required: bool = True) -> Column:
    return Column(
        "division",
        "区县代码",
        T.CODE,
        "Six-digit code of the district; when the column is missing, the declared district",
        "区县六位代码;无此列时取申报的区县",
        required,
        refers_to="divisions",
        aliases=("区划代码", "行政区划代码", "adcode"),
    )


def _place(*names: str) -> tuple[Column, ...]:
    every = {
        "settlement": _settlement(
            "Settlement counted; fill exactly one of the place columns",
            "统计到村社区时填写;地点列只填其一",
            required=False,
        ),
        "township": _township("Township counted, by name", "统计到乡镇街道时填写名称"),
        "division": Column(
            "division",
            "区县代码",
            T.CODE,
            "District counted, by code",
            "统计到区县时填写代码",
            refers_to="divisions",
            aliases=("区划代码", "行政区划代码", "adcode"),
        ),
    }
    return tuple(every[name] for name in names)


def _year(meaning: str, meaning_zh: str) -> Column:
    return Column(
        "year", "年份", T.WHOLE, meaning, meaning_zh, True, minimum=FIRST_YEAR, maximum=LAST_YEAR, aliases=("年",)
    )


def _stage(meaning: str = "Stage of schooling", meaning_zh: str = "学段") -> Column:
    return Column("stage", "学段", T.CHOICE, meaning, meaning_zh, True, choices=STAGES)


def _whole(name: str, zh: str, meaning: str, meaning_zh: str, unit: str, *, required: bool = False) -> Column:
    return Column(name, zh, T.WHOLE, meaning, meaning_zh, required, unit, minimum=0)


def _area(name: str, zh: str, meaning: str, meaning_zh: str) -> Column:
    return Column(name, zh, T.NUMBER, meaning, meaning_zh, unit="m2", minimum=0)


SEX = Column("sex", "性别", T.CHOICE, "Blank: both together", "留空为男女合计", choices=SEXES)
SOURCE = Column("source", "数据来源", T.TEXT, "Where the figure comes from", "数据出处", aliases=("来源",))
AS_OF = Column("as_of", "数据日期", T.DATE, "Day on which the source drew up the figure", "来源形成该数的日期")
AGE = Column(
    "age",
    "年龄",
    T.WHOLE,
    "Completed age on 31 August",
    "8月31日周岁",
    True,
    "years",
    minimum=0,
    maximum=OLDEST_AGE,
    aliases=("周岁",),
)
LONGITUDE = ("lng", "longitude", "x", "东经")
LATITUDE = ("latitude", "y", "北纬")

DIVISIONS = Table(
    "divisions",
    "区划",
    "An authority or district, valid between two dates",
    "教育管理机构或区县,有起止日期",
    (
        Column("code", "区划代码", T.CODE, "Six-digit code, as text", "六位代码,文本", True, aliases=("adcode",)),
        Column("name", "名称", T.TEXT, "Official name", "正式名称", True, aliases=("区划名称",)),
        Column("level", "级别", T.CHOICE, "Level of the unit", "级别", True, choices=LEVELS),
        Column("parent", "上级代码", T.CODE, "Code of the unit it belongs to", "所属上级代码"),
        Column("valid_from", "生效日期", T.DATE, "First day in force; blank: open", "生效首日;留空为不限"),
        Column(
            "valid_to",
            "失效日期",
            T.DATE,
            "First day no longer in force; blank: still in force",
            "失效首日;留空为仍有效",
        ),
        Column(
            "succeeded_by", "承继代码", T.CODES, "Codes of its successors, separated by ;", "承继单位代码,以分号分隔"
        ),
    ),
    key=("code", "valid_from"),
    aliases=("区县", "division"),
)

SETTLEMENTS = Table(
    "settlements",
    "村社区",
    "A village or community, the smallest piece a zone is made of",
    "村或社区,划片的最小单位",
    (
        Column(
            "id",
            "村社区编号",
            T.CODE,
            "Code in the division register",
            "统计用区划代码或自编号",
            True,
            aliases=("编号", "代码", "村社区代码", "settlement", "settlement_id"),
        ),
        Column("name", "村社区名称", T.TEXT, "Name", "名称", True, aliases=("名称", "village", "村名")),
        _division(),
        _township(),
        Column(
            "urban_rural",
            "城乡",
            T.CHOICE,
            "Urban or rural",
            "城乡类别",
            choices=URBAN_RURAL,
            aliases=("城乡类别", "城乡属性", "urban_rura"),
        ),
        Column(
            "lon",
            "经度",
            T.NUMBER,
            "Longitude (or easting) of the point trips start from; needed when there is no polygon",
            "出行起点经度(或东坐标);无边界面时必填",
            unit="degrees or metres",
            aliases=LONGITUDE,
        ),
        Column(
            "lat",
            "纬度",
            T.NUMBER,
            "Latitude (or northing)",
            "纬度(或北坐标)",
            unit="degrees or metres",
            aliases=LATITUDE,
        ),
        Column(
            "geometry",
            "边界",
            T.GEOMETRY,
            "Polygon or point as WKT; or give a shape file of the same name",
            "WKT 格式的面或点;也可另给同名矢量文件",
            aliases=("wkt", "几何", "geom"),
        ),
    ),
    key=("id",),
    required=True,
    aliases=("村居", "村社", "社区", "居民点", "villages", "units"),
)

NEIGHBOURS = Table(
    "neighbours",
    "相邻关系",
    "Two settlements declared neighbours; when given, used instead of shared borders",
    "申报的相邻村社区;提供后代替公共边界判断",
    (
        _settlement("One of the two", "其一"),
        Column(
            "other", "相邻编号", T.CODE, "The other", "另一", True, refers_to="settlements", aliases=("相邻村社区编号",)
        ),
    ),
    key=("settlement", "other"),
    aliases=("相邻", "邻接", "adjacency"),
)

LINKS = Table(
    "links",
    "通道",
    "A named way across a gap: bridge, ferry, tunnel or road",
    "跨越阻隔的具名通道:桥梁、渡口、隧道或道路",
    (
        _settlement("One end", "一端"),
        Column("other", "对端编号", T.CODE, "The other end", "另一端", True, refers_to="settlements"),
        Column("kind", "通道类型", T.CHOICE, "Kind of way", "类型", True, choices=LINK_KINDS, aliases=("类型",)),
        Column("name", "通道名称", T.TEXT, "Its name", "名称", True, aliases=("名称",)),
    ),
    key=("settlement", "other", "name"),
)

HOMES = Table(
    "homes",
    "居住点",
    "People who live at one place within a settlement, as a hamlet or a cell of a population grid",
    "村社区内某一处的居住人数,如院落、组,或人口格网的一格",
    (
        _settlement(
            "Settlement it is part of; blank: the one whose outline it lies in",
            "所属村社区;留空时按边界判定",
            required=False,
        ),
        Column(
            "lon",
            "经度",
            T.NUMBER,
            "Longitude (or easting); of a cell, its middle",
            "经度(或东坐标);格网取格心",
            True,
            "degrees or metres",
            aliases=LONGITUDE,
        ),
        Column(
            "lat",
            "纬度",
            T.NUMBER,
            "Latitude (or northing)",
            "纬度(或北坐标)",
            True,
            "degrees or metres",
            aliases=LATITUDE,
        ),
        Column(
            "people",
            "人数",
            T.NUMBER,
            "People who live there, of every age; a grid may give parts of a person",
            "居住人数(各年龄);格网可为小数",
            True,
            "people",
            minimum=0,
            aliases=("人口", "居住人数", "population"),
        ),
        SOURCE,
    ),
    key=("settlement", "lon", "lat"),
    figure="people",
    aliases=("居住地", "人口格网", "home", "population_grid"),
)

PEOPLE = Table(
    "people",
    "人口",
    "People of one single age, or of a group of ages, at one place",
    "某地某一周岁(或年龄组)的人口数",
    (
        *_place("settlement", "township", "division"),
        _year("The count is on 1 September of this year", "当年9月1日时点"),
        AGE,
        _whole("count", "人数", "People", "人数", "people", required=True),
        SEX,
        SOURCE,
        AS_OF,
        Column(
            "age_to",
            "年龄止",
            T.WHOLE,
            "Last age of a group that begins with age; blank: a single age. A group is opened to single ages",
            "年龄组的末龄,组首为周岁列;留空为单岁。年龄组按单岁拆分后使用",
            unit="years",
            minimum=0,
            maximum=OLDEST_AGE,
        ),
    ),
    key=("settlement", "township", "division", "year", "age", "sex"),
    place=("settlement", "township", "division"),
    figure="count",
    linked=True,
    aliases=("分年龄人口", "人口数", "population"),
)

BIRTHS = Table(
    "births",
    "出生",
    "Births at a place in a year, or in one month of it",
    "某地某年(或某月)出生人数",
    (
        *_place("settlement", "township", "division"),
        _year("Calendar year", "自然年"),
        Column(
            "month",
            "月份",
            T.WHOLE,
            "1 to 12; blank: the whole year",
            "1—12;留空为全年",
            minimum=1,
            maximum=12,
            aliases=("月",),
        ),
        Column(
            "count", "出生人数", T.WHOLE, "Births", "出生人数", True, "births", minimum=0, aliases=("人数", "births")
        ),
        SOURCE,
        AS_OF,
    ),
    key=("settlement", "township", "division", "year", "month"),
    place=("settlement", "township", "division"),
    figure="count",
    linked=True,
    aliases=("出生人口", "出生数"),
)

MIGRATION = Table(
    "migration",
    "迁移",
    "Declared net movers into a place, by completed age",
    "申报的分年龄净迁入人数",
    (
        *_place("settlement", "township", "division"),
        _year("From 1 September of the year before to 1 September of this year", "上年9月1日至当年9月1日"),
        AGE,
        Column(
            "net", "净迁入", T.WHOLE, "Movers in less movers out; may be negative", "迁入减迁出,可为负", True, "people"
        ),
    ),
    key=("settlement", "township", "division", "year", "age"),
    place=("settlement", "township", "division"),
    aliases=("净迁移",),
)

MIGRANTS = Table(
    "migrants",
    "随迁子女",
    "Children of migrant workers at a stage, and how many of them are in public schools",
    "某地某学段随迁子女数及其中在公办学校就读数",
    (
        *_place("settlement", "township", "division"),
        _stage(),
        _year("On 1 September of this year", "当年9月1日时点"),
        _whole("migrants", "随迁子女数", "Children of migrant workers", "随迁子女人数", "pupils", required=True),
        _whole("in_public", "公办就读数", "Of them in public schools", "其中在公办学校就读", "pupils", required=True),
        SOURCE,
    ),
    key=("settlement", "township", "division", "stage", "year"),
    place=("settlement", "township", "division"),
    figure="migrants",
    aliases=("随迁", "进城务工人员随迁子女"),
)

CONTROLS = Table(
    "controls",
    "控制总数",
    "Pupils of a stage that a district's or township's places must add up to",
    "区县或乡镇某学段学生控制总数",
    (
        *_place("township", "division"),
        _stage(),
        _year("School year from 1 September", "当年9月开始的学年"),
        _whole("pupils", "学生数", "Pupils", "学生数", "pupils", required=True),
        SOURCE,
    ),
    key=("township", "division", "stage", "year"),
    place=("township", "division"),
    figure="pupils",
    aliases=("控制数",),
)

DEMAND = Table(
    "demand",
    "学位需求",
    "Pupils the authority itself expects, used in place of the forecast",
    "教育部门自报的学生数,代替预测",
    (
        _settlement("Settlement of the pupils", "学生所在村社区"),
        _stage(),
        _year("School year from 1 September", "当年9月开始的学年"),
        Column(
            "grade", "年级", T.WHOLE, "-2 to 12; blank: the whole stage", "-2—12;留空为整个学段", minimum=-2, maximum=12
        ),
        _whole("pupils", "学生数", "Pupils", "学生数", "pupils", required=True),
    ),
    key=("settlement", "stage", "year", "grade"),
    aliases=("需求",),
)

SCHOOLS = Table(
    "schools",
    "学校",
    "A school",
    "学校",
    (
        Column(
            "id",
            "学校编号",
            T.CODE,
            "Identification code of the school",
            "学校标识码或自编号",
            True,
            aliases=("学校代码", "学校标识码", "编号", "school_id", "school_code"),
        ),
        Column("name", "学校名称", T.TEXT, "Name", "名称", True, aliases=("名称", "校名", "school")),
        _division(),
        _township(),
        Column(
            "kind",
            "学校类别",
            T.CHOICE,
            "Registered kind",
            "办学类型",
            True,
            choices=KINDS,
            aliases=("类别", "办学类型"),
        ),
        Column(
            "ownership",
            "办别",
            T.CHOICE,
            "Public or private; blank: public",
            "公办或民办;留空为公办",
            choices=OWNERSHIP,
        ),
        Column("protected", "保留", T.YES_NO, "Kept by decision; blank: no", "决定保留;留空为否", choices=YES_NO),
        Column("cluster", "教共体", T.TEXT, "Name of its development community", "所属教共体名称"),
        Column(
            "lon",
            "经度",
            T.NUMBER,
            "Longitude (or easting)",
            "经度(或东坐标)",
            True,
            "degrees or metres",
            aliases=LONGITUDE,
        ),
        Column(
            "lat",
            "纬度",
            T.NUMBER,
            "Latitude (or northing)",
            "纬度(或北坐标)",
            True,
            "degrees or metres",
            aliases=LATITUDE,
        ),
    ),
    key=("id",),
    required=True,
    aliases=("学校名单", "school"),
)

SITES = Table(
    "sites",
    "办学条件",
    "What a school offers at one stage",
    "学校某一学段的办学条件",
    (
        _school("School", "学校"),
        _stage(),
        _whole(
            "classrooms", "教室数", "Ordinary classrooms in use or ready", "在用及可用普通教室", "rooms", required=True
        ),
        Column(
            "class_size",
            "班额",
            T.WHOLE,
            "Pupils a class, when smaller than the norm",
            "低于标准班额时填写",
            unit="pupils",
            minimum=1,
        ),
        _whole("ready_classrooms", "在建教室", "Classrooms being added", "在建或拟增教室", "rooms"),
        Column(
            "ready_year",
            "投用年份",
            T.WHOLE,
            "First 1 September they serve",
            "在建教室投用的9月所在年",
            minimum=FIRST_YEAR,
            maximum=LAST_YEAR,
        ),
        _whole("beds", "床位", "Boarding beds", "寄宿床位", "beds"),
        _whole(
            "places",
            "核定学位",
            "Places as declared, instead of classrooms x class size",
            "核定学位数,填后不再按教室推算",
            "places",
        ),
        _whole("running_cost", "年运行成本", "Yuan a year whatever the pupils", "与学生数无关的年运行成本", "yuan"),
        _area("teaching_area", "教学用房面积", "Teaching and supporting rooms", "教学及辅助用房面积"),
        _area("sport_area", "运动场馆面积", "Sports grounds and halls", "体育运动场馆面积"),
        Column(
            "equipment_value", "仪器设备值", T.NUMBER, "Teaching equipment", "教学仪器设备值", unit="yuan", minimum=0
        ),
        _whole("media_rooms", "多媒体教室", "Networked media rooms", "网络多媒体教室数", "rooms"),
    ),
    key=("school", "stage"),
    required=True,
    aliases=("办学点", "学段条件", "学位"),
)

ROLL = Table(
    "roll",
    "在校生",
    "Pupils on the roll of a school in one grade",
    "学校某年级在校学生数",
    (
        _school("School", "学校"),
        _year("On 1 September of this year", "当年9月1日时点"),
        Column(
            "grade",
            "年级",
            T.WHOLE,
            "-2, -1, 0 kindergarten; 1 to 12",
            "幼儿园-2、-1、0;1—12年级",
            True,
            minimum=-2,
            maximum=12,
        ),
        _whole("pupils", "学生数", "Pupils", "学生数", "pupils", required=True),
        SEX,
        _whole("boarders", "寄宿生数", "Boarders among them", "其中寄宿生", "pupils"),
    ),
    key=("school", "year", "grade", "sex"),
    aliases=("在校学生", "学生数"),
)

ZONES = Table(
    "zones",
    "现行划片",
    "The school whose zone a settlement belongs to today",
    "村社区现在所属的学校片区",
    (_settlement("Settlement", "村社区"), _stage(), _school("School", "学校")),
    key=("settlement", "stage"),
    aliases=("划片", "学区"),
)

TEACHERS = Table(
    "teachers",
    "教师",
    "A teacher, by pseudonymous id; never a name",
    "教师,只用化名编号,不含姓名",
    (
        Column("id", "教师编号", T.CODE, "Pseudonymous id", "化名编号", True, aliases=("编号", "teacher_id")),
        _school("Present school", "现任教学校"),
        Column(
            "licences",
            "资格学段",
            T.CHOICES,
            "Stages licensed for, separated by ;",
            "教师资格学段,以分号分隔",
            True,
            choices=STAGES,
        ),
        Column("subjects", "任教学科", T.CODES, "Subjects, separated by ;", "学科,以分号分隔"),
        Column("birth_year", "出生年", T.WHOLE, "Year of birth", "出生年", True, minimum=1900, maximum=LAST_YEAR),
        Column(
            "years_at_school",
            "本校任教年数",
            T.WHOLE,
            "Full school years at the present school",
            "在现学校连续任教学年数",
            True,
            "years",
            minimum=0,
        ),
        Column(
            "backbone",
            "骨干教师",
            T.YES_NO,
            "Backbone teacher of county level or above; blank: no",
            "县级以上骨干教师;留空为否",
            choices=YES_NO,
        ),
        Column("post_grade", "岗位等级", T.TEXT, "Grade of the post", "专业技术岗位等级"),
        Column(
            "exempt",
            "免交流原因",
            T.TEXT,
            "Reason for exemption from rotation; blank: none",
            "免于交流轮岗的原因;留空为无",
        ),
    ),
    key=("id",),
)

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        table.name: table
        for table in (
            DIVISIONS,
            SETTLEMENTS,
            NEIGHBOURS,
            LINKS,
            HOMES,
            PEOPLE,
            BIRTHS,
            MIGRATION,
            MIGRANTS,
            CONTROLS,
            DEMAND,
            SCHOOLS,
            SITES,
            ROLL,
            ZONES,
            TEACHERS,
        )
    }
)
"""Every table of a dataset, in the order people fill them in."""

ONE_OF: tuple[str, ...] = ("people", "demand")
"""Tables of which a dataset must have at least one."""
