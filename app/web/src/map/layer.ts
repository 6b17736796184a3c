/** What a map layer file gives the map at its start, and small help shared by them. */

import type { GeoJSONSource, LayerSpecification, Map as MapLibreMap, SourceSpecification } from "maplibre-gl";

export interface Start {
  sources: Record<string, SourceSpecification>;
  layers: LayerSpecification[];
}

export const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

export function emptySource(): SourceSpecification {
  return { type: "geojson", data: NOTHING };
}

export function fill(map: MapLibreMap, source: string, data: GeoJSON.FeatureCollection): void {
  map.getSource<GeoJSONSource>(source)?.setData(data);
}

export function show(map: MapLibreMap, layers: readonly string[], visible: boolean): void {
  for (const layer of layers) map.setLayoutProperty(layer, "visibility", visible ? "visible" : "none");
}

/** The corners west, south, east, north of all positions; null without any. */
export function boundsOf(...collections: GeoJSON.FeatureCollection[]): [number, number, number, number] | null {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const collection of collections) {
    for (const feature of collection.features) {
      eachPosition(feature.geometry, (lon, lat) => {
        west = Math.min(west, lon);
        east = Math.max(east, lon);
        south = Math.min(south, lat);
        north = Math.max(north, lat);
      });
    }
  }
  return west <= east ? [west, south, east, north] : null;
}

export function eachPosition(geometry: GeoJSON.Geometry | null, visit: (lon: number, lat: number) => void): void {
  if (!geometry) return;
  if (geometry.type === "GeometryCollection") {
    geometry.geometries.forEach((part) => eachPosition(part, visit));
    return;
  }
  const walk = (part: unknown): void => {
    if (!Array.isArray(part)) return;
    if (typeof part[0] === "number") visit(part[0], part[1] as number);
    else part.forEach(walk);
  };
  walk(geometry.coordinates);
}
