/** The lists of a plan: schools, settlements, school buses, cut borders, repairs, norms. */

import { useMemo, useState } from "preact/hooks";

import { number, yuan } from "../../format";
import { language, t, word } from "../../language";
import type { Hit } from "../../map/canvas";
import { EstimateBadge, Tabs } from "../../parts/basic";
import { BorderTable } from "../../parts/border_table";
import { BusTable } from "../../parts/bus_table";
import { NormsUsed } from "../../parts/certificate";
import { DecisionMark } from "../../parts/marks";
import { RepairTable } from "../../parts/repairs";
import { type Column, DataTable, figure } from "../../parts/table";
import { isEstimated } from "../../straight";
import type { BusRoute, PlanDocument, SchoolPlan, SettlementPlan } from "../../wire";

type Lists = "schools" | "settlements" | "buses" | "borders" | "repairs" | "norms";

interface ListsProps {
  document: PlanDocument;
  names: ReadonlyMap<string, string>;
  hit: Hit | null;
  choose: (hit: Hit) => void;
}

interface AllListsProps extends ListsProps {
  lookAtBus: (route: BusRoute) => void;
}

export function PlanLists({ document, names, hit, choose, lookAtBus }: AllListsProps) {
  const [list, setList] = useState<Lists>(document.schools.length > 0 ? "schools" : "settlements");
  const { schools, settlements, buses, cut_borders: borders = [], repairs, norms_used: norms } = document;
  const tabs: { name: Lists; text: string; count: number }[] = [
    { name: "settlements", text: t("plan.settlements"), count: settlements.length },
    { name: "norms", text: t("plan.norms"), count: norms.length },
  ];
  if (schools.length > 0) tabs.unshift({ name: "schools", text: t("plan.schools"), count: schools.length });
  if (repairs) tabs.splice(-1, 0, { name: "repairs", text: t("plan.repairs"), count: repairs.length });
  if (borders.length > 0) tabs.splice(-1, 0, { name: "borders", text: t("plan.borders"), count: borders.length });
  if (buses) tabs.splice(-1, 0, { name: "buses", text: t("plan.buses"), count: buses.routes.length });
  return (
    <section class="panel" aria-label={t("plan.lists")}>
      <Tabs label={t("plan.lists")} chosen={list} choose={setList} tabs={tabs} />
      <div role="tabpanel">
        {list === "schools" && <SchoolTable document={document} names={names} hit={hit} choose={choose} />}
        {list === "settlements" && <SettlementTable document={document} names={names} hit={hit} choose={choose} />}
        {list === "buses" && buses && (
          <BusTable document={document} buses={buses} names={names} choose={choose} look={lookAtBus} />
        )}
        {list === "borders" && <BorderTable document={document} borders={borders} choose={choose} />}
        {list === "repairs" && <RepairTable repairs={repairs ?? []} names={names} choose={choose} />}
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
      {
        ...figure<SettlementPlan>("minutes", t("settlement.minutes"), (s) => s.minutes),
        cell: (s) => (
          <>
            <EstimateBadge estimate={!document.travel.estimate && isEstimated(document, s)} /> {number(s.minutes)}
          </>
        ),
      },
      figure("change", t("settlement.change"), (s) =>
        s.minutes !== null && s.minutes_today !== null ? s.minutes - s.minutes_today : null,
      ),
      { key: "moved", heading: t("settlement.moved"), value: (s) => (s.moved ? t("yes") : t("no")) },
      ...(document.travel.estimate ? [] : roadColumns()),
    ];
  }, [language(), document, names]);
  return (
    <>
      {document.travel.estimate && (
        <p class="field-hint">
          <EstimateBadge estimate /> {t("travel.estimate.short")}
        </p>
      )}
      <DataTable
        caption={t("plan.settlements")}
        columns={columns}
        rows={document.settlements}
        keyOf={(s) => s.id}
        chosen={hit?.kind === "settlement" ? hit.id : null}
        searchable
      />
    </>
  );
}

/** What only roads tell. */
function roadColumns(): Column<SettlementPlan>[] {
  const yesNo = (value: boolean | null | undefined) => (value === null || value === undefined ? null : t(value ? "yes" : "no"));
  return [
    figure("walk", t("settlement.minutes_walk"), (s) => s.minutes_walk ?? null),
    { key: "bus", heading: t("settlement.by_bus"), value: (s) => yesNo(s.by_bus) },
    figure("p95", t("settlement.minutes_p95"), (s) => s.minutes_p95 ?? null),
    {
      key: "crosses",
      heading: t("settlement.crosses"),
      value: (s) => yesNo(s.crosses),
      cell: (s) => (s.crosses ? <span class="badge badge-warn">{t("yes")}</span> : (yesNo(s.crosses) ?? t("none"))),
    },
    figure("straight", t("settlement.minutes_straight"), (s) => s.minutes_straight ?? null),
  ];
}
