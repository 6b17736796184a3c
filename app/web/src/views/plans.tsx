/** Plans proposed so far. */

import { useMemo, useState } from "preact/hooks";

import { api } from "../api";
import { moment, percent, yuan } from "../format";
import { language, t, word } from "../language";
import { useLoaded } from "../load";
import { Empty, EstimateBadge, Panel, ProblemBox, SyntheticBadge, Waiting } from "../parts/basic";
import { StatusMark } from "../parts/marks";
import { type Column, DataTable } from "../parts/table";
import { go, link } from "../route";
import type { PlanSummary } from "../wire";

export function Plans() {
  const plans = useLoaded(() => api.plans(), []);
  const [ticked, setTicked] = useState<string[]>([]);
  const tick = (id: string) =>
    setTicked((before) => (before.includes(id) ? before.filter((other) => other !== id) : [...before.slice(-1), id]));
  const columns = useMemo<Column<PlanSummary>[]>(
    () => [
      {
        key: "tick",
        heading: t("compare"),
        value: (plan) => (ticked.includes(plan.id) ? 0 : 1),
        cell: (plan) => (
          <input
            type="checkbox"
            aria-label={t("compare.tick", { name: plan.title })}
            checked={ticked.includes(plan.id)}
            onChange={() => tick(plan.id)}
          />
        ),
      },
      {
        key: "title",
        heading: t("plan.title"),
        value: (plan) => plan.title,
        cell: (plan) => (
          <>
            <a href={link("plans", plan.id)}>{plan.title}</a> <SyntheticBadge synthetic={plan.synthetic} />{" "}
            <EstimateBadge estimate={plan.estimate} />
          </>
        ),
      },
      { key: "division", heading: t("dataset.division"), value: (plan) => plan.division },
      { key: "stage", heading: t("stage"), value: (plan) => word("stage", plan.stage) },
      { key: "year", heading: t("scenario.year"), numeric: true, value: (plan) => plan.target_year },
      {
        key: "status",
        heading: t("plan.status"),
        value: (plan) => plan.status,
        cell: (plan) => <StatusMark status={plan.status} />,
      },
      {
        key: "objective",
        heading: t("plan.objective"),
        numeric: true,
        value: (plan) => plan.objective,
        cell: (plan) => yuan(plan.objective),
      },
      { key: "gap", heading: t("run.gap"), numeric: true, value: (plan) => plan.gap, cell: (plan) => percent(plan.gap) },
      { key: "created", heading: t("created"), value: (plan) => plan.created_at, cell: (plan) => moment(plan.created_at) },
    ],
    [language(), ticked],
  );
  const [a, b] = ticked;
  return (
    <Panel
      title={t("nav.plans")}
      aside={
        <button type="button" disabled={!a || !b} onClick={() => a && b && go(link("comparisons", null, { a, b }))}>
          {t("compare.two")}
        </button>
      }
    >
      <ProblemBox problem={plans.problem} />
      {!plans.value && !plans.problem && <Waiting />}
      {plans.value?.length === 0 && <Empty>{t("plans.none")}</Empty>}
      {plans.value && plans.value.length > 0 && (
        <DataTable
          caption={t("nav.plans")}
          columns={columns}
          rows={plans.value}
          keyOf={(plan) => plan.id}
          sortedBy={{ key: "created", down: true }}
        />
      )}
    </Panel>
  );
}
