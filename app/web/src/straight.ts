/** What straight lines would have got wrong of a plan on roads. */

import type { Missed, Wrong } from "./map/straight_errors";
import type { PlanDocument, SettlementPlan } from "./wire";

/** Norms of the longest trip: of the youngest, and of a day pupil. The stricter one is the limit of a pupil. */
const LIMITS = ["acc.walk.g1_3", "acc.single_trip"];

/** The limit by which a trip counts as within reach; null where the plan used none. */
export function limitOf({ norms_used: norms }: PlanDocument): number | null {
  const limits = norms.filter((norm) => LIMITS.includes(norm.key)).map((norm) => norm.value);
  return limits.length > 0 ? Math.min(...limits) : null;
}

/** Whether the trip of a settlement is a straight line: all are, or it or its school stands too far from every road. */
export function isEstimated({ travel }: PlanDocument, one: SettlementPlan): boolean {
  return travel.estimate || one.estimated === true;
}

/** Minutes missed, and what turns, of each settlement of which both minutes are known. */
export function missedBy(document: PlanDocument): Missed[] {
  const limit = limitOf(document);
  return document.settlements.flatMap((one) => {
    const missed = isEstimated(document, one) ? null : minutesMissed(one);
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
