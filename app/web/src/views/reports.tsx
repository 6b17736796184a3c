/** Monitoring reports: made from a forecast, commented, signed by a named person, merged at the city. */

import { useMemo, useState } from "preact/hooks";

import { api, files, type Problem } from "../api";
import { moment } from "../format";
import { language, t, word } from "../language";
import { asProblem, useLoaded } from "../load";
import { Empty, Facts, Field, Panel, ProblemBox, SyntheticBadge, Waiting } from "../parts/basic";
import { type Column, DataTable } from "../parts/table";
import { go, link } from "../route";
import type { Me, MonitoringReport, StoredForecast } from "../wire";
import { recipeSummary } from "./forecasts";

interface ReportsProps {
  id: string | null;
  query: URLSearchParams;
  me: Me;
  mayPlan: boolean;
}

export function Reports({ id, query, me, mayPlan }: ReportsProps) {
  const loaded = useLoaded(async () => {
    const [reports, forecasts] = await Promise.all([api.monitoringReports(), api.forecasts()]);
    return { reports, forecasts };
  }, []);
  const [ticked, setTicked] = useState<readonly string[]>([]);
  if (!loaded.value) return loaded.problem ? <ProblemBox problem={loaded.problem} /> : <Waiting />;
  const { reports, forecasts } = loaded.value;
  const chosen = reports.find((report) => report.id === id);
  const mayMerge = mayPlan && me.level === "city";
  const made = (report: MonitoringReport) => {
    setTicked([]);
    loaded.again();
    go(link("reports", report.id));
  };
  return (
    <>
      <div class={mayPlan ? "columns columns-wide-left" : ""}>
        <Panel
          title={t("nav.reports")}
          aside={
            <button type="button" onClick={loaded.again}>
              {t("refresh")}
            </button>
          }
        >
          {reports.length === 0 ? (
            <Empty>{t("monitoring.none")}</Empty>
          ) : (
            <ReportTable
              reports={reports}
              chosen={id}
              ticked={ticked}
              tick={mayMerge ? setTicked : null}
            />
          )}
          {mayMerge && reports.length > 0 && <MergeForm reports={reports} ticked={ticked} onMade={made} />}
        </Panel>
        {mayPlan && (
          <Panel title={t("monitoring.new")}>
            <NewReport forecasts={forecasts} reports={reports} forecast={query.get("forecast")} onMade={made} />
          </Panel>
        )}
      </div>
      {chosen && (
        <ReportPanel
          key={`${chosen.id} ${chosen.state}`}
          report={chosen}
          forecasts={forecasts}
          reports={reports}
          mayPlan={mayPlan}
          me={me}
          onChange={loaded.again}
        />
      )}
    </>
  );
}

export function ReportState({ state }: { state: MonitoringReport["state"] }) {
  return (
    <span class={`badge ${state === "signed" ? "mark-done" : "badge-warn"}`}>
      <span aria-hidden="true">{state === "signed" ? "✓" : "✎"}</span> {word("report_state", state)}
    </span>
  );
}

interface ReportTableProps {
  reports: MonitoringReport[];
  chosen: string | null;
  ticked: readonly string[];
  /** Null where reports may not be merged. */
  tick: ((ids: readonly string[]) => void) | null;
}

function ReportTable({ reports, chosen, ticked, tick }: ReportTableProps) {
  const columns = useMemo<Column<MonitoringReport>[]>(
    () => [
      ...(tick ? [tickColumn(ticked, tick)] : []),
      {
        key: "title",
        heading: t("dataset.title"),
        value: (r) => r.title,
        cell: (r) => (
          <>
            <a href={link("reports", r.id)}>{r.title}</a> <SyntheticBadge synthetic={r.synthetic} />
          </>
        ),
      },
      { key: "level", heading: t("norm.level"), value: (r) => word("level", r.level) },
      { key: "division", heading: t("dataset.division"), value: (r) => r.division },
      { key: "state", heading: t("run.state"), value: (r) => r.state, cell: (r) => <ReportState state={r.state} /> },
      { key: "signed", heading: t("monitoring.signed_name"), value: (r) => r.signed_name },
      { key: "created", heading: t("created"), value: (r) => r.created_at, cell: (r) => moment(r.created_at) },
      { key: "files", heading: t("monitoring.files"), value: () => null, cell: (r) => <FileLinks report={r} /> },
    ],
    [language(), ticked, tick],
  );
  return (
    <DataTable
      caption={t("nav.reports")}
      columns={columns}
      rows={reports}
      keyOf={(r) => r.id}
      chosen={chosen}
      sortedBy={{ key: "created", down: true }}
    />
  );
}

function tickColumn(ticked: readonly string[], tick: (ids: readonly string[]) => void): Column<MonitoringReport> {
  return {
    key: "merge",
    heading: t("monitoring.merge"),
    value: (r) => (isSignedDistrict(r) ? 0 : 1),
    cell: (r) => (
      <input
        type="checkbox"
        aria-label={t("monitoring.tick", { name: r.title })}
        disabled={!isSignedDistrict(r)}
        checked={ticked.includes(r.id)}
        onChange={(event) => tick(event.currentTarget.checked ? [...ticked, r.id] : ticked.filter((one) => one !== r.id))}
      />
    ),
  };
}

const isSignedDistrict = (report: MonitoringReport): boolean => report.level === "district" && report.state === "signed";

/** Signs the service takes at most, for a name or title and for comments. */
const LONGEST_LINE = 200;
const LONGEST_COMMENTS = 20_000;

const FORMATS = [
  ["pdf", "PDF"],
  ["docx", "Word"],
  ["workbook", "Excel"],
] as const;

function FileLinks({ report, buttons }: { report: MonitoringReport; buttons?: boolean }) {
  return (
    <span class="row-actions">
      {FORMATS.map(([format, name]) => (
        <a
          class={buttons ? "button" : ""}
          href={files.report(report.id, format)}
          aria-label={t("monitoring.file", { format: name, name: report.title })}
          download
        >
          {name}
        </a>
      ))}
    </span>
  );
}

interface MergeFormProps {
  reports: MonitoringReport[];
  ticked: readonly string[];
  onMade: (report: MonitoringReport) => void;
}

function MergeForm({ reports, ticked, onMade }: MergeFormProps) {
  const [title, setTitle] = useState("");
  const sending = useSending(onMade);
  const submit = (event: Event) => {
    event.preventDefault();
    sending.send(api.mergeReports([...ticked], title.trim()));
  };
  return (
    <details class="fold" open={ticked.length > 0}>
      <summary>{t("monitoring.merge.title", { count: ticked.length })}</summary>
      <form class="form" onSubmit={submit} aria-label={t("monitoring.merge")}>
        <p class="field-hint field-wide">
          {t("monitoring.merge.hint")}{" "}
          {reports
            .filter((report) => ticked.includes(report.id))
            .map((report) => report.title)
            .join(language() === "zh" ? "、" : ", ")}
        </p>
        <Field label={t("monitoring.merge.name")}>
          <input required maxLength={LONGEST_LINE} value={title} onInput={(event) => setTitle(event.currentTarget.value)} />
        </Field>
        <div class="form-end">
          <button type="submit" disabled={sending.busy || ticked.length === 0}>
            {t("monitoring.merge.do")}
          </button>
        </div>
        <div class="field-wide">
          <ProblemBox problem={sending.problem} />
        </div>
      </form>
    </details>
  );
}

/** One order at a time, and what came of it. */
function useSending<T>(onDone: (value: T) => void) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const send = (order: Promise<T>) => {
    setBusy(true);
    setProblem(null);
    order.then(
      (value) => {
        setBusy(false);
        onDone(value);
      },
      (error: unknown) => {
        setBusy(false);
        setProblem(asProblem(error));
      },
    );
  };
  return { busy, problem, send };
}

interface NewReportProps {
  forecasts: StoredForecast[];
  reports: MonitoringReport[];
  forecast: string | null;
  onMade: (report: MonitoringReport) => void;
}

function NewReport({ forecasts, reports, forecast, onMade }: NewReportProps) {
  const done = forecasts.filter((one) => one.state === "done");
  const [chosen, setChosen] = useState(done.find((one) => one.id === forecast)?.id ?? done[0]?.id ?? "");
  const [previous, setPrevious] = useState("");
  const [comments, setComments] = useState("");
  const sending = useSending(onMade);
  const division = done.find((one) => one.id === chosen)?.division;
  const earlier = reports.filter((one) => isSignedDistrict(one) && one.division === division);
  const submit = (event: Event) => {
    event.preventDefault();
    sending.send(api.createReport(chosen, comments, previous || null));
  };
  if (done.length === 0) return <Empty>{t("monitoring.no_forecast")}</Empty>;
  return (
    <form class="form" onSubmit={submit} aria-label={t("monitoring.new")}>
      <Field label={t("monitoring.forecast")} wide>
        <select
          value={chosen}
          onChange={(event) => {
            setChosen(event.currentTarget.value);
            setPrevious("");
          }}
        >
          {done.map((one) => (
            <option value={one.id}>
              {one.title} · {recipeSummary(one.recipe)} · {moment(one.created_at)}
            </option>
          ))}
        </select>
      </Field>
      <Field label={t("monitoring.previous")} hint={t("monitoring.previous.hint")} wide>
        <select value={previous} onChange={(event) => setPrevious(event.currentTarget.value)}>
          <option value="">{t("scenario.standing.none")}</option>
          {earlier.map((one) => (
            <option value={one.id}>
              {one.title} · {moment(one.created_at)}
            </option>
          ))}
        </select>
      </Field>
      <Field label={t("monitoring.comments")} hint={t("monitoring.comments.hint")} wide>
        <textarea class="prose" rows={5} maxLength={LONGEST_COMMENTS} value={comments} onInput={(event) => setComments(event.currentTarget.value)} />
      </Field>
      <div class="field-wide">
        <ProblemBox problem={sending.problem} />
        <div class="form-end">
          <button type="submit" class="primary" disabled={sending.busy}>
            {t("monitoring.create")}
          </button>
        </div>
      </div>
    </form>
  );
}

interface ReportPanelProps {
  report: MonitoringReport;
  forecasts: StoredForecast[];
  reports: MonitoringReport[];
  mayPlan: boolean;
  me: Me;
  onChange: () => void;
}

function ReportPanel({ report, forecasts, reports, mayPlan, me, onChange }: ReportPanelProps) {
  const draft = report.state === "draft";
  const forecastNames = report.forecast_ids.map((id) => {
    const found = forecasts.find((one) => one.id === id);
    return <a href={link("forecasts", id)}>{found ? `${found.title} · ${moment(found.created_at)}` : id}</a>;
  });
  const merged = report.merged_from.map((id) => (
    <a href={link("reports", id)}>{reports.find((one) => one.id === id)?.title ?? id}</a>
  ));
  return (
    <Panel
      title={report.title}
      aside={
        <>
          <SyntheticBadge synthetic={report.synthetic} />
          <ReportState state={report.state} />
          <FileLinks report={report} buttons />
        </>
      }
    >
      <div class="columns">
        <div>
          <Facts
            rows={[
              [t("norm.level"), word("level", report.level)],
              [t("dataset.division"), report.division ?? t("none")],
              [t("created"), `${moment(report.created_at)} · ${report.created_by}`],
              [t("monitoring.signed_name"), report.signed_name ?? t("none")],
              [t("monitoring.signed_at"), report.signed_at ? `${moment(report.signed_at)} · ${report.signed_by ?? ""}` : t("none")],
              [t("dataset.hash"), <code title={report.hash}>{report.hash.slice(0, 16)}…</code>],
            ]}
          />
          {forecastNames.length > 0 && (
            <>
              <h4>{t("monitoring.from_forecasts")}</h4>
              <ul class="notes">
                {forecastNames.map((name) => (
                  <li>{name}</li>
                ))}
              </ul>
            </>
          )}
          {merged.length > 0 && (
            <>
              <h4>{t("monitoring.merged_from")}</h4>
              <ul class="notes">
                {merged.map((name) => (
                  <li>{name}</li>
                ))}
              </ul>
            </>
          )}
        </div>
        <div>
          {draft && mayPlan ? (
            <>
              <CommentForm report={report} onChange={onChange} />
              <SignForm report={report} me={me} onChange={onChange} />
            </>
          ) : (
            <>
              <h4>{t("monitoring.comments")}</h4>
              <p class="comments">{report.comments || t("monitoring.comments.none")}</p>
              {!draft && <p class="notice notice-good">{t("monitoring.is_signed")}</p>}
            </>
          )}
        </div>
      </div>
    </Panel>
  );
}

function CommentForm({ report, onChange }: { report: MonitoringReport; onChange: () => void }) {
  const [comments, setComments] = useState(report.comments);
  const [kept, setKept] = useState(report.comments);
  const sending = useSending((changed: MonitoringReport) => {
    setKept(changed.comments);
    onChange();
  });
  const submit = (event: Event) => {
    event.preventDefault();
    sending.send(api.commentReport(report.id, comments));
  };
  return (
    <form onSubmit={submit} aria-label={t("monitoring.comments")}>
      <Field label={t("monitoring.comments")} hint={t("monitoring.comments.draft")}>
        <textarea class="prose" rows={5} maxLength={LONGEST_COMMENTS} value={comments} onInput={(event) => setComments(event.currentTarget.value)} />
      </Field>
      <ProblemBox problem={sending.problem} />
      <div class="form-end after">
        <button type="submit" disabled={sending.busy || comments === kept}>
          {t("monitoring.comments.keep")}
        </button>
        {comments === kept && <span class="dim">{t("monitoring.comments.kept")}</span>}
      </div>
    </form>
  );
}

function SignForm({ report, me, onChange }: { report: MonitoringReport; me: Me; onChange: () => void }) {
  const [name, setName] = useState("");
  const sending = useSending<MonitoringReport>(onChange);
  const submit = (event: Event) => {
    event.preventDefault();
    if (confirm(t("monitoring.sign.sure", { name: name.trim(), title: report.title }))) {
      sending.send(api.signReport(report.id, name.trim()));
    }
  };
  return (
    <form class="sign" onSubmit={submit} aria-label={t("monitoring.sign")}>
      <h4>{t("monitoring.sign")}</h4>
      <p class="field-hint">{t("monitoring.sign.hint", { token: me.name })}</p>
      <div class="pair">
        <input
          required
          maxLength={LONGEST_LINE}
          aria-label={t("monitoring.sign.name")}
          placeholder={t("monitoring.sign.name")}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
        <button type="submit" class="primary" disabled={sending.busy || !name.trim()}>
          {t("monitoring.sign.do")}
        </button>
      </div>
      <ProblemBox problem={sending.problem} />
    </form>
  );
}
