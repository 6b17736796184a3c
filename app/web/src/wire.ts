/** Shapes of what the service sends and takes; the service's OpenAPI document is the authority. */

export type Stage = "preschool" | "primary" | "junior" | "senior";
export const STAGES: readonly Stage[] = ["preschool", "primary", "junior", "senior"];

export interface Me {
  name: string;
  role: "admin" | "planner" | "reader";
  level: "city" | "district";
  division: string | null;
  base_map_url?: string | null;
}

/** One fault or warning of an import; `row` counts as a person sees the file. */
export interface Fault {
  file: string;
  table: string;
  row: number | null;
  column: string | null;
  value: string | null;
  code: string;
  reason: string;
  reason_zh: string;
}

export interface Declaration {
  title: string;
  division: string;
  crs: string | null;
  synthetic: boolean;
  source: string;
  columns: Record<string, Record<string, string>>;
  tables: Record<string, string>;
}

export interface Dataset {
  id: string;
  title: string;
  division: string;
  synthetic: boolean;
  source: string;
  hash: string;
  created_at: string;
  created_by: string;
  counts: Record<string, number>;
  warnings: Fault[];
  /** Null: no roads, minutes are estimated from straight lines. */
  roads?: RoadsSummary | null;
}

export interface RoadsSummary {
  hash: string;
  nodes: number;
  segments: number;
  km: number;
  has_relief: boolean;
}

/** A place too far from the roads. */
export interface FarPlace {
  id: string;
  name: string;
  metres: number;
}

/** What an import of roads found. */
export interface RoadsReport {
  hash: string;
  nodes: number;
  segments: number;
  km: number;
  walk_km: number;
  ride_km: number;
  /** The largest connected parts; `parts_in_all` counts the small ones too. */
  parts: { nodes: number; km: number }[];
  parts_in_all: number;
  by_class: { road: string; zh: string; km: number; bus_kmh: number; walk: boolean }[];
  relief: { files: string[]; share_known: number; lowest: number | null; highest: number | null } | null;
  bounds: [number, number, number, number];
  credit: string;
  /** Places further from the roads than `limit` metres. */
  far: { settlements: FarPlace[]; schools: FarPlace[]; limit: number };
  read_from: string[];
}

/** A layer of roads or barriers within a box; `truncated`: the box holds more than was sent. */
export interface RoadLayer extends GeoJSON.FeatureCollection {
  truncated?: boolean;
  credit?: string;
}

/** How pupils travel on roads. */
export type Means = "mixed" | "walk" | "bus";
export const MEANS: readonly Means[] = ["mixed", "walk", "bus"];

export interface Forecast {
  years: number[];
  stages: Stage[];
  /** One figure a year; null where the figures do not reach. */
  totals: Partial<Record<Stage, (number | null)[]>>;
  settlements: { id: string; pupils: Partial<Record<Stage, (number | null)[]>> }[];
  method: string;
  notes: string[];
  notes_zh: string[];
}

export interface Norm {
  key: string;
  value: number;
  unit: string;
  stage: Stage | null;
  valid_from: string | null;
  valid_to: string | null;
  kind: string;
  source: string;
  trust: string;
  level: string;
  sense: string;
  meaning: string;
  meaning_zh: string;
}

export type RuleMode = "hard" | "soft" | "off";
export interface Rule {
  mode: RuleMode;
  price: number;
}
export const RULE_NAMES = ["trip_limit", "least_viable", "largest_school", "beds", "contiguity", "crossing"] as const;
export type RuleName = (typeof RULE_NAMES)[number];
/** How each rule may act: some have no price, and a crossing is never forbidden. */
export const RULE_MODES: Record<RuleName, readonly RuleMode[]> = {
  trip_limit: ["hard", "soft", "off"],
  least_viable: ["hard", "soft", "off"],
  largest_school: ["hard", "off"],
  beds: ["hard", "soft", "off"],
  contiguity: ["hard", "off"],
  crossing: ["soft", "off"],
};

export interface Pair {
  settlement: string;
  school: string;
}

export interface SolveOrder {
  seconds: number;
  seed: number;
  workers: number;
  deterministic: boolean;
  gap: number;
}

/** A named state of the roads; a segment is shut that meets every condition given, ferries and ways besides. */
export interface RoadClosure {
  name: string;
  above_metres: number | null;
  below_metres: number | null;
  /** Slope as a share. */
  steeper_than: number | null;
  ferries: boolean;
  ways: number[];
  area: GeoJSON.Polygon | GeoJSON.MultiPolygon | null;
}

export type SlopeRule = "tobler" | "minetti" | "flat";

export interface Travel {
  means: Means | "straight_line";
  slope: SlopeRule;
  limit_on: "mean" | "p95";
  starts: "auto" | "centre";
  closures: RoadClosure[];
  /** For straight lines only, like `detour`. */
  km_per_hour: number | null;
  detour: number | null;
}

export interface Weights {
  pupil_minute: number;
  running_cost: number;
  moved_pupil: number;
  school_bus: number;
}

export interface Scenario {
  title: string;
  stage: Stage;
  target_year: number;
  /** Plan for the pupils of this forecast; null: for children aged year by year. */
  forecast?: Recipe | null;
  open_choice: "choose" | "all";
  travel: Travel;
  neighbours: { shared_border_metres: number; corners: boolean; barriers: boolean };
  rules: Record<RuleName, Rule>;
  norms: { key: string; value: number; stage: Stage | null }[];
  weights: Weights;
  keep_open: string[];
  close: string[];
  pins: Pair[];
  bans: Pair[];
  open_schools_at_least: number;
  open_schools_at_most: number | null;
  solve: SolveOrder;
}

export interface StoredScenario {
  id: string;
  dataset_id: string;
  division: string;
  created_at: string;
  created_by: string;
  scenario: Scenario;
}

export type RunState = "queued" | "running" | "done" | "failed" | "cancelled";

export interface ProgressPoint {
  seconds: number;
  best: number | null;
  bound: number | null;
  phase: string;
}

export interface Run {
  id: string;
  scenario_id: string;
  dataset_id: string;
  division: string;
  standing_plan_id: string | null;
  state: RunState;
  wish: "none" | "stop" | "cancel";
  solve: SolveOrder;
  phase: string | null;
  best: number | null;
  bound: number | null;
  gap: number | null;
  seconds: number | null;
  plan_id: string | null;
  /** A problem document, when the run failed. */
  error: { title?: string; detail?: string; facts?: Record<string, unknown> } | null;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  history: ProgressPoint[];
}

export interface NormUse {
  key: string;
  stage: string | null;
  value: number;
  unit: string;
  kind: string;
  source: string;
  trust: string;
  level: string;
}

export interface BrokenRule {
  rule: string;
  norm: string | null;
  hard: boolean;
  amount: number;
  unit: string;
  who: string[];
  detail: string;
  detail_zh: string;
}

export interface SchoolPlan {
  id: string;
  name: string;
  decision: "keep" | "close";
  reason: string;
  pupils: number;
  pupils_today: number | null;
  places: number;
  boarders: number;
  beds: number;
  settlements: number;
  running_cost: number;
  necessary_for: string[];
}

export interface SettlementPlan {
  id: string;
  name: string;
  pupils: number;
  school: string | null;
  school_today: string | null;
  minutes: number | null;
  minutes_today: number | null;
  boarders: number;
  moved: boolean;
  /** The minutes are straight-line estimates. */
  estimated?: boolean | null;
  /** From here on only where the plan is on roads. */
  minutes_p95?: number | null;
  minutes_p95_today?: number | null;
  minutes_walk?: number | null;
  minutes_walk_today?: number | null;
  by_bus?: boolean | null;
  crosses?: boolean | null;
  crosses_today?: boolean | null;
  minutes_straight?: number | null;
  /** The school that straight lines call nearest, and the one that is. */
  nearest_straight?: string | null;
  nearest_road?: string | null;
}

export interface Unserved {
  settlement: string;
  name: string;
  pupils: number;
  reason: string;
  nearest_school: string | null;
  nearest_minutes: number | null;
  detail: string;
  detail_zh: string;
}

export interface Clash {
  rule: string;
  settlements: string[];
  schools: string[];
  pupils: number;
  places: number;
  verified: boolean;
  detail: string;
  detail_zh: string;
}

/** What roads say of access; null where today's zones are not known. */
export interface AccessMeasures {
  within_walk_share: number | null;
  within_walk_share_today: number | null;
  pupils_crossing: number;
  pupils_crossing_today: number | null;
  /** Places a pupil by the two-step floating catchment: of all, and of the worst-off tenth. */
  catchment_mean: number | null;
  catchment_mean_today: number | null;
  catchment_worst: number | null;
  catchment_worst_today: number | null;
  straight_too_short: number;
  straight_too_long: number;
  straight_wrong_nearest: number;
}

export interface Measures {
  pupils: number;
  schools_open: number;
  schools_closed: number;
  mean_minutes: number | null;
  mean_minutes_today: number | null;
  p95_minutes: number | null;
  worst_minutes: number | null;
  within_limit_share: number | null;
  pupils_moved: number;
  boarders: number;
  running_cost: number;
  places_open: number;
  within_limit_share_today?: number | null;
  access?: AccessMeasures | null;
}

export interface Certificate {
  status: "optimal" | "feasible" | "infeasible" | "unknown";
  objective: number | null;
  bound: number | null;
  gap: number | null;
  parts: Record<string, number>;
  method: string;
  seed: number;
  seconds: number;
  deterministic: boolean;
  stopped: boolean;
}

/** One change that made the plan to start from lawful; without a settlement a school closes or opens. */
export interface Repair {
  rule: string;
  settlement: string | null;
  name: string;
  pupils: number;
  school_from: string | null;
  school_to: string | null;
  detail: string;
  detail_zh: string;
}

export type BorderReason = "water" | "expressway" | "railway" | "no_way";
export const BORDER_REASONS: readonly BorderReason[] = ["water", "expressway", "railway", "no_way"];

/** A border nobody can cross; `kept`: neighbours all the same, for want of others. */
export interface CutBorder {
  settlement: string;
  other: string;
  reason: BorderReason;
  barrier: string;
  kept: boolean;
  border_metres: number;
  detail: string;
  detail_zh: string;
}

/** Pupils of `settlements` board here. */
export interface BusStop {
  lon: number;
  lat: number;
  pupils: number;
  /** From here to the school. */
  minutes: number;
  settlements: string[];
}

export interface BusRoute {
  school: string;
  stops: BusStop[];
  pupils: number;
  minutes: number;
  km: number;
  cost: number;
}

/** School buses; `estimate` is what the plan reckoned for them, `cost` what the routes cost, yuan a year. */
export interface BusPlan {
  status: Certificate["status"];
  routes: BusRoute[];
  pupils: number;
  vehicles: number;
  cost: number;
  estimate: number;
  bound: number | null;
  unrouted: string[];
  detail: string;
  detail_zh: string;
}

/** How the minutes of a plan were found; `estimate`: they rest on no road network. */
export interface PlanTravel {
  mode: string;
  estimate: boolean;
  km_per_hour?: number;
  detour?: number;
  network_hash?: string;
  slope?: SlopeRule;
  limit_on?: Travel["limit_on"];
  starts?: Travel["starts"];
  closures?: string[];
  walk_km_per_hour?: number;
  has_relief?: boolean;
  /** Ids of those too far from every road: where no way is known, their trips are straight lines. */
  far_settlements?: string[];
  far_schools?: string[];
}

export interface PlanDocument {
  title: string;
  dataset_title: string;
  dataset_hash: string;
  synthetic: boolean;
  stage: Stage;
  target_year: number;
  certificate: Certificate;
  schools: SchoolPlan[];
  settlements: SettlementPlan[];
  measures: Measures | null;
  norms_used: NormUse[];
  rules_broken: BrokenRule[];
  unserved: Unserved[];
  clashes: Clash[];
  travel: PlanTravel;
  notices: { code: string; en: string; zh: string }[];
  forecast: { method?: string; notes?: string[]; notes_zh?: string[]; pupils?: number };
  versions: Record<string, string>;
  /** Empty: the plan to start from was lawful; null: there was none, or none near it was found. */
  repairs: Repair[] | null;
  cut_borders?: CutBorder[];
  buses?: BusPlan | null;
}

export type LegKind = "off_road" | "walk" | "bus" | "ferry" | "straight";

export interface Leg {
  kind: LegKind;
  minutes: number;
  metres: number;
  names: string[];
  coordinates: GeoJSON.Position[];
}

/** Where a way on foot meets a trunk road or a railway on the level; `guarded`: by signals. */
export interface Crossing {
  lon: number;
  lat: number;
  road: string;
  kind: "trunk" | "railway";
  guarded: boolean;
}

/**
 * The way from one home, that in the middle: half of the people need longer. `minutes_mean` is the settlement's.
 * `estimate`: a straight line, one leg.
 */
export interface FoundRoute {
  school: string;
  means: string;
  estimate: boolean;
  minutes: number;
  minutes_back: number | null;
  minutes_mean: number;
  metres: number;
  climb_metres: number | null;
  straight_metres: number;
  straight_minutes: number | null;
  legs: Leg[];
  crossings: Crossing[];
}

export interface SettlementRoutes {
  settlement: string;
  plan: FoundRoute | null;
  today: FoundRoute | null;
}

export interface Plan {
  id: string;
  run_id: string;
  scenario_id: string;
  dataset_id: string;
  division: string;
  created_at: string;
  document: PlanDocument;
}

export interface PlanSummary {
  id: string;
  run_id: string;
  scenario_id: string;
  dataset_id: string;
  division: string;
  created_at: string;
  title: string;
  stage: Stage;
  target_year: number;
  synthetic: boolean;
  status: Certificate["status"];
  objective: number | null;
  gap: number | null;
  estimate: boolean;
}

/** A layer of a plan, with what it says of the plan. */
export interface PlanLayer extends GeoJSON.FeatureCollection {
  minutes_are_estimates?: boolean;
}

/** What the checker says of an assignment made by hand. */
export interface HandCheck {
  rules_broken: BrokenRule[];
  objective: number | null;
  parts: Record<string, number>;
}

/** Why an edit cannot be kept; `certain`: no plan at all keeps it. */
export interface Refused {
  rule: string | null;
  settlement: string | null;
  school: string | null;
  certain: boolean;
  detail: string;
  detail_zh: string;
}

export interface ChangedSettlement {
  settlement: string;
  name: string;
  pupils: number;
  school_from: string | null;
  school_to: string | null;
  minutes_from: number | null;
  minutes_to: number | null;
  by_hand: boolean;
}

/** An edit by hand made good around it, or refused; `part` tells what was solved again, and its bound holds for it alone. */
export interface AdjustedPlan {
  refused: Refused | null;
  objective_before: number;
  objective_after: number | null;
  settlements: ChangedSettlement[];
  schools: { school: string; name: string; decision: "keep" | "close" }[];
  part: { schools: string[]; settlements: number; bound: number | null; proved: boolean } | null;
  check: HandCheck | null;
  seconds: number;
}

export interface Difference {
  settlement: string;
  name: string;
  pupils: number;
  school_a: string | null;
  school_b: string | null;
  minutes_a: number | null;
  minutes_b: number | null;
}

export interface Comparison {
  a: string;
  b: string;
  objective_a: number | null;
  objective_b: number | null;
  measures_a: Measures | null;
  measures_b: Measures | null;
  settlements: Difference[];
  schools: { school: string; name: string; decision_a: string | null; decision_b: string | null }[];
}

export interface Schedule {
  id: string;
  scenario_id: string;
  division: string;
  cron: string;
  timezone: string;
  enabled: boolean;
  standing_plan_id: string | null;
  created_at: string;
}

interface Named {
  id: string;
  name: string;
}

/** What a watched scenario showed when it was solved again. */
export interface DriftReport {
  id: string;
  schedule_id: string;
  run_id: string;
  plan_id: string | null;
  standing_plan_id: string | null;
  alert: boolean;
  created_at: string;
  document: {
    reason: string;
    detail: string;
    detail_zh: string;
    objective: { standing_then: number | null; standing_now: number | null; best: number | null; bound: number | null };
    pupils: { then: number | null; now: number | null };
    schools_opening: Named[];
    schools_closing: Named[];
    settlements_changing: { id: string; name: string; pupils: number; from: string; to: string }[];
    pupils_moved: number;
    dataset?: { id: string; title: string; synthetic: boolean };
  };
}

/** What a forecast is asked for; `migrants_change` and `band` are shares. */
export interface Recipe {
  last_year: number;
  fertility: Fertility;
  migrants_change: number;
  paths: number;
  seed: number;
  band: number;
  /** The day of the warnings; null: the day the forecast is made. */
  as_of?: string | null;
}
export type Fertility = "low" | "middle" | "high";
export const FERTILITIES: readonly Fertility[] = ["low", "middle", "high"];

export type WarningColour = "red" | "orange" | "yellow" | "normal" | "blue";
export const WARNING_COLOURS: readonly WarningColour[] = ["red", "orange", "yellow", "normal", "blue"];

/** What the places of a forecast are; a school stands for its zone as well. */
export type PlaceLevel = "division" | "township" | "school" | "settlement";
export const PLACE_LEVELS: readonly PlaceLevel[] = ["division", "township", "school", "settlement"];

export interface ForecastSummary {
  base_year: number;
  years: number[];
  stages: Stage[];
  /** Places and stages of school level by the worst colour ahead in the first year. */
  warnings: Partial<Record<WarningColour, number>>;
  hash: string;
}

export interface StoredForecast {
  id: string;
  dataset_id: string;
  division: string;
  title: string;
  synthetic: boolean;
  state: RunState;
  recipe: Recipe;
  /** How far the work is, where the service tells. */
  phase?: string | null;
  error: Run["error"];
  seconds: number | null;
  created_at: string;
  created_by: string;
  started_at: string | null;
  ended_at: string | null;
  summary: ForecastSummary | null;
}

/** One figure a year; null where nothing is known or a small count is masked. */
export type ByYear = (number | null)[];
export type ByStage<T> = Partial<Record<Stage, T>>;

export interface PlaceOutlook {
  id: string;
  name: string;
  parent: string;
  pupils: ByStage<ByYear>;
  low: ByStage<ByYear>;
  high: ByStage<ByYear>;
  places: ByStage<ByYear>;
  /** Share of paths with too few places. */
  shortage: ByStage<ByYear>;
}

export interface LevelOutlook {
  years: number[];
  stages: Stage[];
  places: PlaceOutlook[];
  /** Whether counts from 1 to 4 were masked. */
  masked?: boolean;
}

export interface WarningRow {
  level: PlaceLevel;
  id: string;
  name: string;
  parent: string;
  stage: Stage;
  year: number;
  pupils: number | null;
  low: number | null;
  high: number | null;
  places: number | null;
  utilisation: number | null;
  colour: WarningColour;
  colour_low: WarningColour;
  colour_high: WarningColour;
  worst_ahead: WarningColour;
  shortage_probability: number | null;
  surplus_probability: number | null;
  action: string | null;
  act_by: string | null;
  overdue: boolean;
  reason: string;
  reason_zh: string;
}

export interface PeakRow {
  level: PlaceLevel;
  id: string;
  name: string;
  stage: Stage;
  peak_year: number;
  peak_pupils: number | null;
  peak_is_first_year: boolean;
  trough_year: number;
  trough_pupils: number | null;
  last_year: number;
  last_pupils: number | null;
  change_to_last: number | null;
  surplus_years: number;
  deepest_surplus: number | null;
  deepest_surplus_year: number | null;
}

export interface SmallClassRow {
  stage: Stage;
  class_norm: number;
  year: number;
  pupils: number;
  classes: number;
  classrooms: number;
  classrooms_missing: number;
  teachers: number;
  mean_class: number;
}

export interface MigrantRow {
  level: PlaceLevel;
  id: string;
  name: string;
  stage: Stage;
  year: number;
  change: number;
  migrants: number | null;
  in_public: number | null;
  coverage: number | null;
  gap: number | null;
}

/** Boarders of a school and stage in a year; null where a small count is masked. */
export interface BoardingRow {
  id: string;
  name: string;
  stage: Stage;
  year: number;
  boarders: number | null;
  beds: number;
  missing: number | null;
}

/** Two figures that should agree and do not; `cohort`: the year in which the children enter grade 1. */
export interface Conflict {
  kind: string;
  level: string;
  place: string;
  name: string;
  year: number;
  cohort: string;
  first: number | null;
  first_source: string;
  second: number | null;
  second_source: string;
  ratio: number | null;
  reason: string;
  reason_zh: string;
}

export interface Note {
  text: string;
  text_zh: string;
}

export interface Sources {
  used: { source: string; table: string; cells: number; first_year: number; last_year: number }[];
  conflicts: Conflict[];
  conflicts_in_all: number;
  gaps: Note[];
}

export interface Correction {
  level: PlaceLevel;
  id: string;
  name: string;
  stage: Stage;
  year: number;
  cohort_side: number | null;
  school_side: number | null;
  agreed: number | null;
}

/** People by sex and completed age, `[year][age]`; `sexes`: male and female, or both together. */
export interface Pyramid {
  division: string;
  years: number[];
  ages: number[];
  sexes: string[];
  people: Record<string, number[][]>;
}

export interface SchoolGrades {
  id: string;
  name: string;
  grades: Record<string, ByYear>;
}

/** The whole forecast; the page reads its parts, and the rest from here. */
export interface ForecastDocument {
  base_year: number;
  years: number[];
  stages: Stage[];
  method: Note[];
  notes: Note[];
  norms: NormUse[];
  dataset_hash: string;
  accuracy: AccuracyReport | null;
  accuracy_note: Note;
}

/** How far one method was off at a horizon; figures in per cent. */
export interface Score {
  unit: string;
  stage: string | null;
  horizon: number;
  method: string;
  cases: number;
  mape: number | null;
  median_ape: number | null;
  weighted_ape: number | null;
  bias: number | null;
  /** Share of cases within the band; null for a method without one. */
  coverage: number | null;
  /** Whether it is compared: it has nearly all cases. */
  ranked: boolean;
  best: boolean;
  size_class?: string;
}

/** A backtest on one history. */
export interface TestedHistory {
  name: string;
  kind: string;
  notes: string[];
  trials: number;
  scores: Score[];
  scores_by_size: Score[];
}

export interface AccuracyReport {
  histories: TestedHistory[];
}

export interface Accuracy {
  accuracy: AccuracyReport | null;
  accuracy_note: Note;
}

export interface MonitoringReport {
  id: string;
  level: "district" | "city";
  /** Null for the city. */
  division: string | null;
  title: string;
  synthetic: boolean;
  state: "draft" | "signed";
  forecast_ids: string[];
  previous_id: string | null;
  merged_from: string[];
  comments: string;
  hash: string;
  created_at: string;
  created_by: string;
  signed_at: string | null;
  signed_by: string | null;
  signed_name: string | null;
}
