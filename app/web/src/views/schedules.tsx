/** Watched scenarios: when each is solved again, and what changed each time. */

import { useMemo, useState } from "preact/hooks";

import { api, type Problem } from "../api";
import { moment, number, yuan } from "../format";
import { language, said, t } from "../language";
import { asProblem, useLoaded } from "../load";
import { Empty, Field, Panel, ProblemBox, SyntheticBadge, Waiting } from "../parts/basic";
import { type Column, DataTable } from "../parts/table";
import { link } from "../route";
import type { DriftReport, Schedule, StoredScenario } from "../wire";

const TIMEZONE = "Asia/Shanghai";
const CRON_CHOICES = [
  ["0 2 * * *", "cron.nightly"],
  ["0 2 * * 1", "cron.weekly"],
  ["0 2 1 * *", "cron.monthly"],
] as const;

export function Schedules({ id, mayPlan }: { id: string | null; mayPlan: boolean }) {
  const loaded = useLoaded(async () => {
    const [schedules, scenarios] = await Promise.all([api.schedules(), api.scenarios()]);
    return { schedules, scenarios, titles: new Map(scenarios.map((s) => [s.id, s.scenario.title])) };
  }, []);
  const [problem, setProblem] = useState<Problem | null>(null);
  const change = (done: Promise<unknown>) => {
    setProblem(null);
    done.then(loaded.again, (error: unknown) => setProblem(asProblem(error)));
  };
  if (!loaded.value) return loaded.problem ? <ProblemBox problem={loaded.problem} /> : <Waiting />;
  const { schedules, scenarios, titles } = loaded.value;
  const chosen = schedules.find((schedule) => schedule.id === id);
  return (
    <>
      <div class={mayPlan ? "columns columns-wide-left" : ""}>
        <Panel title={t("nav.schedules")}>
          <ProblemBox problem={problem} />
          {schedules.length === 0 ? (
            <Empty>{t("schedules.none")}</Empty>
          ) : (
            <ScheduleTable schedules={schedules} titles={titles} chosen={id} mayPlan={mayPlan} change={change} />
          )}
        </Panel>
        {mayPlan && (
          <Panel title={t("schedule.new")}>
            {scenarios.length === 0 ? (
              <Empty>{t("scenarios.none")}</Empty>
            ) : (
              <NewSchedule scenarios={scenarios} change={change} />
            )}
          </Panel>
        )}
      </div>
      {chosen && <Reports key={chosen.id} schedule={chosen} title={titles.get(chosen.scenario_id) ?? chosen.id} />}
    </>
  );
}

interface ScheduleTableProps {
  schedules: Schedule[];
  titles: Map<string, string>;
  chosen: string | null;
  mayPlan: boolean;
  change: (done: Promise<unknown>) => void;
}

function ScheduleTable({ schedules, titles, chosen, mayPlan, change }: ScheduleTableProps) {
  const columns = useMemo<Column<Schedule>[]>(
    () => [
      {
        key: "scenario",
        heading: t("scenario.title"),
        value: (s) => titles.get(s.scenario_id) ?? s.scenario_id,
        cell: (s) => <a href={link("schedules", s.id)}>{titles.get(s.scenario_id) ?? s.scenario_id}</a>,
      },
      { key: "cron", heading: t("schedule.when"), value: (s) => s.cron, cell: (s) => <When schedule={s} /> },
      {
        key: "enabled",
        heading: t("schedule.enabled"),
        value: (s) => (s.enabled ? 0 : 1),
        cell: (s) => (
          <label class="check">
            <input
              type="checkbox"
              checked={s.enabled}
              disabled={!mayPlan}
              onChange={() => change(api.changeSchedule(s.id, { enabled: !s.enabled }))}
            />
            {s.enabled ? t("schedule.on") : t("schedule.off")}
          </label>
        ),
      },
      {
        key: "actions",
        heading: t("actions"),
        value: () => null,
        cell: (s) => (
          <span class="row-actions">
            <a href={link("schedules", s.id)}>{t("schedule.reports")}</a>
            {mayPlan && (
              <>
                <button type="button" class="plain" onClick={() => change(api.runSchedule(s.id))}>
                  {t("schedule.run_now")}
                </button>
                <button
                  type="button"
                  class="plain"
                  onClick={() => confirm(t("schedule.delete.sure")) && change(api.deleteSchedule(s.id))}
                >
                  {t("delete")}
                </button>
              </>
            )}
          </span>
        ),
      },
    ],
    [language(), titles, mayPlan],
  );
  return <DataTable caption={t("nav.schedules")} columns={columns} rows={schedules} keyOf={(s) => s.id} chosen={chosen} />;
}

function When({ schedule }: { schedule: Schedule }) {
  const known = CRON_CHOICES.find(([cron]) => cron === schedule.cron);
  return (
    <>
      {known ? t(known[1]) : <code>{schedule.cron}</code>} <small>{schedule.timezone}</small>
    </>
  );
}

function NewSchedule({ scenarios, change }: { scenarios: StoredScenario[]; change: (done: Promise<unknown>) => void }) {
  const [scenario, setScenario] = useState(scenarios[0]?.id ?? "");
  const [cron, setCron] = useState<string>(CRON_CHOICES[0][0]);
  const submit = (event: Event) => {
    event.preventDefault();
    change(api.createSchedule(scenario, cron.trim(), TIMEZONE));
  };
  return (
    <form class="form" onSubmit={submit} aria-label={t("schedule.new")}>
      <Field label={t("scenario")} wide>
        <select value={scenario} onChange={(event) => setScenario(event.currentTarget.value)}>
          {scenarios.map((s) => (
            <option value={s.id}>
              {s.scenario.title} · {s.scenario.target_year}
            </option>
          ))}
        </select>
      </Field>
      <Field label={t("schedule.when")} wide>
        <select
          value={CRON_CHOICES.some(([choice]) => choice === cron) ? cron : ""}
          onChange={(event) => setCron(event.currentTarget.value)}
        >
          {CRON_CHOICES.map(([choice, key]) => (
            <option value={choice}>{t(key)}</option>
          ))}
          <option value="">{t("cron.own")}</option>
        </select>
      </Field>
      <Field label="cron" hint={t("cron.hint", { timezone: TIMEZONE })} wide>
        <input required value={cron} onInput={(event) => setCron(event.currentTarget.value)} />
      </Field>
      <p class="field-hint field-wide">{t("schedule.hint")}</p>
      <div class="form-end field-wide">
        <button type="submit" class="primary">
          {t("schedule.create")}
        </button>
      </div>
    </form>
  );
}

function Reports({ schedule, title }: { schedule: Schedule; title: string }) {
  const reports = useLoaded(() => api.driftReports(schedule.id), [schedule.id]);
  return (
    <Panel
      title={t("reports.title", { title })}
      aside={
        <button type="button" onClick={reports.again}>
          {t("refresh")}
        </button>
      }
    >
      <ProblemBox problem={reports.problem} />
      {!reports.value && !reports.problem && <Waiting />}
      {reports.value?.length === 0 && <Empty>{t("reports.none")}</Empty>}
      <ul class="reports">
        {reports.value?.map((report) => (
          <Report report={report} />
        ))}
      </ul>
    </Panel>
  );
}

function Report({ report }: { report: DriftReport }) {
  const { document } = report;
  const names = (schools: { name: string }[]) => schools.map((school) => school.name).join(language() === "zh" ? "、" : ", ");
  return (
    <li class={report.alert ? "report report-alert" : "report"}>
      <p>
        <span class={report.alert ? "badge badge-bad" : "badge"}>{report.alert ? t("report.alert") : t("report.calm")}</span>{" "}
        <strong>{said(document)}</strong> <span class="dim">{moment(report.created_at)}</span>{" "}
        <SyntheticBadge synthetic={document.dataset?.synthetic ?? false} />
      </p>
      <dl class="facts">
        <div>
          <dt>{t("report.standing_now")}</dt>
          <dd>{yuan(document.objective.standing_now)}</dd>
        </div>
        <div>
          <dt>{t("report.best")}</dt>
          <dd>{yuan(document.objective.best)}</dd>
        </div>
        <div>
          <dt>{t("report.pupils")}</dt>
          <dd>
            {number(document.pupils.then)} → {number(document.pupils.now)}
          </dd>
        </div>
        <div>
          <dt>{t("measure.moved")}</dt>
          <dd>{number(document.pupils_moved)}</dd>
        </div>
      </dl>
      {document.schools_closing.length > 0 && <p>{t("report.closing", { names: names(document.schools_closing) })}</p>}
      {document.schools_opening.length > 0 && <p>{t("report.opening", { names: names(document.schools_opening) })}</p>}
      <p class="row-actions">
        {report.plan_id && <a href={link("plans", report.plan_id)}>{t("report.plan")}</a>}
        {report.plan_id && report.standing_plan_id && (
          <a href={link("comparisons", null, { a: report.standing_plan_id, b: report.plan_id })}>{t("report.compare")}</a>
        )}
      </p>
    </li>
  );
}
