/** Layer: what people cannot cross where no way leads over it: rivers, expressways, railways. */

import type { ExpressionSpecification, Map as MapLibreMap } from "maplibre-gl";

import { emptySource, fill, type Start } from "./layer";

const SOURCE = "barriers";
export const TOUCHED = "barriers-line";

export type BarrierKind = "water" | "expressway" | "railway";
export const BARRIER_KINDS: readonly BarrierKind[] = ["water", "expressway", "railway"];
export const BARRIER_COLOURS: Record<BarrierKind, string> = { water: "#2f7fbf", expressway: "#c2410c", railway: "#33373b" };

const KIND: ExpressionSpecification = ["get", "kind"];
const is = (kind: BarrierKind): ExpressionSpecification => ["==", KIND, kind];

export function start(): Start {
  return {
    sources: { [SOURCE]: emptySource() },
    layers: [
      {
        id: TOUCHED,
        type: "line",
        source: SOURCE,
        layout: { "line-cap": "round", "line-join": "round" },
        paint: {
          "line-color": ["match", KIND, "water", BARRIER_COLOURS.water, "expressway", BARRIER_COLOURS.expressway, BARRIER_COLOURS.railway],
          "line-width": ["match", KIND, "water", 4, "expressway", 4.5, 3],
          "line-opacity": ["match", KIND, "water", 0.75, 1],
        },
      },
      // An expressway has two carriageways, a railway has sleepers: told apart without colour.
      {
        id: "barriers-expressway",
        type: "line",
        source: SOURCE,
        filter: is("expressway"),
        paint: { "line-color": "#ffffff", "line-width": 1.2 },
      },
      {
        id: "barriers-railway",
        type: "line",
        source: SOURCE,
        filter: is("railway"),
        paint: { "line-color": "#ffffff", "line-width": 1.6, "line-dasharray": [4, 4] },
      },
      {
        id: "barriers-name",
        type: "symbol",
        source: SOURCE,
        filter: ["all", ["has", "name"], ["!=", ["get", "name"], ""]],
        layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-size": 12, "symbol-spacing": 400 },
        paint: { "text-color": "#123f66", "text-halo-color": "rgba(255,255,255,0.92)", "text-halo-width": 1.8 },
      },
    ],
  };
}

export function draw(map: MapLibreMap, barriers: GeoJSON.FeatureCollection): void {
  fill(map, SOURCE, barriers);
}
