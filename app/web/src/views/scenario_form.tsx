/** The scenario form: what is asked, under which rules and norms, at which prices. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { api, newIdempotencyKey, type Problem } from "../api";
import { number } from "../format";
import { language, t, word } from "../language";
import { asProblem, useLoaded } from "../load";
import { atStage } from "../map/schools";
import { Empty, EstimateBadge, Field, Panel, ProblemBox, SyntheticBadge, TrustMark, Waiting } from "../parts/basic";
import { type Choice, PickMany, PickPairs } from "../parts/picker";
import { RecipeFields } from "../parts/recipe_fields";
import { TravelFields } from "../parts/travel_fields";
import { go, link } from "../route";
import { asSent, completed, newRecipe, newScenario, normsInUse, onRoads, overrideOf, rulesInUse, withOverride } from "../scenario";
import {
  type Dataset,
  type Norm,
  RULE_MODES,
  RULE_NAMES,
  type RuleMode,
  type RuleName,
  type Scenario,
  type SolveOrder,
  STAGES,
  type Stage,
  type Weights,
} from "../wire";

type Change = (part: Partial<Scenario>) => void;
interface PartProps {
  scenario: Scenario;
  change: Change;
}

export function ScenarioForm({ query }: { query: URLSearchParams }) {
  const datasets = useLoaded(api.datasets, []);
  const [dataset, setDataset] = useState<string | null>(query.get("dataset"));
  const like = query.get("like");
  const [scenario, setScenario] = useState<Scenario>(() => newScenario("", new Date().getFullYear() + 1));
  const change: Change = (part) => setScenario((before) => ({ ...before, ...part }));

  useEffect(() => {
    if (like) void api.scenario(like).then((stored) => setScenario(completed(stored.scenario)));
  }, [like]);
  useEffect(() => {
    if (!dataset && datasets.value?.[0]) setDataset(datasets.value[0].id);
  }, [datasets.value]);

  if (!datasets.value) return datasets.problem ? <ProblemBox problem={datasets.problem} /> : <Waiting />;
  if (datasets.value.length === 0) return <Empty>{t("scenario.no_dataset")}</Empty>;
  const chosen = datasets.value.find((candidate) => candidate.id === dataset);
  const hasRoads = Boolean(chosen?.roads);
  const roads = onRoads(scenario, hasRoads);
  return (
    <form class="scenario" aria-label={t("scenario.new")} onSubmit={(event) => event.preventDefault()}>
      <div class="title-row">
        <div>
          <p class="crumb">
            <a href={link("scenarios")}>{t("nav.scenarios")}</a>
          </p>
          <h1>
            {t("scenario.new")} {chosen && <SyntheticBadge synthetic={chosen.synthetic} />}
          </h1>
        </div>
      </div>
      <div class="columns">
        <div>
          <Panel title={t("scenario.question")}>
            <div class="form">
              <Field label={t("scenario.dataset")} wide>
                <select value={dataset ?? ""} onChange={(event) => setDataset(event.currentTarget.value)}>
                  {datasets.value.map((d) => (
                    <option value={d.id}>{inOneLine(d)}</option>
                  ))}
                </select>
              </Field>
              <Question scenario={scenario} change={change} />
            </div>
          </Panel>
          <Panel title={t("scenario.travel")} aside={chosen && <EstimateBadge estimate={!roads} />}>
            <TravelFields scenario={scenario} change={change} hasRoads={hasRoads} />
          </Panel>
          <Panel title={t("scenario.rules")}>
            <RuleTable scenario={scenario} change={change} roads={roads} />
          </Panel>
          <Panel title={t("scenario.weights")}>
            <WeightFields scenario={scenario} change={change} roads={roads} />
          </Panel>
        </div>
        <div>
          <Panel title={t("scenario.norms")}>
            <NormTable scenario={scenario} setScenario={setScenario} roads={roads} />
          </Panel>
          {dataset && <Wishes dataset={dataset} scenario={scenario} change={change} />}
          <Panel title={t("scenario.solve")}>
            <Solve scenario={scenario} change={change} />
          </Panel>
        </div>
      </div>
      {dataset && <Submit dataset={dataset} scenario={scenario} />}
    </form>
  );
}

/** A dataset as a choice: two of a district may differ in their roads alone. */
function inOneLine({ title, division, synthetic, roads }: Dataset): string {
  const marks = [...(synthetic ? [t("synthetic")] : []), t(roads ? "roads.with" : "roads.without")];
  return [`${title}（${division}）`, ...marks].join(" · ");
}

function Question({ scenario, change }: PartProps) {
  return (
    <>
      <Field label={t("scenario.title")} wide>
        <input
          required
          name="title"
          maxLength={200}
          value={scenario.title}
          onInput={(event) => change({ title: event.currentTarget.value })}
        />
      </Field>
      <Field label={t("stage")}>
        <select value={scenario.stage} onChange={(event) => change({ stage: event.currentTarget.value as Stage, norms: [] })}>
          {STAGES.map((stage) => (
            <option value={stage}>{word("stage", stage)}</option>
          ))}
        </select>
      </Field>
      <Field label={t("scenario.year")} hint={t("scenario.year.hint")}>
        <input
          type="number"
          min={2000}
          max={2100}
          required
          name="target_year"
          value={scenario.target_year}
          onInput={(event) => change({ target_year: event.currentTarget.valueAsNumber })}
        />
      </Field>
      <PupilsFrom scenario={scenario} change={change} />
      <fieldset class="field field-wide">
        <legend class="field-label">{t("scenario.choice")}</legend>
        {(["choose", "all"] as const).map((choice) => (
          <label class="check">
            <input
              type="radio"
              name="open_choice"
              value={choice}
              checked={scenario.open_choice === choice}
              onChange={() => change({ open_choice: choice })}
            />
            {word("choice", choice)}
          </label>
        ))}
      </fieldset>
      {scenario.open_choice === "choose" && (
        <>
          <Field label={t("scenario.at_least")}>
            <input
              type="number"
              min={0}
              value={scenario.open_schools_at_least}
              onInput={(event) => change({ open_schools_at_least: event.currentTarget.valueAsNumber || 0 })}
            />
          </Field>
          <Field label={t("scenario.at_most")} hint={t("scenario.at_most.hint")}>
            <input
              type="number"
              min={1}
              value={scenario.open_schools_at_most ?? ""}
              onInput={(event) => change({ open_schools_at_most: event.currentTarget.valueAsNumber || null })}
            />
          </Field>
        </>
      )}
    </>
  );
}

/** Whether the plan is for children plainly aged, or for the pupils of a forecast. */
function PupilsFrom({ scenario, change }: PartProps) {
  const recipe = scenario.forecast ?? null;
  const choices = [
    { name: "plain", chosen: recipe === null, forecast: null },
    { name: "forecast", chosen: recipe !== null, forecast: recipe ?? newRecipe(scenario.target_year) },
  ];
  return (
    <>
      <fieldset class="field field-wide">
        <legend class="field-label">{t("scenario.pupils_from")}</legend>
        {choices.map(({ name, chosen, forecast }) => (
          <label class="check">
            <input
              type="radio"
              name="pupils_from"
              value={name}
              checked={chosen}
              onChange={() => change({ forecast })}
            />
            <span>
              {word("pupils_from", name)} <small>{word("pupils_from_hint", name)}</small>
            </span>
          </label>
        ))}
      </fieldset>
      {recipe && <RecipeFields recipe={recipe} set={(part) => change({ forecast: { ...recipe, ...part } })} />}
    </>
  );
}

function RuleTable({ scenario, change, roads }: PartProps & { roads: boolean }) {
  const set = (name: RuleName, part: Partial<Scenario["rules"][RuleName]>) =>
    change({ rules: { ...scenario.rules, [name]: { ...scenario.rules[name], ...part } } });
  return (
    <>
      <p class="field-hint">{t("scenario.rules.hint")}</p>
      <div class="table-scroll">
        <table class="form-table">
          <thead>
            <tr>
              <th scope="col">{t("rule")}</th>
              <th scope="col">{t("rule.mode")}</th>
              <th scope="col">{t("rule.price")}</th>
            </tr>
          </thead>
          <tbody>
            {rulesInUse(RULE_NAMES, scenario, roads).map((name) => {
              const rule = scenario.rules[name];
              return (
                <tr>
                  <th scope="row">
                    {word("rule", name)}
                    <small>{word("rule_hint", name)}</small>
                  </th>
                  <td>
                    <select
                      aria-label={`${word("rule", name)} · ${t("rule.mode")}`}
                      value={rule.mode}
                      onChange={(event) => set(name, { mode: event.currentTarget.value as RuleMode })}
                    >
                      {RULE_MODES[name].map((mode) => (
                        <option value={mode}>{word("mode", mode)}</option>
                      ))}
                    </select>
                  </td>
                  <td>
                    {rule.mode === "soft" ? (
                      <span class="with-unit">
                        <input
                          type="number"
                          min={0}
                          max={10_000_000}
                          aria-label={`${word("rule", name)} · ${t("rule.price")}`}
                          value={rule.price}
                          onInput={(event) => set(name, { price: event.currentTarget.valueAsNumber || 0 })}
                        />
                        <small>{word("price_unit", name)}</small>
                      </span>
                    ) : (
                      <span class="dim">{t("none")}</span>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </>
  );
}

interface NormTableProps {
  scenario: Scenario;
  setScenario: (next: Scenario) => void;
  roads: boolean;
}

function NormTable({ scenario, setScenario, roads }: NormTableProps) {
  const on = `${scenario.target_year || new Date().getFullYear()}-09-01`;
  const norms = useLoaded(() => api.norms(on), [on]);
  const used = useMemo(() => normsInUse(norms.value ?? [], scenario, roads), [norms.value, scenario, roads]);
  if (!norms.value) return norms.problem ? <ProblemBox problem={norms.problem} /> : <Waiting />;
  return (
    <>
      <p class="field-hint">{t("scenario.norms.hint")}</p>
      <div class="table-scroll">
        <table class="form-table norms">
          <thead>
            <tr>
              <th scope="col">{t("norm")}</th>
              <th scope="col" class="numeric">
                {t("norm.value")}
              </th>
              <th scope="col">{t("norm.own")}</th>
            </tr>
          </thead>
          <tbody>
            {used.map((norm) => (
              <tr>
                <th scope="row">
                  {language() === "zh" ? norm.meaning_zh || norm.key : norm.meaning || norm.key}
                  <small>
                    {norm.source} <TrustMark trust={norm.trust} />
                  </small>
                </th>
                <td class="numeric">
                  {number(norm.value, 2)} <small>{word("unit", norm.unit)}</small>
                </td>
                <td>
                  <NormInput norm={norm} scenario={scenario} setScenario={setScenario} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

interface NormInputProps {
  norm: Norm;
  scenario: Scenario;
  setScenario: (next: Scenario) => void;
}

function NormInput({ norm, scenario, setScenario }: NormInputProps) {
  return (
    <input
      type="number"
      step="any"
      class="narrow"
      aria-label={`${language() === "zh" ? norm.meaning_zh : norm.meaning} · ${t("norm.own")}`}
      placeholder={String(norm.value)}
      value={overrideOf(scenario, norm.key) ?? ""}
      onInput={(event) => {
        const value = event.currentTarget.valueAsNumber;
        setScenario(withOverride(scenario, norm, Number.isNaN(value) ? null : value));
      }}
    />
  );
}

const WEIGHT_STEPS = { pupil_minute: 1, running_cost: 0.1, moved_pupil: 100, school_bus: 0.1 } as const;

function WeightFields({ scenario, change, roads }: PartProps & { roads: boolean }) {
  const set = (name: keyof Weights, value: number) =>
    change({ weights: { ...scenario.weights, [name]: Number.isNaN(value) ? 0 : value } });
  const names = (Object.keys(WEIGHT_STEPS) as (keyof Weights)[]).filter((name) => name !== "school_bus" || roads);
  return (
    <div class="form">
      {names.map((name) => (
        <Field label={word("weight", name)} hint={word("weight_hint", name)}>
          <input
            type="number"
            min={0}
            step={WEIGHT_STEPS[name]}
            value={scenario.weights[name]}
            onInput={(event) => set(name, event.currentTarget.valueAsNumber)}
          />
        </Field>
      ))}
    </div>
  );
}

function choicesOf(collection: GeoJSON.FeatureCollection): Choice[] {
  return collection.features.map((feature) => ({
    id: String(feature.properties?.id),
    name: String(feature.properties?.name ?? feature.properties?.id),
  }));
}

function Wishes({ dataset, scenario, change }: PartProps & { dataset: string }) {
  const names = useLoaded(
    async () => {
      const [schools, settlements] = await Promise.all([
        api.datasetMap(dataset, "schools"),
        api.datasetMap(dataset, "settlements"),
      ]);
      return { schools: choicesOf(atStage(schools, scenario.stage)), settlements: choicesOf(settlements) };
    },
    [dataset, scenario.stage],
  );
  const { schools = [], settlements = [] } = names.value ?? {};
  const asked = scenario.keep_open.length + scenario.close.length + scenario.pins.length + scenario.bans.length;
  return (
    <Panel title={t("scenario.wishes")} aside={asked > 0 && <span class="badge">{asked}</span>}>
      <ProblemBox problem={names.problem} />
      <div class="wishes">
        <div>
          <span class="field-label">{t("scenario.keep_open")}</span>
          <PickMany
            label={t("scenario.keep_open.pick")}
            choices={schools}
            chosen={scenario.keep_open}
            change={(ids) => change({ keep_open: ids, close: scenario.close.filter((id) => !ids.includes(id)) })}
          />
        </div>
        <div>
          <span class="field-label">{t("scenario.close")}</span>
          <PickMany
            label={t("scenario.close.pick")}
            choices={schools}
            chosen={scenario.close}
            change={(ids) => change({ close: ids, keep_open: scenario.keep_open.filter((id) => !ids.includes(id)) })}
          />
        </div>
        <PickPairs
          label={t("scenario.pins")}
          settlements={settlements}
          schools={schools}
          pairs={scenario.pins}
          change={(pins) => change({ pins })}
        />
        <PickPairs
          label={t("scenario.bans")}
          settlements={settlements}
          schools={schools}
          pairs={scenario.bans}
          change={(bans) => change({ bans })}
        />
      </div>
    </Panel>
  );
}

function Solve({ scenario, change }: PartProps) {
  const set = (part: Partial<SolveOrder>) => change({ solve: { ...scenario.solve, ...part } });
  return (
    <>
      <div class="form">
        <Field label={t("solve.seconds")}>
          <input
            type="number"
            min={1}
            max={3600}
            name="seconds"
            value={scenario.solve.seconds}
            onInput={(event) => set({ seconds: event.currentTarget.valueAsNumber || 60 })}
          />
        </Field>
        <Field label={t("solve.seed")}>
          <input
            type="number"
            min={0}
            value={scenario.solve.seed}
            onInput={(event) => set({ seed: event.currentTarget.valueAsNumber || 0 })}
          />
        </Field>
        <label class="check field-wide">
          <input
            type="checkbox"
            checked={scenario.solve.deterministic}
            onChange={(event) => set({ deterministic: event.currentTarget.checked })}
          />
          {t("solve.deterministic")}
        </label>
      </div>
      <details class="fold">
        <summary>{t("advanced")}</summary>
        <div class="form">
          <Field label={t("solve.workers")}>
            <input
              type="number"
              min={1}
              max={16}
              value={scenario.solve.workers}
              onInput={(event) => set({ workers: event.currentTarget.valueAsNumber || 1 })}
            />
          </Field>
          <Field label={t("solve.gap")} hint={t("solve.gap.hint")}>
            <input
              type="number"
              min={0}
              max={100}
              step={0.1}
              value={scenario.solve.gap * 100}
              onInput={(event) => set({ gap: (event.currentTarget.valueAsNumber || 0) / 100 })}
            />
          </Field>
          <Field label={t("neighbours.border")}>
            <input
              type="number"
              min={0}
              max={1000}
              step="any"
              value={scenario.neighbours.shared_border_metres}
              onInput={(event) =>
                change({
                  neighbours: { ...scenario.neighbours, shared_border_metres: event.currentTarget.valueAsNumber || 0 },
                })
              }
            />
          </Field>
          <label class="check">
            <input
              type="checkbox"
              checked={scenario.neighbours.corners}
              onChange={(event) =>
                change({ neighbours: { ...scenario.neighbours, corners: event.currentTarget.checked } })
              }
            />
            {t("neighbours.corners")}
          </label>
        </div>
      </details>
    </>
  );
}

/** Stores the scenario and starts its run. Pressing twice, or again after a failure, starts no second run. */
function Submit({ dataset, scenario }: { dataset: string; scenario: Scenario }) {
  const plans = useLoaded(() => api.plans(dataset), [dataset]);
  const [standing, setStanding] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const sent = useRef({ order: "", key: "", scenarioId: "" });
  const button = useRef<HTMLButtonElement>(null);
  const start = async () => {
    const order = JSON.stringify([dataset, scenario, standing]);
    if (sent.current.order !== order) sent.current = { order, key: newIdempotencyKey(), scenarioId: "" };
    if (!sent.current.scenarioId) sent.current.scenarioId = (await api.createScenario(dataset, asSent(scenario))).id;
    const run = await api.startRun(sent.current.scenarioId, standing || null, sent.current.key);
    go(link("runs", run.id));
  };
  const submit = () => {
    if (!button.current?.form?.reportValidity()) return;
    setBusy(true);
    setProblem(null);
    start().catch((error: unknown) => {
      setBusy(false);
      setProblem(asProblem(error));
    });
  };
  const alike = (plans.value ?? []).filter((plan) => plan.stage === scenario.stage && plan.objective !== null);
  return (
    <div class="submit-bar">
      <ProblemBox problem={problem} />
      {alike.length > 0 && (
        <Field label={t("scenario.standing")}>
          <select value={standing} onChange={(event) => setStanding(event.currentTarget.value)}>
            <option value="">{t("scenario.standing.none")}</option>
            {alike.map((plan) => (
              <option value={plan.id}>
                {plan.title} · {plan.target_year}
              </option>
            ))}
          </select>
        </Field>
      )}
      <p class="dim">{t("decides")}</p>
      <button ref={button} type="submit" class="primary" disabled={busy} onClick={submit}>
        {busy ? t("scenario.sending") : t("scenario.submit")}
      </button>
    </div>
  );
}
