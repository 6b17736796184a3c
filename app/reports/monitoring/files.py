"""The files of a report, each made from its inputs alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

from app.reports.exports import Column
from app.reports.monitoring import alerts, city, district, frame, pdf, word, words, workbook
from app.reports.monitoring.blocks import Report
from app.reports.monitoring.inputs import CityInputs, DistrictInputs, Inputs
from app.reports.monitoring.workbook import Row, Sheet

SIGNING = (Column("item", "项目", 24), Column("value", "内容", 80))
COMMENTS = (
    Column("division", "区划", 12),
    Column("name", "区县", 20),
    Column("comments", "意见", 80),
    Column("signed_name", "签发人", 16),
    Column("signed_at", "签发时间", 30),
    Column("hash", "报告指纹", 70),
)


def report(inputs: Inputs) -> Report:
    """
    Put a report together.

    Raises
    ------
    app.reports.monitoring.city.ReportsDoNotFit
    """
    return city.report(inputs) if isinstance(inputs, CityInputs) else district.report(inputs)


def pdf_file(inputs: Inputs) -> bytes:
    """Print a report."""
    return pdf.pdf(report(inputs))


def word_file(inputs: Inputs) -> bytes:
    """Write a report for Word."""
    return word.word(report(inputs))


def workbook_file(inputs: Inputs) -> bytes:
    """Write the figures of a report, small counts masked, with its sign-off on the first sheet."""
    parts = _city(inputs) if isinstance(inputs, CityInputs) else _district(inputs)
    return workbook.write(parts, synthetic=inputs.synthetic, made=inputs.created_at.astimezone(UTC))


def _signing(inputs: Inputs) -> Iterator[Row]:
    signature = inputs.signature
    yield {"item": "报告 report", "value": inputs.title}
    yield {"item": "报告编号 id", "value": inputs.id}
    yield {"item": "状态 state", "value": frame.state(inputs)}
    yield {"item": "编制 drawn up", "value": f"{inputs.created_by}，{words.moment(inputs.created_at)}"}
    if signature is not None:
        yield {"item": "签发 signed", "value": f"{signature.name}，{words.moment(signature.at)}（{signature.by}）"}
    yield {"item": "意见 comments", "value": inputs.comments}
    yield {"item": "报告指纹 hash", "value": inputs.hash}


def _district(inputs: DistrictInputs) -> Iterator[Sheet]:
    yield Sheet("签发 Sign-off", SIGNING, _signing(inputs))
    yield from workbook.sheets(inputs.forecast.document, mask_small_counts=True)


def _city(inputs: CityInputs) -> Iterator[Sheet]:
    totals = city.totals(inputs.parts)
    yield Sheet("签发 Sign-off", SIGNING, _signing(inputs))
    yield workbook.outlook_sheet("全市 City", (totals.place,), totals.years)
    yield workbook.outlook_sheet("区县 Districts", city.places(inputs.parts, totals.years), totals.years)
    yield Sheet("红色预警 Red warnings", workbook.WARNINGS, _red(inputs))
    yield Sheet("意见与签发 Comments", COMMENTS, _comments(inputs))


def _red(inputs: CityInputs) -> Iterator[Row]:
    for part in inputs.parts:
        for alert in alerts.alerts(part.forecast.document, "school"):
            if alert.red:
                yield workbook.masked(alert.worst.model_dump(mode="json") | {"parent": city.name_of(part)})


def _comments(inputs: CityInputs) -> Iterator[Row]:
    for part in inputs.parts:
        signature = part.signature
        yield {
            "division": part.division,
            "name": city.name_of(part),
            "comments": part.comments,
            "signed_name": signature and signature.name,
            "signed_at": signature and words.moment(signature.at),
            "hash": part.hash,
        }
