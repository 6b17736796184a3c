/** What is drawn over a district besides its zones and schools; the same on every map that shows it. */

import { useEffect } from "preact/hooks";

import { language, t } from "../language";
import * as barrierLayer from "./barriers";
import * as busLayer from "./buses";
import type { MapLibreMap } from "./canvas";
import * as borderLayer from "./cut_borders";
import * as isochroneLayer from "./isochrones";
import { NOTHING } from "./layer";
import * as roadLayer from "./roads";
import * as routeLayer from "./routes";
import * as straightLayer from "./straight_errors";

export interface Overlays {
  roads: GeoJSON.FeatureCollection;
  barriers: GeoJSON.FeatureCollection;
  isochrones: GeoJSON.FeatureCollection;
  cutBorders: GeoJSON.FeatureCollection;
  buses: GeoJSON.FeatureCollection;
  routes: readonly routeLayer.DrawnRoute[];
  missed: readonly straightLayer.Missed[];
}

export const NO_OVERLAYS: Overlays = {
  roads: NOTHING,
  barriers: NOTHING,
  isochrones: NOTHING,
  cutBorders: NOTHING,
  buses: NOTHING,
  routes: [],
  missed: [],
};

export function useOverlays(map: MapLibreMap | null, shown: Overlays, settlements: GeoJSON.FeatureCollection): void {
  const { roads, barriers, isochrones, cutBorders, buses, routes, missed } = shown;
  const spoken = language();
  useEffect(() => {
    if (map) roadLayer.draw(map, roads);
  }, [map, roads]);
  useEffect(() => {
    if (map) barrierLayer.draw(map, barriers);
  }, [map, barriers]);
  useEffect(() => {
    if (map) isochroneLayer.draw(map, isochrones, (n) => t("minutes", { n }));
  }, [map, isochrones, spoken]);
  useEffect(() => {
    if (map) borderLayer.draw(map, cutBorders);
  }, [map, cutBorders]);
  useEffect(() => {
    if (map) busLayer.draw(map, buses);
  }, [map, buses]);
  useEffect(() => {
    if (map) routeLayer.draw(map, routes);
  }, [map, routes, spoken]);
  useEffect(() => {
    if (map) straightLayer.draw(map, settlements, missed);
  }, [map, settlements, missed]);
}
