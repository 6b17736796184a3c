/** Two states of a district on one map: one, the other, or both with a swipe between them. */

import type { LngLatBoundsLike } from "maplibre-gl";
import { useEffect, useMemo, useState } from "preact/hooks";

import { t } from "../language";
import { type Hit, MapCanvas, type MapLibreMap } from "./canvas";
import { zoneColours } from "./colours";
import { boundsOf } from "./layer";
import { NO_OVERLAYS, type Overlays, useOverlays } from "./overlays";
import * as schoolLayer from "./schools";
import * as settlementLayer from "./settlements";
import { MapNote, type Told } from "./told";
import * as tripLayer from "./trips";
import * as zoneLayer from "./zones";

export type Mode = "before" | "swipe" | "after";

/** One state: its name, its zones, and how each school is drawn in it. */
export interface Side {
  name: string;
  zones: GeoJSON.FeatureCollection;
  symbolOf: (school: Record<string, unknown>) => schoolLayer.SchoolSymbol | null;
}

interface TwoMapsProps {
  label: string;
  before: Side;
  after: Side;
  settlements: GeoJSON.FeatureCollection;
  schools: GeoJSON.FeatureCollection;
  moved: readonly string[];
  unserved: readonly string[];
  trips: readonly tripLayer.Trip[];
  hit: Hit | null;
  onHit: (hit: Hit | null) => void;
  focus: Focus | null;
  baseMapUrl: string | null;
  overlays?: Overlays;
  /** Given the map that is always there, to load what it looks at. */
  onMap?: (map: MapLibreMap | null) => void;
}

/** Where to look next; a new object each time, so that the same place can be asked for twice. */
export interface Focus {
  settlements: readonly string[];
  schools: readonly string[];
}

const MODES: readonly Mode[] = ["before", "swipe", "after"];

export function TwoMaps(props: TwoMapsProps) {
  const { before, after, settlements, schools, baseMapUrl, onHit, focus } = props;
  const [mode, setMode] = useState<Mode>(after.zones.features.length > 0 ? "after" : "before");
  const [share, setShare] = useState(50);
  const [marked, setMarked] = useState(true);
  const [main, setMain] = useState<MapLibreMap | null>(null);
  const [over, setOver] = useState<MapLibreMap | null>(null);
  const [told, setTold] = useState<Told | null>(null);
  const bounds = useMemo(() => boundsOf(settlements, schools), [settlements, schools]);
  const colours = useMemo(() => zoneColours(after.zones, before.zones), [after.zones, before.zones]);
  const mainSide = mode === "before" ? before : after;

  useDrawn(main, mainSide, props, colours, marked);
  useDrawn(over, before, props, colours, marked);
  useEffect(() => props.onMap?.(main), [main]);
  useEffect(() => (main && over ? moveTogether(main, over) : undefined), [main, over]);
  useEffect(() => {
    if (main && focus) lookAt(main, props, focus);
  }, [main, focus]);

  if (!bounds) return <p class="empty">{t("map.empty")}</p>;
  const names: Record<Mode, string> = { before: before.name, swipe: t("map.swipe"), after: after.name };
  return (
    <div class="two-maps">
      <div class="map-tools">
        <div class="segments" role="group" aria-label={t("map.which")}>
          {MODES.map((choice) => (
            <button type="button" aria-pressed={mode === choice} onClick={() => setMode(choice)}>
              {names[choice]}
            </button>
          ))}
        </div>
        <label class="check">
          <input type="checkbox" checked={marked} onChange={(event) => setMarked(event.currentTarget.checked)} />
          {t("map.mark_moved")}
        </label>
        <button type="button" class="quiet" onClick={() => main?.fitBounds(bounds as LngLatBoundsLike, { padding: 36 })}>
          {t("map.whole")}
        </button>
      </div>
      <div class="map-box" data-mode={mode}>
        <MapCanvas
          name="main"
          label={props.label}
          bounds={bounds}
          baseMapUrl={baseMapUrl}
          onReady={setMain}
          onHit={onHit}
          onTold={setTold}
        />
        <MapNote told={told} />
        {mode === "swipe" && (
          <>
            <div class="map-over" style={{ clipPath: `inset(0 ${100 - share}% 0 0)` }}>
              <MapCanvas
                name="over"
                label={before.name}
                bounds={main?.getBounds() ?? bounds}
                baseMapUrl={baseMapUrl}
                onReady={setOver}
                onHit={onHit}
                onTold={setTold}
                controls={false}
              />
            </div>
            <div class="swipe-line" style={{ left: `${share}%` }} aria-hidden="true" />
            <input
              class="swipe"
              type="range"
              min={0}
              max={100}
              value={share}
              aria-label={t("map.swipe.label", { before: before.name, after: after.name })}
              onInput={(event) => setShare(event.currentTarget.valueAsNumber)}
            />
            <span class="swipe-name swipe-before">{before.name}</span>
            <span class="swipe-name swipe-after">{after.name}</span>
          </>
        )}
      </div>
    </div>
  );
}

function useDrawn(
  map: MapLibreMap | null,
  side: Side,
  props: TwoMapsProps,
  colours: Map<string, string>,
  marked: boolean,
): void {
  const { settlements, schools, moved, unserved, trips, hit, overlays = NO_OVERLAYS } = props;
  const faint = overlays.isochrones.features.length > 0;
  useOverlays(map, overlays, settlements);
  useEffect(() => {
    if (map) zoneLayer.setFaint(map, faint);
  }, [map, faint]);
  useEffect(() => {
    if (map) settlementLayer.draw(map, settlements);
  }, [map, settlements]);
  useEffect(() => {
    if (!map) return;
    zoneLayer.draw(map, side.zones, colours);
    schoolLayer.draw(map, schools, side.symbolOf);
  }, [map, side, schools, colours]);
  useEffect(() => {
    if (map) settlementLayer.mark(map, marked ? moved : [], unserved);
  }, [map, moved, unserved, marked]);
  useEffect(() => {
    if (!map) return;
    settlementLayer.choose(map, hit?.kind === "settlement" ? [hit.id] : []);
    schoolLayer.choose(map, hit?.kind === "school" ? hit.id : null);
    tripLayer.draw(map, trips);
  }, [map, hit, trips]);
}

/** Keep two maps on the same ground; returns what ends it. */
function moveTogether(a: MapLibreMap, b: MapLibreMap): () => void {
  let following = false;
  const follow = (leader: MapLibreMap, other: MapLibreMap) => () => {
    if (following) return;
    following = true;
    other.jumpTo({ center: leader.getCenter(), zoom: leader.getZoom() });
    following = false;
  };
  const [onA, onB] = [follow(a, b), follow(b, a)];
  onA();
  a.on("move", onA);
  b.on("move", onB);
  return () => {
    a.off("move", onA);
    b.off("move", onB);
  };
}

function lookAt(map: MapLibreMap, { settlements, schools }: TwoMapsProps, focus: Focus): void {
  const among = (collection: GeoJSON.FeatureCollection, ids: readonly string[]): GeoJSON.FeatureCollection => ({
    type: "FeatureCollection",
    features: collection.features.filter((feature) => ids.includes(String(feature.properties?.id))),
  });
  const bounds = boundsOf(among(settlements, focus.settlements), among(schools, focus.schools));
  if (bounds) map.fitBounds(bounds, { padding: 90, maxZoom: 13.5, duration: 500 });
}
