/** The map of a plan: zones before and after, routes, and everything that can be switched on over them. */

import { useEffect, useMemo, useState } from "preact/hooks";

import { api, type Problem } from "../../api";
import { language, t } from "../../language";
import { useLoaded } from "../../load";
import { useBoxed } from "../../map/boxed";
import type { Hit, MapLibreMap } from "../../map/canvas";
import { NOTHING } from "../../map/layer";
import { SchoolLegend } from "../../map/legend";
import { OverlayLegend } from "../../map/overlay_legend";
import type { Overlays } from "../../map/overlays";
import type { DrawnRoute } from "../../map/routes";
import type { Trip } from "../../map/trips";
import { type Focus, type Side, TwoMaps } from "../../map/two_maps";
import { StraightTotals } from "../../parts/access";
import { ProblemBox } from "../../parts/basic";
import type { Reach } from "../../parts/isochrones";
import { type LayerName, LayerSwitches, type LayersOn } from "../../parts/layers";
import { missedBy } from "../../straight";
import type { AdjustedPlan, Plan, PlanDocument, SettlementRoutes } from "../../wire";
import { todaySymbol } from "../dataset";
import { type PlanLayers, planSymbol } from "./layers";

interface PlanMapProps {
  plan: Plan;
  layers: PlanLayers;
  hasRoads: boolean;
  on: LayersOn;
  setOn: (on: LayersOn) => void;
  /** An edit made good: its changes are marked in place of the plan's. */
  adjusted: AdjustedPlan | null;
  routes: SettlementRoutes | null;
  reach: Reach;
  hit: Hit | null;
  onHit: (hit: Hit | null) => void;
  focus: Focus | null;
  baseMapUrl: string | null;
}

export function PlanMap(props: PlanMapProps) {
  const { plan, layers, hasRoads, on, setOn, adjusted, routes, hit, onHit, focus, baseMapUrl } = props;
  const { document } = plan;
  const [map, setMap] = useState<MapLibreMap | null>(null);
  const over = useShown(props, map);
  const spoken = language();
  const before = useMemo<Side>(
    () => ({ name: t("map.today"), zones: layers.today, symbolOf: todaySymbol }),
    [layers, spoken],
  );
  const after = useMemo<Side>(() => {
    const decided = new Map(adjusted?.schools.map((school) => [school.school, school.decision]));
    const symbolOf = (school: Record<string, unknown>) =>
      planSymbol({ ...school, decision: decided.get(String(school.id)) ?? school.decision });
    return { name: t("map.plan"), zones: layers.zones, symbolOf };
  }, [layers, adjusted, spoken]);
  const changed = adjusted?.settlements ?? NO_CHANGES;
  const moved = useMemo(
    () => (adjusted ? changed.map((row) => row.settlement) : document.settlements.filter((s) => s.moved).map((s) => s.id)),
    [document, adjusted],
  );
  const unserved = useMemo(() => document.unserved.map((one) => one.settlement), [document]);
  const trips = useMemo(() => {
    if (adjusted) return changedTrips(changed, layers);
    return tripsOf(document, layers, hit).filter((trip) => !isDrawn(trip, routes));
  }, [document, layers, adjusted, hit, routes]);
  const { access } = document.measures ?? {};
  return (
    <>
      {adjusted && <p class="notice notice-warn">{t("edit.on_map", { count: changed.length })}</p>}
      <LayerSwitches label={t("layers")} names={switchesOf(document, hasRoads)} on={on} change={setOn} />
      <ProblemBox problem={over.problem} />
      <TwoMaps
        label={t("plan.map")}
        before={before}
        after={after}
        settlements={layers.settlements}
        schools={layers.schools}
        moved={moved}
        unserved={unserved}
        trips={trips}
        hit={hit}
        onHit={onHit}
        focus={focus}
        baseMapUrl={baseMapUrl}
        overlays={over.overlays}
        onMap={setMap}
      />
      <SchoolLegend
        symbols={["keep", "necessary", "protected", "private", "close"]}
        moved={!adjusted && moved.length > 0}
        edited={adjusted !== null}
        unserved={unserved.length > 0}
        trips
        estimate={document.travel.estimate}
      />
      <OverlayLegend overlays={over.overlays} />
      {over.credit && <p class="credit">{over.credit}</p>}
      {over.truncated && <p class="field-hint">{t("layer.truncated")}</p>}
      {on.has("straight") && access && <StraightTotals access={access} />}
    </>
  );
}

/** The switches that make sense for a plan. */
function switchesOf(document: PlanDocument, hasRoads: boolean): LayerName[] {
  const names: LayerName[] = hasRoads ? ["roads", "barriers"] : [];
  if (document.cut_borders?.length) names.push("cut_borders");
  if (document.buses?.routes.length) names.push("buses");
  if (!document.travel.estimate && missedBy(document).length > 0) names.push("straight");
  return names;
}

interface ShownOver {
  overlays: Overlays;
  problem: Problem | null;
  credit: string;
  truncated: boolean;
}

/** All that is drawn over the zones now. */
function useShown({ plan, on, adjusted, routes, reach }: PlanMapProps, map: MapLibreMap | null): ShownOver {
  const { document } = plan;
  const roads = useBoxed(map, plan.dataset_id, "roads", on.has("roads"));
  const barriers = useBoxed(map, plan.dataset_id, "barriers", on.has("barriers"));
  const borders = usePlanLayer(plan.id, "cut-borders", on.has("cut_borders"));
  const buses = usePlanLayer(plan.id, "buses", on.has("buses"));
  const straight = on.has("straight");
  const missed = useMemo(() => (straight ? missedBy(document) : []), [document, straight]);
  const drawn = useMemo(() => (adjusted ? [] : drawnRoutes(routes)), [routes, adjusted]);
  const overlays = useMemo<Overlays>(
    () => ({
      roads: roads.layer,
      barriers: barriers.layer,
      isochrones: reach.shown,
      cutBorders: borders.layer,
      buses: buses.layer,
      routes: drawn,
      missed,
    }),
    [roads.layer, barriers.layer, reach.shown, borders.layer, buses.layer, drawn, missed],
  );
  return {
    overlays,
    problem: roads.problem ?? barriers.problem ?? borders.problem ?? buses.problem,
    credit: roads.layer.credit ?? barriers.layer.credit ?? "",
    truncated: Boolean(roads.layer.truncated || barriers.layer.truncated),
  };
}

type LaterLayer = "cut-borders" | "buses";

/** A layer of the plan, read when first wanted. */
function usePlanLayer(
  plan: string,
  name: LaterLayer,
  wanted: boolean,
): { layer: GeoJSON.FeatureCollection; problem: Problem | null } {
  const [asked, setAsked] = useState(wanted);
  useEffect(() => {
    if (wanted) setAsked(true);
  }, [wanted]);
  const found = useLoaded(() => (asked ? api.planMap(plan, name) : Promise.resolve(NOTHING)), [plan, name, asked]);
  return { layer: (wanted && found.value) || NOTHING, problem: wanted ? found.problem : null };
}

/** The routes drawn: today's too where the school changes. Straight lines are drawn as trips. */
function drawnRoutes(routes: SettlementRoutes | null): DrawnRoute[] {
  const { plan = null, today = null } = routes ?? {};
  const found: DrawnRoute[] = [];
  if (today && !today.estimate && today.school !== plan?.school) found.push({ route: today, today: true });
  if (plan && !plan.estimate) found.push({ route: plan, today: false });
  return found;
}

const NO_CHANGES: AdjustedPlan["settlements"] = [];

interface NamedTrip extends Trip {
  settlement: string;
}

/** The new trip of each settlement that an edit moves. */
function changedTrips(changed: AdjustedPlan["settlements"], layers: PlanLayers): Trip[] {
  const place = placesOf(layers);
  return changed.flatMap((row) => {
    const from = place.get(row.settlement);
    const to = row.school_to ? place.get(row.school_to) : undefined;
    return from && to ? [{ from, to, today: false }] : [];
  });
}

/** Whether a real route stands for a trip. */
function isDrawn(trip: NamedTrip, routes: SettlementRoutes | null): boolean {
  if (routes?.settlement !== trip.settlement) return false;
  const route = trip.today ? routes.today : routes.plan;
  return route !== null && !route.estimate;
}

function tripsOf(document: PlanDocument, layers: PlanLayers, hit: Hit | null): NamedTrip[] {
  if (!hit) return [];
  const place = placesOf(layers);
  const concerned = document.settlements.filter((s) =>
    hit.kind === "settlement" ? s.id === hit.id : s.school === hit.id || s.school_today === hit.id,
  );
  return concerned.flatMap((settlement) => {
    const from = place.get(settlement.id);
    const lines: NamedTrip[] = [];
    for (const [school, today] of [[settlement.school_today, true], [settlement.school, false]] as const) {
      const to = school ? place.get(school) : undefined;
      if (hit.kind === "school" && school !== hit.id) continue;
      if (today && settlement.school === settlement.school_today) continue;
      if (from && to) lines.push({ from, to, today, settlement: settlement.id });
    }
    return lines;
  });
}

function placesOf(layers: PlanLayers): Map<string, GeoJSON.Position> {
  const places = new Map<string, GeoJSON.Position>();
  for (const { properties, geometry } of [...layers.settlements.features, ...layers.schools.features]) {
    const id = String(properties?.id);
    if (geometry.type === "Point") places.set(id, geometry.coordinates);
    else if (typeof properties?.lon === "number") places.set(id, [properties.lon, properties.lat as number]);
  }
  return places;
}
