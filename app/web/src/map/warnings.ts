/** Layer: places coloured by their warning: land hatched each its own way, schools each by a sign of its own shape. */

import type { ExpressionSpecification, FilterSpecification, Map as MapLibreMap } from "maplibre-gl";

import { WARNING_COLOURS, type WarningColour } from "../wire";
import { emptySource, fill, type Start } from "./layer";

const SOURCE = "warnings";
const AREAS: ExpressionSpecification = ["in", ["geometry-type"], ["literal", ["Polygon", "MultiPolygon"]]];
const POINTS: ExpressionSpecification = ["==", ["geometry-type"], "Point"];
const NONE: FilterSpecification = ["==", ["get", "id"], ""];

/** Layers that answer a click: the signs before the land they stand on. */
export const SIGNS = "warnings-point";
export const LAND = "warnings-area";

export const WARNING_PAINT: Record<WarningColour, { fill: string; ink: string }> = {
  red: { fill: "#d64a40", ink: "#8c1d17" },
  orange: { fill: "#ef9b4a", ink: "#8a4a07" },
  yellow: { fill: "#f2d15c", ink: "#6d5200" },
  normal: { fill: "#b9c9bf", ink: "#4c6557" },
  blue: { fill: "#86aede", ink: "#1f4a86" },
};

/** From the worst, 0, to the normal; nothing known comes last. */
const SEVERITY = [
  "match",
  ["get", "colour"],
  ...(["red", "orange", "yellow", "blue", "normal"] as const).flatMap((colour, index) => [colour, index]),
  5,
] as unknown as ExpressionSpecification;

const byColour = (part: "fill" | "ink"): ExpressionSpecification =>
  [
    "match",
    ["get", "colour"],
    ...WARNING_COLOURS.flatMap((colour) => [colour, WARNING_PAINT[colour][part]]),
    "#e4e8e8",
  ] as unknown as ExpressionSpecification;

export function start(): Start {
  return {
    sources: { [SOURCE]: emptySource() },
    layers: [
      {
        id: "warnings-area",
        type: "fill",
        source: SOURCE,
        filter: AREAS,
        paint: { "fill-color": byColour("fill"), "fill-opacity": 0.85 },
      },
      {
        id: "warnings-hatch",
        type: "fill",
        source: SOURCE,
        filter: ["all", AREAS, ["in", ["get", "colour"], ["literal", HATCHED]]],
        paint: { "fill-pattern": ["concat", "warning-hatch-", ["get", "colour"]] },
      },
      {
        id: "warnings-edge",
        type: "line",
        source: SOURCE,
        filter: AREAS,
        layout: { "line-join": "round" },
        paint: { "line-color": "#ffffff", "line-width": 1.4 },
      },
      {
        id: "warnings-chosen",
        type: "line",
        source: SOURCE,
        filter: NONE,
        layout: { "line-join": "round" },
        paint: { "line-color": "#10222b", "line-width": 3.2 },
      },
      {
        id: "warnings-chosen-point",
        type: "circle",
        source: SOURCE,
        filter: NONE,
        paint: { "circle-radius": 16, "circle-color": "rgba(242,193,78,0.55)", "circle-stroke-color": "#10222b", "circle-stroke-width": 2 },
      },
      {
        id: "warnings-name",
        type: "symbol",
        source: SOURCE,
        filter: AREAS,
        layout: { "text-field": ["get", "name"], "text-size": 12, "text-max-width": 9 },
        paint: { "text-color": "#10222b", "text-halo-color": "rgba(255,255,255,0.92)", "text-halo-width": 1.6 },
      },
      {
        id: "warnings-point",
        type: "symbol",
        source: SOURCE,
        filter: POINTS,
        layout: {
          "icon-image": ["concat", "warning-", ["coalesce", ["get", "colour"], "unknown"]],
          "icon-size": ["interpolate", ["linear"], ["zoom"], 8, 0.75, 10, 0.95, 14, 1.25],
          "icon-allow-overlap": true,
          "icon-ignore-placement": true,
          // What is worst lies on top.
          "symbol-sort-key": ["-", 0, SEVERITY],
        },
      },
      {
        id: "warnings-point-name",
        type: "symbol",
        source: SOURCE,
        filter: POINTS,
        layout: {
          "text-field": ["get", "name"],
          "text-size": 12,
          "text-anchor": "top",
          "text-offset": [0, 0.9],
          "text-max-width": 12,
          // What is worst is named first where there is no room for all.
          "symbol-sort-key": SEVERITY,
        },
        paint: { "text-color": "#10222b", "text-halo-color": "rgba(255,255,255,0.92)", "text-halo-width": 1.6 },
      },
    ],
  };
}

export function draw(map: MapLibreMap, places: GeoJSON.FeatureCollection): void {
  fill(map, SOURCE, places);
}

/** Frame the chosen place. */
export function choose(map: MapLibreMap, id: string | null): void {
  const chosen: ExpressionSpecification = ["==", ["get", "id"], id ?? ""];
  map.setFilter("warnings-chosen", ["all", AREAS, chosen]);
  map.setFilter("warnings-chosen-point", ["all", POINTS, chosen]);
}

const SIZE = 48;
const HATCH = 24;
const HATCHED: readonly WarningColour[] = ["red", "orange", "yellow", "blue"];

export function addSymbols(map: MapLibreMap): void {
  for (const colour of [...WARNING_COLOURS, "unknown" as const]) {
    const pen = new OffscreenCanvas(SIZE, SIZE).getContext("2d");
    if (!pen) continue;
    drawSign(pen, colour);
    map.addImage(`warning-${colour}`, pen.getImageData(0, 0, SIZE, SIZE), { pixelRatio: 2 });
  }
  for (const colour of HATCHED) map.addImage(`warning-hatch-${colour}`, hatch(colour), { pixelRatio: 2 });
}

type Pen = OffscreenCanvasRenderingContext2D;
const CORNERS: Partial<Record<WarningColour, readonly (readonly [number, number])[]>> = {
  red: [[24, 5], [44, 41], [4, 41]],
  orange: [[24, 4], [44, 24], [24, 44], [4, 24]],
  blue: [[4, 8], [44, 8], [24, 44]],
};

/** A triangle up, a lozenge, a disc, a ring, a triangle down: the signs of the legend. */
function drawSign(pen: Pen, colour: WarningColour | "unknown"): void {
  const paint = colour === "unknown" ? { fill: "#ffffff", ink: "#8b9aa0" } : WARNING_PAINT[colour];
  pen.lineJoin = "round";
  pen.beginPath();
  const corners = colour === "unknown" ? undefined : CORNERS[colour];
  if (corners) {
    corners.forEach(([x, y], index) => (index ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.closePath();
  } else pen.arc(24, 24, colour === "yellow" ? 17 : 13, 0, 2 * Math.PI);
  pen.fillStyle = colour === "normal" ? "#ffffff" : paint.fill;
  pen.fill();
  pen.lineWidth = colour === "normal" ? 7 : 4;
  pen.strokeStyle = paint.ink;
  pen.stroke();
}

/** Red is crossed, orange leans right, yellow is dotted, blue lies level. */
function hatch(colour: WarningColour): ImageData {
  const pen = new OffscreenCanvas(HATCH, HATCH).getContext("2d");
  if (!pen) return new ImageData(HATCH, HATCH);
  pen.strokeStyle = WARNING_PAINT[colour].ink;
  pen.fillStyle = WARNING_PAINT[colour].ink;
  pen.globalAlpha = 0.55;
  pen.lineWidth = 2.4;
  pen.beginPath();
  if (colour === "yellow") pen.arc(HATCH / 2, HATCH / 2, 2.6, 0, 2 * Math.PI);
  if (colour === "blue") {
    pen.moveTo(0, HATCH / 2);
    pen.lineTo(HATCH, HATCH / 2);
  }
  for (const from of [-HATCH, 0, HATCH]) {
    if (colour === "red" || colour === "orange") {
      pen.moveTo(from, HATCH);
      pen.lineTo(from + HATCH, 0);
    }
    if (colour === "red") {
      pen.moveTo(from, 0);
      pen.lineTo(from + HATCH, HATCH);
    }
  }
  if (colour === "yellow") pen.fill();
  else pen.stroke();
  return pen.getImageData(0, 0, HATCH, HATCH);
}
