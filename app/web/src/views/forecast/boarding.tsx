/** Boarders of every school to come, and the beds they find. */

import { useMemo } from "preact/hooks";

import { api } from "../../api";
import { language, t, word } from "../../language";
import { useLoaded } from "../../load";
import { type Column, DataTable, figure } from "../../parts/table";
import type { BoardingRow } from "../../wire";
import { Figures, Read, type TabProps } from "./tab";

export function BoardingTab({ forecast }: TabProps) {
  const loaded = useLoaded(() => api.boarding(forecast.id), [forecast.id]);
  return (
    <Figures title={t("boarding.title")} forecast={forecast}>
      <p class="field-hint">{t("boarding.hint")}</p>
      <Read loaded={loaded}>
        {(rows) => (rows.length === 0 ? <p class="empty">{t("boarding.none")}</p> : <BoardingTable rows={rows} />)}
      </Read>
    </Figures>
  );
}

function BoardingTable({ rows }: { rows: BoardingRow[] }) {
  const columns = useMemo<Column<BoardingRow>[]>(
    () => [
      { key: "name", heading: t("school"), value: (row) => row.name },
      { key: "stage", heading: t("stage"), value: (row) => word("stage", row.stage) },
      { key: "year", heading: t("year"), numeric: true, value: (row) => row.year },
      figure("boarders", t("boarding.boarders"), (row) => row.boarders),
      figure("beds", t("boarding.beds"), (row) => row.beds),
      figure("missing", t("boarding.missing"), (row) => row.missing),
    ],
    [language()],
  );
  return <DataTable caption={t("boarding.title")} columns={columns} rows={rows} keyOf={(row) => row.id + row.stage + row.year} searchable />;
}
