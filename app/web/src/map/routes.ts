/** Layer: the real route of a settlement to its school, leg by leg: solid by the plan, dashed as today. */

import type { ExpressionSpecification, Map as MapLibreMap } from "maplibre-gl";

import { word } from "../language";
import type { FoundRoute, LegKind } from "../wire";
import { emptySource, fill, type Start } from "./layer";

const LEGS = "routes";
const CROSSINGS = "routes-crossings";
export const TOUCHED = "routes-crossing";

export interface DrawnRoute {
  route: FoundRoute;
  today: boolean;
}

export const LEG_KINDS: readonly LegKind[] = ["walk", "bus", "ferry", "off_road"];
export const LEG_PAINT: Record<LegKind, { colour: string; width: number }> = {
  off_road: { colour: "#7b6f63", width: 2 },
  walk: { colour: "#1c7a43", width: 3 },
  bus: { colour: "#0f55a8", width: 6 },
  ferry: { colour: "#0a8796", width: 6 },
  straight: { colour: "#10222b", width: 1.8 },
};

const byKind = (part: "colour" | "width", more = 0): ExpressionSpecification =>
  [
    "match",
    ["get", "kind"],
    ...(Object.keys(LEG_PAINT) as LegKind[]).flatMap((kind) => {
      const value = LEG_PAINT[kind][part];
      return [kind, typeof value === "number" ? value + more : value];
    }),
    part === "width" ? 2 + more : "#10222b",
  ] as unknown as ExpressionSpecification;

const TODAY: ExpressionSpecification = ["==", ["get", "today"], true];
/** Today's way is drawn a little to the side, to be seen where both run along one road. */
const BESIDE: ExpressionSpecification = ["case", TODAY, 7, 0];
const PLANNED: ExpressionSpecification = ["==", ["get", "today"], false];

export function start(): Start {
  const round = { "line-cap": "round", "line-join": "round" } as const;
  return {
    sources: { [LEGS]: emptySource(), [CROSSINGS]: emptySource() },
    layers: [
      {
        id: "routes-casing",
        type: "line",
        source: LEGS,
        filter: ["!=", ["get", "kind"], "straight"],
        layout: round,
        paint: { "line-color": "#ffffff", "line-width": byKind("width", 3.5), "line-opacity": 0.9, "line-offset": BESIDE },
      },
      {
        id: "routes-plan",
        type: "line",
        source: LEGS,
        filter: PLANNED,
        layout: round,
        paint: { "line-color": byKind("colour"), "line-width": byKind("width") },
      },
      {
        id: "routes-today",
        type: "line",
        source: LEGS,
        filter: TODAY,
        layout: { "line-join": "round" },
        paint: { "line-color": byKind("colour"), "line-width": byKind("width"), "line-dasharray": [1.6, 1.4], "line-offset": BESIDE },
      },
      {
        id: "routes-kind",
        type: "symbol",
        source: LEGS,
        filter: ["!=", ["get", "kind"], "off_road"],
        layout: {
          "symbol-placement": "line-center",
          "text-field": ["get", "label"],
          "text-size": 12.5,
          "text-offset": [0, -1],
          "text-rotation-alignment": "viewport",
        },
        paint: { "text-color": byKind("colour"), "text-halo-color": "#ffffff", "text-halo-width": 2.2 },
      },
      {
        id: TOUCHED,
        type: "symbol",
        source: CROSSINGS,
        layout: {
          "icon-image": ["concat", "crossing-", ["get", "kind"], ["case", ["get", "guarded"], "-guarded", ""]],
          "icon-allow-overlap": true,
          "icon-ignore-placement": true,
          "text-field": ["get", "road"],
          "text-size": 12,
          "text-anchor": "left",
          "text-offset": [1, 0],
          "text-optional": true,
        },
        paint: { "text-color": "#8c1d17", "text-halo-color": "#ffffff", "text-halo-width": 2 },
      },
    ],
  };
}

export function draw(map: MapLibreMap, routes: readonly DrawnRoute[]): void {
  fill(map, LEGS, {
    type: "FeatureCollection",
    // Today's way is drawn first: where both run along one road, the plan's is seen.
    features: [...routes].sort((a, b) => Number(b.today) - Number(a.today)).flatMap(legFeatures),
  });
  fill(map, CROSSINGS, { type: "FeatureCollection", features: routes.flatMap(crossingFeatures) });
}

function legFeatures({ route, today }: DrawnRoute): GeoJSON.Feature[] {
  return route.legs
    .filter((leg) => leg.coordinates.length > 1)
    .map((leg) => ({
      type: "Feature",
      properties: { kind: leg.kind, today, label: word("leg_short", leg.kind) },
      geometry: { type: "LineString", coordinates: leg.coordinates },
    }));
}

function crossingFeatures({ route, today }: DrawnRoute): GeoJSON.Feature[] {
  return route.crossings.map(({ lon, lat, road, kind, guarded }) => ({
    type: "Feature",
    properties: { road, kind, guarded, today },
    geometry: { type: "Point", coordinates: [lon, lat] },
  }));
}

const SIZE = 40;

/** A lozenge with what is crossed: two strokes for a road, a ladder for a railway; green edge where guarded. */
export function addSigns(map: MapLibreMap): void {
  for (const kind of ["trunk", "railway"] as const) {
    for (const guarded of [false, true]) {
      const pen = new OffscreenCanvas(SIZE, SIZE).getContext("2d");
      if (!pen) continue;
      drawCrossing(pen, kind, guarded);
      map.addImage(`crossing-${kind}${guarded ? "-guarded" : ""}`, pen.getImageData(0, 0, SIZE, SIZE), { pixelRatio: 2 });
    }
  }
}

type Pen = OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D;

/** Draw the sign of a crossing 40 pixels wide; the legend uses the same hand. */
export function drawCrossing(pen: Pen, kind: "trunk" | "railway", guarded: boolean): void {
  const ink = guarded ? "#1f6b43" : "#b3261e";
  pen.lineJoin = "round";
  pen.beginPath();
  pen.moveTo(20, 3);
  pen.lineTo(37, 20);
  pen.lineTo(20, 37);
  pen.lineTo(3, 20);
  pen.closePath();
  pen.fillStyle = "#ffffff";
  pen.fill();
  pen.lineWidth = 4;
  pen.strokeStyle = ink;
  pen.stroke();
  pen.beginPath();
  pen.lineWidth = 3;
  for (const y of [17, 23]) {
    pen.moveTo(11, y);
    pen.lineTo(29, y);
  }
  if (kind === "railway") {
    for (const x of [15, 20, 25]) {
      pen.moveTo(x, 13);
      pen.lineTo(x, 27);
    }
  }
  pen.stroke();
}
