/** What smaller classes would take: classes, rooms and teachers by class norm and year. */

import { useMemo, useState } from "preact/hooks";
import type uPlot from "uplot";

import { api } from "../../api";
import { axis, Chart } from "../../charts/chart";
import { fixed, number } from "../../format";
import { language, t, word } from "../../language";
import { useLoaded } from "../../load";
import { type Column, DataTable, figure } from "../../parts/table";
import { type SmallClassRow, type Stage, STAGES } from "../../wire";
import { Figures, Read, StageSegments, type TabProps } from "./tab";

const LINES = [
  { stroke: "#12495c", dash: [] },
  { stroke: "#b3641e", dash: [8, 4] },
  { stroke: "#7a3f8f", dash: [2, 4] },
  { stroke: "#2f7d4f", dash: [10, 3, 2, 3] },
];

export function SmallClassesTab({ forecast }: TabProps) {
  const loaded = useLoaded(() => api.smallClasses(forecast.id), [forecast.id]);
  const [asked, setAsked] = useState<Stage | null>(null);
  return (
    <Figures title={t("small.title")} forecast={forecast}>
      <Read loaded={loaded}>
        {(rows) => {
          const stages = STAGES.filter((stage) => rows.some((row) => row.stage === stage));
          const stage = asked ?? (stages.includes("primary") ? "primary" : stages[0]);
          if (!stage) return <p class="empty">{t("small.none")}</p>;
          const own = rows
            .filter((row) => row.stage === stage)
            .sort((a, b) => a.year - b.year || b.class_norm - a.class_norm);
          return (
            <>
              <div class="map-tools">
                <StageSegments stages={stages} chosen={stage} choose={setAsked} />
              </div>
              <p class="field-hint">{t("small.hint")}</p>
              <ClassChart key={stage} rows={own} label={t("small.chart", { stage: word("stage", stage) })} />
              <SmallTable rows={own} />
            </>
          );
        }}
      </Read>
    </Figures>
  );
}

function ClassChart({ rows, label }: { rows: SmallClassRow[]; label: string }) {
  const years = [...new Set(rows.map((row) => row.year))].sort((a, b) => a - b);
  const norms = [...new Set(rows.map((row) => row.class_norm))].sort((a, b) => b - a);
  const data = useMemo<uPlot.AlignedData>(() => {
    const at = (norm: number, year: number) => rows.find((row) => row.class_norm === norm && row.year === year);
    return [
      years,
      years.map((year) => rows.find((row) => row.year === year)?.classrooms ?? null),
      ...norms.map((norm) => years.map((year) => at(norm, year)?.classes ?? null)),
    ];
  }, [rows]);
  const value = (_: uPlot, raw: number | null) => number(raw);
  return (
    <Chart
      key={language()}
      label={label}
      height={250}
      data={data}
      scales={{ x: { time: false }, y: { range: (_, _low, most) => [0, Math.max(1, most * 1.08)] } }}
      series={[
        { label: t("year"), value: (_, raw: number | null) => (raw === null ? t("none") : String(raw)) },
        { label: t("small.classrooms"), value, stroke: "#41555e", width: 1.6, dash: [6, 4], points: { show: false } },
        ...norms.map((norm, index) => ({
          label: t("small.norm_line", { norm }),
          value,
          width: 2.5,
          stroke: LINES[index % LINES.length]?.stroke ?? "#12495c",
          dash: LINES[index % LINES.length]?.dash ?? [],
        })),
      ]}
      axes={[
        axis({ incrs: [1, 2, 5], values: (_, splits) => splits.map(String) }),
        axis({ size: 62, values: (_, splits) => splits.map((split) => number(split)) }),
      ]}
    />
  );
}

function SmallTable({ rows }: { rows: SmallClassRow[] }) {
  const columns = useMemo<Column<SmallClassRow>[]>(
    () => [
      { key: "year", heading: t("year"), value: (row) => row.year },
      figure("norm", t("small.norm"), (row) => row.class_norm),
      figure("pupils", t("outlook.pupils"), (row) => row.pupils),
      figure("classes", t("small.classes"), (row) => row.classes),
      figure("classrooms", t("small.classrooms"), (row) => row.classrooms),
      figure("missing", t("small.missing"), (row) => row.classrooms_missing),
      figure("teachers", t("small.teachers"), (row) => row.teachers),
      figure("mean", t("small.mean"), (row) => row.mean_class, (mean) => fixed(mean, 1)),
    ],
    [language()],
  );
  return (
    <DataTable
      caption={t("small.title")}
      columns={columns}
      rows={rows}
      keyOf={(row) => `${row.stage} ${row.year} ${row.class_norm}`}
    />
  );
}
