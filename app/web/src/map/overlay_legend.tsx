/** The legend of what is drawn over a district, of no more than is shown. */

import { useEffect, useRef } from "preact/hooks";

import { t, word } from "../language";
import { BORDER_REASONS } from "../wire";
import { BARRIER_COLOURS, BARRIER_KINDS } from "./barriers";
import { BUS_COLOUR } from "./buses";
import { REASON_COLOURS } from "./cut_borders";
import { ISOCHRONE_COLOURS, ISOCHRONE_MINUTES } from "./isochrones";
import type { Overlays } from "./overlays";
import { rankOf, ROAD_PAINT, ROAD_RANKS } from "./roads";
import { drawCrossing, LEG_KINDS, LEG_PAINT } from "./routes";
import { drawWrong, MISSES, WRONGS } from "./straight_errors";

export function OverlayLegend({ overlays }: { overlays: Overlays }) {
  const { roads, barriers, isochrones, cutBorders, buses, routes, missed } = overlays;
  const kinds = new Set(barriers.features.map((one) => String(one.properties?.kind)));
  const ranks = new Set(roads.features.map((one) => rankOf(String(one.properties?.road ?? ""))));
  const reasons = new Set(cutBorders.features.map((one) => String(one.properties?.reason)));
  const legs = new Set(routes.flatMap(({ route }) => route.legs.map((leg) => leg.kind)));
  return (
    <>
      {missed.length > 0 && <StraightLegend />}
      {isochrones.features.length > 0 && (
        <ul class="legend" aria-label={t("reach")}>
          <li>{t("reach.within")}</li>
          {ISOCHRONE_MINUTES.map((n) => (
            <li>
              <Patch colour={ISOCHRONE_COLOURS[n] ?? ""} /> {t("minutes", { n })}
            </li>
          ))}
        </ul>
      )}
      {legs.size > 0 && (
        <ul class="legend" aria-label={t("route")}>
          {LEG_KINDS.filter((kind) => legs.has(kind)).map((kind) => (
            <li>
              <Line {...LEG_PAINT[kind]} /> {word("leg", kind)}
            </li>
          ))}
          {routes.some(({ today }) => today) && (
            <li>
              <Line colour="#50636c" width={3} dashed /> {t("legend.route.today")}
            </li>
          )}
          {routes.some(({ route }) => route.crossings.length > 0) && (
            <li>
              <Sign size={40} draw={(pen) => drawCrossing(pen, "trunk", false)} /> {t("legend.crossing")}
            </li>
          )}
        </ul>
      )}
      {ranks.size + kinds.size + reasons.size + buses.features.length > 0 && (
        <ul class="legend" aria-label={t("legend")}>
          {ROAD_RANKS.filter((rank) => ranks.has(rank)).map((rank) => (
            <li>
              <Line {...ROAD_PAINT[rank]} dashed={rank === "path" || rank === "ferry"} /> {word("road_rank", rank)}
            </li>
          ))}
          {BARRIER_KINDS.filter((kind) => kinds.has(kind)).map((kind) => (
            <li>
              <Line colour={BARRIER_COLOURS[kind]} width={4} dashed={kind === "railway"} /> {word("barrier", kind)}
            </li>
          ))}
          {BORDER_REASONS.filter((reason) => reasons.has(reason)).map((reason) => (
            <li>
              <Line colour={REASON_COLOURS[reason]} width={5} /> {t("legend.cut", { reason: word("border_reason", reason) })}
            </li>
          ))}
          {cutBorders.features.some((one) => one.properties?.kept === true) && (
            <li>
              <Line colour="#50636c" width={5} dashed /> {t("legend.kept")}
            </li>
          )}
          {buses.features.length > 0 && (
            <>
              <li>
                <Line colour={BUS_COLOUR} width={4} /> {t("legend.bus")}
              </li>
              <li>
                <span class="legend-stop" aria-hidden="true" /> {t("legend.stop")}
              </li>
            </>
          )}
        </ul>
      )}
    </>
  );
}

function StraightLegend() {
  return (
    <ul class="legend" aria-label={t("layer.straight")}>
      <li>{t("straight.legend")}</li>
      {MISSES.map(({ from, colour }, index) => (
        <li>
          <Patch colour={colour} /> {missWords(from, MISSES[index + 1]?.from ?? Infinity)}
        </li>
      ))}
      {WRONGS.map((wrong) => (
        <li>
          <Sign size={36} draw={(pen) => drawWrong(pen, wrong)} /> {word("straight", wrong)}
        </li>
      ))}
    </ul>
  );
}

/** From `from` minutes to below `next`, in whole minutes. */
function missWords(from: number, next: number): string {
  const signed = (n: number): string => (n > 0 ? `+${n}` : n < 0 ? `−${-n}` : "0");
  if (from === -Infinity) return t("straight.less", { n: signed(next - 1) });
  if (next === Infinity) return t("straight.more", { n: signed(from) });
  return t("straight.between", { from: signed(from), to: signed(next - 1) });
}

function Patch({ colour }: { colour: string }) {
  return <span class="legend-patch" style={{ background: colour }} aria-hidden="true" />;
}

function Line({ colour, width, dashed }: { colour: string; width: number; dashed?: boolean }) {
  return (
    <span
      class="legend-line"
      style={{ borderTop: `${Math.max(2, width)}px ${dashed ? "dashed" : "solid"} ${colour}` }}
      aria-hidden="true"
    />
  );
}

function Sign({ size, draw }: { size: number; draw: (pen: CanvasRenderingContext2D) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const pen = canvas.current?.getContext("2d");
    if (!pen) return;
    pen.clearRect(0, 0, size, size);
    draw(pen);
  }, []);
  return <canvas ref={canvas} width={size} height={size} class="legend-sign" aria-hidden="true" />;
}
