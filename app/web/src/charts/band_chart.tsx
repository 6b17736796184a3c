/** Pupils of one stage by year: the middle, the band around it, the places offered, and the fertility variants. */

import { useMemo } from "preact/hooks";
import uPlot from "uplot";

import { number } from "../format";
import { language, t, word } from "../language";
import type { ByYear, Stage } from "../wire";
import { axis, Chart } from "./chart";
import { STAGE_LOOK } from "./looks";

interface BandChartProps {
  label: string;
  stage: Stage;
  years: readonly number[];
  pupils: ByYear;
  low: ByYear;
  high: ByYear;
  places: ByYear | undefined;
  /** What is counted: pupils, or children of the age. */
  counted: string;
  /** Named thin lines, such as births low and high. */
  variants: Readonly<Record<string, ByYear>>;
}

const steps = uPlot.paths.stepped?.({ align: 1 });
const VARIANT_DASH: Record<string, number[]> = { low: [3, 3], middle: [1, 3], high: [7, 3] };

export function BandChart({ label, stage, years, pupils, low, high, places, counted, variants }: BandChartProps) {
  const { stroke } = STAGE_LOOK[stage];
  const names = Object.keys(variants);
  const data = useMemo<uPlot.AlignedData>(
    () => [
      [...years],
      [...high],
      [...low],
      [...pupils],
      ...(places ? [[...places]] : []),
      ...names.map((name) => [...(variants[name] ?? [])]),
    ],
    [years, pupils, low, high, places, variants],
  );
  const value = (_: uPlot, raw: number | null) => number(raw);
  const withBand = (plot: uPlot, raw: number | null, _series: number, at: number | null) => {
    const [most, least] = [plot.data[1]?.[at ?? -1], plot.data[2]?.[at ?? -1]];
    return raw === null || most == null || least == null
      ? number(raw)
      : t("band.around", { n: number(raw), low: number(least), high: number(most) });
  };
  const edge = { class: "band-edge", width: 0.5, stroke: `${stroke}66`, points: { show: false } };
  return (
    <Chart
      key={[language(), stage, places ? "places" : "", ...names].join()}
      label={label}
      height={230}
      data={data}
      bands={[{ series: [1, 2], fill: `${stroke}2e` }]}
      scales={{ x: { time: false }, y: { range: (_, _low, most) => [0, Math.max(1, most * 1.08)] } }}
      series={[
        { label: t("year"), value: (_, raw: number | null) => (raw === null ? t("none") : String(raw)) },
        { label: t("band.high"), value, ...edge },
        { label: t("band.low"), value, ...edge },
        { label: counted, value: withBand, stroke, width: 2.5 },
        ...(places
          ? [
              {
                label: t("outlook.places"),
                value,
                stroke: "#41555e",
                width: 1.6,
                dash: [6, 4],
                points: { show: false },
                ...(steps ? { paths: steps } : {}),
              },
            ]
          : []),
        ...names.map((name) => ({
          label: word("fertility", name),
          value,
          stroke,
          width: 1,
          dash: VARIANT_DASH[name] ?? [2, 2],
          points: { show: false },
        })),
      ]}
      axes={[
        axis({ incrs: [1, 2, 5], values: (_, splits) => splits.map(String) }),
        axis({ size: 62, values: (_, splits) => splits.map((split) => number(split)) }),
      ]}
    />
  );
}
