/** Layer: settlements, as areas or points; hatched where moved or unserved, framed where chosen. */

import type { ExpressionSpecification, FilterSpecification, Map as MapLibreMap } from "maplibre-gl";

import { emptySource, fill, show, type Start } from "./layer";

const SOURCE = "settlements";
const AREAS: ExpressionSpecification = ["in", ["geometry-type"], ["literal", ["Polygon", "MultiPolygon"]]];
const POINTS: ExpressionSpecification = ["==", ["geometry-type"], "Point"];
const NONE: FilterSpecification = ["==", ["get", "id"], ""];

/** Layers that answer a click. */
export const TOUCHED = ["settlements-area", "settlements-point"];
const MARKS = ["settlements-moved", "settlements-moved-point", "settlements-unserved", "settlements-unserved-point"];

export function start(): Start {
  return {
    sources: { [SOURCE]: emptySource() },
    layers: [
      { id: "settlements-area", type: "fill", source: SOURCE, filter: AREAS, paint: { "fill-color": "#fff", "fill-opacity": 0.01 } },
      {
        id: "settlements-moved",
        type: "fill",
        source: SOURCE,
        filter: NONE,
        paint: { "fill-pattern": "hatch-moved" },
      },
      {
        id: "settlements-unserved",
        type: "fill",
        source: SOURCE,
        filter: NONE,
        paint: { "fill-pattern": "hatch-unserved" },
      },
      {
        id: "settlements-edge",
        type: "line",
        source: SOURCE,
        filter: AREAS,
        paint: { "line-color": "#5b737d", "line-opacity": 0.38, "line-width": 0.7 },
      },
      {
        id: "settlements-point",
        type: "circle",
        source: SOURCE,
        filter: POINTS,
        paint: {
          "circle-radius": ["interpolate", ["linear"], ["zoom"], 8, 2.5, 13, 6],
          "circle-color": "#ffffff",
          "circle-stroke-color": "#5b737d",
          "circle-stroke-width": 1.2,
        },
      },
      {
        id: "settlements-moved-point",
        type: "circle",
        source: SOURCE,
        filter: NONE,
        paint: { "circle-radius": 7, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": "#5a2a6b", "circle-stroke-width": 2 },
      },
      {
        id: "settlements-unserved-point",
        type: "circle",
        source: SOURCE,
        filter: NONE,
        paint: { "circle-radius": 9, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": "#b3261e", "circle-stroke-width": 3 },
      },
      {
        id: "settlements-chosen",
        type: "line",
        source: SOURCE,
        filter: NONE,
        paint: { "line-color": "#10222b", "line-width": 3.2 },
      },
      {
        id: "settlements-chosen-point",
        type: "circle",
        source: SOURCE,
        filter: NONE,
        paint: { "circle-radius": 9, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": "#10222b", "circle-stroke-width": 3 },
      },
    ],
  };
}

export function draw(map: MapLibreMap, settlements: GeoJSON.FeatureCollection): void {
  fill(map, SOURCE, settlements);
}

const among = (ids: readonly string[]): ExpressionSpecification => ["in", ["get", "id"], ["literal", [...ids]]];

/** Hatch the settlements that change school, and those no school can take. */
export function mark(map: MapLibreMap, moved: readonly string[], unserved: readonly string[]): void {
  map.setFilter("settlements-moved", ["all", AREAS, among(moved)]);
  map.setFilter("settlements-moved-point", ["all", POINTS, among(moved)]);
  map.setFilter("settlements-unserved", ["all", AREAS, among(unserved)]);
  map.setFilter("settlements-unserved-point", ["all", POINTS, among(unserved)]);
  show(map, MARKS, true);
}

/** Frame the chosen settlements. */
export function choose(map: MapLibreMap, ids: readonly string[]): void {
  map.setFilter("settlements-chosen", ["all", AREAS, among(ids)]);
  map.setFilter("settlements-chosen-point", ["all", POINTS, among(ids)]);
}

/** Patterns that say the same without colour: strokes one way for moved, crossed for unserved. */
export function addHatches(map: MapLibreMap): void {
  map.addImage("hatch-moved", hatch("rgba(90,42,107,0.5)", false), { pixelRatio: 2 });
  map.addImage("hatch-unserved", hatch("rgba(179,38,30,0.9)", true), { pixelRatio: 2 });
}

function hatch(colour: string, crossed: boolean): ImageData {
  const size = 20;
  const pen = new OffscreenCanvas(size, size).getContext("2d");
  if (!pen) return new ImageData(size, size);
  pen.strokeStyle = colour;
  pen.lineWidth = crossed ? 3 : 2.2;
  pen.beginPath();
  for (const from of [-size, 0, size]) {
    pen.moveTo(from, size);
    pen.lineTo(from + size, 0);
    if (crossed) {
      pen.moveTo(from, 0);
      pen.lineTo(from + size, size);
    }
  }
  pen.stroke();
  return pen.getImageData(0, 0, size, size);
}
