/** Layer: schools, told apart by shape as well as colour. */

import type { Map as MapLibreMap } from "maplibre-gl";

import type { Stage } from "../wire";
import { emptySource, fill, type Start } from "./layer";

const SOURCE = "schools";
export const SYMBOLS = "schools-symbol";

/** How a school is drawn. */
export type SchoolSymbol = "keep" | "protected" | "necessary" | "close" | "private";
export const SCHOOL_SYMBOLS: readonly SchoolSymbol[] = ["keep", "necessary", "protected", "private", "close"];

export function start(): Start {
  return {
    sources: { [SOURCE]: emptySource() },
    layers: [
      {
        id: "schools-chosen",
        type: "circle",
        source: SOURCE,
        filter: ["==", ["get", "id"], ""],
        paint: { "circle-radius": 15, "circle-color": "rgba(242,193,78,0.55)", "circle-stroke-color": "#10222b", "circle-stroke-width": 2 },
      },
      {
        id: SYMBOLS,
        type: "symbol",
        source: SOURCE,
        layout: {
          "icon-image": ["concat", "school-", ["get", "symbol"]],
          "icon-size": ["interpolate", ["linear"], ["zoom"], 8, 0.75, 10, 0.95, 14, 1.25],
          "icon-allow-overlap": true,
          "icon-ignore-placement": true,
          "text-field": ["get", "name"],
          "text-size": 12,
          "text-anchor": "top",
          "text-offset": [0, 0.9],
          "text-optional": true,
          "text-max-width": 12,
          "symbol-sort-key": ["case", ["==", ["get", "symbol"], "close"], 1, 0],
        },
        paint: { "text-color": "#10222b", "text-halo-color": "rgba(255,255,255,0.92)", "text-halo-width": 1.6 },
      },
    ],
  };
}

/** The schools that have a site of a stage. */
export function atStage(schools: GeoJSON.FeatureCollection, stage: Stage): GeoJSON.FeatureCollection {
  const features = schools.features.filter((school) => (school.properties?.stages as string[]).includes(stage));
  return { ...schools, features };
}

/** Draw schools; `symbolOf` says how each is drawn, `null` leaves it out. */
export function draw(
  map: MapLibreMap,
  schools: GeoJSON.FeatureCollection,
  symbolOf: (properties: Record<string, unknown>) => SchoolSymbol | null,
): void {
  const features = schools.features.flatMap((feature) => {
    const symbol = symbolOf(feature.properties ?? {});
    return symbol ? [{ ...feature, properties: { ...feature.properties, symbol } }] : [];
  });
  fill(map, SOURCE, { type: "FeatureCollection", features });
}

export function choose(map: MapLibreMap, id: string | null): void {
  map.setFilter("schools-chosen", ["==", ["get", "id"], id ?? ""]);
}

export function addSymbols(map: MapLibreMap): void {
  for (const symbol of SCHOOL_SYMBOLS) {
    const pen = new OffscreenCanvas(SIZE, SIZE).getContext("2d");
    if (!pen) continue;
    drawSymbol(pen, symbol);
    map.addImage(`school-${symbol}`, pen.getImageData(0, 0, SIZE, SIZE), { pixelRatio: 2 });
  }
}

const SIZE = 48;

type Pen = OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D;

/** Draw a symbol 48 pixels wide; the legend uses the same hand. */
export function drawSymbol(pen: Pen, symbol: SchoolSymbol): void {
  const middle = SIZE / 2;
  pen.lineJoin = "round";
  pen.beginPath();
  if (symbol === "protected") pen.roundRect(7, 7, 34, 34, 5);
  else if (symbol === "private") polygon(pen, [[middle, 4], [44, middle], [middle, 44], [4, middle]]);
  else pen.arc(middle, middle, symbol === "close" ? 16 : 17, 0, 2 * Math.PI);
  pen.fillStyle = { keep: "#12495c", protected: "#12495c", necessary: "#12495c", private: "#ffffff", close: "#ffffff" }[symbol];
  pen.fill();
  pen.lineWidth = 4;
  pen.strokeStyle = { keep: "#fff", protected: "#fff", necessary: "#f2c14e", private: "#54656c", close: "#b3261e" }[symbol];
  pen.stroke();
  if (symbol === "close") cross(pen);
  else house(pen, symbol === "private" ? "#54656c" : "#ffffff");
}

function polygon(pen: Pen, corners: readonly (readonly [number, number])[]): void {
  corners.forEach(([x, y], index) => (index ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.closePath();
}

function cross(pen: Pen): void {
  pen.lineWidth = 5;
  pen.lineCap = "round";
  pen.beginPath();
  pen.moveTo(17, 17);
  pen.lineTo(31, 31);
  pen.moveTo(31, 17);
  pen.lineTo(17, 31);
  pen.stroke();
}

function house(pen: Pen, colour: string): void {
  pen.fillStyle = colour;
  pen.beginPath();
  polygon(pen, [[24, 13], [35, 23], [32, 23], [32, 33], [16, 33], [16, 23], [13, 23]]);
  pen.fill();
}
