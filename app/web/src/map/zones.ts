/** Layer: zones, each filled with the colour of its school. */

import type { Map as MapLibreMap } from "maplibre-gl";

import type { ZoneColours } from "./colours";
import { emptySource, fill, show, type Start } from "./layer";

const SOURCE = "zones";
const OPACITY = 0.62;
const LAYERS = ["zones-fill", "zones-edge", "zones-edge-core"] as const;

export function start(): Start {
  return {
    sources: { [SOURCE]: emptySource() },
    layers: [
      {
        id: "zones-fill",
        type: "fill",
        source: SOURCE,
        paint: { "fill-color": ["coalesce", ["get", "colour"], "#cfd6d6"], "fill-opacity": OPACITY },
      },
      {
        id: "zones-edge",
        type: "line",
        source: SOURCE,
        layout: { "line-join": "round" },
        paint: { "line-color": "#ffffff", "line-width": 3.5 },
      },
      {
        id: "zones-edge-core",
        type: "line",
        source: SOURCE,
        layout: { "line-join": "round" },
        paint: { "line-color": "#3c5560", "line-width": 1.4 },
      },
    ],
  };
}

/** The school a zone feature belongs to. */
export function schoolOf(feature: GeoJSON.Feature): string {
  return String(feature.properties?.school ?? feature.properties?.id ?? "");
}

export function draw(map: MapLibreMap, zones: GeoJSON.FeatureCollection, colours: ZoneColours): void {
  const features = zones.features.map((feature) => ({
    ...feature,
    properties: { ...feature.properties, colour: colours.get(schoolOf(feature)) ?? null },
  }));
  fill(map, SOURCE, { type: "FeatureCollection", features });
}

export function setVisible(map: MapLibreMap, visible: boolean): void {
  show(map, LAYERS, visible);
}

/** Let the colours of zones stand back behind what is drawn over them. */
export function setFaint(map: MapLibreMap, faint: boolean): void {
  map.setPaintProperty("zones-fill", "fill-opacity", faint ? 0.16 : OPACITY);
}
