/** Children due at school by stage and year. */

import { useMemo } from "preact/hooks";
import type uPlot from "uplot";

import { number } from "../format";
import { language, t, word } from "../language";
import type { Forecast } from "../wire";
import { axis, Chart } from "./chart";
import { STAGE_LOOK } from "./looks";

export function ForecastChart({ forecast }: { forecast: Forecast }) {
  const stages = forecast.stages.filter((stage) => forecast.totals[stage]?.some((pupils) => (pupils ?? 0) > 0));
  const data = useMemo<uPlot.AlignedData>(
    () => [forecast.years, ...stages.map((stage) => forecast.totals[stage] ?? [])],
    [forecast],
  );
  if (stages.length === 0) {
    return <p class="empty">{t("forecast.none", { from: forecast.years[0] ?? "", to: forecast.years.at(-1) ?? "" })}</p>;
  }
  return (
    <>
      <Chart
        key={language() + stages.join()}
        label={t("forecast.title")}
        height={250}
        data={data}
        scales={{ x: { time: false }, y: { range: (_, _low, high) => [0, Math.max(1, high * 1.08)] } }}
        series={[
          { label: t("year"), value: (_, raw: number | null) => (raw === null ? t("none") : String(raw)) },
          ...stages.map((stage) => ({
            label: word("stage", stage),
            width: 2.5,
            value: (_: uPlot, raw: number | null) => number(raw),
            ...STAGE_LOOK[stage],
          })),
        ]}
        axes={[
          axis({ incrs: [1, 2, 5], values: (_, splits) => splits.map(String) }),
          axis({ size: 62, values: (_, splits) => splits.map((split) => number(split)) }),
        ]}
      />
      <details class="fold">
        <summary>{t("forecast.figures")}</summary>
        <div class="table-scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">{t("year")}</th>
                {stages.map((stage) => (
                  <th scope="col" class="numeric">
                    {word("stage", stage)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {forecast.years.map((year, index) => (
                <tr>
                  <th scope="row">{year}</th>
                  {stages.map((stage) => (
                    <td class="numeric">{number(forecast.totals[stage]?.[index])}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}
