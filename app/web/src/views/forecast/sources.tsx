/** What each source gave, where sources contradict, what is missing, and how the two sides were brought together. */

import { useMemo, useState } from "preact/hooks";

import { api } from "../../api";
import { change, number } from "../../format";
import { language, said, t, word } from "../../language";
import { useLoaded } from "../../load";
import { Empty } from "../../parts/basic";
import { type Column, DataTable, figure } from "../../parts/table";
import type { Conflict, Correction, PlaceLevel, Sources } from "../../wire";
import { PLACE_LEVELS } from "../../wire";
import { Figures, LevelSegments, NoteList, Read, type TabProps } from "./tab";

export function SourcesTab({ forecast }: TabProps) {
  const sources = useLoaded(() => api.sources(forecast.id), [forecast.id]);
  const corrections = useLoaded(() => api.corrections(forecast.id), [forecast.id]);
  return (
    <>
      <Read loaded={sources}>
        {(value) => (
          <>
            <div class="columns">
              <Figures title={t("sources.used")} forecast={forecast}>
                <UsedTable used={value.used} />
              </Figures>
              <Figures title={t("sources.gaps", { count: value.gaps.length })} forecast={forecast}>
                {value.gaps.length > 0 ? <NoteList notes={value.gaps} /> : <Empty>{t("sources.gaps.none")}</Empty>}
              </Figures>
            </div>
            <Figures title={t("sources.conflicts", { count: value.conflicts_in_all })} forecast={forecast}>
              <p class="field-hint">{t("sources.conflicts.hint")}</p>
              {value.conflicts_in_all > value.conflicts.length && (
                <p class="field-hint">
                  {t("sources.conflicts.some", { shown: value.conflicts.length, all: value.conflicts_in_all })}
                </p>
              )}
              {value.conflicts.length > 0 ? <ConflictTable conflicts={value.conflicts} /> : <Empty>{t("sources.conflicts.none")}</Empty>}
            </Figures>
          </>
        )}
      </Read>
      <Figures title={t("corrections.title")} forecast={forecast}>
        <p class="field-hint">{t("corrections.hint")}</p>
        <Read loaded={corrections}>{(rows) => <Corrections rows={rows} />}</Read>
      </Figures>
    </>
  );
}

function UsedTable({ used }: { used: Sources["used"] }) {
  const columns = useMemo<Column<Sources["used"][number]>[]>(
    () => [
      { key: "source", heading: t("sources.source"), value: (row) => word("source", row.source) },
      { key: "table", heading: t("fault.table"), value: (row) => word("table", row.table) },
      figure("cells", t("sources.cells"), (row) => row.cells),
      {
        key: "years",
        heading: t("sources.years"),
        value: (row) => row.first_year,
        cell: (row) => (row.first_year === row.last_year ? row.first_year : `${row.first_year}–${row.last_year}`),
      },
    ],
    [language()],
  );
  return <DataTable caption={t("sources.used")} columns={columns} rows={used} keyOf={(row) => row.source + row.table} />;
}

function ConflictTable({ conflicts }: { conflicts: Conflict[] }) {
  const columns = useMemo<Column<Conflict>[]>(
    () => [
      { key: "kind", heading: t("conflict.kind"), value: (row) => word("conflict_kind", row.kind) },
      { key: "place", heading: t("place_name"), value: (row) => row.name || row.place },
      { key: "year", heading: t("year"), value: (row) => row.year },
      { key: "cohort", heading: t("conflict.cohort"), value: (row) => t("conflict.enters", { year: row.cohort }) },
      figure("first", t("conflict.first"), (row) => row.first),
      { key: "first_source", heading: t("conflict.first_source"), value: (row) => word("source", row.first_source) },
      figure("second", t("conflict.second"), (row) => row.second),
      { key: "second_source", heading: t("conflict.second_source"), value: (row) => word("source", row.second_source) },
      figure("ratio", t("conflict.ratio"), (row) => row.ratio, (ratio) => number(ratio, 2)),
      { key: "reason", heading: t("fault.reason"), sentence: true, value: (row) => said(row) },
    ],
    [language()],
  );
  return (
    <DataTable
      caption={t("sources.conflicts", { count: conflicts.length })}
      columns={columns}
      rows={conflicts}
      keyOf={(_, index) => String(index)}
      searchable={conflicts.length > 10}
    />
  );
}

function Corrections({ rows }: { rows: Correction[] }) {
  const levels = PLACE_LEVELS.filter((level) => rows.some((row) => row.level === level));
  const [asked, setAsked] = useState<PlaceLevel | null>(null);
  const level = asked ?? levels[0];
  const own = useMemo(() => rows.filter((row) => row.level === level), [rows, level]);
  const several = useMemo(() => new Set(own.map((row) => row.id)).size > 1, [own]);
  const columns = useMemo<Column<Correction>[]>(
    () => [
      ...(several ? [{ key: "name", heading: t("place_name"), value: (row: Correction) => row.name }] : []),
      { key: "stage", heading: t("stage"), value: (row) => word("stage", row.stage) },
      { key: "year", heading: t("year"), value: (row) => row.year },
      figure("cohort", t("corrections.cohort"), (row) => row.cohort_side),
      figure("school", t("corrections.school"), (row) => row.school_side),
      figure("agreed", t("corrections.agreed"), (row) => row.agreed),
      figure("by_cohort", t("corrections.off_cohort"), (row) => relative(row.agreed, row.cohort_side), tenths),
      figure("by_school", t("corrections.off_school"), (row) => relative(row.agreed, row.school_side), tenths),
    ],
    [language(), several],
  );
  if (!level) return <Empty>{t("corrections.none")}</Empty>;
  return (
    <>
      <div class="map-tools">
        <LevelSegments levels={levels} chosen={level} choose={setAsked} />
      </div>
      <DataTable
        key={level}
        caption={t("corrections.title")}
        columns={columns}
        rows={own}
        keyOf={(row) => `${row.id} ${row.stage} ${row.year}`}
        searchable={several}
      />
    </>
  );
}

const tenths = (share: number | null): string => change(share, 1);

/** How far the agreed figure lies from a side, relative to it. */
function relative(agreed: number | null, side: number | null): number | null {
  return agreed === null || !side ? null : agreed / side - 1;
}
