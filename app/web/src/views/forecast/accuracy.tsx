/** How good forecasts like this one were: error by horizon, method against method, and whether the bands held. */

import { useMemo, useState } from "preact/hooks";
import type uPlot from "uplot";

import { api } from "../../api";
import { axis, Chart } from "../../charts/chart";
import { chance, fixed, number } from "../../format";
import { language, t, word } from "../../language";
import { useLoaded } from "../../load";
import { Field } from "../../parts/basic";
import { type Column, DataTable, figure } from "../../parts/table";
import { type AccuracyReport, type Score, STAGES, type TestedHistory } from "../../wire";
import type { WordingKey } from "../../wording";
import { Figures, Read, saidNote, type TabProps } from "./tab";

const OURS = "junheng";
const UNCHANGED = "unchanged";

export function AccuracyTab({ forecast }: TabProps) {
  const loaded = useLoaded(() => api.accuracy(forecast.id), [forecast.id]);
  return (
    <Figures title={t("accuracy.title")} forecast={forecast}>
      <Read loaded={loaded}>
        {({ accuracy, accuracy_note }) => {
          const tested = (accuracy?.histories ?? []).filter((history) => history.scores.length > 0);
          if (tested.length === 0) {
            return (
              <div class="notice notice-warn" data-accuracy="none">
                <strong>{t("accuracy.none")}</strong>
                <p>{saidNote(accuracy_note)}</p>
              </div>
            );
          }
          return (
            <>
              <p>
                {saidNote(accuracy_note)} <span class="dim">{t("accuracy.hint")}</span>
              </p>
              <Glance histories={tested} band={forecast.recipe.band} />
              <Everything report={{ histories: tested }} />
            </>
          );
        }}
      </Read>
    </Figures>
  );
}

/** The stage a score is of: told by itself, or by the history it belongs to ("primary 小学"). */
function stageOf(history: TestedHistory, stage: string | null): string {
  const named = history.name.split(" ")[0] ?? "";
  return stage || (STAGES.some((one) => one === named) ? named : "");
}

const historyName = (history: TestedHistory): string => {
  const stage = stageOf(history, null);
  return stage ? word("stage", stage) : history.name;
};

/** What a planner asks first: the whole district and a single school, by totals where they were tried. */
const SCOPES: readonly (readonly string[])[] = [
  ["district total", "district grade"],
  ["school total", "school grade"],
];
const HORIZONS = [1, 3, 5];

interface GlanceRow {
  stage: string;
  unit: string;
  scores: Score[];
}

/** One row a stage and unit, the stages in their order. */
function glanceRows(histories: readonly TestedHistory[]): GlanceRow[] {
  const rows = histories.flatMap((history) => {
    const stages = [...new Set(history.scores.map((score) => stageOf(history, score.stage)))];
    return stages.flatMap((stage) => {
      const own = history.scores.filter((score) => stageOf(history, score.stage) === stage);
      const units = new Set(own.map((score) => score.unit));
      const asked = SCOPES.flatMap((scope) => scope.find((unit) => units.has(unit)) ?? []);
      return (asked.length > 0 ? asked : [...units]).map((unit) => ({
        stage: stage ? word("stage", stage) : history.name,
        unit,
        order: STAGES.findIndex((one) => one === stage),
        scores: own.filter((score) => score.unit === unit),
      }));
    });
  });
  return rows.sort((a, b) => a.order - b.order);
}

/** How far off 1, 3 and 5 years ahead, ours beside leaving all unchanged and the best of the others. */
function Glance({ histories, band }: { histories: readonly TestedHistory[]; band: number }) {
  const rows = glanceRows(histories);
  const tried = [...new Set(rows.flatMap((row) => row.scores.map((score) => score.horizon)))].sort((a, b) => a - b);
  const asked = HORIZONS.filter((horizon) => tried.includes(horizon));
  const horizons = asked.length > 0 ? asked : tried.slice(0, 3);
  return (
    <div class="table-scroll glance" tabIndex={0} role="region" aria-label={t("accuracy.glance")}>
      <table>
        <caption class="unseen">{t("accuracy.glance")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("accuracy.unit")}</th>
            {horizons.map((horizon) => (
              <th scope="col">{t("accuracy.horizon", { n: horizon })}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const most = Math.max(...row.scores.filter((one) => horizons.includes(one.horizon)).map((one) => one.mape ?? 0));
            return (
              <tr>
                <th scope="row">
                  {row.stage}
                  <small>{word("unit_tested", row.unit)}</small>
                </th>
                {horizons.map((horizon) => (
                  <GlanceCell scores={row.scores.filter((one) => one.horizon === horizon)} most={most} band={band} />
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function GlanceCell({ scores, most, band }: { scores: readonly Score[]; most: number; band: number }) {
  const ours = scores.find((score) => score.method === OURS);
  const best = scores.find((score) => score.best);
  if (!ours) return <td class="dim">{t("accuracy.untried")}</td>;
  const others = scores.filter((one) => one.ranked && one.method !== OURS && one.method !== UNCHANGED && one.mape !== null);
  const nearest = [...others].sort((a, b) => (a.mape ?? 0) - (b.mape ?? 0))[0];
  const shown = [ours, scores.find((score) => score.method === UNCHANGED), nearest].filter((one) => one !== undefined);
  return (
    <td data-best={best?.method ?? ""}>
      <p class="glance-head">
        <strong>{points(ours.mape)}</strong>
        <Verdict ours={ours} best={best} />
      </p>
      <ul class="error-bars">
        {shown.map((one) => (
          <li class={one === ours ? "error-ours" : one.method === UNCHANGED ? "error-unchanged" : "error-other"}>
            <span>{word("tested_method", one.method)}</span>
            <span class="error-track" aria-hidden="true">
              <span style={{ width: `${most > 0 ? (100 * (one.mape ?? 0)) / most : 0}%` }} />
            </span>
            <span class="error-value">{points(one.mape)}</span>
          </li>
        ))}
      </ul>
      {ours.coverage !== null && <BandHeld coverage={ours.coverage} cases={ours.cases} band={band} />}
    </td>
  );
}

/** Points of per cent under which two errors are told as alike. */
const ALIKE = 0.05;

function Verdict({ ours, best }: { ours: Score; best: Score | undefined }) {
  if (!best) return <span class="badge badge-quiet">{t("accuracy.unranked")}</span>;
  if (best === ours) return <span class="badge mark-done">★ {t("accuracy.is_best")}</span>;
  const method = word("tested_method", best.method);
  const alike = (ours.mape ?? 0) - (best.mape ?? 0) < ALIKE;
  return (
    <span class={`badge ${alike ? "badge-quiet" : "badge-warn"}`}>{t(alike ? "accuracy.alike" : "accuracy.better", { method })}</span>
  );
}

/** Points of per cent by which a band may miss its promise, and the cases that a verdict needs. */
const BAND_TOLERANCE = 5;
const ENOUGH_CASES = 20;

function BandHeld({ coverage, cases, band }: { coverage: number; cases: number; band: number }) {
  const off = coverage - 100 * band;
  const verdict =
    cases < ENOUGH_CASES ? "few" : Math.abs(off) <= BAND_TOLERANCE ? "kept" : off < 0 ? "narrow" : "wide";
  return (
    <p class={`band-held band-${verdict}`}>
      {t("accuracy.coverage", { band: chance(band), share: points(coverage) })} ·{" "}
      {t(`band_held.${verdict}` satisfies WordingKey, { n: number(cases) })}
    </p>
  );
}

const keyOf = (score: Score): string => `${score.unit}|${score.stage ?? ""}`;
const nameOf = (score: Score): string => [word("unit_tested", score.unit), ...(score.stage ? [word("stage", score.stage)] : [])].join(" · ");

/** All units, horizons and methods, of which the glance shows a few; drawn once it is opened. */
function Everything({ report }: { report: AccuracyReport }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="fold" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("accuracy.everything")}</summary>
      {open && <Tested report={report} />}
    </details>
  );
}

function Tested({ report }: { report: AccuracyReport }) {
  const [at, setAt] = useState(0);
  const history = report.histories[at] ?? report.histories[0];
  const [asked, setAsked] = useState<string | null>(null);
  if (!history) return null;
  const groups = new Map(history.scores.map((score) => [keyOf(score), nameOf(score)] as const));
  const group = asked && groups.has(asked) ? asked : ([...groups.keys()][0] ?? "");
  const own = history.scores.filter((score) => keyOf(score) === group);
  return (
    <>
      <div class="filters">
        {report.histories.length > 1 && (
          <Field label={t("accuracy.history")}>
            <select value={String(at)} onChange={(event) => setAt(Number(event.currentTarget.value))}>
              {report.histories.map((one, index) => (
                <option value={String(index)}>{historyName(one)}</option>
              ))}
            </select>
          </Field>
        )}
        <Field label={t("accuracy.unit")}>
          <select value={group} onChange={(event) => setAsked(event.currentTarget.value)}>
            {[...groups].map(([key, name]) => (
              <option value={key}>{name}</option>
            ))}
          </select>
        </Field>
      </div>
      <ErrorChart key={`${at} ${group}`} scores={own} label={t("accuracy.chart", { unit: groups.get(group) ?? "" })} />
      <ScoreTable caption={t("accuracy.scores")} scores={own} />
      <BySize history={history} group={group} />
      <Notes history={history} />
    </>
  );
}

/** Figures that are in per cent already. */
const points = (value: number | null): string => (value === null ? t("none") : `${fixed(value, 1)}%`);

const LOOKS: Record<string, { stroke: string; dash: number[]; width: number }> = {
  [OURS]: { stroke: "#12495c", dash: [], width: 3.2 },
  [UNCHANGED]: { stroke: "#8a8f91", dash: [3, 3], width: 2 },
};
const OTHERS = ["#b3641e", "#7a3f8f", "#2f7d4f", "#a3211a", "#6d5200", "#1f4a86"];

function ErrorChart({ scores, label }: { scores: Score[]; label: string }) {
  const horizons = [...new Set(scores.map((score) => score.horizon))].sort((a, b) => a - b);
  const methods = [...new Set(scores.map((score) => score.method))].sort((a, b) => rank(a) - rank(b));
  const data = useMemo<uPlot.AlignedData>(
    () => [
      horizons,
      ...methods.map((method) =>
        horizons.map((horizon) => scores.find((one) => one.method === method && one.horizon === horizon)?.mape ?? null),
      ),
    ],
    [scores],
  );
  const value = (_: uPlot, raw: number | null) => points(raw);
  const others = methods.filter((method) => !(method in LOOKS));
  return (
    <Chart
      key={language()}
      label={label}
      height={260}
      data={data}
      scales={{
        x: { time: false, range: (_, first, last) => [Math.min(first, last - 0.5), Math.max(last, first + 0.5)] },
        y: { range: (_, _low, most) => [0, Math.max(1, most * 1.08)] },
      }}
      series={[
        { label: t("accuracy.years_ahead"), value: (_, raw: number | null) => (raw === null ? t("none") : String(raw)) },
        ...methods.map((method) => ({
          label: word("tested_method", method),
          value,
          points: { show: true, size: 6 },
          ...(LOOKS[method] ?? {
            stroke: OTHERS[others.indexOf(method) % OTHERS.length] ?? "#b3641e",
            dash: [8, 4],
            width: 1.6,
          }),
        })),
      ]}
      axes={[
        axis({ incrs: [1, 2, 5], values: (_, splits) => splits.map((split) => t("accuracy.years", { n: split })) }),
        axis({ size: 62, values: (_, splits) => splits.map((split) => points(split)) }),
      ]}
    />
  );
}

const rank = (method: string): number => [OURS, UNCHANGED].indexOf(method) + 1 || 3;

function ScoreTable({ caption, scores, sized }: { caption: string; scores: Score[]; sized?: boolean }) {
  const columns = useMemo<Column<Score>[]>(
    () => [
      { key: "horizon", heading: t("accuracy.years_ahead"), numeric: true, value: (row) => row.horizon },
      ...(sized ? [{ key: "size", heading: t("accuracy.size"), value: (row: Score) => sizeOf(row) }] : []),
      {
        key: "method",
        heading: t("certificate.method"),
        value: (row) => word("tested_method", row.method),
        cell: (row) => (
          <>
            {word("tested_method", row.method)} {row.best && <span class="badge mark-done">★ {t("accuracy.is_best")}</span>}
            {!row.ranked && <span class="badge badge-quiet">{t("accuracy.unranked")}</span>}
          </>
        ),
      },
      figure("cases", t("accuracy.cases"), (row) => row.cases),
      figure("mape", t("accuracy.mape"), (row) => row.mape, points),
      figure("median", t("accuracy.median"), (row) => row.median_ape, points),
      figure("weighted", t("accuracy.weighted"), (row) => row.weighted_ape, points),
      figure("bias", t("accuracy.bias"), (row) => row.bias, points),
      figure("coverage", t("accuracy.in_band"), (row) => row.coverage, points),
    ],
    [language(), sized],
  );
  const sorted = useMemo(() => [...scores].sort((a, b) => a.horizon - b.horizon || rank(a.method) - rank(b.method)), [scores]);
  return (
    <DataTable
      caption={caption}
      columns={columns}
      rows={sorted}
      keyOf={(row) => [row.horizon, row.size_class, row.method].join()}
    />
  );
}

/** "1: up to 40" in words of the page. */
function sizeOf({ size_class }: Score): string {
  const found = /^\d: (up to|over) (.+)$/.exec(size_class ?? "");
  if (!found) return word("size_class", size_class ?? "all");
  return t(found[1] === "over" ? "accuracy.size.over" : "accuracy.size.up_to", { n: found[2] ?? "" });
}

function BySize({ history, group }: { history: TestedHistory; group: string }) {
  const own = history.scores_by_size.filter((score) => keyOf(score) === group);
  if (new Set(own.map((score) => score.size_class)).size < 2) return null;
  return (
    <details class="fold">
      <summary>{t("accuracy.by_size")}</summary>
      <ScoreTable caption={t("accuracy.by_size")} scores={own} sized />
    </details>
  );
}

function Notes({ history }: { history: TestedHistory }) {
  if (history.notes.length === 0) return <p class="field-hint">{t("accuracy.trials", { trials: number(history.trials) })}</p>;
  return (
    <details class="fold">
      <summary>{t("accuracy.notes", { trials: number(history.trials) })}</summary>
      <ul class="notes">
        {history.notes.map((note) => (
          <li>{note}</li>
        ))}
      </ul>
    </details>
  );
}
