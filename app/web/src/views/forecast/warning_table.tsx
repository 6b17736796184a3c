/** Every warning as a table that sorts, filters and can be taken away. */

import { useMemo, useState } from "preact/hooks";

import { api, files, type WarningQuery } from "../../api";
import { chance, day, shareOf } from "../../format";
import { language, said, t, word } from "../../language";
import { useLoaded } from "../../load";
import { Field } from "../../parts/basic";
import { type Column, DataTable, figure } from "../../parts/table";
import { severity, WarningMark } from "../../parts/warning_mark";
import { PLACE_LEVELS, type PlaceLevel, type Stage, WARNING_COLOURS, type WarningColour, type WarningRow } from "../../wire";
import { band } from "./outlook";
import { Figures, Read, type TabProps } from "./tab";

export function WarningTableTab({ forecast }: TabProps) {
  const years = forecast.summary?.years ?? [];
  const stages = forecast.summary?.stages ?? [];
  const [which, setWhich] = useState<WarningQuery>({ level: "school", ...(years[0] ? { year: years[0] } : {}) });
  const loaded = useLoaded(() => api.warnings(forecast.id, which), [forecast.id, which]);
  return (
    <Figures
      title={t("warnings.title")}
      class="warnings-table"
      forecast={forecast}
      aside={
        <>
          <a class="button" href={files.warningsCsv(forecast.id, which)} download>
            {t("export", { format: "CSV" })}
          </a>
          <a class="button" href={files.forecastWorkbook(forecast.id)} download>
            {t("export", { format: "Excel" })}
          </a>
        </>
      }
    >
      <div class="filters">
        <Filter
          label={t("place_level")}
          group="place_level"
          names={PLACE_LEVELS}
          chosen={which.level}
          choose={(level) => setWhich(without({ ...which, level: level as PlaceLevel }))}
        />
        <Filter
          label={t("stage")}
          group="stage"
          names={stages}
          chosen={which.stage}
          choose={(stage) => setWhich(without({ ...which, stage: stage as Stage }))}
        />
        <Filter
          label={t("year")}
          group="year"
          names={years.map(String)}
          chosen={which.year?.toString()}
          choose={(year) => setWhich(without({ ...which, year: Number(year) }))}
        />
        <Filter
          label={t("colour")}
          group="colour"
          names={WARNING_COLOURS}
          chosen={which.colour}
          choose={(colour) => setWhich(without({ ...which, colour: colour as WarningColour }))}
        />
      </div>
      <Read loaded={loaded}>{(rows) => <WarningTable rows={rows} />}</Read>
    </Figures>
  );
}

/** A query without what is not filtered by. */
function without(which: WarningQuery): WarningQuery {
  return Object.fromEntries(Object.entries(which).filter(([, value]) => Boolean(value)));
}

interface FilterProps {
  label: string;
  group: string;
  names: readonly string[];
  chosen: string | undefined;
  choose: (name: string) => void;
}

function Filter({ label, group, names, chosen, choose }: FilterProps) {
  return (
    <Field label={label}>
      <select value={chosen ?? ""} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">{t("all")}</option>
        {names.map((name) => (
          <option value={name}>{word(group, name)}</option>
        ))}
      </select>
    </Field>
  );
}

function WarningTable({ rows }: { rows: WarningRow[] }) {
  const columns = useMemo<Column<WarningRow>[]>(
    () => [
      { key: "name", heading: t("place_name"), value: (row) => row.name },
      { key: "stage", heading: t("stage"), value: (row) => word("stage", row.stage) },
      { key: "year", heading: t("year"), numeric: true, value: (row) => row.year },
      { key: "colour", heading: t("colour"), value: (row) => severity(row.colour), cell: (row) => <WarningMark colour={row.colour} /> },
      {
        key: "worst",
        heading: t("warning.worst_ahead"),
        value: (row) => severity(row.worst_ahead),
        cell: (row) => <WarningMark colour={row.worst_ahead} />,
      },
      figure("pupils", t("outlook.pupils"), (row) => row.pupils),
      { key: "band", heading: t("band"), numeric: true, value: (row) => row.low, cell: (row) => band(row.low, row.high) },
      figure("places", t("outlook.places"), (row) => row.places),
      figure("utilisation", t("warning.utilisation"), (row) => row.utilisation, shareOf),
      figure("shortage", t("warning.shortage"), (row) => row.shortage_probability, chance),
      {
        key: "act_by",
        heading: t("warning.act_by_short"),
        value: (row) => row.act_by,
        cell: (row) => (
          <>
            {day(row.act_by)} {row.overdue && <span class="badge badge-bad">{t("warning.passed")}</span>}
          </>
        ),
      },
      { key: "action", heading: t("warning.action"), value: (row) => (row.action ? word("warning_action", row.action) : null) },
      { key: "reason", heading: t("warning.reason"), sentence: true, value: (row) => said(row) },
      figure("surplus", t("warning.surplus"), (row) => row.surplus_probability, chance),
      { key: "level", heading: t("place_level"), value: (row) => word("place_level", row.level) },
    ],
    [language()],
  );
  return (
    <DataTable
      caption={t("warnings.title")}
      columns={columns}
      rows={rows}
      keyOf={(row) => [row.level, row.id, row.stage, row.year].join()}
      sortedBy={{ key: "colour", down: false }}
      searchable
    />
  );
}
