/** Layer: common borders that nobody can cross, by what is in the way; dashed where they count all the same. */

import type { ExpressionSpecification, Map as MapLibreMap } from "maplibre-gl";

import { BORDER_REASONS, type BorderReason } from "../wire";
import { BARRIER_COLOURS } from "./barriers";
import { emptySource, fill, type Start } from "./layer";

const SOURCE = "cut-borders";

/** Layers that answer the pointer. */
export const TOUCHED = ["cut-borders-cut", "cut-borders-kept"];

export const REASON_COLOURS: Record<BorderReason, string> = { ...BARRIER_COLOURS, no_way: "#86198f" };

const KEPT: ExpressionSpecification = ["==", ["get", "kept"], true];
const COLOUR = [
  "match",
  ["get", "reason"],
  ...BORDER_REASONS.flatMap((reason) => [reason, REASON_COLOURS[reason]]),
  REASON_COLOURS.no_way,
] as unknown as ExpressionSpecification;

export function start(): Start {
  return {
    sources: { [SOURCE]: emptySource() },
    layers: [
      {
        id: "cut-borders-casing",
        type: "line",
        source: SOURCE,
        layout: { "line-cap": "round" },
        paint: { "line-color": "#ffffff", "line-width": 8 },
      },
      {
        id: "cut-borders-cut",
        type: "line",
        source: SOURCE,
        filter: ["!", KEPT],
        layout: { "line-cap": "round" },
        paint: { "line-color": COLOUR, "line-width": 4.5 },
      },
      {
        id: "cut-borders-kept",
        type: "line",
        source: SOURCE,
        filter: KEPT,
        paint: { "line-color": COLOUR, "line-width": 4.5, "line-dasharray": [1, 1] },
      },
    ],
  };
}

export function draw(map: MapLibreMap, borders: GeoJSON.FeatureCollection): void {
  fill(map, SOURCE, borders);
}
