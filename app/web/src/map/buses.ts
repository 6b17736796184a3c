/** Layer: school buses: their routes, and stops with the number of pupils who board. */

import type { ExpressionSpecification, Map as MapLibreMap } from "maplibre-gl";

import { emptySource, fill, type Start } from "./layer";

const SOURCE = "buses";
export const STOPS = "buses-stop";
export const BUS_COLOUR = "#8a4b00";

const LINES: ExpressionSpecification = ["in", ["geometry-type"], ["literal", ["LineString", "MultiLineString"]]];
const POINTS: ExpressionSpecification = ["==", ["geometry-type"], "Point"];

export function start(): Start {
  return {
    sources: { [SOURCE]: emptySource() },
    layers: [
      {
        id: "buses-casing",
        type: "line",
        source: SOURCE,
        filter: LINES,
        layout: { "line-cap": "round", "line-join": "round" },
        paint: { "line-color": "#ffffff", "line-width": 7 },
      },
      {
        id: "buses-line",
        type: "line",
        source: SOURCE,
        filter: LINES,
        layout: { "line-join": "round" },
        paint: { "line-color": BUS_COLOUR, "line-width": 4, "line-dasharray": [4, 0.8] },
      },
      {
        id: STOPS,
        type: "circle",
        source: SOURCE,
        filter: POINTS,
        paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 9, 5, 11, 7, 13, 11], "circle-color": "#ffe08a", "circle-stroke-color": BUS_COLOUR, "circle-stroke-width": 2.4 },
      },
      {
        id: "buses-pupils",
        type: "symbol",
        source: SOURCE,
        minzoom: 10.5,
        filter: POINTS,
        layout: { "text-field": ["to-string", ["get", "pupils"]], "text-size": 12, "text-allow-overlap": true },
        paint: { "text-color": "#3a2000" },
      },
    ],
  };
}

export function draw(map: MapLibreMap, buses: GeoJSON.FeatureCollection): void {
  fill(map, SOURCE, buses);
}
