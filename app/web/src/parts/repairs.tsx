/** What had to change in the plan to start from before it broke no rule. */

import { useMemo } from "preact/hooks";

import { number } from "../format";
import { language, said, t, word } from "../language";
import type { Hit } from "../map/canvas";
import type { Repair } from "../wire";
import { Empty } from "./basic";
import { type Column, DataTable } from "./table";

interface RepairTableProps {
  repairs: readonly Repair[];
  names: ReadonlyMap<string, string>;
  choose: (hit: Hit) => void;
}

export function RepairTable({ repairs, names, choose }: RepairTableProps) {
  const columns = useMemo<Column<Repair>[]>(() => {
    const nameOf = (id: string | null) => (id ? (names.get(id) ?? id) : null);
    return [
      {
        key: "name",
        heading: t("repair.place"),
        value: (row) => row.name,
        cell: (row) => (
          <button type="button" class="plain" onClick={() => choose(hitOf(row))}>
            {row.name}
          </button>
        ),
      },
      { key: "from", heading: t("edit.from"), value: (row) => nameOf(row.school_from) },
      { key: "to", heading: t("edit.to"), value: (row) => nameOf(row.school_to) },
      { key: "pupils", heading: t("settlement.pupils"), numeric: true, value: (row) => row.pupils, cell: (row) => number(row.pupils) },
      { key: "rule", heading: t("repair.why"), value: (row) => word("repair_rule", row.rule) },
      { key: "detail", heading: t("repair.detail"), sentence: true, value: (row) => said(row) },
    ];
  }, [language(), names]);
  if (repairs.length === 0) return <Empty>{t("repair.none")}</Empty>;
  return (
    <>
      <p class="field-hint">{t("repair.hint")}</p>
      <DataTable
        caption={t("plan.repairs")}
        columns={columns}
        rows={repairs}
        keyOf={(row) => row.settlement ?? `school ${row.school_from ?? row.school_to}`}
        searchable={repairs.length > 10}
      />
    </>
  );
}

function hitOf(row: Repair): Hit {
  if (row.settlement) return { kind: "settlement", id: row.settlement };
  return { kind: "school", id: row.school_from ?? row.school_to ?? "" };
}
