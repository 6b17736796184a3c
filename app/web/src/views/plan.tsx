/** A plan: what it decides, on the map before and after, with its certificate and every place in it. */

import { useMemo, useState } from "preact/hooks";

import { api, files } from "../api";
import { useEdits } from "../edits";
import { minutes, moment, number, percent, yuan } from "../format";
import { language, said, t, word } from "../language";
import { useLoaded } from "../load";
import type { Hit } from "../map/canvas";
import { SchoolLegend } from "../map/legend";
import { atStage, type SchoolSymbol } from "../map/schools";
import type { Trip } from "../map/trips";
import { type Focus, type Side, TwoMaps } from "../map/two_maps";
import { Panel, ProblemBox, SyntheticBadge, Tabs, Waiting } from "../parts/basic";
import { CertificateBox, NormsUsed } from "../parts/certificate";
import { DecisionMark, StatusMark } from "../parts/marks";
import { PlacePanel } from "../parts/place_panel";
import { pupilsFrom } from "../parts/recipe_fields";
import { RepairTable } from "../parts/repairs";
import { type Column, DataTable, figure } from "../parts/table";
import { link } from "../route";
import type { AdjustedPlan, Clash, Measures, Plan, PlanDocument, SchoolPlan, SettlementPlan, Stage, Unserved } from "../wire";
import { todaySymbol } from "./dataset";
import { Measure } from "./run";

interface PlanViewProps {
  id: string;
  baseMapUrl: string | null;
  mayPlan: boolean;
}

export interface PlanLayers {
  zones: GeoJSON.FeatureCollection;
  today: GeoJSON.FeatureCollection;
  schools: GeoJSON.FeatureCollection;
  settlements: GeoJSON.FeatureCollection;
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
  return { zones, today, schools, settlements };
}

export function PlanView({ id, baseMapUrl, mayPlan }: PlanViewProps) {
  const plan = useLoaded(() => api.plan(id), [id]);
  if (!plan.value) return plan.problem ? <ProblemBox problem={plan.problem} /> : <Waiting />;
  return <PlanPage plan={plan.value} baseMapUrl={baseMapUrl} mayPlan={mayPlan} />;
}

interface PlanPageProps {
  plan: Plan;
  baseMapUrl: string | null;
  mayPlan: boolean;
}

type SideTab = "certificate" | "place" | "issues";
type Lists = "schools" | "settlements" | "repairs" | "norms";

function PlanPage({ plan, baseMapUrl, mayPlan }: PlanPageProps) {
  const { document } = plan;
  const layers = useLoaded(() => loadPlanLayers({ ...plan, stage: document.stage }), [plan.id]);
  const names = useMemo(() => schoolNames(document, layers.value), [document, layers.value]);
  const issues = document.unserved.length + document.clashes.length;
  const [hit, setHit] = useState<Hit | null>(null);
  const [tab, setTab] = useState<SideTab>(issues > 0 ? "issues" : "certificate");
  const [focus, setFocus] = useState<Focus | null>(null);
  const edits = useEdits(plan);
  const choose = (next: Hit | null) => {
    setHit(next);
    setTab(next ? "place" : "certificate");
  };
  const chooseAndLook = (next: Hit) => {
    choose(next);
    setFocus(focusOf(document, next));
  };
  return (
    <>
      <PlanHead plan={plan} mayPlan={mayPlan} />
      {document.measures && <MeasureList measures={document.measures} />}
      <div class="plan-main">
        <Panel title={t("plan.map")} class="plan-map">
          <ProblemBox problem={layers.problem} />
          {layers.value ? (
            <PlanMap
              document={document}
              layers={layers.value}
              adjusted={edits.adjusted}
              hit={hit}
              onHit={choose}
              focus={focus}
              baseMapUrl={baseMapUrl}
            />
          ) : (
            !layers.problem && <Waiting />
          )}
        </Panel>
        <aside class="panel plan-side" aria-label={t("plan.side")}>
          <Tabs
            label={t("plan.side")}
            chosen={tab}
            choose={setTab}
            tabs={[
              { name: "certificate", text: t("certificate") },
              { name: "place", text: t("place") },
              ...(issues > 0 ? [{ name: "issues" as const, text: t("issues"), count: issues }] : []),
            ]}
          />
          <div class="plan-side-body" role="tabpanel" aria-live="polite">
            {tab === "certificate" && <CertificateBox document={document} />}
            {tab === "place" && (
              <PlacePanel
                document={document}
                names={names}
                hit={hit}
                choose={chooseAndLook}
                edits={edits}
                mayPlan={mayPlan}
              />
            )}
            {tab === "issues" && <Issues document={document} look={setFocus} choose={chooseAndLook} />}
          </div>
        </aside>
      </div>
      <PlanLists document={document} names={names} hit={hit} choose={chooseAndLook} />
    </>
  );
}

/** Names of schools by id: of those the plan decides on, and of those on the map where it decides nothing. */
function schoolNames(document: PlanDocument, layers: PlanLayers | null): Map<string, string> {
  const drawn = (layers?.schools.features ?? []).map(
    ({ properties }) => [String(properties?.id), String(properties?.name)] as const,
  );
  return new Map([...drawn, ...document.schools.map((school) => [school.id, school.name] as const)]);
}

function focusOf(document: PlanDocument, hit: Hit): Focus {
  if (hit.kind === "school") {
    const joined = document.settlements.filter((s) => s.school === hit.id || s.school_today === hit.id).map((s) => s.id);
    return { schools: [hit.id], settlements: joined };
  }
  const settlement = document.settlements.find((one) => one.id === hit.id);
  const schools = [settlement?.school, settlement?.school_today].filter((id): id is string => Boolean(id));
  return { schools, settlements: [hit.id] };
}

function PlanHead({ plan, mayPlan }: { plan: Plan; mayPlan: boolean }) {
  const { document } = plan;
  const asked = useLoaded(() => api.scenario(plan.scenario_id), [plan.scenario_id]);
  return (
    <div class="title-row">
      <div>
        <p class="crumb">
          <a href={link("plans")}>{t("nav.plans")}</a> · <a href={link("datasets", plan.dataset_id)}>{document.dataset_title}</a>
        </p>
        <h1>
          {document.title} <SyntheticBadge synthetic={document.synthetic} />
        </h1>
        <p class="sub">
          {word("stage", document.stage)} · {t("plan.for_year", { year: document.target_year })} ·{" "}
          {asked.value && <>{t("plan.pupils_from", { how: pupilsFrom(asked.value.scenario.forecast) })} · </>}
          <StatusMark status={document.certificate.status} /> · {moment(plan.created_at)}
        </p>
      </div>
      <div class="actions">
        {mayPlan && (
          <a class="button" href={link("scenarios", "new", { dataset: plan.dataset_id, like: plan.scenario_id })}>
            {t("scenario.again")}
          </a>
        )}
        {(["xlsx", "csv", "geojson"] as const).map((format) => (
          <a class="button" href={files.planExport(plan.id, format)} download>
            {t("export", { format: format === "geojson" ? "GeoJSON" : format.toUpperCase() })}
          </a>
        ))}
        <p class="decides">{t("decides")}</p>
      </div>
    </div>
  );
}

function MeasureList({ measures }: { measures: Measures }) {
  return (
    <ul class="measures measures-many">
      <Measure
        name={t("measure.schools")}
        value={number(measures.schools_open)}
        hint={t("measure.schools.hint", { closed: measures.schools_closed })}
      />
      <Measure
        name={t("measure.pupils")}
        value={number(measures.pupils)}
        hint={t("measure.places", { n: number(measures.places_open) })}
      />
      <Measure
        name={t("measure.mean_minutes")}
        value={minutes(measures.mean_minutes, 1)}
        hint={t("measure.today", { value: minutes(measures.mean_minutes_today, 1) })}
      />
      <Measure
        name={t("measure.worst_minutes")}
        value={minutes(measures.worst_minutes)}
        hint={t("measure.p95", { value: minutes(measures.p95_minutes) })}
      />
      <Measure name={t("measure.within_limit")} value={percent(measures.within_limit_share)} />
      <Measure
        name={t("measure.moved")}
        value={number(measures.pupils_moved)}
        hint={t("measure.boarders", { n: number(measures.boarders) })}
      />
      <Measure name={t("measure.running_cost")} value={yuan(measures.running_cost)} hint={t("measure.a_year")} />
    </ul>
  );
}

/** How a school is drawn in the plan. */
export function planSymbol(school: Record<string, unknown>): SchoolSymbol {
  if (school.decision === "close") return "close";
  if (school.public === false) return "private";
  if (school.reason === "protected" || school.reason === "pinned") return "protected";
  return school.reason === "necessary" ? "necessary" : "keep";
}

interface PlanMapProps {
  document: PlanDocument;
  layers: PlanLayers;
  /** An edit made good: its changes are marked in place of the plan's. */
  adjusted: AdjustedPlan | null;
  hit: Hit | null;
  onHit: (hit: Hit | null) => void;
  focus: Focus | null;
  baseMapUrl: string | null;
}

function PlanMap({ document, layers, adjusted, hit, onHit, focus, baseMapUrl }: PlanMapProps) {
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
  const trips = useMemo(
    () => (adjusted ? changedTrips(changed, layers) : tripsOf(document, layers, hit)),
    [document, layers, adjusted, hit],
  );
  return (
    <>
      {adjusted && <p class="notice notice-warn">{t("edit.on_map", { count: changed.length })}</p>}
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
      />
      <SchoolLegend
        symbols={["keep", "necessary", "protected", "private", "close"]}
        moved={!adjusted && moved.length > 0}
        edited={adjusted !== null}
        unserved={unserved.length > 0}
        trips
      />
    </>
  );
}

const NO_CHANGES: AdjustedPlan["settlements"] = [];

/** The new trip of each settlement that an edit moves. */
function changedTrips(changed: AdjustedPlan["settlements"], layers: PlanLayers): Trip[] {
  const place = placesOf(layers);
  return changed.flatMap((row) => {
    const from = place.get(row.settlement);
    const to = row.school_to ? place.get(row.school_to) : undefined;
    return from && to ? [{ from, to, today: false }] : [];
  });
}

function tripsOf(document: PlanDocument, layers: PlanLayers, hit: Hit | null): Trip[] {
  if (!hit) return [];
  const place = placesOf(layers);
  const concerned = document.settlements.filter((s) =>
    hit.kind === "settlement" ? s.id === hit.id : s.school === hit.id || s.school_today === hit.id,
  );
  return concerned.flatMap((settlement) => {
    const from = place.get(settlement.id);
    const lines: Trip[] = [];
    for (const [school, today] of [[settlement.school_today, true], [settlement.school, false]] as const) {
      const to = school ? place.get(school) : undefined;
      if (hit.kind === "school" && school !== hit.id) continue;
      if (today && settlement.school === settlement.school_today) continue;
      if (from && to) lines.push({ from, to, today });
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

interface IssuesProps {
  document: PlanDocument;
  look: (focus: Focus) => void;
  choose: (hit: Hit) => void;
}

function Issues({ document, look, choose }: IssuesProps) {
  const infeasible = document.certificate.status === "infeasible";
  return (
    <div class="issues">
      {infeasible && <p class="notice notice-warn">{t("issues.infeasible")}</p>}
      {document.unserved.length > 0 && (
        <>
          <h3>{t("issues.unserved", { count: document.unserved.length })}</h3>
          <ul class="notes">
            {document.unserved.map((one) => (
              <UnservedRow one={one} choose={choose} />
            ))}
          </ul>
        </>
      )}
      {document.clashes.length > 0 && (
        <>
          <h3>{t("issues.clashes", { count: document.clashes.length })}</h3>
          <ul class="notes">
            {document.clashes.map((clash) => (
              <ClashRow clash={clash} look={look} />
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function UnservedRow({ one, choose }: { one: Unserved; choose: (hit: Hit) => void }) {
  return (
    <li>
      <button type="button" class="plain" onClick={() => choose({ kind: "settlement", id: one.settlement })}>
        {one.name}
      </button>{" "}
      <span class="dim">{t("pupils", { n: number(one.pupils) })}</span>
      <p>{said(one)}</p>
    </li>
  );
}

function ClashRow({ clash, look }: { clash: Clash; look: (focus: Focus) => void }) {
  return (
    <li>
      <strong>{word("rule", clash.rule)}</strong>{" "}
      <span class={clash.verified ? "badge" : "badge badge-warn"}>
        {clash.verified ? t("clash.verified") : t("clash.unverified")}
      </span>
      <p>{said(clash)}</p>
      <p class="dim">
        {t("clash.sums", { pupils: number(clash.pupils), places: number(clash.places) })}{" "}
        <button type="button" class="plain" onClick={() => look(clash)}>
          {t("map.show")}
        </button>
      </p>
    </li>
  );
}

interface ListsProps {
  document: PlanDocument;
  names: ReadonlyMap<string, string>;
  hit: Hit | null;
  choose: (hit: Hit) => void;
}

function PlanLists({ document, names, hit, choose }: ListsProps) {
  const [list, setList] = useState<Lists>(document.schools.length > 0 ? "schools" : "settlements");
  return (
    <section class="panel" aria-label={t("plan.lists")}>
      <Tabs
        label={t("plan.lists")}
        chosen={list}
        choose={setList}
        tabs={[
          ...(document.schools.length > 0
            ? [{ name: "schools" as const, text: t("plan.schools"), count: document.schools.length }]
            : []),
          { name: "settlements", text: t("plan.settlements"), count: document.settlements.length },
          ...(document.repairs
            ? [{ name: "repairs" as const, text: t("plan.repairs"), count: document.repairs.length }]
            : []),
          { name: "norms", text: t("plan.norms"), count: document.norms_used.length },
        ]}
      />
      <div role="tabpanel">
        {list === "schools" && <SchoolTable document={document} names={names} hit={hit} choose={choose} />}
        {list === "settlements" && <SettlementTable document={document} names={names} hit={hit} choose={choose} />}
        {list === "repairs" && <RepairTable repairs={document.repairs ?? []} names={names} choose={choose} />}
        {list === "norms" && <NormsUsed document={document} />}
      </div>
    </section>
  );
}

function SchoolTable({ document, hit, choose }: ListsProps) {
  const columns = useMemo<Column<SchoolPlan>[]>(
    () => [
      {
        key: "name",
        heading: t("school"),
        value: (s) => s.name,
        cell: (s) => (
          <button type="button" class="plain" onClick={() => choose({ kind: "school", id: s.id })}>
            {s.name}
          </button>
        ),
      },
      {
        key: "decision",
        heading: t("school.decision"),
        value: (s) => word("decision", s.decision),
        cell: (s) => <DecisionMark decision={s.decision} />,
      },
      { key: "reason", heading: t("school.reason"), value: (s) => word("reason_short", s.reason) },
      figure("pupils", t("school.pupils"), (s) => s.pupils),
      figure("pupils_today", t("school.pupils_today"), (s) => s.pupils_today),
      figure("places", t("school.places"), (s) => s.places),
      figure("settlements", t("plan.settlements"), (s) => s.settlements),
      figure("boarders", t("settlement.boarders"), (s) => s.boarders),
      figure("cost", t("school.running_cost"), (s) => s.running_cost, yuan),
    ],
    [language(), document],
  );
  return (
    <DataTable
      caption={t("plan.schools")}
      columns={columns}
      rows={document.schools}
      keyOf={(s) => s.id}
      chosen={hit?.kind === "school" ? hit.id : null}
      searchable
    />
  );
}

function SettlementTable({ document, names, hit, choose }: ListsProps) {
  const columns = useMemo<Column<SettlementPlan>[]>(() => {
    const nameOf = (id: string | null) => (id ? (names.get(id) ?? id) : null);
    return [
      {
        key: "name",
        heading: t("settlement"),
        value: (s) => s.name,
        cell: (s) => (
          <button type="button" class="plain" onClick={() => choose({ kind: "settlement", id: s.id })}>
            {s.name}
          </button>
        ),
      },
      figure("pupils", t("settlement.pupils"), (s) => s.pupils),
      { key: "today", heading: t("settlement.school_today"), value: (s) => nameOf(s.school_today) },
      { key: "school", heading: t("settlement.school"), value: (s) => nameOf(s.school) },
      figure("minutes_today", t("settlement.minutes_today"), (s) => s.minutes_today),
      figure("minutes", t("settlement.minutes"), (s) => s.minutes),
      figure("change", t("settlement.change"), (s) =>
        s.minutes !== null && s.minutes_today !== null ? s.minutes - s.minutes_today : null,
      ),
      { key: "moved", heading: t("settlement.moved"), value: (s) => (s.moved ? t("yes") : t("no")) },
    ];
  }, [language(), document, names]);
  return (
    <DataTable
      caption={t("plan.settlements")}
      columns={columns}
      rows={document.settlements}
      keyOf={(s) => s.id}
      chosen={hit?.kind === "settlement" ? hit.id : null}
      searchable
    />
  );
}
