/** Layer: land from which a school is reached within 10, 20 and 30 minutes, the nearer the darker. */

import type { Map as MapLibreMap } from "maplibre-gl";

import { emptySource, fill, type Start } from "./layer";

const SOURCE = "isochrones";
export const ISOCHRONE_MINUTES = [10, 20, 30] as const;
export const ISOCHRONE_COLOURS: Record<number, string> = { 10: "#0f6b52", 20: "#4fa987", 30: "#a9d8bd" };

export function start(): Start {
  const byMinutes = ["match", ["get", "minutes"], ...Object.entries(ISOCHRONE_COLOURS).flatMap(([m, c]) => [Number(m), c]), "#a9d8bd"];
  return {
    sources: { [SOURCE]: emptySource() },
    layers: [
      {
        id: "isochrones-fill",
        type: "fill",
        source: SOURCE,
        layout: { "fill-sort-key": ["-", 0, ["get", "minutes"]] },
        paint: { "fill-color": byMinutes as never, "fill-opacity": 0.55 },
      },
      {
        id: "isochrones-edge",
        type: "line",
        source: SOURCE,
        layout: { "line-join": "round" },
        paint: { "line-color": "#0b4a39", "line-width": ["match", ["get", "minutes"], 10, 2.2, 20, 1.5, 0.9] },
      },
      {
        id: "isochrones-name",
        type: "symbol",
        source: SOURCE,
        layout: { "symbol-placement": "line", "text-field": ["get", "label"], "text-size": 12, "symbol-spacing": 500 },
        paint: { "text-color": "#0b3a2d", "text-halo-color": "rgba(255,255,255,0.92)", "text-halo-width": 1.8 },
      },
    ],
  };
}

/** Draw what is reached; `label` says minutes in words. */
export function draw(map: MapLibreMap, reached: GeoJSON.FeatureCollection, label: (minutes: number) => string): void {
  const features = reached.features.map((one) => ({
    ...one,
    properties: { ...one.properties, label: label(Number(one.properties?.minutes)) },
  }));
  fill(map, SOURCE, { type: "FeatureCollection", features });
}
