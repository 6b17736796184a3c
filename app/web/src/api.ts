/** The only file that calls the service. The sign-in cookie goes with every call. */

import type {
  BoardingRow,
  Accuracy,
  AdjustedPlan,
  Comparison,
  Correction,
  Dataset,
  Declaration,
  DriftReport,
  Fault,
  Forecast,
  ForecastDocument,
  HandCheck,
  LevelOutlook,
  Me,
  Means,
  MigrantRow,
  MonitoringReport,
  Norm,
  PeakRow,
  PlaceLevel,
  Plan,
  PlanLayer,
  PlanSummary,
  Pyramid,
  Recipe,
  RoadLayer,
  RoadsReport,
  Run,
  Scenario,
  Schedule,
  SchoolGrades,
  SettlementRoutes,
  SmallClassRow,
  Sources,
  Stage,
  StoredForecast,
  StoredScenario,
  WarningColour,
  WarningRow,
} from "./wire";

const ROOT = "/api";
const TRY_AGAIN_MS = 3000;

/** Tells of the event `out` when the service no longer knows who asks: the session has ended. */
export const session = new EventTarget();

/** A refusal by the service (RFC 9457), or no answer at all (`status` 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
    readonly title: string,
    readonly detail: string,
    readonly facts: Record<string, unknown>,
  ) {
    super(detail || title);
  }

  /** The kind of problem, such as `not-found`. */
  get kind(): string {
    return this.type.split("/").pop() ?? "";
  }

  /** The faults of a refused import; empty for any other problem. */
  get faults(): Fault[] {
    return this.kind === "import-faults" ? (this.facts.faults as Fault[]) : [];
  }

  /** The fields of a request that has not the right form; empty for any other problem. */
  get fields(): { field: string; reason: string }[] {
    return this.kind === "validation" ? (this.facts.faults as { field: string; reason: string }[]) : [];
  }
}

function problemFrom(status: number, text: string): Problem {
  try {
    const body = JSON.parse(text) as Record<string, unknown>;
    const facts = (body.facts ?? {}) as Record<string, unknown>;
    return new Problem(status, String(body.type ?? ""), String(body.title ?? ""), String(body.detail ?? ""), facts);
  } catch {
    return new Problem(status, "", `HTTP ${status}`, "", {});
  }
}

const SESSION = "/session";

async function call<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  const sent: RequestInit = { method, headers: { Accept: "application/json", ...headers }, credentials: "same-origin" };
  if (body !== undefined) {
    sent.body = JSON.stringify(body);
    sent.headers = { ...sent.headers, "Content-Type": "application/json" };
  }
  let answer: Response;
  try {
    answer = await fetch(ROOT + path, sent);
  } catch {
    throw new Problem(0, "", "", "", {});
  }
  const text = await answer.text();
  if (answer.status === 401 && path !== SESSION) session.dispatchEvent(new Event("out"));
  if (!answer.ok) throw problemFrom(answer.status, text);
  return (text ? JSON.parse(text) : undefined) as T;
}

const get = <T>(path: string): Promise<T> => call<T>("GET", path);
const id = encodeURIComponent;

function query(values: Record<string, string | undefined>): string {
  const given = Object.entries(values).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return given.length ? "?" + new URLSearchParams(given).toString() : "";
}

type Sent = (share: number) => void;

/** Send a form of files; `onProgress` gets the share sent, 0 to 1. */
function send(path: string, form: FormData, onProgress: Sent): Promise<Dataset> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", ROOT + path);
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onerror = () => reject(new Problem(0, "", "", "", {}));
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(JSON.parse(request.responseText) as Dataset);
      else reject(problemFrom(request.status, request.responseText));
    };
    request.send(form);
  });
}

function formOf(files: readonly File[]): FormData {
  const form = new FormData();
  for (const file of files) form.append("files", file, file.name);
  return form;
}

/** Send files with their declaration. */
function upload(files: readonly File[], declaration: Declaration, onProgress: Sent): Promise<Dataset> {
  const form = formOf(files);
  form.append("declaration", JSON.stringify(declaration));
  return send("/datasets", form, onProgress);
}

/** The same figures with the roads of these files: a dataset of its own. */
const addRoads = (dataset: string, files: readonly File[], onProgress: Sent): Promise<Dataset> =>
  send(`/datasets/${id(dataset)}/roads`, formOf(files), onProgress);

/** Follow a run, through a restart of the service too; returns what ends the watch. `onEnd` comes once, at the end. */
function watchRun(runId: string, onRun: (run: Run) => void, onEnd: () => void): () => void {
  let source: EventSource;
  let waiting = 0;
  const open = () => {
    source = new EventSource(`${ROOT}/runs/${id(runId)}/events`);
    source.addEventListener("progress", (event) => onRun(JSON.parse((event as MessageEvent<string>).data) as Run));
    source.addEventListener("end", () => {
      source.close();
      onEnd();
    });
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) waiting = window.setTimeout(open, TRY_AGAIN_MS);
    };
  };
  open();
  return () => {
    window.clearTimeout(waiting);
    source.close();
  };
}

/** Which warnings to read; what is left out is not filtered by. */
export interface WarningQuery {
  level?: PlaceLevel;
  stage?: Stage;
  year?: number;
  colour?: WarningColour;
}

const warningQuery = ({ level, stage, year, colour }: WarningQuery): string =>
  query({ level, stage, year: year?.toString(), colour });

export const api = {
  me: () => get<Me>("/me"),
  signIn: (token: string) => call<unknown>("POST", SESSION, { token }),
  signOut: () => call<unknown>("DELETE", SESSION),

  datasets: () => get<Dataset[]>("/datasets"),
  dataset: (dataset: string) => get<Dataset>(`/datasets/${id(dataset)}`),
  upload,
  forecast: (dataset: string, years: number[]) =>
    get<Forecast>(`/datasets/${id(dataset)}/forecast${query({ years: years.join(",") })}`),
  datasetMap: (dataset: string, layer: "settlements" | "schools") =>
    get<GeoJSON.FeatureCollection>(`/datasets/${id(dataset)}/map/${layer}`),
  addRoads,
  roads: (dataset: string) => get<RoadsReport>(`/datasets/${id(dataset)}/roads`),
  /** Roads or barriers within west, south, east, north. */
  roadLayer: (dataset: string, layer: "roads" | "barriers", box: readonly number[]) =>
    get<RoadLayer>(`/datasets/${id(dataset)}/map/${layer}${query({ bbox: box.join(",") })}`),
  isochrones: (dataset: string, school: string, means: Means, minutes: readonly number[]) =>
    get<GeoJSON.FeatureCollection>(
      `/datasets/${id(dataset)}/isochrones${query({ school, means, minutes: minutes.join(",") })}`,
    ),
  norms: (on: string) => get<Norm[]>(`/norms${query({ on })}`),

  scenarios: (dataset?: string) => get<StoredScenario[]>(`/scenarios${query({ dataset_id: dataset })}`),
  scenario: (scenario: string) => get<StoredScenario>(`/scenarios/${id(scenario)}`),
  createScenario: (dataset: string, scenario: Scenario) =>
    call<StoredScenario>("POST", "/scenarios", { dataset_id: dataset, scenario }),

  runs: () => get<Run[]>("/runs"),
  run: (run: string) => get<Run>(`/runs/${id(run)}`),
  startRun: (scenario: string, standingPlan: string | null, idempotencyKey: string) =>
    call<Run>(
      "POST",
      "/runs",
      { scenario_id: scenario, ...(standingPlan ? { standing_plan_id: standingPlan } : {}) },
      { "Idempotency-Key": idempotencyKey },
    ),
  stopRun: (run: string) => call<unknown>("POST", `/runs/${id(run)}/stop`),
  cancelRun: (run: string) => call<unknown>("POST", `/runs/${id(run)}/cancel`),
  watchRun,

  plans: (dataset?: string) => get<PlanSummary[]>(`/plans${query({ dataset_id: dataset })}`),
  plan: (plan: string) => get<Plan>(`/plans/${id(plan)}`),
  planMap: (plan: string, layer: "zones" | "zones-today" | "schools" | "settlements" | "cut-borders" | "buses") =>
    get<PlanLayer>(`/plans/${id(plan)}/map/${layer}`),
  route: (plan: string, settlement: string) =>
    get<SettlementRoutes>(`/plans/${id(plan)}/settlements/${id(settlement)}/route`),
  checkByHand: (plan: string, assignment: Record<string, string>) =>
    call<HandCheck>("POST", `/plans/${id(plan)}/check`, { assignment }),
  adjustByHand: (plan: string, assignment: Record<string, string>) =>
    call<AdjustedPlan>("POST", `/plans/${id(plan)}/adjust`, { assignment }),
  comparison: (a: string, b: string) => get<Comparison>(`/comparisons${query({ a, b })}`),

  schedules: () => get<Schedule[]>("/schedules"),
  createSchedule: (scenario: string, cron: string, timezone: string) =>
    call<Schedule>("POST", "/schedules", { scenario_id: scenario, cron, timezone, enabled: true }),
  changeSchedule: (schedule: string, change: { enabled?: boolean; cron?: string }) =>
    call<Schedule>("PATCH", `/schedules/${id(schedule)}`, change),
  deleteSchedule: (schedule: string) => call<unknown>("DELETE", `/schedules/${id(schedule)}`),
  runSchedule: (schedule: string) => call<unknown>("POST", `/schedules/${id(schedule)}/run`),
  driftReports: (schedule: string) => get<DriftReport[]>(`/schedules/${id(schedule)}/reports`),

  forecasts: (dataset?: string) => get<StoredForecast[]>(`/forecasts${query({ dataset_id: dataset })}`),
  storedForecast: (forecast: string) => get<StoredForecast>(`/forecasts/${id(forecast)}`),
  startForecast: (dataset: string, recipe: Recipe, idempotencyKey: string) =>
    call<StoredForecast>("POST", "/forecasts", { dataset_id: dataset, recipe }, { "Idempotency-Key": idempotencyKey }),
  cancelForecast: (forecast: string) => call<StoredForecast>("POST", `/forecasts/${id(forecast)}/cancel`),
  forecastDocument: (forecast: string) => get<ForecastDocument>(`/forecasts/${id(forecast)}/document`),
  forecastLevel: (forecast: string, level: PlaceLevel) =>
    get<LevelOutlook>(`/forecasts/${id(forecast)}/levels/${level}`),
  forecastMap: (forecast: string, level: PlaceLevel, stage: Stage, year: number) =>
    get<GeoJSON.FeatureCollection>(`/forecasts/${id(forecast)}/map/${level}${query({ stage, year: String(year) })}`),
  warnings: (forecast: string, which: WarningQuery) =>
    get<WarningRow[]>(`/forecasts/${id(forecast)}/warnings${warningQuery(which)}`),
  peaks: (forecast: string) => get<PeakRow[]>(`/forecasts/${id(forecast)}/peaks`),
  smallClasses: (forecast: string) => get<SmallClassRow[]>(`/forecasts/${id(forecast)}/small-classes`),
  boarding: (forecast: string) => get<BoardingRow[]>(`/forecasts/${id(forecast)}/boarding`),
  migrants: (forecast: string) => get<MigrantRow[]>(`/forecasts/${id(forecast)}/migrants`),
  sources: (forecast: string) => get<Sources>(`/forecasts/${id(forecast)}/sources`),
  accuracy: (forecast: string) => get<Accuracy>(`/forecasts/${id(forecast)}/accuracy`),
  pyramids: (forecast: string) => get<Pyramid[]>(`/forecasts/${id(forecast)}/pyramids`),
  schoolGrades: (forecast: string) => get<SchoolGrades[]>(`/forecasts/${id(forecast)}/school-grades`),
  corrections: (forecast: string) => get<Correction[]>(`/forecasts/${id(forecast)}/corrections`),
  variants: (forecast: string) =>
    get<Record<string, LevelOutlook["places"][number]["pupils"]>>(`/forecasts/${id(forecast)}/variants`),

  monitoringReports: () => get<MonitoringReport[]>("/monitoring-reports"),
  monitoringReport: (report: string) => get<MonitoringReport>(`/monitoring-reports/${id(report)}`),
  createReport: (forecast: string, comments: string, previous: string | null) =>
    call<MonitoringReport>("POST", "/monitoring-reports", {
      forecast_id: forecast,
      comments,
      ...(previous ? { previous_id: previous } : {}),
    }),
  mergeReports: (reports: string[], title: string) =>
    call<MonitoringReport>("POST", "/monitoring-reports/merge", { report_ids: reports, title }),
  commentReport: (report: string, comments: string) =>
    call<MonitoringReport>("PUT", `/monitoring-reports/${id(report)}/comments`, { comments }),
  signReport: (report: string, name: string) =>
    call<MonitoringReport>("POST", `/monitoring-reports/${id(report)}/sign`, { name }),
};

/** Addresses of files to download. */
export const files = {
  blankWorkbook: `${ROOT}/tables/workbook`,
  datasetWorkbook: (dataset: string) => `${ROOT}/datasets/${id(dataset)}/workbook`,
  datasetTable: (dataset: string, table: string) => `${ROOT}/datasets/${id(dataset)}/tables/${id(table)}`,
  planExport: (plan: string, format: "xlsx" | "csv" | "geojson") => `${ROOT}/plans/${id(plan)}/export.${format}`,
  forecastWorkbook: (forecast: string) => `${ROOT}/forecasts/${id(forecast)}/workbook`,
  warningsCsv: (forecast: string, which: WarningQuery) =>
    `${ROOT}/forecasts/${id(forecast)}/warnings.csv${warningQuery(which)}`,
  report: (report: string, format: "pdf" | "docx" | "workbook") => `${ROOT}/monitoring-reports/${id(report)}/${format}`,
};

/** A key for `Idempotency-Key`; works on plain http too, where `crypto.randomUUID` is missing. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
