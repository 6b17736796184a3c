/** Borders that nobody can cross, with what is in the way. */

import { useMemo } from "preact/hooks";

import { language, said, t, word } from "../language";
import type { Hit } from "../map/canvas";
import type { CutBorder, PlanDocument } from "../wire";
import { type Column, DataTable, figure } from "./table";

interface BorderProps {
  document: PlanDocument;
  borders: readonly CutBorder[];
  choose: (hit: Hit) => void;
}

export function BorderTable({ document, borders, choose }: BorderProps) {
  const names = useMemo(() => new Map(document.settlements.map((one) => [one.id, one.name])), [document]);
  const columns = useMemo<Column<CutBorder>[]>(() => {
    const place = (id: string) => (
      <button type="button" class="plain" onClick={() => choose({ kind: "settlement", id })}>
        {names.get(id) ?? id}
      </button>
    );
    const nameOf = (id: string) => names.get(id) ?? id;
    return [
      { key: "one", heading: t("settlement"), value: (row) => nameOf(row.settlement), cell: (row) => place(row.settlement) },
      { key: "other", heading: t("border.other"), value: (row) => nameOf(row.other), cell: (row) => place(row.other) },
      { key: "reason", heading: t("border.reason"), value: (row) => word("border_reason", row.reason) },
      { key: "barrier", heading: t("border.barrier"), value: (row) => row.barrier || null },
      figure("metres", t("border.metres"), (row) => row.border_metres),
      { key: "kept", heading: t("border.kept"), value: (row) => t(row.kept ? "yes" : "no") },
      { key: "detail", heading: t("repair.detail"), sentence: true, value: (row) => said(row) },
    ];
  }, [language(), names, choose]);
  return (
    <>
      <p class="field-hint">{t("border.hint")}</p>
      <DataTable
        caption={t("plan.borders")}
        columns={columns}
        rows={borders}
        keyOf={(row) => `${row.settlement} ${row.other}`}
        searchable={borders.length > 10}
      />
    </>
  );
}
