from __future__ import annotations

import forecast_document
import hamlet_plan
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.audit import Actor
from app.cases.recipe import Recipe
from app.db import audit_log, datasets, forecasts, monitoring_reports
from app.db.errors import NotFound
from app.db.models import MonitoringReportRow
from app.db.scope import Scope
from app.reports.monitoring.city import ReportsDoNotFit
from data.sample import three_hamlets

HOME, OTHER = three_hamlets.DIVISION, hamlet_plan.OTHER_DIVISION
WU = Actor("t1", "吴科长")


def forecast(database, division=HOME):
    with database.writing() as session:
        dataset, _ = datasets.store(session, hamlet_plan.hamlets(division), [], WU)
        row, _ = forecasts.create(session, dataset, Recipe(), actor=WU)
        forecasts.mark_running(session, row.id, "w1")
        packed = forecasts.pack(forecast_document.document(division=division))
        assert forecasts.finish(session, row.id, packed, {})
        return row.id


def draft(database, forecast_id, previous_id=None):
    with database.writing() as session:
        return monitoring_reports.draft(
            session, forecast_id, comments="甲", previous_id=previous_id, actor=WU
        ).id  # fmt: skip


def sign(database, report_id, name="张三"):
    with database.writing() as session:
        return monitoring_reports.sign(session, report_id, name, actor=WU).hash


def signed(database, division=HOME):
    report = draft(database, forecast(database, division))
    sign(database, report)
    return report


def lines(database):
    with database.reading() as session:
        found = audit_log.newest(session)
        return [(line.action, line.division) for line in reversed(found) if line.subject == "report"]


def test_a_draft_is_commented_and_signed_and_each_step_is_written_down(database):
    report = draft(database, forecast(database))
    with database.reading() as session:
        first = monitoring_reports.get(session, report).hash
    with database.writing() as session:
        second = monitoring_reports.comment(session, report, "乙", actor=WU).hash
    third = sign(database, report)
    assert len({first, second, third}) == 3
    with database.reading() as session:
        row = monitoring_reports.get(session, report)
        inputs = monitoring_reports.inputs(session, row)
        assert (row.state, row.signed_name, row.signed_by, row.comments) == ("signed", "张三", "吴科长", "乙")
        assert (inputs.hash, inputs.comments, inputs.signature.name) == (third, "乙", "张三")
    assert lines(database) == [("report.drafted", HOME), ("report.commented", HOME), ("report.signed", HOME)]


def test_a_signed_report_is_neither_commented_nor_signed_again(database):
    report = signed(database)
    before = lines(database)
    for change in (
        lambda session: monitoring_reports.comment(session, report, "丙", actor=WU),
        lambda session: monitoring_reports.sign(session, report, "李四", actor=WU),
    ):
        with pytest.raises(monitoring_reports.ReportSigned, match="张三"), database.writing() as session:
            change(session)
    assert lines(database) == before


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE monitoring_reports SET comments = 'x'",
        "UPDATE monitoring_reports SET state = 'draft', signed_at = NULL, signed_by = NULL, signed_name = NULL",
        "DELETE FROM monitoring_reports",
    ],
)
def test_the_database_itself_refuses_to_change_a_signed_report(database, change):
    signed(database)
    with pytest.raises(DBAPIError, match="never changes"), database.writing() as session:
        session.execute(text(change))


def test_what_a_city_report_was_merged_from_is_kept_too(database):
    with database.writing() as session:
        monitoring_reports.merge(session, [signed_id(database)], title="市", actor=WU)
    for change in ("UPDATE monitoring_report_parts SET hash = 'x'", "DELETE FROM monitoring_report_parts"):
        with pytest.raises(DBAPIError, match="never changes"), database.writing() as session:
            session.execute(text(change))


def signed_id(database):
    with database.reading() as session:
        found = monitoring_reports.newest(session)
    return found[0].id if found else signed(database)


def test_a_draft_whose_inputs_were_changed_behind_its_back_is_not_printed_or_signed(database):
    report = draft(database, forecast(database))
    with database.writing() as session:
        session.execute(text("UPDATE monitoring_reports SET comments = '另写'"))
    with pytest.raises(monitoring_reports.BrokenSeal), database.reading() as session:
        monitoring_reports.inputs(session, monitoring_reports.get(session, report))
    with pytest.raises(monitoring_reports.BrokenSeal):
        sign(database, report)


def test_a_forecast_changed_behind_its_back_is_seen(database):
    report = signed(database)
    other = forecasts.pack(forecast_document.document(title="改过")).content
    with database.writing() as session:
        session.execute(text("UPDATE forecasts SET content = :content"), {"content": other})
    with pytest.raises(monitoring_reports.BrokenSeal), database.reading() as session:
        monitoring_reports.inputs(session, monitoring_reports.get(session, report))


def test_a_city_report_takes_signed_reports_by_division_and_keeps_their_hashes(database):
    late, early = signed(database, OTHER), signed(database, HOME)
    with database.writing() as session:
        city = monitoring_reports.merge(session, [late, early], title="全市报告", actor=WU)
        assert (city.level, city.division, city.synthetic) == ("city", None, True)
        id = city.id
    with database.reading() as session:
        inputs = monitoring_reports.inputs(session, monitoring_reports.get(session, id))
        hashes = {id: monitoring_reports.get(session, id).hash for id in (late, early)}
        assert [part.division for part in inputs.parts] == sorted([HOME, OTHER])
        assert {part.id: part.hash for part in inputs.parts} == hashes
        told = [line.facts["parts"] for line in audit_log.newest(session) if line.action == "report.merged"]
        assert told == [hashes]


def test_drafts_twins_and_city_reports_are_not_merged(database):
    drafted, one, two = draft(database, forecast(database, OTHER)), signed(database), signed(database)
    with database.writing() as session:
        city = monitoring_reports.merge(session, [one], title="市", actor=WU).id
    for ids, refusal in (
        ([one, drafted], monitoring_reports.ReportNotSigned),
        ([one, two], ReportsDoNotFit),
        ([one, one], ReportsDoNotFit),
        ([one, city], ReportsDoNotFit),
        ([one, "0" * 24], NotFound),
    ):
        with pytest.raises(refusal), database.writing() as session:
            monitoring_reports.merge(session, ids, title="市", actor=WU)


def test_only_a_signed_report_of_the_same_district_is_compared_with(database):
    one, id = signed(database), forecast(database)
    with database.writing() as session:
        row = monitoring_reports.draft(session, id, comments="", previous_id=one, actor=WU)
        assert monitoring_reports.inputs(session, row).previous.id == one
    for previous, refusal in (
        (draft(database, id), monitoring_reports.ReportNotSigned),
        (signed(database, OTHER), NotFound),
    ):
        with pytest.raises(refusal):
            draft(database, id, previous)


def test_no_report_on_a_forecast_that_is_not_done(database):
    with database.writing() as session:
        dataset, _ = datasets.store(session, hamlet_plan.hamlets(HOME), [], WU)
        queued = forecasts.create(session, dataset, Recipe(), actor=WU)[0].id
    with pytest.raises(forecasts.ForecastNotDone):
        draft(database, queued)


def test_a_district_sees_its_own_reports_alone_and_never_the_citys(database):
    home, other = signed(database, HOME), signed(database, OTHER)
    with database.writing() as session:
        city = monitoring_reports.merge(session, [home, other], title="市", actor=WU).id
    with database.reading() as session:
        assert [row.id for row in monitoring_reports.newest(session, Scope(HOME))] == [home]
        assert len(monitoring_reports.newest(session)) == 3
        for hidden in (other, city):
            with pytest.raises(NotFound):
                monitoring_reports.get(session, hidden, Scope(HOME))


@pytest.mark.parametrize(
    "wrong",
    [{"level": "city"}, {"division": None}, {"forecast_id": None}, {"state": "signed"}, {"signed_name": "张三"}],
)
def test_the_tables_refuse_reports_that_cannot_be(database, wrong):
    id = forecast(database)
    facts = {
        "level": "district", "division": HOME, "title": "t", "synthetic": True, "state": "draft", "forecast_id": id,
        "comments": "", "hash": "0" * 64, "created_by": "x",
    }  # fmt: skip
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add(MonitoringReportRow(**facts | wrong))
