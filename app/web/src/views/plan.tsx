/** A plan: what it decides, on the map before and after, with its certificate and every place in it. */

import { useCallback, useMemo, useState } from "preact/hooks";

import { api, files } from "../api";
import { useEdits } from "../edits";
import { minutes, moment, number, percent, yuan } from "../format";
import { t, word } from "../language";
import { useLoaded } from "../load";
import type { Hit } from "../map/canvas";
import type { Focus } from "../map/two_maps";
import { AccessBox } from "../parts/access";
import { EstimateBadge, Panel, ProblemBox, SyntheticBadge, Tabs, Waiting } from "../parts/basic";
import { CertificateBox } from "../parts/certificate";
import { useReach } from "../parts/isochrones";
import type { LayersOn } from "../parts/layers";
import { StatusMark } from "../parts/marks";
import { PlacePanel } from "../parts/place_panel";
import { pupilsFrom } from "../parts/recipe_fields";
import type { Routes } from "../parts/route_box";
import { link } from "../route";
import type { BusRoute, Measures, Plan, PlanDocument } from "../wire";
import { Issues } from "./plan/issues";
import { loadPlanLayers, type PlanLayers } from "./plan/layers";
import { PlanLists } from "./plan/lists";
import { PlanMap } from "./plan/map";
import { Measure } from "./run";

interface PlanViewProps {
  id: string;
  baseMapUrl: string | null;
  mayPlan: boolean;
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

type SideTab = "certificate" | "place" | "access" | "issues";

function PlanPage({ plan, baseMapUrl, mayPlan }: PlanPageProps) {
  const { document } = plan;
  const layers = useLoaded(() => loadPlanLayers({ ...plan, stage: document.stage }), [plan.id]);
  const names = useMemo(() => schoolNames(document, layers.value), [document, layers.value]);
  const issues = document.unserved.length + document.clashes.length;
  const [hit, setHit] = useState<Hit | null>(null);
  const [tab, setTab] = useState<SideTab>(issues > 0 ? "issues" : "certificate");
  const [focus, setFocus] = useState<Focus | null>(null);
  const [on, setOn] = useState<LayersOn>(new Set());
  const edits = useEdits(plan);
  const hasRoads = Boolean(useLoaded(() => api.dataset(plan.dataset_id), [plan.dataset_id]).value?.roads);
  const reach = useReach(plan.dataset_id, hasRoads && hit?.kind === "school" ? hit.id : null);
  const routes = useRoutes(plan, hit);
  const choose = (next: Hit | null) => {
    setHit(next);
    setTab(next ? "place" : "certificate");
  };
  const chooseAndLook = useCallback(
    (next: Hit) => {
      choose(next);
      setFocus(focusOf(document, next));
    },
    [document],
  );
  const lookAtBus = useCallback((route: BusRoute) => {
    setOn((before) => new Set([...before, "buses"]));
    setFocus({ schools: [route.school], settlements: route.stops.flatMap((stop) => stop.settlements) });
  }, []);
  return (
    <>
      <PlanHead plan={plan} mayPlan={mayPlan} />
      {document.measures && <MeasureList measures={document.measures} />}
      <div class="plan-main">
        <Panel title={t("plan.map")} class="plan-map">
          <ProblemBox problem={layers.problem} />
          {layers.value ? (
            <PlanMap
              plan={plan}
              layers={layers.value}
              hasRoads={hasRoads}
              on={on}
              setOn={setOn}
              adjusted={edits.adjusted}
              routes={routes.value}
              reach={reach}
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
              ...(document.measures ? [{ name: "access" as const, text: t("access") }] : []),
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
                routes={routes}
                reach={hasRoads ? reach : null}
              />
            )}
            {tab === "access" && <AccessBox document={document} />}
            {tab === "issues" && <Issues document={document} look={setFocus} choose={chooseAndLook} />}
          </div>
        </aside>
      </div>
      <PlanLists document={document} names={names} hit={hit} choose={chooseAndLook} lookAtBus={lookAtBus} />
    </>
  );
}

/** The real ways of the chosen settlement; a plan of straight lines has none. */
function useRoutes(plan: Plan, hit: Hit | null): Routes {
  const known = hit?.kind === "settlement" && plan.document.settlements.some((one) => one.id === hit.id);
  const wanted = known && !plan.document.travel.estimate ? hit.id : null;
  const found = useLoaded(
    async () => ({ wanted, routes: wanted ? await api.route(plan.id, wanted) : null }),
    [plan.id, wanted],
  );
  return { value: found.value?.wanted === wanted ? (found.value?.routes ?? null) : null, problem: found.problem };
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
          {document.title} <SyntheticBadge synthetic={document.synthetic} />{" "}
          <EstimateBadge estimate={document.travel.estimate} />
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
      <Measure
        name={t("measure.within_limit")}
        value={percent(measures.within_limit_share)}
        hint={
          measures.within_limit_share_today === null || measures.within_limit_share_today === undefined
            ? undefined
            : t("measure.today", { value: percent(measures.within_limit_share_today) })
        }
      />
      <Measure
        name={t("measure.moved")}
        value={number(measures.pupils_moved)}
        hint={t("measure.boarders", { n: number(measures.boarders) })}
      />
      <Measure name={t("measure.running_cost")} value={yuan(measures.running_cost)} hint={t("measure.a_year")} />
    </ul>
  );
}
