/** Faults of a refused import, or warnings of a stored dataset. */

import { useMemo } from "preact/hooks";

import { language, said, t, word } from "../language";
import type { Fault } from "../wire";
import { type Column, DataTable } from "./table";

export function FaultTable({ caption, faults }: { caption: string; faults: readonly Fault[] }) {
  const columns = useMemo<Column<Fault>[]>(
    () => [
      { key: "file", heading: t("fault.file"), value: (fault) => fault.file },
      { key: "table", heading: t("fault.table"), value: (fault) => word("table", fault.table) },
      { key: "row", heading: t("fault.row"), numeric: true, value: (fault) => fault.row },
      { key: "column", heading: t("fault.column"), value: (fault) => fault.column || null },
      { key: "value", heading: t("fault.value"), value: (fault) => fault.value || null },
      { key: "reason", heading: t("fault.reason"), sentence: true, value: (fault) => said(fault) },
    ],
    [language()],
  );
  return (
    <DataTable
      caption={caption}
      columns={columns}
      rows={faults}
      keyOf={(_, index) => String(index)}
      searchable={faults.length > 10}
    />
  );
}
