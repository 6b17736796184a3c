/** Best plan and proved bound over the seconds of a run. */

import { useMemo } from "preact/hooks";
import uPlot from "uplot";

import { yuan } from "../format";
import { language, t } from "../language";
import type { ProgressPoint } from "../wire";
import { axis, Chart } from "./chart";

const steps = uPlot.paths.stepped?.({ align: 1 });

export function ProgressChart({ history }: { history: readonly ProgressPoint[] }) {
  const data = useMemo<uPlot.AlignedData>(
    () => [history.map((p) => p.seconds), history.map((p) => p.best), history.map((p) => p.bound)],
    [history],
  );
  const value = (_: uPlot, raw: number | null) => yuan(raw);
  return (
    <Chart
      key={language()}
      label={t("run.chart")}
      height={280}
      data={data}
      scales={{ x: { time: false, range: (_, _first, last) => [0, Math.max(1, last)] } }}
      series={[
        { label: t("run.seconds"), value: (_, raw: number | null) => (raw === null ? t("none") : raw.toFixed(1)) },
        { label: t("run.best"), stroke: "#12495c", width: 2.5, value, ...(steps ? { paths: steps } : {}) },
        { label: t("run.bound"), stroke: "#b3641e", width: 2.5, dash: [6, 4], value, ...(steps ? { paths: steps } : {}) },
      ]}
      axes={[
        axis({ values: (_, splits) => splits.map((split) => t("seconds", { n: split })) }),
        axis({ size: 88, values: (_, splits) => splits.map((split) => yuan(split)) }),
      ]}
    />
  );
}
