/** Two plans side by side: their measures, and the settlements they treat differently. */

import { useMemo, useState } from "preact/hooks";

import { api } from "../api";
import { minutes, number, percent, yuan } from "../format";
import { language, t, word } from "../language";
import { useLoaded } from "../load";
import type { Hit } from "../map/canvas";
import { SchoolLegend } from "../map/legend";
import { type Focus, type Side, TwoMaps } from "../map/two_maps";
import { Empty, EstimateBadge, Field, Panel, ProblemBox, SyntheticBadge, Waiting } from "../parts/basic";
import { type Column, DataTable } from "../parts/table";
import { go, link } from "../route";
import type { Comparison, Difference, Measures, PlanSummary } from "../wire";
import type { WordingKey } from "../wording";
import { loadPlanLayers, type PlanLayers, planSymbol } from "./plan/layers";

interface ComparisonsProps {
  query: URLSearchParams;
  baseMapUrl: string | null;
}

export function Comparisons({ query, baseMapUrl }: ComparisonsProps) {
  const plans = useLoaded(() => api.plans(), []);
  const [a, b] = [query.get("a"), query.get("b")];
  if (!plans.value) return plans.problem ? <ProblemBox problem={plans.problem} /> : <Waiting />;
  const first = plans.value.find((plan) => plan.id === a);
  const second = plans.value.find((plan) => plan.id === b);
  return (
    <>
      <ChooseTwo plans={plans.value} a={a} b={b} />
      {first && second && first.id !== second.id && (
        <Compared key={`${first.id} ${second.id}`} first={first} second={second} baseMapUrl={baseMapUrl} />
      )}
    </>
  );
}

function ChooseTwo({ plans, a, b }: { plans: PlanSummary[]; a: string | null; b: string | null }) {
  const first = plans.find((plan) => plan.id === a);
  const others = first
    ? plans.filter((plan) => plan.id !== a && plan.dataset_id === first.dataset_id && plan.stage === first.stage)
    : [];
  const nameOf = (plan: PlanSummary) => `${plan.title} · ${word("stage", plan.stage)} · ${plan.target_year}`;
  const choose = (one: string, other: string) => go(link("comparisons", null, { a: one, ...(other ? { b: other } : {}) }));
  return (
    <Panel title={t("nav.comparisons")}>
      {plans.length < 2 && <Empty>{t("compare.none")}</Empty>}
      <div class="form">
        <Field label={t("compare.a")}>
          <select value={a ?? ""} onChange={(event) => choose(event.currentTarget.value, "")}>
            <option value="">{t("compare.choose")}</option>
            {plans.map((plan) => (
              <option value={plan.id}>{nameOf(plan)}</option>
            ))}
          </select>
        </Field>
        <Field label={t("compare.b")} hint={t("compare.b.hint")}>
          <select value={b ?? ""} disabled={!a} onChange={(event) => a && choose(a, event.currentTarget.value)}>
            <option value="">{t("compare.choose")}</option>
            {others.map((plan) => (
              <option value={plan.id}>{nameOf(plan)}</option>
            ))}
          </select>
        </Field>
      </div>
    </Panel>
  );
}

interface ComparedProps {
  first: PlanSummary;
  second: PlanSummary;
  baseMapUrl: string | null;
}

function Compared({ first, second, baseMapUrl }: ComparedProps) {
  const loaded = useLoaded(async () => {
    const [comparison, a, b] = await Promise.all([
      api.comparison(first.id, second.id),
      loadPlanLayers(first),
      loadPlanLayers(second),
    ]);
    return { comparison, a, b };
  }, [first.id, second.id]);
  const [hit, setHit] = useState<Hit | null>(null);
  const [focus, setFocus] = useState<Focus | null>(null);
  if (!loaded.value) return loaded.problem ? <ProblemBox problem={loaded.problem} /> : <Waiting />;
  const { comparison, a, b } = loaded.value;
  const names = new Map(
    [...a.schools.features, ...b.schools.features].map((f) => [String(f.properties?.id), String(f.properties?.name)]),
  );
  const look = (settlement: string) => {
    setHit({ kind: "settlement", id: settlement });
    setFocus({ settlements: [settlement], schools: [] });
  };
  const chosen = comparison.settlements.find((one) => one.settlement === hit?.id);
  return (
    <>
      <div class="columns columns-wide-left">
        <Panel title={t("compare.map")} aside={<SyntheticBadge synthetic={first.synthetic || second.synthetic} />}>
          <ComparedMap
            first={first}
            second={second}
            a={a}
            b={b}
            comparison={comparison}
            hit={hit}
            onHit={setHit}
            focus={focus}
            baseMapUrl={baseMapUrl}
          />
          <p class="hit" aria-live="polite">
            {chosen
              ? t("compare.one", {
                  name: chosen.name,
                  a: names.get(chosen.school_a ?? "") ?? t("none"),
                  b: names.get(chosen.school_b ?? "") ?? t("none"),
                })
              : t("compare.hint")}
          </p>
        </Panel>
        <Panel title={t("compare.measures")} aside={<Estimates a={a.estimate} b={b.estimate} />}>
          <MeasureTable comparison={comparison} />
          <SchoolDifferences comparison={comparison} />
        </Panel>
      </div>
      <Panel title={t("compare.settlements", { count: comparison.settlements.length })}>
        <DifferenceTable differences={comparison.settlements} names={names} chosen={hit?.id ?? null} look={look} />
      </Panel>
    </>
  );
}

/** Which of the two plans has estimated minutes. */
function Estimates({ a, b }: { a: boolean; b: boolean }) {
  if (a === b) return <EstimateBadge estimate={a} />;
  return (
    <span>
      {a ? "A" : "B"} <EstimateBadge estimate />
    </span>
  );
}

interface ComparedMapProps extends ComparedProps {
  a: PlanLayers;
  b: PlanLayers;
  comparison: Comparison;
  hit: Hit | null;
  onHit: (hit: Hit | null) => void;
  focus: Focus | null;
}

function ComparedMap({ first, second, a, b, comparison, hit, onHit, focus, baseMapUrl }: ComparedMapProps) {
  const spoken = language();
  const decisionsOf = (layers: PlanLayers) => new Map(layers.schools.features.map((f) => [f.properties?.id, f.properties]));
  const [before, after] = useMemo<[Side, Side]>(() => {
    const [inA, inB] = [decisionsOf(a), decisionsOf(b)];
    return [
      { name: `A ${first.title}`, zones: a.zones, symbolOf: (school) => planSymbol(inA.get(school.id) ?? school) },
      { name: `B ${second.title}`, zones: b.zones, symbolOf: (school) => planSymbol(inB.get(school.id) ?? school) },
    ];
  }, [a, b, spoken]);
  const differing = useMemo(() => comparison.settlements.map((one) => one.settlement), [comparison]);
  return (
    <>
      <TwoMaps
        label={t("compare.map")}
        before={before}
        after={after}
        settlements={b.settlements}
        schools={b.schools}
        moved={differing}
        unserved={NOBODY}
        trips={NO_TRIPS}
        hit={hit}
        onHit={onHit}
        focus={focus}
        baseMapUrl={baseMapUrl}
      />
      <SchoolLegend symbols={["keep", "necessary", "protected", "private", "close"]} differing />
    </>
  );
}

const NOBODY: readonly string[] = [];
const NO_TRIPS: readonly never[] = [];

type Figure = Exclude<keyof Measures, "access">;

const MEASURES: readonly [Figure, WordingKey, (value: number | null) => string][] = [
  ["schools_open", "measure.schools", number],
  ["schools_closed", "measure.schools_closed", number],
  ["pupils", "measure.pupils", number],
  ["places_open", "school.places", number],
  ["mean_minutes", "measure.mean_minutes", (value) => minutes(value, 1)],
  ["p95_minutes", "measure.p95_minutes", minutes],
  ["worst_minutes", "measure.worst_minutes", minutes],
  ["within_limit_share", "measure.within_limit", percent],
  ["pupils_moved", "measure.moved", number],
  ["boarders", "settlement.boarders", number],
  ["running_cost", "measure.running_cost", yuan],
];

function SchoolDifferences({ comparison }: { comparison: Comparison }) {
  if (comparison.schools.length === 0) return null;
  return (
    <details class="fold" open={comparison.schools.length <= 12}>
      <summary>{t("compare.schools", { count: comparison.schools.length })}</summary>
      <ul class="places">
        {comparison.schools.map((one) => (
          <li>
            {one.name}
            <span>
              A {word("decision", one.decision_a)} · B {word("decision", one.decision_b)}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function MeasureTable({ comparison }: { comparison: Comparison }) {
  return (
    <div class="table-scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">{t("measure")}</th>
            <th scope="col" class="numeric">
              A
            </th>
            <th scope="col" class="numeric">
              B
            </th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">{t("plan.objective")}</th>
            <td class="numeric">{yuan(comparison.objective_a)}</td>
            <td class="numeric">{yuan(comparison.objective_b)}</td>
          </tr>
          {MEASURES.map(([name, key, shown]) => {
            const [a, b] = [comparison.measures_a?.[name] ?? null, comparison.measures_b?.[name] ?? null];
            return (
              <tr class={a !== b ? "differs" : ""}>
                <th scope="row">{t(key)}</th>
                <td class="numeric">{shown(a)}</td>
                <td class="numeric">{shown(b)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

interface DifferenceTableProps {
  differences: Difference[];
  names: Map<string, string>;
  chosen: string | null;
  look: (settlement: string) => void;
}

function DifferenceTable({ differences, names, chosen, look }: DifferenceTableProps) {
  const columns = useMemo<Column<Difference>[]>(() => {
    const nameOf = (id: string | null) => (id ? (names.get(id) ?? id) : null);
    return [
      {
        key: "name",
        heading: t("settlement"),
        value: (d) => d.name,
        cell: (d) => (
          <button type="button" class="plain" onClick={() => look(d.settlement)}>
            {d.name}
          </button>
        ),
      },
      { key: "pupils", heading: t("settlement.pupils"), numeric: true, value: (d) => d.pupils },
      { key: "a", heading: t("compare.school", { plan: "A" }), value: (d) => nameOf(d.school_a) },
      { key: "b", heading: t("compare.school", { plan: "B" }), value: (d) => nameOf(d.school_b) },
      { key: "ma", heading: t("compare.minutes", { plan: "A" }), numeric: true, value: (d) => d.minutes_a },
      { key: "mb", heading: t("compare.minutes", { plan: "B" }), numeric: true, value: (d) => d.minutes_b },
    ];
  }, [language(), differences]);
  return (
    <DataTable
      caption={t("compare.map")}
      columns={columns}
      rows={differences}
      keyOf={(d) => d.settlement}
      chosen={chosen}
      searchable
    />
  );
}
