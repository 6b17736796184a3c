/** One dataset: what it holds, its warnings, its map and the children due at school. */

import { useEffect, useMemo, useState } from "preact/hooks";

import { api, files } from "../api";
import { ForecastChart } from "../charts/forecast_chart";
import { moment, number } from "../format";
import { language, t, word } from "../language";
import { useLoaded } from "../load";
import { useBoxed } from "../map/boxed";
import { type Hit, MapCanvas, type MapLibreMap } from "../map/canvas";
import { boundsOf, NOTHING } from "../map/layer";
import { SchoolLegend } from "../map/legend";
import { OverlayLegend } from "../map/overlay_legend";
import { NO_OVERLAYS, type Overlays, useOverlays } from "../map/overlays";
import * as schoolLayer from "../map/schools";
import * as settlementLayer from "../map/settlements";
import { MapNote, type Told } from "../map/told";
import { Facts, Panel, ProblemBox, SyntheticBadge, Waiting } from "../parts/basic";
import { FaultTable } from "../parts/faults";
import { ReachChooser, useReach } from "../parts/isochrones";
import { LayerSwitches, type LayersOn } from "../parts/layers";
import { RoadPanel } from "../parts/road_box";
import { link } from "../route";

interface DatasetViewProps {
  id: string;
  baseMapUrl: string | null;
  mayPlan: boolean;
}

export function DatasetView({ id, baseMapUrl, mayPlan }: DatasetViewProps) {
  const { value: dataset, problem } = useLoaded(() => api.dataset(id), [id]);
  const forecast = useLoaded(() => api.forecast(id, []), [id]);
  if (!dataset) return problem ? <ProblemBox problem={problem} /> : <Waiting />;
  return (
    <>
      <div class="title-row">
        <div>
          <p class="crumb">
            <a href={link("datasets")}>{t("nav.datasets")}</a>
          </p>
          <h1>
            {dataset.title} <SyntheticBadge synthetic={dataset.synthetic} />
          </h1>
        </div>
        <div class="actions">
          <a class="button" href={link("forecasts", null, { dataset: id })}>
            {t("nav.forecasts")}
          </a>
          {mayPlan && (
            <>
              <a class="button" href={files.datasetWorkbook(id)} download>
                {t("dataset.workbook")}
              </a>
              <a class="button primary" href={link("scenarios", "new", { dataset: id })}>
                {t("scenario.new")}
              </a>
            </>
          )}
        </div>
      </div>
      <div class="columns columns-wide-left">
        <Panel title={t("dataset.map")}>
          <DatasetMap id={id} hasRoads={Boolean(dataset.roads)} baseMapUrl={baseMapUrl} />
        </Panel>
        <Panel title={t("forecast.title")}>
          <ProblemBox problem={forecast.problem} />
          {!forecast.value && !forecast.problem && <Waiting />}
          {forecast.value && <ForecastChart forecast={forecast.value} />}
          {forecast.value && forecast.value.notes.length > 0 && (
            <details class="fold">
              <summary>{t("forecast.notes", { count: forecast.value.notes.length })}</summary>
              <ul class="notes">
                {(language() === "zh" ? forecast.value.notes_zh : forecast.value.notes).map((note) => (
                  <li>{note}</li>
                ))}
              </ul>
            </details>
          )}
        </Panel>
      </div>
      <RoadPanel dataset={dataset} mayPlan={mayPlan} />
      <div class="columns columns-wide-right">
        <Panel title={t("dataset.holds")}>
          <Facts
            rows={[
              [t("dataset.division"), dataset.division],
              [t("dataset.source"), dataset.source || t("none")],
              [t("created"), `${moment(dataset.created_at)} · ${dataset.created_by}`],
              [t("dataset.hash"), <code title={dataset.hash}>{dataset.hash.slice(0, 16)}…</code>],
            ]}
          />
          <ul class="table-links">
            {Object.entries(dataset.counts)
              .filter(([table, rows]) => rows > 0 && (mayPlan || !FOR_PLANNERS.includes(table)))
              .map(([table, rows]) => (
                <li>
                  <a href={files.datasetTable(id, table)} download={`${table}.csv`}>
                    {word("table", table)}
                  </a>
                  <span>{t("dataset.rows", { count: number(rows) })}</span>
                </li>
              ))}
          </ul>
        </Panel>
        <Panel title={t("dataset.warnings")}>
          {dataset.warnings.length > 0 ? (
            <FaultTable caption={t("dataset.warnings")} faults={dataset.warnings} />
          ) : (
            <p class="empty">{t("dataset.warnings.none")}</p>
          )}
        </Panel>
      </div>
    </>
  );
}

/** Tables of persons and their homes, which readers may not take away. */
const FOR_PLANNERS: readonly string[] = ["teachers", "homes"];

interface DatasetMapProps {
  id: string;
  hasRoads: boolean;
  baseMapUrl: string | null;
}

function DatasetMap({ id, hasRoads, baseMapUrl }: DatasetMapProps) {
  const layers = useLoaded(
    async () => {
      const [settlements, schools] = await Promise.all([api.datasetMap(id, "settlements"), api.datasetMap(id, "schools")]);
      return { settlements, schools };
    },
    [id],
  );
  const [map, setMap] = useState<MapLibreMap | null>(null);
  const [hit, setHit] = useState<Hit | null>(null);
  const [told, setTold] = useState<Told | null>(null);
  const [on, setOn] = useState<LayersOn>(new Set());
  const reach = useReach(id, hasRoads && hit?.kind === "school" ? hit.id : null);
  const roads = useBoxed(map, id, "roads", on.has("roads"));
  const barriers = useBoxed(map, id, "barriers", on.has("barriers"));
  const overlays = useMemo<Overlays>(
    () => ({ ...NO_OVERLAYS, roads: roads.layer, barriers: barriers.layer, isochrones: reach.shown }),
    [roads.layer, barriers.layer, reach.shown],
  );
  useOverlays(map, overlays, layers.value?.settlements ?? NOTHING);
  const bounds = useMemo(
    () => (layers.value ? boundsOf(layers.value.settlements, layers.value.schools) : null),
    [layers.value],
  );
  useEffect(() => {
    if (!map || !layers.value) return;
    settlementLayer.draw(map, layers.value.settlements);
    schoolLayer.draw(map, layers.value.schools, (school) => todaySymbol(school));
  }, [map, layers.value]);
  useEffect(() => {
    if (!map) return;
    settlementLayer.choose(map, hit?.kind === "settlement" ? [hit.id] : []);
    schoolLayer.choose(map, hit?.kind === "school" ? hit.id : null);
  }, [map, hit]);

  if (!layers.value) return layers.problem ? <ProblemBox problem={layers.problem} /> : <Waiting />;
  if (!bounds) return <p class="empty">{t("map.empty")}</p>;
  const found = hit && [...layers.value.schools.features, ...layers.value.settlements.features].find(
    (feature) => feature.properties?.id === hit.id,
  );
  const credit = roads.layer.credit ?? barriers.layer.credit;
  return (
    <>
      {hasRoads && <LayerSwitches label={t("layers")} names={["roads", "barriers"]} on={on} change={setOn} />}
      <ProblemBox problem={roads.problem ?? barriers.problem} />
      <div class="map-box map-box-short">
        <MapCanvas
          name="dataset"
          label={t("dataset.map")}
          bounds={bounds}
          baseMapUrl={baseMapUrl}
          onReady={setMap}
          onHit={setHit}
          onTold={setTold}
        />
        <MapNote told={told} />
      </div>
      <SchoolLegend symbols={["keep", "protected", "private"]} today />
      <OverlayLegend overlays={overlays} />
      {credit && <p class="credit">{credit}</p>}
      {(roads.layer.truncated || barriers.layer.truncated) && <p class="field-hint">{t("layer.truncated")}</p>}
      <p class="hit" aria-live="polite">
        {found ? describe(found.properties ?? {}) : t("map.hint")}
      </p>
      {hasRoads && hit?.kind === "school" && <ReachChooser reach={reach} />}
    </>
  );
}

/** The symbol of a school as it stands today. */
export function todaySymbol(school: Record<string, unknown>): schoolLayer.SchoolSymbol {
  if (school.public === false) return "private";
  return school.protected === true ? "protected" : "keep";
}

function describe(properties: Record<string, unknown>): string {
  const facts = [String(properties.name ?? properties.id)];
  if (properties.kind) facts.push(word("kind", String(properties.kind)));
  if (Array.isArray(properties.stages)) facts.push(...properties.stages.map((stage) => word("stage", String(stage))));
  if (properties.township) facts.push(String(properties.township));
  return facts.join(" · ");
}
