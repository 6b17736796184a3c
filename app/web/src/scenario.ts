/** A scenario before it is sent: defaults, and the norms that concern it. */

import type { Norm, Recipe, Scenario, Stage } from "./wire";

/** Norms a scenario of the chosen stage uses, in the order shown; `travel.*` go to the scenario's travel. */
const NORMS_IN_USE = [
  "class.norm",
  "acc.walk.g1_3",
  "acc.single_trip",
  "school.max_size",
  "school.max_size_through",
  "school.least_viable",
  "cost.school_year",
  "travel.km_per_hour",
  "travel.detour",
];

export const TRAVEL_NORMS = ["travel.km_per_hour", "travel.detour"];

/** The last year that a recipe may name. */
const LAST_YEAR = 2060;

/** A forecast until `lastYear`, with the service's own assumptions. */
export function newRecipe(lastYear: number): Recipe {
  return { last_year: lastYear, fertility: "middle", migrants_change: 0, paths: 200, seed: 1, band: 0.8 };
}

/** The scenario as it is sent: a forecast ends with the target year. */
export function asSent(scenario: Scenario): Scenario {
  const { forecast, target_year } = scenario;
  return forecast ? { ...scenario, forecast: { ...forecast, last_year: Math.min(target_year, LAST_YEAR) } } : scenario;
}

export function newScenario(title: string, year: number): Scenario {
  return {
    title,
    stage: "primary",
    target_year: year,
    forecast: null,
    open_choice: "choose",
    travel: { km_per_hour: null, detour: null },
    neighbours: { shared_border_metres: 1, corners: false },
    rules: {
      trip_limit: { mode: "hard", price: 0 },
      least_viable: { mode: "soft", price: 2000 },
      largest_school: { mode: "hard", price: 0 },
      beds: { mode: "hard", price: 0 },
      contiguity: { mode: "hard", price: 0 },
    },
    norms: [],
    weights: { pupil_minute: 200, running_cost: 1, moved_pupil: 1000 },
    keep_open: [],
    close: [],
    pins: [],
    bans: [],
    open_schools_at_least: 0,
    open_schools_at_most: null,
    solve: { seconds: 60, seed: 1, workers: 2, deterministic: false, gap: 0 },
  };
}

/** The norms in use at a stage, one a key: the stage's own before the one for all stages. */
export function normsInUse(norms: readonly Norm[], stage: Stage): Norm[] {
  return NORMS_IN_USE.flatMap((key) => {
    const own = norms.filter((norm) => norm.key === key && (norm.stage === stage || !norm.stage));
    const found = own.find((norm) => norm.stage === stage) ?? own[0];
    return found ? [found] : [];
  });
}

/** The scenario's own value of a norm, `null` when it takes the one in force. */
export function overrideOf(scenario: Scenario, key: string): number | null {
  if (key === "travel.km_per_hour") return scenario.travel.km_per_hour;
  if (key === "travel.detour") return scenario.travel.detour;
  return scenario.norms.find((norm) => norm.key === key)?.value ?? null;
}

/** The scenario with its own value of a norm, or without it when `value` is `null`. */
export function withOverride(scenario: Scenario, norm: Norm, value: number | null): Scenario {
  if (norm.key === "travel.km_per_hour") return { ...scenario, travel: { ...scenario.travel, km_per_hour: value } };
  if (norm.key === "travel.detour") return { ...scenario, travel: { ...scenario.travel, detour: value } };
  const others = scenario.norms.filter((other) => other.key !== norm.key);
  return { ...scenario, norms: value === null ? others : [...others, { key: norm.key, value, stage: norm.stage }] };
}
