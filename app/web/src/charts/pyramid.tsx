/** Population pyramid of a division in one year: bars by age, the first year as an outline. */

import { number } from "../format";
import { t, word } from "../language";
import type { Pyramid } from "../wire";

const WIDTH = 720;
const HEIGHT = 430;
const EDGE = { top: 26, bottom: 30, side: 24, middle: 46 };
const FILLS: Record<string, string> = { male: "#2c6e86", female: "#b3641e", both: "#2c6e86" };

interface PyramidChartProps {
  pyramid: Pyramid;
  /** Index of the year shown. */
  at: number;
}

/** Two sexes lie left and right of the ages; counts of both together lie right of them. */
export function PyramidChart({ pyramid, at }: PyramidChartProps) {
  const sides = pyramid.sexes;
  const counts = (sex: string, year: number) => pyramid.people[sex]?.[year] ?? [];
  const most = Math.max(1, ...sides.flatMap((sex) => (pyramid.people[sex] ?? []).flatMap((year) => year)));
  const step = niceStep(most / 4);
  const reach = Math.ceil(most / step) * step;
  const inner = HEIGHT - EDGE.top - EDGE.bottom;
  const bar = inner / Math.max(1, pyramid.ages.length);
  const twoSided = sides.length === 2;
  const half = twoSided ? (WIDTH - EDGE.middle) / 2 - EDGE.side : WIDTH - EDGE.middle - 2 * EDGE.side;
  const top = (index: number) => EDGE.top + inner - (index + 1) * bar;
  const year = pyramid.years[at] ?? "";
  const label = t("pyramid.label", { year, people: number(sum(sides.map((sex) => sum(counts(sex, at))))) });
  return (
    <svg class="pyramid" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {sides.map((sex, side) => {
        const left = twoSided && side === 0;
        const zero = !twoSided ? EDGE.middle + EDGE.side : left ? EDGE.side + half : EDGE.side + half + EDGE.middle;
        const x = (people: number) => (left ? zero - (people / reach) * half : zero + (people / reach) * half);
        const ticks = range(0, reach, step);
        return (
          <g>
            {ticks.map((tick) => (
              <>
                <line class="pyramid-grid" x1={x(tick)} x2={x(tick)} y1={EDGE.top} y2={EDGE.top + inner} />
                <text x={x(tick)} y={HEIGHT - EDGE.bottom + 16} text-anchor="middle">
                  {number(tick)}
                </text>
              </>
            ))}
            <text class="pyramid-side" x={x(reach / 2)} y={16} text-anchor="middle">
              {word("sex", sex)}
            </text>
            {counts(sex, at).map((people, index) => (
              <rect
                x={Math.min(x(people), zero)}
                y={top(index)}
                width={Math.abs(x(people) - zero)}
                height={Math.max(1, bar - 0.8)}
                fill={FILLS[sex] ?? FILLS.both}
              >
                <title>{t("pyramid.bar", { age: pyramid.ages[index] ?? "", sex: word("sex", sex), people: number(people) })}</title>
              </rect>
            ))}
            <path class="pyramid-first" d={outline(counts(sex, 0), x, top, bar)} />
          </g>
        );
      })}
      {pyramid.ages.map(
        (age, index) =>
          age % 10 === 0 && (
            <text
              x={twoSided ? WIDTH / 2 : EDGE.side + EDGE.middle - 10}
              y={top(index) + bar / 2 + 4}
              text-anchor={twoSided ? "middle" : "end"}
            >
              {age}
            </text>
          ),
      )}
    </svg>
  );
}

/** The steps of the first year's bars as one line. */
function outline(counts: readonly number[], x: (people: number) => number, top: (index: number) => number, bar: number): string {
  return counts.map((people, index) => `${index ? "L" : "M"}${x(people)} ${top(index) + bar}V${top(index)}`).join("");
}

/** 1, 2 or 5 times a power of ten, the nearest at or above. */
export function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  return [1, 2, 5, 10].map((times) => times * power).find((step) => step >= least) ?? 10 * power;
}

function range(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
