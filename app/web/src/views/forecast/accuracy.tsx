/** How good forecasts like this one were: error by horizon, method against method, and whether the bands held. */

import { useMemo, useState } from "preact/hooks";
import type uPlot from "uplot";

import { api } from "../../api";
import { axis, Chart } from "../../charts/chart";
import { chance, number } from "../../format";
import { language, t, word } from "../../language";
import { useLoaded } from "../../load";
import { Field } from "../../parts/basic";
import { type Column, DataTable, figure } from "../../parts/table";
import type { AccuracyReport, Score, TestedHistory } from "../../wire";
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
              <p>{saidNote(accuracy_note)}</p>
              <p class="field-hint">{t("accuracy.hint")}</p>
              <Tested report={{ histories: tested }} band={forecast.recipe.band} />
            </>
          );
        }}
      </Read>
    </Figures>
  );
}

const keyOf = (score: Score): string => `${score.unit}|${score.stage ?? ""}`;
const nameOf = (score: Score): string => [word("unit_tested", score.unit), ...(score.stage ? [word("stage", score.stage)] : [])].join(" · ");

function Tested({ report, band }: { report: AccuracyReport; band: number }) {
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
                <option value={String(index)}>{one.name}</option>
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
      <Verdicts scores={own} band={band} />
      <ErrorChart key={`${at} ${group}`} scores={own} label={t("accuracy.chart", { unit: groups.get(group) ?? "" })} />
      <ScoreTable caption={t("accuracy.scores")} scores={own} />
      <BySize history={history} group={group} />
      <Notes history={history} />
    </>
  );
}

/** For every horizon: which method was best, ours, the unchanged figure, and the share of cases in the band. */
function Verdicts({ scores, band }: { scores: Score[]; band: number }) {
  const horizons = [...new Set(scores.map((score) => score.horizon))].sort((a, b) => a - b);
  return (
    <ul class="verdicts">
      {horizons.map((horizon) => {
        const at = scores.filter((score) => score.horizon === horizon);
        const best = at.find((score) => score.best);
        const [ours, unchanged] = [OURS, UNCHANGED].map((method) => at.find((score) => score.method === method));
        return (
          <li class={best?.method === OURS ? "verdict-good" : "verdict-open"} data-best={best?.method ?? ""}>
            <strong>{t("accuracy.horizon", { n: horizon })}</strong>
            <span>{best ? t("accuracy.best", { method: word("tested_method", best.method), mape: points(best.mape) }) : t("accuracy.best.none")}</span>
            {ours && !ours.best && <span>{t("accuracy.ours", { mape: points(ours.mape) })}</span>}
            {unchanged && <span>{t("accuracy.unchanged", { mape: points(unchanged.mape) })}</span>}
            {ours && ours.coverage !== null && (
              <span>{t("accuracy.coverage", { band: chance(band), share: points(ours.coverage) })}</span>
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** Figures that are in per cent already. */
const points = (value: number | null): string => (value === null ? t("none") : `${number(value, 1)}%`);

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
  return (
    <details class="fold" open={history.notes.length > 0 && history.notes.length <= 4}>
      <summary>{t("accuracy.notes", { trials: number(history.trials) })}</summary>
      <ul class="notes">
        {history.notes.map((note) => (
          <li>{note}</li>
        ))}
      </ul>
    </details>
  );
}
