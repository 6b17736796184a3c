/** The warning map: places coloured by year and stage; a click says why, how sure, and until when one may act. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { api, type Problem } from "../../api";
import { chance, cutShare, day, number } from "../../format";
import { said, t, word } from "../../language";
import { asProblem, useLoaded } from "../../load";
import { type Hit, MapCanvas, type MapLibreMap } from "../../map/canvas";
import { boundsOf, NOTHING } from "../../map/layer";
import * as settlementLayer from "../../map/settlements";
import * as warningLayer from "../../map/warnings";
import { Facts, ProblemBox, Waiting } from "../../parts/basic";
import { PickOne } from "../../parts/picker";
import { WARNING_SIGNS, WarningLegend, WarningMark } from "../../parts/warning_mark";
import { YearSlider } from "../../parts/year_slider";
import { type PlaceLevel, type Stage, type StoredForecast, WARNING_COLOURS, type WarningRow } from "../../wire";
import { band } from "./outlook";
import { Figures, LevelSegments, StageSegments, type TabProps } from "./tab";

const LEVELS: readonly PlaceLevel[] = ["township", "school", "settlement"];
/** A slider passes years faster than maps can be read. */
const PAUSE_MS = 120;

export function WarningMapTab({ forecast, baseMapUrl }: TabProps) {
  const years = forecast.summary?.years ?? [];
  const stages = forecast.summary?.stages ?? [];
  const [level, setLevel] = useState<PlaceLevel>("township");
  const [stage, setStage] = useState<Stage>(stages.includes("primary") ? "primary" : (stages[0] ?? "primary"));
  const [year, setYear] = useState(years[0] ?? 0);
  const [chosen, setChosen] = useState<string | null>(null);
  const land = useLoaded(() => api.datasetMap(forecast.dataset_id, "settlements"), [forecast.dataset_id]);
  const { places: read, problem } = useMap(forecast, level, stage, year);
  const warnings = useLoaded(async () => {
    const read = warnedLevels(level).map((warned) => api.warnings(forecast.id, { level: warned, stage }));
    return (await Promise.all(read)).flat();
  }, [forecast.id, level, stage]);
  const places = useMemo(() => {
    if (!read) return null;
    return level === "settlement" ? bySchool(read, warnings.value ?? [], year) : withFigures(read);
  }, [read, warnings.value, level, year]);
  const choices = useMemo(
    () =>
      (places?.features ?? []).map(({ properties }) => ({
        id: String(properties?.id),
        name: String(properties?.name),
      })),
    [places],
  );
  const chooseLevel = (next: PlaceLevel) => {
    setLevel(next);
    setChosen(null);
  };
  const found = places?.features.find((feature) => feature.properties?.id === chosen);
  const own = found ? rowsFor(found.properties, warnings.value ?? [], level) : [];
  return (
    <Figures title={t("warning_map.title")} forecast={forecast}>
      <div class="map-tools">
        <LevelSegments levels={LEVELS} chosen={level} choose={chooseLevel} />
        <StageSegments stages={stages} chosen={stage} choose={setStage} />
        <YearSlider years={years} year={year} choose={setYear} />
      </div>
      <ProblemBox problem={problem} />
      <div class="warning-map">
        <div>
          <WarningCanvas
            places={places}
            land={level === "school" && land.value ? land.value : NOTHING}
            chosen={chosen}
            choose={setChosen}
            baseMapUrl={baseMapUrl}
          />
          <WarningLegend land={level !== "school"} />
          {level === "settlement" && <p class="field-hint">{t("warning_map.settlements")}</p>}
        </div>
        <aside aria-live="polite" aria-label={t("warning.why")} data-warned={chosen ?? ""}>
          <PickOne
            key={level}
            label={t("place_pick", { count: choices.length })}
            choices={choices}
            chosen={chosen}
            choose={setChosen}
          />
          <ProblemBox problem={warnings.problem} />
          {chosen ? (
            <Why rows={own} place={found?.properties ?? {}} year={year} chooseYear={setYear} />
          ) : (
            <MapTotals places={places} year={year} stage={stage} />
          )}
        </aside>
      </div>
    </Figures>
  );
}

/** The map of a level, stage and year; the one before stays until the next is there. */
function useMap(forecast: StoredForecast, level: PlaceLevel, stage: Stage, year: number) {
  const kept = useRef(new Map<string, GeoJSON.FeatureCollection>());
  const [shown, setShown] = useState<{ level: PlaceLevel; places: GeoJSON.FeatureCollection } | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    const key = [level, stage, year].join();
    const known = kept.current.get(key);
    if (known) {
      setShown({ level, places: known });
      return undefined;
    }
    let wanted = true;
    const ask = () =>
      api.forecastMap(forecast.id, level, stage, year).then(
        (places) => {
          kept.current.set(key, places);
          if (!wanted) return;
          setShown({ level, places });
          setProblem(null);
        },
        (error: unknown) => wanted && setProblem(asProblem(error)),
      );
    const waiting = window.setTimeout(ask, kept.current.size > 0 ? PAUSE_MS : 0);
    return () => {
      wanted = false;
      window.clearTimeout(waiting);
    };
  }, [forecast.id, level, stage, year]);
  return { places: shown?.places ?? null, problem };
}

interface CanvasProps {
  places: GeoJSON.FeatureCollection | null;
  /** The borders under schools. */
  land: GeoJSON.FeatureCollection;
  chosen: string | null;
  choose: (id: string | null) => void;
  baseMapUrl: string | null;
}

function WarningCanvas({ places, land, chosen, choose, baseMapUrl }: CanvasProps) {
  const [map, setMap] = useState<MapLibreMap | null>(null);
  const bounds = useRef<ReturnType<typeof boundsOf>>(null);
  if (places && !bounds.current) bounds.current = boundsOf(places);
  useEffect(() => {
    if (map && places) warningLayer.draw(map, places);
  }, [map, places]);
  useEffect(() => {
    if (map) settlementLayer.draw(map, land);
  }, [map, land]);
  useEffect(() => {
    if (map) warningLayer.choose(map, chosen);
  }, [map, chosen]);
  if (!places) return <Waiting />;
  if (!bounds.current) return <p class="empty">{t("map.empty")}</p>;
  const hit = (found: Hit | null) => choose(found?.kind === "warned" ? found.id : null);
  return (
    <div class="map-box">
      <MapCanvas
        name="warnings"
        label={t("warning_map.title")}
        bounds={bounds.current}
        baseMapUrl={baseMapUrl}
        onReady={setMap}
        onHit={hit}
      />
    </div>
  );
}

/** How many places of the map have each colour. */
function MapTotals({ places, year, stage }: { places: GeoJSON.FeatureCollection | null; year: number; stage: Stage }) {
  const counts = new Map<string, number>();
  for (const { properties } of places?.features ?? []) {
    const colour = String(properties?.colour ?? "");
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const unknown = (places?.features ?? []).filter(({ properties }) => !properties?.colour).length;
  return (
    <>
      <h3>
        {year} · {word("stage", stage)}
      </h3>
      <ul class="places">
        {WARNING_COLOURS.map((colour) => (
          <li>
            <WarningMark colour={colour} />
            <strong>{number(counts.get(colour) ?? 0)}</strong>
          </li>
        ))}
        {unknown > 0 && (
          <li>
            <span class="dim">{t("warning.unknown")}</span>
            <strong>{number(unknown)}</strong>
          </li>
        )}
      </ul>
      <p class="empty">{t(places?.features.length === 0 ? "warning_map.none" : "warning_map.choose")}</p>
    </>
  );
}

/** Places that have pupils or places at the stage: a kindergarten is not on the map of primary schools. */
function withFigures(places: GeoJSON.FeatureCollection): GeoJSON.FeatureCollection {
  const known = (name: string, place: GeoJSON.Feature) => typeof place.properties?.[name] === "number";
  const features = places.features.filter(
    (place) => place.properties?.colour || known("pupils", place) || known("places", place),
  );
  return { ...places, features };
}

/** Settlements have no places of their own to be short of: the school of their zone warns for them, or their township. */
function warnedLevels(level: PlaceLevel): readonly PlaceLevel[] {
  return level === "settlement" ? ["school", "township"] : [level];
}

/** The warnings, one a year, of a place or of what warns for it. */
function rowsFor(place: GeoJSON.GeoJsonProperties, rows: readonly WarningRow[], level: PlaceLevel): WarningRow[] {
  const of = (warned: PlaceLevel, id: unknown) => rows.filter((row) => row.level === warned && row.id === id);
  if (level !== "settlement") return of(level, place?.id);
  const school = of("school", place?.school);
  return school.length > 0 ? school : of("township", place?.parent);
}

/** Settlements with the colour of the school of their zone, or else of their township. */
function bySchool(places: GeoJSON.FeatureCollection, rows: readonly WarningRow[], year: number): GeoJSON.FeatureCollection {
  const colours = new Map(
    rows.filter((row) => row.year === year).map((row) => [`${row.level} ${row.id}`, row.colour] as const),
  );
  const features = places.features.map((place) => {
    const { school, parent } = place.properties ?? {};
    const colour = colours.get(`school ${school}`) ?? colours.get(`township ${parent}`) ?? null;
    return { ...place, properties: { ...place.properties, colour } };
  });
  return { ...places, features };
}

interface WhyProps {
  /** Of the place, or of what warns for a settlement; one a year. */
  rows: readonly WarningRow[];
  place: Record<string, unknown>;
  year: number;
  chooseYear: (year: number) => void;
}

/** One place: its colour through the years, and the reason, the band and the last date of the chosen year. */
function Why({ rows, place, year, chooseYear }: WhyProps) {
  const row = rows.find((one) => one.year === year);
  const another = row && row.id !== place.id;
  return (
    <>
      <h3>{String(place.name ?? row?.name ?? "")}</h3>
      {(!row || another) && <PlainFacts place={place} year={year} />}
      {another && (
        <h4>{t(row.level === "school" ? "warning_map.school" : "warning_map.township", { name: row.name })}</h4>
      )}
      {row && <WarningFacts row={row} />}
      {rows.length > 0 && (
        <ol class="year-strip" aria-label={t("warning.by_year")}>
          {rows.map((one) => (
            <li>
              <button
                type="button"
                class={`warning-${one.colour}`}
                aria-pressed={one.year === year}
                aria-label={`${one.year} ${word("colour", one.colour)}`}
                title={`${one.year} ${word("colour", one.colour)} ${cutShare(one.utilisation)}`}
                onClick={() => chooseYear(one.year)}
              >
                <span aria-hidden="true">{WARNING_SIGNS[one.colour]}</span>
                {String(one.year).slice(2)}
              </button>
            </li>
          ))}
        </ol>
      )}
    </>
  );
}

function WarningFacts({ row }: { row: WarningRow }) {
  return (
    <>
      <p>
        <WarningMark colour={row.colour} /> <span class="dim">{t("warning.of_year", { year: row.year })}</span>
      </p>
      <p>{said(row)}</p>
      {row.action && (
        <p class={row.overdue ? "notice notice-bad" : "notice notice-warn"}>
          <strong>{word("warning_action", row.action)}</strong>
          {" · "}
          {t(row.overdue ? "warning.overdue" : "warning.act_by", { day: day(row.act_by) })}
        </p>
      )}
      <Facts
        rows={[
          [t("outlook.pupils"), number(row.pupils)],
          [t("band"), band(row.low, row.high)],
          [t("outlook.places"), number(row.places)],
          [t("warning.utilisation"), cutShare(row.utilisation)],
          [t("warning.shortage"), chance(row.shortage_probability)],
          [t("warning.surplus"), chance(row.surplus_probability)],
          [t("warning.colour_low"), <WarningMark colour={row.colour_low} />],
          [t("warning.colour_high"), <WarningMark colour={row.colour_high} />],
          [t("warning.worst_ahead"), <WarningMark colour={row.worst_ahead} />],
        ]}
      />
    </>
  );
}

/** What the map itself says of a place that has no warning of its own. */
function PlainFacts({ place, year }: { place: Record<string, unknown>; year: number }) {
  const fact = (name: string) => (typeof place[name] === "number" ? (place[name] as number) : null);
  return (
    <Facts
      rows={[
        [t("year"), String(year)],
        [t(fact("places") === null ? "outlook.children" : "outlook.pupils"), number(fact("pupils"))],
        [t("band"), band(fact("low"), fact("high"))],
        [t("outlook.places"), number(fact("places"))],
      ]}
    />
  );
}
