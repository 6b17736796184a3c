/** Places over or under pupils by year: bars up for places left, down for places missing, with the band's ends. */

import { number } from "../format";
import { t } from "../language";
import { niceStep } from "./pyramid";

const WIDTH = 560;
const HEIGHT = 220;
const EDGE = { top: 12, bottom: 26, left: 62, right: 8 };

/** Places less pupils: in the middle, and at the low and high end of the band. */
export interface Balance {
  year: number;
  middle: number;
  /** With the most pupils of the band: the fewest places left. */
  least: number;
  most: number;
}

export function BalanceChart({ label, balances }: { label: string; balances: readonly Balance[] }) {
  const low = Math.min(0, ...balances.flatMap((one) => [one.least, one.middle]));
  const high = Math.max(0, ...balances.flatMap((one) => [one.most, one.middle]));
  const step = niceStep(Math.max(1, high - low) / 5);
  const [floor, ceiling] = [Math.floor(low / step) * step, Math.max(step, Math.ceil(high / step) * step)];
  const inner = { width: WIDTH - EDGE.left - EDGE.right, height: HEIGHT - EDGE.top - EDGE.bottom };
  const y = (value: number) => EDGE.top + ((ceiling - value) / (ceiling - floor)) * inner.height;
  const slot = inner.width / Math.max(1, balances.length);
  const bar = Math.min(26, slot * 0.66);
  const every = Math.ceil(44 / slot);
  const ticks: number[] = [];
  for (let tick = floor; tick <= ceiling; tick += step) ticks.push(tick);
  return (
    <svg class="balance" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <defs>
        <pattern id="missing-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="6" height="6" fill="#c8443b" />
          <rect width="2" height="6" fill="#ffffff" fill-opacity="0.5" />
        </pattern>
      </defs>
      {ticks.map((tick) => (
        <>
          <line class={tick === 0 ? "balance-zero" : "balance-grid"} x1={EDGE.left} x2={WIDTH - EDGE.right} y1={y(tick)} y2={y(tick)} />
          <text x={EDGE.left - 8} y={y(tick) + 4} text-anchor="end">
            {number(tick)}
          </text>
        </>
      ))}
      {balances.map((one, index) => {
        const middle = EDGE.left + (index + 0.5) * slot;
        return (
          <g>
            <rect
              class={one.middle < 0 ? "balance-missing" : "balance-left"}
              x={middle - bar / 2}
              y={Math.min(y(one.middle), y(0))}
              width={bar}
              height={Math.max(1, Math.abs(y(one.middle) - y(0)))}
            >
              <title>{sentence(one)}</title>
            </rect>
            <path
              class="balance-band"
              d={`M${middle - 4} ${y(one.most)}h8M${middle} ${y(one.most)}V${y(one.least)}M${middle - 4} ${y(one.least)}h8`}
            />
            {index % every === 0 && (
              <text x={middle} y={HEIGHT - 8} text-anchor="middle">
                {one.year}
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}

function sentence({ year, middle, least, most }: Balance): string {
  return t(middle < 0 ? "balance.bar.missing" : "balance.bar.left", {
    year,
    n: number(Math.abs(middle)),
    least: number(least),
    most: number(most),
  });
}
