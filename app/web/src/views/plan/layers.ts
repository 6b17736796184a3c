/** What the map of a plan shows, and how its schools are drawn. */

import { api } from "../../api";
import { atStage, type SchoolSymbol } from "../../map/schools";
import type { Stage } from "../../wire";

export interface PlanLayers {
  zones: GeoJSON.FeatureCollection;
  today: GeoJSON.FeatureCollection;
  schools: GeoJSON.FeatureCollection;
  settlements: GeoJSON.FeatureCollection;
  /** Minutes are straight-line estimates. */
  estimate: boolean;
}

export async function loadPlanLayers(plan: { id: string; dataset_id: string; stage: Stage }): Promise<PlanLayers> {
  const [zones, today, decided, settlements] = await Promise.all([
    api.planMap(plan.id, "zones"),
    api.planMap(plan.id, "zones-today"),
    api.planMap(plan.id, "schools"),
    api.planMap(plan.id, "settlements"),
  ]);
  // Where no plan is possible nothing is decided of any school: they are shown as they stand.
  const schools =
    decided.features.length > 0 ? decided : atStage(await api.datasetMap(plan.dataset_id, "schools"), plan.stage);
  return { zones, today, schools, settlements, estimate: zones.minutes_are_estimates === true };
}

/** How a school is drawn in the plan. */
export function planSymbol(school: Record<string, unknown>): SchoolSymbol {
  if (school.decision === "close") return "close";
  if (school.public === false) return "private";
  if (school.reason === "protected" || school.reason === "pinned") return "protected";
  return school.reason === "necessary" ? "necessary" : "keep";
}
