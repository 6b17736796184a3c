/** Runs, newest first. */

import { useMemo } from "preact/hooks";

import { api } from "../api";
import { moment, percent, seconds, yuan } from "../format";
import { language, t } from "../language";
import { useLoaded } from "../load";
import { Empty, Panel, ProblemBox, SyntheticBadge, Waiting } from "../parts/basic";
import { StateMark } from "../parts/marks";
import { type Column, DataTable } from "../parts/table";
import { link } from "../route";
import type { Run } from "../wire";

export function Runs() {
  const runs = useLoaded(async () => {
    const [all, scenarios, datasets] = await Promise.all([api.runs(), api.scenarios(), api.datasets()]);
    return {
      all,
      titles: new Map(scenarios.map((s) => [s.id, s.scenario.title])),
      synthetic: new Set(datasets.filter((d) => d.synthetic).map((d) => d.id)),
    };
  }, []);
  const columns = useMemo<Column<Run>[]>(() => {
    const titleOf = (run: Run) => runs.value?.titles.get(run.scenario_id) ?? run.id;
    return [
      {
        key: "scenario",
        heading: t("scenario.title"),
        value: titleOf,
        cell: (run) => (
          <>
            <a href={link("runs", run.id)}>{titleOf(run)}</a>{" "}
            <SyntheticBadge synthetic={runs.value?.synthetic.has(run.dataset_id) ?? false} />
          </>
        ),
      },
      { key: "division", heading: t("dataset.division"), value: (run) => run.division },
      { key: "state", heading: t("run.state"), value: (run) => run.state, cell: (run) => <StateMark state={run.state} /> },
      { key: "best", heading: t("run.best"), numeric: true, value: (run) => run.best, cell: (run) => yuan(run.best) },
      { key: "gap", heading: t("run.gap"), numeric: true, value: (run) => run.gap, cell: (run) => percent(run.gap) },
      { key: "seconds", heading: t("run.seconds"), numeric: true, value: (run) => run.seconds, cell: (run) => seconds(run.seconds) },
      { key: "created", heading: t("created"), value: (run) => run.created_at, cell: (run) => moment(run.created_at) },
      {
        key: "plan",
        heading: t("plan"),
        value: (run) => run.plan_id,
        cell: (run) => (run.plan_id ? <a href={link("plans", run.plan_id)}>{t("plan.open")}</a> : t("none")),
      },
    ];
  }, [language(), runs.value]);
  return (
    <Panel title={t("nav.runs")} aside={<button type="button" onClick={runs.again}>{t("refresh")}</button>}>
      <ProblemBox problem={runs.problem} />
      {!runs.value && !runs.problem && <Waiting />}
      {runs.value?.all.length === 0 && <Empty>{t("runs.none")}</Empty>}
      {runs.value && runs.value.all.length > 0 && (
        <DataTable
          caption={t("nav.runs")}
          columns={columns}
          rows={runs.value.all}
          keyOf={(run) => run.id}
          sortedBy={{ key: "created", down: true }}
        />
      )}
    </Panel>
  );
}
