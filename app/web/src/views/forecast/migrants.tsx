/** Children of migrant workers: how many find public places, and how that changes with their number. */

import { useMemo, useState } from "preact/hooks";
import type uPlot from "uplot";

import { api } from "../../api";
import { axis, Chart } from "../../charts/chart";
import { change, percent, shareOf } from "../../format";
import { language, t, word } from "../../language";
import { useLoaded } from "../../load";
import { Field } from "../../parts/basic";
import { type Column, DataTable, figure } from "../../parts/table";
import { type MigrantRow, type Norm, PLACE_LEVELS, type Stage, STAGES } from "../../wire";
import { Figures, Read, StageSegments, type TabProps } from "./tab";

/** The norm that says which share of migrant children must find public places. */
const SHARE_NORM = "gov.migrant";
const LINES = [
  { stroke: "#2f7d4f", dash: [2, 4] },
  { stroke: "#12495c", dash: [] },
  { stroke: "#b3641e", dash: [8, 4] },
];

export function MigrantsTab({ forecast }: TabProps) {
  const loaded = useLoaded(async () => {
    const [rows, norms] = await Promise.all([
      api.migrants(forecast.id),
      api.norms(`${forecast.summary?.base_year ?? forecast.recipe.last_year}-09-01`),
    ]);
    return { rows, shares: norms.filter((norm) => norm.key === SHARE_NORM) };
  }, [forecast.id]);
  return (
    <Figures title={t("migrants.title")} forecast={forecast}>
      <Read loaded={loaded}>
        {({ rows, shares }) =>
          rows.length === 0 ? <p class="empty">{t("migrants.none")}</p> : <Migrants rows={rows} shares={shares} />
        }
      </Read>
    </Figures>
  );
}

function Migrants({ rows, shares }: { rows: MigrantRow[]; shares: readonly Norm[] }) {
  const places = useMemo(() => {
    const named = new Map(rows.map((row) => [`${row.level} ${row.id}`, row] as const));
    const found = [...named].map(([key, row]) => ({ key, name: row.name, level: row.level }));
    return found.sort((a, b) => PLACE_LEVELS.indexOf(a.level) - PLACE_LEVELS.indexOf(b.level));
  }, [rows]);
  const [place, setPlace] = useState(places[0]?.key ?? "");
  const here = rows.filter((row) => `${row.level} ${row.id}` === place);
  const stages = STAGES.filter((stage) => here.some((row) => row.stage === stage));
  const [asked, setAsked] = useState<Stage | null>(null);
  const stage = asked && stages.includes(asked) ? asked : stages[0];
  const own = here.filter((row) => row.stage === stage);
  const share = shares.find((norm) => norm.stage === stage)?.value ?? null;
  const source = shares.find((norm) => norm.stage === stage)?.source ?? "";
  return (
    <>
      <div class="filters">
        {places.length > 1 && (
          <Field label={t("place_name")}>
            <select value={place} onChange={(event) => setPlace(event.currentTarget.value)}>
              {places.map((one) => (
                <option value={one.key}>
                  {one.name} · {word("place_level", one.level)}
                </option>
              ))}
            </select>
          </Field>
        )}
        {stage && <StageSegments stages={stages} chosen={stage} choose={setAsked} />}
      </div>
      <p class="field-hint">{t("migrants.hint")}</p>
      <CoverageChart key={`${place} ${stage}`} rows={own} share={share} />
      {share !== null && <p class="field-hint">{t("migrants.norm", { share: percent(share), source })}</p>}
      <MigrantTable rows={own} share={share} />
    </>
  );
}

function CoverageChart({ rows, share }: { rows: MigrantRow[]; share: number | null }) {
  const years = [...new Set(rows.map((row) => row.year))].sort((a, b) => a - b);
  const changes = [...new Set(rows.map((row) => row.change))].sort((a, b) => a - b);
  const data = useMemo<uPlot.AlignedData>(() => {
    const at = (by: number, year: number) => rows.find((row) => row.change === by && row.year === year)?.coverage ?? null;
    return [
      years,
      ...changes.map((by) => years.map((year) => at(by, year))),
      ...(share !== null ? [years.map(() => share)] : []),
    ];
  }, [rows, share]);
  const value = (_: uPlot, raw: number | null) => shareOf(raw);
  return (
    <Chart
      key={language()}
      label={t("migrants.chart")}
      height={240}
      data={data}
      scales={{ x: { time: false }, y: { range: (_, low, high) => [Math.max(0, Math.min(0.8, low - 0.05)), Math.max(1, high)] } }}
      series={[
        { label: t("year"), value: (_, raw: number | null) => (raw === null ? t("none") : String(raw)) },
        ...changes.map((by, index) => ({
          label: by ? t("migrants.change", { change: change(by) }) : t("migrants.as_is"),
          value,
          width: 2.5,
          stroke: LINES[index % LINES.length]?.stroke ?? "#12495c",
          dash: LINES[index % LINES.length]?.dash ?? [],
        })),
        ...(share !== null
          ? [{ label: t("migrants.mark", { share: percent(share) }), value, stroke: "#a3211a", width: 1.6, dash: [3, 3], points: { show: false } }]
          : []),
      ]}
      axes={[
        axis({ incrs: [1, 2, 5], values: (_, splits) => splits.map(String) }),
        axis({ size: 62, values: (_, splits) => splits.map((split) => percent(split)) }),
      ]}
    />
  );
}

function MigrantTable({ rows, share }: { rows: MigrantRow[]; share: number | null }) {
  const columns = useMemo<Column<MigrantRow>[]>(
    () => [
      { key: "year", heading: t("year"), value: (row) => row.year },
      figure("change", t("migrants.demand"), (row) => row.change, (share) => change(share)),
      figure("migrants", t("migrants.children"), (row) => row.migrants),
      figure("public", t("migrants.in_public"), (row) => row.in_public),
      {
        key: "coverage",
        heading: t("migrants.coverage"),
        numeric: true,
        value: (row) => row.coverage,
        cell: (row) => (
          <>
            {share !== null && row.coverage !== null && row.coverage < share && (
              <span class="badge badge-bad">{t("migrants.under")}</span>
            )}{" "}
            {shareOf(row.coverage)}
          </>
        ),
      },
      figure("gap", t("migrants.gap"), (row) => row.gap),
    ],
    [language(), share],
  );
  return (
    <DataTable caption={t("migrants.title")} columns={columns} rows={rows} keyOf={(row) => `${row.year} ${row.change}`} />
  );
}
