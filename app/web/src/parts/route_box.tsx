/** The way of a settlement to its school, today and by the plan: minutes, length, climb, legs and crossings. */

import type { ComponentChildren } from "preact";

import type { Problem } from "../api";
import { minutes, number } from "../format";
import { t, word } from "../language";
import { crossingWords } from "../map/told";
import type { FoundRoute, SettlementPlan, SettlementRoutes } from "../wire";
import { EstimateBadge, ProblemBox, Waiting } from "./basic";

/** The routes of the chosen settlement; null where none are asked for. */
export interface Routes {
  value: SettlementRoutes | null;
  problem: Problem | null;
}

/** Rows of the before-and-after table that roads tell. */
export function RoadRows({ settlement, routes }: { settlement: SettlementPlan; routes: SettlementRoutes | null }) {
  const { today = null, plan = null } = routes ?? {};
  const both = (read: (route: FoundRoute) => string): [ComponentChildren, ComponentChildren] => [
    today ? read(today) : t("none"),
    plan ? read(plan) : t("none"),
  ];
  const yesNo = (value: boolean | null | undefined) => (value === null || value === undefined ? t("none") : t(value ? "yes" : "no"));
  const rows: [string, ComponentChildren, ComponentChildren][] = [
    [t("settlement.walk"), minutes(settlement.minutes_walk_today), minutes(settlement.minutes_walk)],
    [t("settlement.p95"), minutes(settlement.minutes_p95_today), minutes(settlement.minutes_p95)],
    [t("route.back"), ...both((route) => minutes(route.minutes_back))],
    [t("route.length"), ...both((route) => metres(route.metres))],
    [t("route.climb"), ...both((route) => metres(route.climb_metres))],
    [t("settlement.crosses"), yesNo(settlement.crosses_today), yesNo(settlement.crosses)],
    [t("route.straight"), ...both((route) => minutes(route.straight_minutes))],
  ];
  return (
    <>
      {rows.map(([name, before, after]) => (
        <tr>
          <th scope="row">{name}</th>
          <td>{before}</td>
          <td>{after}</td>
        </tr>
      ))}
    </>
  );
}

/** The legs of both ways. */
export function RouteBox({ settlement, routes }: { settlement: SettlementPlan; routes: Routes }) {
  const found = routes.value;
  if (!found) return routes.problem ? <ProblemBox problem={routes.problem} /> : <Waiting />;
  const same = settlement.school === settlement.school_today;
  return (
    <section class="routes" aria-label={t("route")}>
      {found.plan && <Legs title={t("route.plan")} route={found.plan} open />}
      {found.today && !same && <Legs title={t("route.today")} route={found.today} open={!found.plan} />}
      {!found.plan && settlement.school && <p class="field-hint">{t("route.none")}</p>}
      <p class="field-hint">{t("route.hint")}</p>
    </section>
  );
}

function Legs({ title, route, open }: { title: string; route: FoundRoute; open: boolean }) {
  return (
    <details class="fold" open={open}>
      <summary>
        {title} · {minutes(route.minutes)} <EstimateBadge estimate={route.estimate} />
      </summary>
      <ol class="legs">
        {route.legs.map((leg) => (
          <li class={`leg leg-${leg.kind}`}>
            <strong>{word("leg", leg.kind)}</strong>{" "}
            {leg.minutes < 1 ? t("minutes.under_one") : minutes(leg.minutes)} · {metres(leg.metres)}
            {leg.names.length > 0 && <small>{leg.names.join(" → ")}</small>}
          </li>
        ))}
      </ol>
      {route.crossings.length > 0 && (
        <>
          <h4>{t("route.crossings", { count: route.crossings.length })}</h4>
          <ul class="notes">
            {route.crossings.map((met) => (
              <li>{crossingWords(met.kind, met.road, met.guarded)}</li>
            ))}
          </ul>
        </>
      )}
    </details>
  );
}

function metres(value: number | null): string {
  if (value === null) return t("none");
  return value < 1000 ? t("metres", { n: number(value) }) : t("km", { n: number(value / 1000, 1) });
}
