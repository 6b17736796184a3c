/** Scenarios asked so far. */

import { useMemo } from "preact/hooks";

import { api } from "../api";
import { moment } from "../format";
import { language, t, word } from "../language";
import { useLoaded } from "../load";
import { Empty, Panel, ProblemBox, SyntheticBadge, Waiting } from "../parts/basic";
import { pupilsFrom } from "../parts/recipe_fields";
import { type Column, DataTable } from "../parts/table";
import { link } from "../route";
import type { StoredScenario } from "../wire";

export function Scenarios({ mayPlan }: { mayPlan: boolean }) {
  const scenarios = useLoaded(() => api.scenarios(), []);
  const datasets = useLoaded(api.datasets, []);
  const columns = useMemo<Column<StoredScenario>[]>(
    () => [
      {
        key: "title",
        heading: t("scenario.title"),
        value: (s) => s.scenario.title,
        cell: (s) => (
          <>
            {s.scenario.title}{" "}
            <SyntheticBadge synthetic={datasets.value?.find((d) => d.id === s.dataset_id)?.synthetic ?? false} />
          </>
        ),
      },
      { key: "division", heading: t("dataset.division"), value: (s) => s.division },
      { key: "stage", heading: t("stage"), value: (s) => word("stage", s.scenario.stage) },
      { key: "year", heading: t("scenario.year"), numeric: true, value: (s) => s.scenario.target_year },
      { key: "pupils", heading: t("scenario.pupils_from"), value: (s) => pupilsFrom(s.scenario.forecast) },
      { key: "choice", heading: t("scenario.choice"), value: (s) => word("choice", s.scenario.open_choice) },
      { key: "created", heading: t("created"), value: (s) => s.created_at, cell: (s) => moment(s.created_at) },
      {
        key: "open",
        heading: t("actions"),
        value: () => null,
        cell: (s) =>
          mayPlan && (
            <a href={link("scenarios", "new", { dataset: s.dataset_id, like: s.id })}>{t("scenario.again")}</a>
          ),
      },
    ],
    [language(), mayPlan, datasets.value],
  );
  return (
    <Panel
      title={t("nav.scenarios")}
      aside={
        mayPlan && (
          <a class="button primary" href={link("scenarios", "new")}>
            {t("scenario.new")}
          </a>
        )
      }
    >
      <ProblemBox problem={scenarios.problem} />
      {!scenarios.value && !scenarios.problem && <Waiting />}
      {scenarios.value?.length === 0 && <Empty>{t("scenarios.none")}</Empty>}
      {scenarios.value && scenarios.value.length > 0 && (
        <DataTable
          caption={t("nav.scenarios")}
          columns={columns}
          rows={scenarios.value}
          keyOf={(s) => s.id}
          sortedBy={{ key: "created", down: true }}
          searchable
        />
      )}
    </Panel>
  );
}
