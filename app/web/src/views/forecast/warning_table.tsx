/** Every warning as a table that sorts, filters and can be taken away. */

import { useMemo, useState } from "preact/hooks";

import { api, files, type WarningQuery } from "../../api";
import { chance, cutShare, day, number } from "../../format";
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

/** The gravest ahead come first; why, under each. */
function WarningTable({ rows }: { rows: WarningRow[] }) {
  const levels = useMemo(() => new Set(rows.map((row) => row.level)).size, [rows]);
  const columns = useMemo<Column<WarningRow>[]>(
    () => [
      { key: "name", heading: t("place_name"), value: (row) => row.name },
      ...(levels > 1 ? [{ key: "level", heading: t("place_level"), value: (row: WarningRow) => word("place_level", row.level) }] : []),
      { key: "stage", heading: t("stage"), value: (row) => word("stage", row.stage) },
      { key: "year", heading: t("year"), numeric: true, value: (row) => row.year },
      { key: "colour", heading: t("colour"), value: (row) => severity(row.colour), cell: (row) => <WarningMark colour={row.colour} /> },
      {
        key: "worst",
        heading: t("warning.worst_ahead"),
        value: (row) => severity(row.worst_ahead),
        cell: (row) => <WarningMark colour={row.worst_ahead} />,
      },
      {
        key: "pupils",
        heading: t("warning.pupils"),
        numeric: true,
        value: (row) => row.pupils,
        cell: (row) => (
          <>
            {number(row.pupils)}
            {row.low !== row.high && <small>{band(row.low, row.high)}</small>}
          </>
        ),
      },
      figure("places", t("outlook.places"), (row) => row.places),
      figure("utilisation", t("warning.utilisation"), (row) => row.utilisation, cutShare),
      figure("shortage", t("warning.shortage"), (row) => row.shortage_probability, chance),
      figure("surplus", t("warning.surplus"), (row) => row.surplus_probability, chance),
      {
        key: "act_by",
        heading: t("warning.act_by_short"),
        value: (row) => row.act_by,
        cell: (row) => (
          <>
            {day(row.act_by)} {row.overdue && <span class="badge badge-bad">{t("warning.passed")}</span>}
            {row.action && <small>{word("warning_action", row.action)}</small>}
          </>
        ),
      },
    ],
    [language(), levels],
  );
  return (
    <DataTable
      caption={t("warnings.title")}
      under={said}
      columns={columns}
      rows={rows}
      keyOf={(row) => [row.level, row.id, row.stage, row.year].join()}
      sortedBy={{ key: "worst", down: false }}
      searchable
    />
  );
}
