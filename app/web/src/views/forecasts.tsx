/** Forecasts, newest first, and the form that asks for one. */

import { useMemo, useState } from "preact/hooks";

import { api, newIdempotencyKey, type Problem } from "../api";
import { moment, seconds } from "../format";
import { language, t, word } from "../language";
import { asProblem, useLoaded } from "../load";
import { Empty, Field, Panel, ProblemBox, SyntheticBadge, Waiting } from "../parts/basic";
import { StateMark } from "../parts/marks";
import { assumptions, RecipeFields } from "../parts/recipe_fields";
import { type Column, DataTable } from "../parts/table";
import { WARNING_SIGNS } from "../parts/warning_mark";
import { go, link } from "../route";
import { newRecipe } from "../scenario";
import { type Dataset, type Recipe, type StoredForecast, WARNING_COLOURS } from "../wire";

interface ForecastsProps {
  query: URLSearchParams;
  mayPlan: boolean;
}

export function Forecasts({ query, mayPlan }: ForecastsProps) {
  const dataset = query.get("dataset");
  const loaded = useLoaded(async () => {
    const [forecasts, datasets] = await Promise.all([api.forecasts(dataset ?? undefined), api.datasets()]);
    return { forecasts, datasets };
  }, [dataset]);
  if (!loaded.value) return loaded.problem ? <ProblemBox problem={loaded.problem} /> : <Waiting />;
  const { forecasts, datasets } = loaded.value;
  const only = datasets.find((one) => one.id === dataset);
  return (
    <div class={mayPlan ? "columns columns-wide-left" : ""}>
      <Panel
        title={only ? t("forecasts.of", { title: only.title }) : t("nav.forecasts")}
        aside={
          <>
            {only && <a href={link("forecasts")}>{t("forecasts.all")}</a>}
            <button type="button" onClick={loaded.again}>
              {t("refresh")}
            </button>
          </>
        }
      >
        {forecasts.length === 0 ? <Empty>{t("forecasts.none")}</Empty> : <ForecastTable forecasts={forecasts} />}
      </Panel>
      {mayPlan && (
        <Panel title={t("forecast.new")}>
          {datasets.length === 0 ? (
            <Empty>{t("scenario.no_dataset")}</Empty>
          ) : (
            <RecipeForm datasets={datasets} dataset={only?.id ?? datasets[0]?.id ?? ""} />
          )}
        </Panel>
      )}
    </div>
  );
}

function ForecastTable({ forecasts }: { forecasts: StoredForecast[] }) {
  const columns = useMemo<Column<StoredForecast>[]>(
    () => [
      {
        key: "title",
        heading: t("dataset"),
        value: (f) => f.title,
        cell: (f) => (
          <>
            <a href={link("forecasts", f.id)}>{f.title}</a> <SyntheticBadge synthetic={f.synthetic} />
          </>
        ),
      },
      { key: "state", heading: t("run.state"), value: (f) => f.state, cell: (f) => <StateMark state={f.state} /> },
      { key: "recipe", heading: t("recipe"), value: (f) => recipeSummary(f.recipe) },
      {
        key: "warnings",
        heading: t("forecast.warnings"),
        value: (f) => f.summary?.warnings.red ?? null,
        cell: (f) => <WarningCounts forecast={f} />,
      },
      { key: "seconds", heading: t("run.seconds"), numeric: true, value: (f) => f.seconds, cell: (f) => seconds(f.seconds) },
      { key: "created", heading: t("created"), value: (f) => f.created_at, cell: (f) => moment(f.created_at) },
      { key: "by", heading: t("created_by"), value: (f) => f.created_by },
    ],
    [language()],
  );
  return (
    <DataTable
      caption={t("nav.forecasts")}
      columns={columns}
      rows={forecasts}
      keyOf={(f) => f.id}
      sortedBy={{ key: "created", down: true }}
    />
  );
}

/** How many places and stages have each colour ahead. */
export function WarningCounts({ forecast }: { forecast: StoredForecast }) {
  const { summary } = forecast;
  if (!summary) return <>{t("none")}</>;
  return (
    <span class="warning-counts">
      {WARNING_COLOURS.filter((colour) => colour in summary.warnings).map((colour) => (
        <span class={`badge warning-${colour}`} title={word("colour_meaning", colour)}>
          <span aria-hidden="true">{WARNING_SIGNS[colour]}</span>
          <span class="unseen">{word("colour", colour)}</span> {summary.warnings[colour]}
        </span>
      ))}
    </span>
  );
}

/** A recipe in one line. */
export function recipeSummary(recipe: Recipe): string {
  return [t("recipe.until", { year: recipe.last_year }), assumptions(recipe)].join(" · ");
}

const LAST_YEARS = [2035, 2040] as const;

function RecipeForm({ datasets, dataset }: { datasets: Dataset[]; dataset: string }) {
  const [chosen, setChosen] = useState(dataset);
  const [recipe, setRecipe] = useState<Recipe>(newRecipe(LAST_YEARS[0]));
  const [problem, setProblem] = useState<Problem | null>(null);
  const [sending, setSending] = useState(false);
  const set = (part: Partial<Recipe>) => setRecipe((before) => ({ ...before, ...part }));
  const submit = (event: Event) => {
    event.preventDefault();
    setSending(true);
    setProblem(null);
    api.startForecast(chosen, recipe, newIdempotencyKey()).then(
      (forecast) => go(link("forecasts", forecast.id)),
      (error: unknown) => {
        setSending(false);
        setProblem(asProblem(error));
      },
    );
  };
  return (
    <form class="form" onSubmit={submit} aria-label={t("forecast.new")}>
      <Field label={t("scenario.dataset")} wide>
        <select value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
          {datasets.map((one) => (
            <option value={one.id}>
              {one.title} · {moment(one.created_at)}
            </option>
          ))}
        </select>
      </Field>
      <Field label={t("recipe.last_year")}>
        <select
          value={String(recipe.last_year)}
          onChange={(event) => set({ last_year: Number(event.currentTarget.value) })}
        >
          {LAST_YEARS.map((year) => (
            <option value={String(year)}>{year}</option>
          ))}
        </select>
      </Field>
      <RecipeFields recipe={recipe} set={set} />
      <Field label={t("recipe.paths")} hint={t("recipe.paths.hint")}>
        <input
          type="number"
          required
          min={50}
          max={1000}
          value={recipe.paths}
          onInput={(event) => set({ paths: event.currentTarget.valueAsNumber || 0 })}
        />
      </Field>
      <Field label={t("solve.seed")} hint={t("recipe.seed.hint")}>
        <input
          type="number"
          required
          min={0}
          max={2147483647}
          value={recipe.seed}
          onInput={(event) => set({ seed: event.currentTarget.valueAsNumber || 0 })}
        />
      </Field>
      <div class="field-wide">
        <ProblemBox problem={problem} />
        <div class="form-end">
          <button type="submit" class="primary" disabled={sending}>
            {sending ? t("scenario.sending") : t("forecast.start")}
          </button>
        </div>
      </div>
    </form>
  );
}
