/** A scenario before it is sent: defaults, and the norms that concern it. */

import type { Norm, Recipe, RoadClosure, RuleName, Scenario } from "./wire";

/** Norms that every scenario uses, in the order shown. */
const NORMS_IN_USE = [
  "class.norm",
  "acc.walk.g1_3",
  "acc.single_trip",
  "school.max_size",
  "school.max_size_through",
  "school.least_viable",
  "cost.school_year",
];

/** Norms of trips by straight lines; both go to the scenario's travel. */
const STRAIGHT_NORMS = ["travel.km_per_hour", "travel.detour"];

/** Norms of trips on roads: on foot, and where a bus is ridden. */
const WALK_NORMS = ["travel.walk_kmh", "travel.stairs_kmh", "travel.ferry_wait", "travel.snap_limit", "travel.cut_off"];
const RIDE_NORMS = ["travel.bus_wait", "travel.steep_from"];

/** Norms of school buses. */
const BUS_NORMS = ["bus.walk_limit", "bus.ride_limit", "bus.seats", "cost.bus_year", "cost.bus_km"];

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
    travel: {
      means: "mixed",
      slope: "tobler",
      limit_on: "mean",
      starts: "auto",
      closures: [],
      km_per_hour: null,
      detour: null,
    },
    neighbours: { shared_border_metres: 1, corners: false, barriers: true },
    rules: {
      trip_limit: { mode: "hard", price: 0 },
      least_viable: { mode: "soft", price: 2000 },
      largest_school: { mode: "hard", price: 0 },
      beds: { mode: "hard", price: 0 },
      contiguity: { mode: "hard", price: 0 },
      crossing: { mode: "soft", price: 200 },
    },
    norms: [],
    weights: { pupil_minute: 200, running_cost: 1, moved_pupil: 1000, school_bus: 1 },
    keep_open: [],
    close: [],
    pins: [],
    bans: [],
    open_schools_at_least: 0,
    open_schools_at_most: null,
    solve: { seconds: 60, seed: 1, workers: 2, deterministic: false, gap: 0 },
  };
}

/** A stored scenario with the parts that it was stored without, as the service takes them. */
export function completed(stored: Scenario): Scenario {
  const { travel, neighbours, rules, weights } = newScenario(stored.title, stored.target_year);
  return {
    ...stored,
    travel: { ...travel, ...stored.travel },
    neighbours: { ...neighbours, ...stored.neighbours },
    rules: { ...rules, ...stored.rules },
    weights: { ...weights, ...stored.weights },
  };
}

/** Whether trips are found on roads: the dataset has them and the scenario wants them. */
export function onRoads(scenario: Scenario, hasRoads: boolean): boolean {
  return hasRoads && scenario.travel.means !== "straight_line";
}

/** Rules a scenario may set: crossings are known on roads alone, and concern primary pupils. */
export function rulesInUse(names: readonly RuleName[], scenario: Scenario, roads: boolean): RuleName[] {
  return names.filter((name) => name !== "crossing" || (roads && scenario.stage === "primary"));
}

function normKeys(scenario: Scenario, roads: boolean): readonly string[] {
  if (!roads) return [...NORMS_IN_USE, ...STRAIGHT_NORMS];
  const ride = scenario.travel.means === "walk" ? [] : RIDE_NORMS;
  const buses = scenario.weights.school_bus > 0 ? BUS_NORMS : [];
  return [...NORMS_IN_USE, ...WALK_NORMS, ...ride, ...buses];
}

/** The norms a scenario uses, one a key: the stage's own before the one for all stages. */
export function normsInUse(norms: readonly Norm[], scenario: Scenario, roads: boolean): Norm[] {
  const { stage } = scenario;
  return normKeys(scenario, roads).flatMap((key) => {
    const own = norms.filter((norm) => norm.key === key && (norm.stage === stage || !norm.stage));
    const found = own.find((norm) => norm.stage === stage) ?? own[0];
    return found ? [found] : [];
  });
}

export function newClosure(name: string, ferries: boolean): RoadClosure {
  return { name, above_metres: null, below_metres: null, steeper_than: null, ferries, ways: [], area: null };
}

/** Whether a closure shuts anything; the service refuses one that does not. */
export function shuts(closure: RoadClosure): boolean {
  const { above_metres, below_metres, steeper_than, area, ferries, ways } = closure;
  return ferries || ways.length > 0 || [above_metres, below_metres, steeper_than, area].some((one) => one !== null);
}

/** The ids of ways in a text of numbers; null where something else stands in it. */
export function readWays(text: string): number[] | null {
  const words = text.split(/[\s,，;；、]+/).filter(Boolean);
  return words.every((one) => /^\d{1,15}$/.test(one)) ? words.map(Number) : null;
}

/** The area in a GeoJSON text: a polygon, or a feature or collection that holds one; undefined where it is none. */
export function readArea(text: string): RoadClosure["area"] | undefined {
  if (!text.trim()) return null;
  try {
    return areaOf(JSON.parse(text) as GeoJSON.GeoJSON);
  } catch {
    return undefined;
  }
}

function areaOf(given: GeoJSON.GeoJSON | null): RoadClosure["area"] | undefined {
  switch (given?.type) {
    case "Polygon":
    case "MultiPolygon":
      return Array.isArray(given.coordinates) ? { type: given.type, coordinates: given.coordinates } as RoadClosure["area"] : undefined;
    case "Feature":
      return areaOf(given.geometry);
    case "FeatureCollection": {
      const [only] = given.features;
      return given.features.length === 1 && only ? areaOf(only.geometry) : undefined;
    }
    default:
      return undefined;
  }
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
