/** The roads of a dataset: what was read of them, which places are far from them, and the form that adds them. */

import { useState } from "preact/hooks";

import { api, type Problem } from "../api";
import { number, shareOf } from "../format";
import { language, t, word } from "../language";
import { asProblem, useLoaded } from "../load";
import { go, link } from "../route";
import type { Dataset, FarPlace, RoadsReport } from "../wire";
import { EstimateBadge, Facts, Panel, ProblemBox, Waiting } from "./basic";
import { FileField, UploadProgress, UploadRefused } from "./upload";

export function RoadPanel({ dataset, mayPlan }: { dataset: Dataset; mayPlan: boolean }) {
  const { roads } = dataset;
  return (
    <Panel title={t("roads")} aside={<EstimateBadge estimate={!roads} />} class="road-panel">
      {roads ? <Report dataset={dataset.id} /> : <p class="notice notice-warn">{t("roads.none")}</p>}
      {mayPlan &&
        (roads ? (
          <details class="fold">
            <summary>{t("roads.replace")}</summary>
            <AddRoads dataset={dataset.id} />
          </details>
        ) : (
          <AddRoads dataset={dataset.id} />
        ))}
    </Panel>
  );
}

function Report({ dataset }: { dataset: string }) {
  const { value: report, problem } = useLoaded(() => api.roads(dataset), [dataset]);
  if (!report) return problem ? <ProblemBox problem={problem} /> : <Waiting />;
  return (
    <>
      <Summary report={report} />
      <FarList title="roads.far_settlements" places={report.far.settlements} limit={report.far.limit} />
      <FarList title="roads.far_schools" places={report.far.schools} limit={report.far.limit} />
      <details class="fold">
        <summary>{t("roads.by_class")}</summary>
        <ClassTable report={report} />
      </details>
      <p class="credit">{report.credit}</p>
    </>
  );
}

function Summary({ report }: { report: RoadsReport }) {
  const [largest] = report.parts;
  const { relief } = report;
  return (
    <Facts
      rows={[
        [t("roads.km"), kilometres(report.km)],
        [t("roads.walk_km"), kilometres(report.walk_km)],
        [t("roads.ride_km"), kilometres(report.ride_km)],
        [
          t("roads.parts"),
          largest
            ? t("roads.parts.largest", { count: number(report.parts_in_all), share: shareOf(largest.km / Math.max(report.km, 1e-9)) })
            : t("none"),
        ],
        [
          t("roads.relief"),
          relief
            ? t("roads.relief.known", {
                lowest: number(relief.lowest),
                highest: number(relief.highest),
                share: shareOf(relief.share_known),
              })
            : t("roads.relief.none"),
        ],
        [t("roads.files"), report.read_from.join(" · ") || t("none")],
        [t("dataset.hash"), <code title={report.hash}>{report.hash.slice(0, 16)}…</code>],
      ]}
    />
  );
}

/** With a decimal below a hundred. */
const kilometres = (km: number): string => t("km", { n: number(km, km < 100 ? 1 : 0) });

type FarTitle = "roads.far_settlements" | "roads.far_schools";

interface FarProps {
  title: FarTitle;
  places: readonly FarPlace[];
  limit: number;
}

function FarList({ title, places, limit }: FarProps) {
  if (places.length === 0) return null;
  return (
    <details class="fold" open={places.length <= 5}>
      <summary>{t(title, { count: places.length, limit: number(limit) })}</summary>
      <ul class="places">
        {places.map((place) => (
          <li>
            {place.name}
            <span class="dim">{t("metres", { n: number(place.metres) })}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function ClassTable({ report }: { report: RoadsReport }) {
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={t("roads.by_class")}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("roads.class")}</th>
            <th scope="col" class="numeric">
              {t("roads.length")}
            </th>
            <th scope="col" class="numeric">
              {t("roads.bus_kmh")}
            </th>
            <th scope="col">{t("roads.walk")}</th>
          </tr>
        </thead>
        <tbody>
          {report.by_class.map((one) => (
            <tr>
              <th scope="row">
                {language() === "zh" ? one.zh || word("road", one.road) : word("road", one.road)}
                <small>{one.road}</small>
              </th>
              <td class="numeric">{t("km", { n: number(one.km, 1) })}</td>
              <td class="numeric">{one.bus_kmh > 0 ? t("kmh", { n: number(one.bus_kmh) }) : t("none")}</td>
              <td>{one.walk ? t("yes") : t("no")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Sends roads; the answer is a dataset of its own, shown next. */
function AddRoads({ dataset }: { dataset: string }) {
  const [chosen, setChosen] = useState<File[]>([]);
  const [share, setShare] = useState<number | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const submit = (event: Event) => {
    event.preventDefault();
    setProblem(null);
    setShare(0);
    api.addRoads(dataset, chosen, setShare).then(
      (made) => {
        setShare(null);
        setChosen([]);
        go(link("datasets", made.id));
      },
      (error: unknown) => {
        setShare(null);
        setProblem(asProblem(error));
      },
    );
  };
  return (
    <>
      <form class="form" onSubmit={submit} aria-label={t("roads.add")}>
        <FileField label={t("roads.add.files")} hint={t("roads.add.hint")} chosen={chosen} choose={setChosen} />
        <div class="form-end field-wide">
          <button type="submit" class="primary" disabled={share !== null || chosen.length === 0}>
            {t("roads.add")}
          </button>
          <UploadProgress share={share} />
        </div>
      </form>
      <UploadRefused problem={problem} />
    </>
  );
}
