"""What the reports of districts and of the city share: state, numbered sections, norms, comments, sign-off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.cases.forecast_document import ForecastDocument
from app.reports.monitoring import words
from app.reports.monitoring.blocks import Block, Cell, Column, Heading, Table, Words
from app.reports.monitoring.inputs import Inputs

NUMERALS = "一二三四五六七八九十"


def state(inputs: Inputs) -> str:
    """Tell whether a report is signed."""
    return words.STATE["draft" if inputs.signature is None else "signed"]


def standing(inputs: Inputs) -> Iterator[tuple[str, str]]:
    """Tell on the cover who signed and when."""
    yield "状态 State", state(inputs)
    if inputs.signature is not None:
        yield "签发 Signed", f"{inputs.signature.name}，{words.day(inputs.signature.at)}"
    yield "编制 Drawn up", words.day(inputs.created_at)


def numbered(blocks: Iterator[Block]) -> tuple[Block, ...]:
    """Number the sections as Chinese documents do."""
    made: list[Block] = []
    at = 0
    for block in blocks:
        if isinstance(block, Heading):
            at += 1
            made.append(Heading(f"{numeral(at)}、{block.zh}", block.en))
        else:
            made.append(block)
    return tuple(made)


def numeral(number: int) -> str:
    """Write a number from 1 to 19 in Chinese."""
    tens, ones = divmod(number, 10)
    return ("十" if tens else "") + (NUMERALS[ones - 1] if ones else "")


def norms(*documents: ForecastDocument) -> Iterator[Block]:
    """List the norms used, each once."""
    yield Heading("标准依据", "Norms")
    used = {norm: None for document in documents for norm in document.norms}
    yield Table(
        "所用标准 Norms used",
        (
            Column("标准", 2), Column("学段", 0.8, "center"), Column("数值", 0.8, "right"), Column("单位", 1.1),
            Column("依据", 4), Column("可信度", 1.3, "center"),
        ),
        tuple(
            (
                Cell(words.NORM.get(norm.key, norm.key)),
                Cell(words.stage(norm.stage) if norm.stage else words.UNKNOWN),
                Cell(f"{norm.value:g}"),
                Cell(words.UNIT.get(norm.unit, norm.unit)),
                Cell(norm.source),
                Cell(words.TRUST.get(norm.trust, norm.trust)),
            )
            for norm in used
        ),
        note="U 未核实：未见正式文件，为本软件建议值或转述，须由主管部门确认。",
    )  # fmt: skip


def comments(text: str) -> Iterator[Block]:
    """Print what was written to the figures."""
    yield Heading("意见", "Comments")
    yield Words(tuple(line for line in text.splitlines() if line.strip()) or ("（无）",))


def signing(inputs: Inputs, data: Sequence[tuple[str, str]]) -> Iterator[Block]:
    """Tell who drew the report up, who signed it, and the hashes of its inputs."""
    yield Heading("签发与数据指纹", "Sign-off and hashes")
    signature = inputs.signature
    signed = (
        (("签发", "未签发，草稿不得作为依据"),)
        if signature is None
        else (
            ("签发人", signature.name),
            ("签发时间", words.moment(signature.at)),
            ("签发所用账号", signature.by),
        )
    )
    rows = (
        ("报告编号", inputs.id),
        ("编制", f"{inputs.created_by}，{words.moment(inputs.created_at)}"),
        *signed,
        *data,
        ("报告指纹（SHA-256）", inputs.hash),
    )
    yield Table(
        "签发 Sign-off",
        (Column("项目", 1.2), Column("内容", 4)),
        tuple((Cell(item), Cell(value)) for item, value in rows),
        note="由同一数据重新生成的文件逐字节相同。本系统只作测算，由签发人决定。",
    )
