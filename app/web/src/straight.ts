/** What straight lines would have got wrong of a plan on roads. */

import type { Missed, Wrong } from "./map/straight_errors";
import type { PlanDocument, SettlementPlan } from "./wire";

/** The norm of the longest trip of a day pupil. */
const LIMIT = "acc.single_trip";

/** The limit by which a trip counts as within reach; null where the plan used none. */
export function limitOf(document: PlanDocument): number | null {
  return document.norms_used.find((norm) => norm.key === LIMIT)?.value ?? null;
}

/** Minutes missed, and what turns, of each settlement of which both minutes are known. */
export function missedBy(document: PlanDocument): Missed[] {
  const limit = limitOf(document);
  return document.settlements.flatMap((one) => {
    const missed = minutesMissed(one);
    return missed === null ? [] : [{ id: one.id, missed, wrong: wrongs(one, limit) }];
  });
}

/** Minutes by road less minutes by straight line. */
export function minutesMissed({ minutes, minutes_straight: straight }: SettlementPlan): number | null {
  return minutes === null || straight === null || straight === undefined ? null : minutes - straight;
}

function wrongs(one: SettlementPlan, limit: number | null): Wrong[] {
  const { minutes, minutes_straight: straight, nearest_road: road, nearest_straight: line } = one;
  const found: Wrong[] = [];
  if (one.pupils > 0 && limit !== null && minutes !== null && straight !== null && straight !== undefined) {
    if (straight <= limit && minutes > limit) found.push("too_short");
    if (straight > limit && minutes <= limit) found.push("too_long");
  }
  if (one.pupils > 0 && road && line && road !== line) found.push("nearest");
  return found;
}
