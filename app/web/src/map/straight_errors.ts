/** Layer: what straight lines would have got wrong: settlements by minutes missed, marks where the verdict turns. */

import type { ExpressionSpecification, Map as MapLibreMap } from "maplibre-gl";

import { emptySource, fill, type Start } from "./layer";

const AREAS = "straight-errors";
const MARKS = "straight-errors-marks";
const LAND: ExpressionSpecification = ["in", ["geometry-type"], ["literal", ["Polygon", "MultiPolygon"]]];
const POINTS: ExpressionSpecification = ["==", ["geometry-type"], "Point"];

/** What straight lines get wrong of a settlement besides minutes. */
export type Wrong = "too_short" | "too_long" | "nearest";
export const WRONGS: readonly Wrong[] = ["too_short", "too_long", "nearest"];

/** Minutes by road less minutes by straight line, from `from` on. */
export const MISSES: readonly { from: number; colour: string }[] = [
  { from: -Infinity, colour: "#2b6cb0" },
  { from: -10, colour: "#93bfe6" },
  { from: -2, colour: "#f2f1ec" },
  { from: 3, colour: "#f6d7a7" },
  { from: 11, colour: "#e58f4d" },
  { from: 21, colour: "#a8361c" },
];

/** Layers below the settlements. */
export function start(): Start {
  const steps = MISSES.slice(1).flatMap(({ from, colour }) => [from, colour]);
  const colour = ["step", ["get", "missed"], MISSES[0]?.colour ?? "#fff", ...steps] as unknown as ExpressionSpecification;
  return {
    sources: { [AREAS]: emptySource() },
    layers: [
      {
        id: "straight-errors-fill",
        type: "fill",
        source: AREAS,
        filter: LAND,
        paint: { "fill-color": colour, "fill-opacity": 0.9 },
      },
      {
        id: "straight-errors-point",
        type: "circle",
        source: AREAS,
        filter: POINTS,
        paint: { "circle-radius": 9, "circle-color": colour, "circle-stroke-color": "#5b737d", "circle-stroke-width": 1 },
      },
    ],
  };
}

/** The marks, above the land. */
export function startMarks(): Start {
  return {
    sources: { [MARKS]: emptySource() },
    layers: [
      {
        id: "straight-errors-mark",
        type: "symbol",
        source: MARKS,
        layout: {
          "icon-image": ["concat", "straight-", ["get", "wrong"]],
          "icon-allow-overlap": true,
          "icon-ignore-placement": true,
          "icon-offset": ["match", ["get", "wrong"], "nearest", ["literal", [11, 0]], ["literal", [-8, 0]]],
        },
      },
    ],
  };
}

/** A settlement, where it is drawn, and what straight lines get wrong of it. */
export interface Missed {
  id: string;
  missed: number;
  wrong: readonly Wrong[];
}

export function draw(map: MapLibreMap, settlements: GeoJSON.FeatureCollection, missed: readonly Missed[]): void {
  const by = new Map(missed.map((one) => [one.id, one]));
  const found = settlements.features.flatMap((feature) => {
    const one = by.get(String(feature.properties?.id));
    return one ? [{ feature, one }] : [];
  });
  fill(map, AREAS, {
    type: "FeatureCollection",
    features: found.map(({ feature, one }) => ({ ...feature, properties: { id: one.id, missed: one.missed } })),
  });
  fill(map, MARKS, {
    type: "FeatureCollection",
    features: found.flatMap(({ feature, one }) => {
      const at = centreOf(feature);
      return at ? one.wrong.map((wrong) => mark(at, wrong)) : [];
    }),
  });
}

const mark = (at: GeoJSON.Position, wrong: Wrong): GeoJSON.Feature => ({
  type: "Feature",
  properties: { wrong },
  geometry: { type: "Point", coordinates: at },
});

function centreOf({ geometry, properties }: GeoJSON.Feature): GeoJSON.Position | null {
  if (geometry.type === "Point") return geometry.coordinates;
  return typeof properties?.lon === "number" ? [properties.lon, Number(properties.lat)] : null;
}

const SIZE = 36;

export function addSigns(map: MapLibreMap): void {
  for (const wrong of WRONGS) {
    const pen = new OffscreenCanvas(SIZE, SIZE).getContext("2d");
    if (!pen) continue;
    drawWrong(pen, wrong);
    map.addImage(`straight-${wrong}`, pen.getImageData(0, 0, SIZE, SIZE), { pixelRatio: 2 });
  }
}

type Pen = OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D;
const TRIANGLES: Partial<Record<Wrong, readonly (readonly [number, number])[]>> = {
  too_short: [[18, 4], [33, 31], [3, 31]],
  too_long: [[3, 6], [33, 6], [18, 33]],
};

/** Draw a sign 36 pixels wide: triangle up, triangle down, ring; the legend uses the same hand. */
export function drawWrong(pen: Pen, wrong: Wrong): void {
  pen.lineJoin = "round";
  pen.beginPath();
  const corners = TRIANGLES[wrong];
  if (corners) {
    corners.forEach(([x, y], index) => (index ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.closePath();
    pen.fillStyle = wrong === "too_short" ? "#b3261e" : "#1f4a86";
    pen.fill();
    pen.lineWidth = 3;
    pen.strokeStyle = "#ffffff";
    pen.stroke();
    return;
  }
  pen.arc(18, 18, 10, 0, 2 * Math.PI);
  pen.lineWidth = 9;
  pen.strokeStyle = "#ffffff";
  pen.stroke();
  pen.lineWidth = 5;
  pen.strokeStyle = "#4a1a5c";
  pen.stroke();
}
