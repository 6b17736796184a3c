/** One MapLibre map holding every layer of a district, empty until drawn. */

import maplibreWorkerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import "maplibre-gl/dist/maplibre-gl.css";
import { Map as MapLibreMap, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import type { LngLatBoundsLike, LayerSpecification, SourceSpecification } from "maplibre-gl";
import { useEffect, useRef } from "preact/hooks";

import * as barriers from "./barriers";
import * as base from "./base";
import * as buses from "./buses";
import * as borders from "./cut_borders";
import * as isochrones from "./isochrones";
import * as roads from "./roads";
import * as routes from "./routes";
import * as schools from "./schools";
import * as settlements from "./settlements";
import * as straight from "./straight_errors";
import { type Told, toldAt } from "./told";
import * as trips from "./trips";
import * as warnings from "./warnings";
import * as zones from "./zones";

setWorkerUrl(maplibreWorkerUrl);

export type { MapLibreMap };

/** What the pointer hit: a school before the settlement it stands in; `warned` is a place of the warning map. */
export type Hit = { kind: "school" | "settlement" | "warned"; id: string };

/** A map shown on this page, for browser tests: `window.__maps[name]`. */
declare global {
  interface Window {
    __maps?: Record<string, MapLibreMap>;
  }
}

interface CanvasProps {
  name: string;
  label: string;
  bounds: LngLatBoundsLike;
  baseMapUrl: string | null;
  onReady: (map: MapLibreMap | null) => void;
  onHit: (hit: Hit | null) => void;
  /** Told of what lies under the pointer besides settlements and schools. */
  onTold?: (told: Told | null) => void;
  controls?: boolean;
}

function layers(baseMapUrl: string | null): { sources: Record<string, SourceSpecification>; all: LayerSpecification[] } {
  const drawn = [
    base.start(baseMapUrl),
    zones.start(),
    straight.start(),
    warnings.start(),
    isochrones.start(),
    settlements.start(),
    barriers.start(),
    roads.start(),
    borders.start(),
    buses.start(),
    trips.start(),
    routes.start(),
    straight.startMarks(),
    schools.start(),
  ];
  return {
    sources: Object.assign({}, ...drawn.map((layer) => layer.sources)) as Record<string, SourceSpecification>,
    all: drawn.flatMap((layer) => layer.layers),
  };
}

function hitAt(map: MapLibreMap, point: { x: number; y: number }): Hit | null {
  const near: [[number, number], [number, number]] = [
    [point.x - 4, point.y - 4],
    [point.x + 4, point.y + 4],
  ];
  const school = map.queryRenderedFeatures(near, { layers: [schools.SYMBOLS] })[0];
  if (school) return { kind: "school", id: String(school.properties.id) };
  const warned =
    map.queryRenderedFeatures(near, { layers: [warnings.SIGNS] })[0] ??
    map.queryRenderedFeatures([point.x, point.y], { layers: [warnings.LAND] })[0];
  if (warned) return { kind: "warned", id: String(warned.properties.id) };
  const exact = map.queryRenderedFeatures([point.x, point.y], { layers: settlements.TOUCHED })[0];
  const settlement = exact ?? map.queryRenderedFeatures(near, { layers: settlements.TOUCHED })[0];
  return settlement ? { kind: "settlement", id: String(settlement.properties.id) } : null;
}

export function MapCanvas({ name, label, bounds, baseMapUrl, onReady, onHit, onTold, controls = true }: CanvasProps) {
  const box = useRef<HTMLDivElement>(null);
  const hit = useRef(onHit);
  hit.current = onHit;
  const tell = useRef(onTold);
  tell.current = onTold;

  useEffect(() => {
    const container = box.current;
    if (!container) return undefined;
    const { sources, all } = layers(baseMapUrl);
    const map = new MapLibreMap({
      container,
      style: { version: 8, sources, layers: all },
      bounds,
      fitBoundsOptions: { padding: 36 },
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      maxPitch: 0,
      localIdeographFontFamily: "'Noto Sans CJK SC', 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', sans-serif",
    });
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    if (controls) {
      map.addControl(new NavigationControl({ showCompass: false }), "top-right");
      map.addControl(new ScaleControl({}), "bottom-left");
    }
    map.on("load", () => {
      schools.addSymbols(map);
      warnings.addSymbols(map);
      settlements.addHatches(map);
      routes.addSigns(map);
      straight.addSigns(map);
      onReady(map);
    });
    map.on("movestart", () => container.removeAttribute("data-map-idle"));
    map.on("dataloading", () => container.removeAttribute("data-map-idle"));
    map.on("idle", () => container.setAttribute("data-map-idle", "true"));
    map.on("click", (event) => {
      tell.current?.(toldAt(map, event.point));
      hit.current(hitAt(map, event.point));
    });
    map.on("mousemove", (event) => {
      map.getCanvas().style.cursor = hitAt(map, event.point) ? "pointer" : "";
      tell.current?.(toldAt(map, event.point));
    });
    map.on("mouseout", () => tell.current?.(null));
    window.__maps = { ...window.__maps, [name]: map };
    return () => {
      onReady(null);
      delete window.__maps?.[name];
      map.remove();
    };
  }, [name, baseMapUrl]);

  useEffect(() => {
    box.current?.querySelector("canvas")?.setAttribute("aria-label", label);
  }, [label]);

  return <div class="map-canvas" ref={box} data-map={name} />;
}
