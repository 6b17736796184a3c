/** Peak and trough of every stage, of the district and its townships. */

import { useMemo, useState } from "preact/hooks";

import { api } from "../../api";
import { change } from "../../format";
import { language, t, word } from "../../language";
import { useLoaded } from "../../load";
import { type Column, DataTable, figure } from "../../parts/table";
import type { PeakRow, PlaceLevel } from "../../wire";
import { Figures, LevelSegments, Read, type TabProps } from "./tab";

export function PeaksTab({ forecast }: TabProps) {
  const loaded = useLoaded(() => api.peaks(forecast.id), [forecast.id]);
  const [level, setLevel] = useState<PlaceLevel>("division");
  return (
    <Figures title={t("peaks.title")} forecast={forecast}>
      <div class="map-tools">
        <LevelSegments levels={["division", "township"]} chosen={level} choose={setLevel} />
      </div>
      <p class="field-hint">{t("peaks.hint")}</p>
      <Read loaded={loaded}>{(rows) => <PeakTable rows={rows.filter((row) => row.level === level)} />}</Read>
    </Figures>
  );
}

function PeakTable({ rows }: { rows: PeakRow[] }) {
  const several = new Set(rows.map((row) => row.id)).size > 1;
  const columns = useMemo<Column<PeakRow>[]>(
    () => [
      ...(several ? [{ key: "name", heading: t("place_name"), value: (row: PeakRow) => row.name }] : []),
      { key: "stage", heading: t("stage"), value: (row) => word("stage", row.stage) },
      {
        key: "peak_year",
        heading: t("peak.year"),
        numeric: true,
        value: (row) => row.peak_year,
        cell: (row) => (
          <>
            {row.peak_is_first_year && (
              <span class="badge" title={t("peak.first.hint")}>
                {t("peak.first")}
              </span>
            )}{" "}
            {row.peak_year}
          </>
        ),
      },
      figure("peak_pupils", t("peak.pupils"), (row) => row.peak_pupils),
      { key: "trough_year", heading: t("peak.trough_year"), numeric: true, value: (row) => row.trough_year },
      figure("trough_pupils", t("peak.trough_pupils"), (row) => row.trough_pupils),
      figure("last_pupils", t("peak.last_pupils", { year: rows[0]?.last_year ?? "" }), (row) => row.last_pupils),
      figure("change", t("peak.change"), (row) => row.change_to_last, (share) => change(share)),
      figure("surplus_years", t("peak.surplus_years"), (row) => row.surplus_years),
      figure("deepest", t("peak.deepest"), (row) => row.deepest_surplus),
      { key: "deepest_year", heading: t("peak.deepest_year"), numeric: true, value: (row) => row.deepest_surplus_year },
    ],
    [language(), rows],
  );
  return <DataTable caption={t("peaks.title")} columns={columns} rows={rows} keyOf={(row) => row.level + row.id + row.stage} searchable={rows.length > 10} />;
}
