/** Layer: roads by their rank: trunk roads, other roads, ways on foot, ferries. */

import type { DataDrivenPropertyValueSpecification, ExpressionSpecification, Map as MapLibreMap } from "maplibre-gl";

import { emptySource, fill, type Start } from "./layer";

const SOURCE = "roads";
export const TOUCHED = "roads-line";

/** How a road is drawn. */
export type RoadRank = "trunk" | "road" | "path" | "ferry";
export const ROAD_RANKS: readonly RoadRank[] = ["trunk", "road", "path", "ferry"];

const TRUNKS = ["motorway", "trunk", "primary", "motorway_link", "trunk_link", "primary_link"];
const PATHS = ["path", "footway", "steps", "pedestrian", "track", "bridleway", "cycleway", "corridor", "platform", "elevator", "pier"];

export function rankOf(road: string): RoadRank {
  if (road === "ferry") return "ferry";
  if (TRUNKS.includes(road)) return "trunk";
  return PATHS.includes(road) ? "path" : "road";
}

export const ROAD_PAINT: Record<RoadRank, { colour: string; width: number }> = {
  trunk: { colour: "#a8591c", width: 3 },
  road: { colour: "#55626a", width: 1.7 },
  path: { colour: "#7c6a55", width: 1.1 },
  ferry: { colour: "#1668b0", width: 1.8 },
};

const RANK: ExpressionSpecification = ["get", "rank"];
const is = (rank: RoadRank): ExpressionSpecification => ["==", RANK, rank];

/** Widths grow with the zoom, each rank from its own. */
const width = (extra: number): DataDrivenPropertyValueSpecification<number> => {
  const at = (share: number): ExpressionSpecification => [
    "match",
    RANK,
    "trunk",
    ROAD_PAINT.trunk.width * share + extra,
    "road",
    ROAD_PAINT.road.width * share + extra,
    "path",
    ROAD_PAINT.path.width * share + extra,
    ROAD_PAINT.ferry.width * share + extra,
  ];
  return ["interpolate", ["linear"], ["zoom"], 8, at(0.5), 12, at(1), 16, at(2.4)];
};

export function start(): Start {
  const round = { "line-cap": "round", "line-join": "round" } as const;
  return {
    sources: { [SOURCE]: emptySource() },
    layers: [
      {
        id: "roads-casing",
        type: "line",
        source: SOURCE,
        filter: ["in", RANK, ["literal", ["trunk", "road"]]],
        layout: round,
        paint: { "line-color": "#ffffff", "line-opacity": 0.75, "line-width": width(1.6) },
      },
      {
        id: "roads-path",
        type: "line",
        source: SOURCE,
        filter: is("path"),
        paint: { "line-color": ROAD_PAINT.path.colour, "line-width": width(0), "line-dasharray": [2.5, 1.2] },
      },
      {
        id: "roads-ferry",
        type: "line",
        source: SOURCE,
        filter: is("ferry"),
        paint: { "line-color": ROAD_PAINT.ferry.colour, "line-width": width(0), "line-dasharray": [3, 2] },
      },
      {
        id: TOUCHED,
        type: "line",
        source: SOURCE,
        filter: ["in", RANK, ["literal", ["trunk", "road"]]],
        layout: { ...round, "line-sort-key": ["match", RANK, "trunk", 1, 0] },
        paint: {
          "line-color": ["match", RANK, "trunk", ROAD_PAINT.trunk.colour, ROAD_PAINT.road.colour],
          "line-width": width(0),
        },
      },
      {
        id: "roads-name",
        type: "symbol",
        source: SOURCE,
        minzoom: 12,
        filter: ["all", ["has", "name"], ["!=", ["get", "name"], ""], ["!=", RANK, "path"]],
        layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-size": 11, "symbol-spacing": 350 },
        paint: { "text-color": "#4b3a2c", "text-halo-color": "rgba(255,255,255,0.9)", "text-halo-width": 1.5 },
      },
    ],
  };
}

export function draw(map: MapLibreMap, roads: GeoJSON.FeatureCollection): void {
  const features = roads.features.map((road) => ({
    ...road,
    properties: { ...road.properties, rank: rankOf(String(road.properties?.road ?? "")) },
  }));
  fill(map, SOURCE, { type: "FeatureCollection", features });
}
