/** Datasets stored, and the form that adds one. */

import { useMemo, useState } from "preact/hooks";

import { api, files as downloads, type Problem } from "../api";
import { moment, number } from "../format";
import { language, t } from "../language";
import { asProblem, useLoaded } from "../load";
import { Empty, EstimateBadge, Field, Panel, ProblemBox, SyntheticBadge, Waiting } from "../parts/basic";
import { type Column, DataTable } from "../parts/table";
import { FileField, UploadProgress, UploadRefused } from "../parts/upload";
import { go, link } from "../route";
import type { Dataset, Declaration, Me } from "../wire";

export function Datasets({ me, mayPlan }: { me: Me; mayPlan: boolean }) {
  const datasets = useLoaded(api.datasets, []);
  return (
    <div class={mayPlan ? "columns" : ""}>
      <Panel title={t("datasets.title")}>
        <ProblemBox problem={datasets.problem} />
        {!datasets.value && !datasets.problem && <Waiting />}
        {datasets.value?.length === 0 && <Empty>{t("datasets.none")}</Empty>}
        {datasets.value && datasets.value.length > 0 && <DatasetTable datasets={datasets.value} />}
      </Panel>
      {mayPlan && <Upload me={me} />}
    </div>
  );
}

function DatasetTable({ datasets }: { datasets: Dataset[] }) {
  const columns = useMemo<Column<Dataset>[]>(
    () => [
      {
        key: "title",
        heading: t("dataset.title"),
        value: (d) => d.title,
        cell: (d) => (
          <>
            <a href={link("datasets", d.id)}>{d.title}</a> <SyntheticBadge synthetic={d.synthetic} />
          </>
        ),
      },
      { key: "division", heading: t("dataset.division"), value: (d) => d.division },
      {
        key: "settlements",
        heading: t("table.settlements"),
        numeric: true,
        value: (d) => d.counts.settlements ?? 0,
        cell: (d) => number(d.counts.settlements ?? 0),
      },
      {
        key: "schools",
        heading: t("table.schools"),
        numeric: true,
        value: (d) => d.counts.schools ?? 0,
        cell: (d) => number(d.counts.schools ?? 0),
      },
      {
        key: "warnings",
        heading: t("dataset.warnings"),
        numeric: true,
        value: (d) => d.warnings?.length ?? 0,
      },
      {
        key: "roads",
        heading: t("roads"),
        value: (d) => (d.roads ? t("roads.yes") : t("travel.estimate")),
        cell: (d) => (d.roads ? t("roads.yes") : <EstimateBadge estimate />),
      },
      { key: "created", heading: t("created"), value: (d) => d.created_at, cell: (d) => moment(d.created_at) },
    ],
    [language()],
  );
  return (
    <DataTable
      caption={t("datasets.title")}
      columns={columns}
      rows={datasets}
      keyOf={(d) => d.id}
      sortedBy={{ key: "created", down: true }}
    />
  );
}

const OTHER = "other";
const CRS_CHOICES = [
  ["", "crs.file"],
  ["EPSG:4326", "crs.wgs84"],
  ["EPSG:4490", "crs.cgcs2000"],
  ["GCJ-02", "crs.gcj02"],
  ["BD-09", "crs.bd09"],
  [OTHER, "crs.other"],
] as const;

function Upload({ me }: { me: Me }) {
  const [chosen, setChosen] = useState<File[]>([]);
  const [title, setTitle] = useState("");
  const [division, setDivision] = useState(me.division ?? "");
  const [crs, setCrs] = useState("");
  const [epsg, setEpsg] = useState("EPSG:4547");
  const [synthetic, setSynthetic] = useState(false);
  const [source, setSource] = useState("");
  const [columns, setColumns] = useState("");
  const [tables, setTables] = useState("");
  const [share, setShare] = useState<number | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const badColumns = !isJsonObject(columns);
  const badTables = !isJsonObject(tables);

  const submit = (event: Event) => {
    event.preventDefault();
    const declaration: Declaration = {
      title: title.trim(),
      division: division.trim(),
      crs: crs === OTHER ? epsg.trim() : crs || null,
      synthetic,
      source: source.trim(),
      columns: columns.trim() ? JSON.parse(columns) : {},
      tables: tables.trim() ? JSON.parse(tables) : {},
    };
    setProblem(null);
    setShare(0);
    api.upload(chosen, declaration, setShare).then(
      (dataset) => go(link("datasets", dataset.id)),
      (error: unknown) => {
        setShare(null);
        setProblem(asProblem(error));
      },
    );
  };

  return (
    <Panel
      title={t("upload.title")}
      aside={
        <a href={downloads.blankWorkbook} download>
          {t("upload.blank")}
        </a>
      }
    >
      <form onSubmit={submit} class="form" aria-label={t("upload.title")}>
        <FileField label={t("upload.files")} hint={t("upload.files.hint")} chosen={chosen} choose={setChosen} />
        <Field label={t("dataset.title")}>
          <input required maxLength={200} value={title} onInput={(event) => setTitle(event.currentTarget.value)} />
        </Field>
        <Field label={t("dataset.division")} hint={t("upload.division.hint")}>
          <input
            required
            inputMode="numeric"
            value={division}
            readOnly={me.level === "district"}
            onInput={(event) => setDivision(event.currentTarget.value)}
          />
        </Field>
        <Field label={t("upload.crs")} hint={t("upload.crs.hint")}>
          <select value={crs} onChange={(event) => setCrs(event.currentTarget.value)}>
            {CRS_CHOICES.map(([value, key]) => (
              <option value={value}>{t(key)}</option>
            ))}
          </select>
        </Field>
        {crs === OTHER && (
          <Field label={t("upload.epsg")}>
            <input
              required
              pattern="EPSG:[0-9]{4,6}"
              value={epsg}
              onInput={(event) => setEpsg(event.currentTarget.value)}
            />
          </Field>
        )}
        <Field label={t("dataset.source")}>
          <input value={source} onInput={(event) => setSource(event.currentTarget.value)} />
        </Field>
        <label class="check field-wide">
          <input
            type="checkbox"
            checked={synthetic}
            onChange={(event) => setSynthetic(event.currentTarget.checked)}
          />
          {t("upload.synthetic")}
        </label>
        <details class="fold field-wide">
          <summary>{t("advanced")}</summary>
          <Field label={t("upload.columns")} hint={badColumns ? t("upload.json.bad") : t("upload.columns.hint")} wide>
            <textarea
              rows={4}
              spellcheck={false}
              aria-invalid={badColumns}
              value={columns}
              onInput={(event) => setColumns(event.currentTarget.value)}
            />
          </Field>
          <Field label={t("upload.tables")} hint={badTables ? t("upload.json.bad") : t("upload.tables.hint")} wide>
            <textarea
              rows={2}
              spellcheck={false}
              aria-invalid={badTables}
              value={tables}
              onInput={(event) => setTables(event.currentTarget.value)}
            />
          </Field>
        </details>
        <div class="form-end field-wide">
          <button
            type="submit"
            class="primary"
            disabled={share !== null || chosen.length === 0 || badColumns || badTables}
          >
            {t("upload.send")}
          </button>
          <UploadProgress share={share} />
        </div>
      </form>
      <UploadRefused problem={problem} />
    </Panel>
  );
}

/** Empty text, or JSON of an object. */
function isJsonObject(text: string): boolean {
  if (!text.trim()) return true;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
