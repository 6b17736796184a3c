/** Layer: trips of the chosen school or settlement as straight lines: solid by the plan, dashed as today. */

import type { Map as MapLibreMap } from "maplibre-gl";

import { emptySource, fill, type Start } from "./layer";

const SOURCE = "trips";

export interface Trip {
  from: GeoJSON.Position;
  to: GeoJSON.Position;
  today: boolean;
}

export function start(): Start {
  return {
    sources: { [SOURCE]: emptySource() },
    layers: [
      {
        id: "trips-today",
        type: "line",
        source: SOURCE,
        filter: ["==", ["get", "today"], true],
        layout: { "line-cap": "round" },
        paint: { "line-color": "#7a3b12", "line-width": 2, "line-dasharray": [1.5, 2] },
      },
      {
        id: "trips-plan",
        type: "line",
        source: SOURCE,
        filter: ["==", ["get", "today"], false],
        layout: { "line-cap": "round" },
        paint: { "line-color": "#10222b", "line-width": 1.8, "line-opacity": 0.85 },
      },
    ],
  };
}

export function draw(map: MapLibreMap, trips: readonly Trip[]): void {
  fill(map, SOURCE, {
    type: "FeatureCollection",
    features: trips.map((trip) => ({
      type: "Feature",
      properties: { today: trip.today },
      geometry: { type: "LineString", coordinates: [trip.from, trip.to] },
    })),
  });
}
