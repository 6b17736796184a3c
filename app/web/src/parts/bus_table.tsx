/** School buses of a plan: every route with its stops, and what they cost against what the plan reckoned. */

import { useMemo } from "preact/hooks";

import { minutes, number, yuan } from "../format";
import { language, said, t } from "../language";
import type { Hit } from "../map/canvas";
import type { BusPlan, BusRoute, PlanDocument } from "../wire";
import { Facts } from "./basic";
import { StatusMark } from "./marks";
import { type Column, DataTable, figure } from "./table";

interface BusProps {
  document: PlanDocument;
  buses: BusPlan;
  names: ReadonlyMap<string, string>;
  choose: (hit: Hit) => void;
  /** Draw the buses and look at a route. */
  look: (route: BusRoute) => void;
}

export function BusTable({ document, buses, names, choose, look }: BusProps) {
  const settlements = useMemo(() => new Map(document.settlements.map((one) => [one.id, one.name])), [document]);
  return (
    <>
      <p>
        <StatusMark status={buses.status} /> {said(buses)}
      </p>
      <Facts
        rows={[
          [t("bus.pupils"), number(buses.pupils)],
          [t("bus.vehicles"), number(buses.vehicles)],
          [t("bus.estimate"), yuan(buses.estimate)],
          [t("bus.cost"), yuan(buses.cost)],
          [t("bus.bound"), yuan(buses.bound)],
          [t("bus.unrouted"), number(buses.unrouted.length)],
        ]}
      />
      {buses.unrouted.length > 0 && (
        <p class="notice notice-warn" data-unrouted={buses.unrouted.length}>
          <strong>{t("bus.unrouted")}</strong>{" "}
          {buses.unrouted.map((id) => (
            <button type="button" class="plain" onClick={() => choose({ kind: "settlement", id })}>
              {settlements.get(id) ?? id}
            </button>
          ))}
        </p>
      )}
      {buses.routes.length > 0 && (
        <RouteTable routes={buses.routes} names={names} settlements={settlements} choose={choose} look={look} />
      )}
    </>
  );
}

interface RouteTableProps extends Pick<BusProps, "names" | "choose" | "look"> {
  routes: readonly BusRoute[];
  settlements: ReadonlyMap<string, string>;
}

function RouteTable({ routes, names, settlements, choose, look }: RouteTableProps) {
  const columns = useMemo<Column<BusRoute>[]>(
    () => [
      {
        key: "number",
        heading: t("bus.number"),
        numeric: true,
        value: (route) => routes.indexOf(route) + 1,
        cell: (route) => (
          <button type="button" class="plain" title={t("map.show")} onClick={() => look(route)}>
            {routes.indexOf(route) + 1}
          </button>
        ),
      },
      {
        key: "school",
        heading: t("school"),
        value: (route) => names.get(route.school) ?? route.school,
        cell: (route) => (
          <button type="button" class="plain" onClick={() => choose({ kind: "school", id: route.school })}>
            {names.get(route.school) ?? route.school}
          </button>
        ),
      },
      figure("stops", t("bus.stops"), (route) => route.stops.length),
      figure("pupils", t("school.pupils"), (route) => route.pupils),
      figure("minutes", t("bus.minutes"), (route) => route.minutes, minutes),
      figure("km", t("bus.km"), (route) => route.km, (km) => number(km, 1)),
      figure("cost", t("bus.cost"), (route) => route.cost, yuan),
    ],
    [language(), routes, names, choose, look],
  );
  const stopsOf = (route: BusRoute): string =>
    route.stops
      .map((stop) => {
        const places = stop.settlements.map((id) => settlements.get(id) ?? id).join(t("list.comma"));
        return t("bus.stop", { places, pupils: number(stop.pupils), minutes: number(stop.minutes) });
      })
      .concat(names.get(route.school) ?? route.school)
      .join(" → ");
  return (
    <DataTable
      caption={t("plan.buses")}
      columns={columns}
      rows={routes}
      keyOf={(route) => String(routes.indexOf(route))}
      under={stopsOf}
      searchable={routes.length > 10}
    />
  );
}
