/** Children of a place by stage and year, each stage with its band. */

import { api } from "../../api";
import { BandChart } from "../../charts/band_chart";
import { chance, number } from "../../format";
import { t, word } from "../../language";
import { useLoaded } from "../../load";
import {
  type ByStage,
  type ByYear,
  FERTILITIES,
  type Fertility,
  PLACE_LEVELS,
  type PlaceOutlook,
  type SchoolGrades,
  type Stage,
  type StoredForecast,
} from "../../wire";
import { Figures, Read, type TabProps, usePlaceChoice } from "./tab";

export function OutlookTab({ forecast }: TabProps) {
  const choice = usePlaceChoice(forecast, PLACE_LEVELS);
  const variants = useLoaded(() => api.variants(forecast.id), [forecast.id]);
  return (
    <Figures title={t("outlook.title")} forecast={forecast}>
      {choice.control}
      <p class="field-hint">{t("outlook.hint", { band: chance(forecast.recipe.band), paths: forecast.recipe.paths })}</p>
      <Read loaded={choice.outlook}>
        {({ years, stages }) =>
          choice.place && (
            <PlaceFigures
              key={choice.level + choice.place.id}
              place={choice.place}
              years={years}
              stages={stages}
              variants={choice.level === "division" ? variants.value : null}
              fertility={forecast.recipe.fertility}
            />
          )
        }
      </Read>
      {choice.level === "school" && choice.place && <Grades forecast={forecast} school={choice.place.id} />}
    </Figures>
  );
}

interface PlaceFiguresProps {
  place: PlaceOutlook;
  years: number[];
  stages: Stage[];
  variants: Record<string, ByStage<ByYear>> | null;
  fertility: Fertility;
}

function PlaceFigures({ place, years, stages, variants, fertility }: PlaceFiguresProps) {
  const known = stages.filter((stage) => place.pupils[stage]?.some((pupils) => pupils !== null));
  if (known.length === 0) return <p class="empty">{t("outlook.none")}</p>;
  return (
    <>
      <div class={known.length === 1 ? "" : "chart-grid"}>
        {known.map((stage) => (
          <figure class="stage-chart">
            <figcaption>{word("stage", stage)}</figcaption>
            <BandChart
              label={t("outlook.chart", { place: place.name, stage: word("stage", stage) })}
              stage={stage}
              years={years}
              pupils={place.pupils[stage] ?? []}
              low={place.low[stage] ?? []}
              high={place.high[stage] ?? []}
              places={place.places[stage]}
              counted={countedAt(place, stage)}
              variants={variantsOf(variants, stage, fertility)}
            />
          </figure>
        ))}
      </div>
      <details class="fold">
        <summary>{t("forecast.figures")}</summary>
        <FigureTable place={place} years={years} stages={known} />
      </details>
    </>
  );
}

/** A stage under other fertility than the forecast's, where any year differs by it: older children are born already. */
function variantsOf(
  variants: Record<string, ByStage<ByYear>> | null,
  stage: Stage,
  fertility: Fertility,
): Record<string, ByYear> {
  const lines = FERTILITIES.flatMap((name) => {
    const line = variants?.[name]?.[stage];
    return line ? [[name, line] as const] : [];
  });
  const differ = lines.some(([, line]) => line.some((pupils, index) => pupils !== lines[0]?.[1][index]));
  return Object.fromEntries(differ ? lines.filter(([name]) => name !== fertility) : []);
}

/** Pupils where a place offers places; else the children of that age who live there. */
const countedAt = (place: PlaceOutlook, stage: Stage): string =>
  t(place.places[stage]?.some((places) => places !== null) ? "outlook.pupils" : "outlook.children");

function FigureTable({ place, years, stages }: { place: PlaceOutlook; years: number[]; stages: Stage[] }) {
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={t("forecast.figures")}>
      <table>
        <thead>
          <tr>
            <th scope="col" rowSpan={2}>
              {t("year")}
            </th>
            {stages.map((stage) => (
              <th scope="colgroup" class="numeric" colSpan={3}>
                {word("stage", stage)}
              </th>
            ))}
          </tr>
          <tr>
            {stages.map((stage) => (
              <>
                <th scope="col" class="numeric">
                  {countedAt(place, stage)}
                </th>
                <th scope="col" class="numeric">
                  {t("band")}
                </th>
                <th scope="col" class="numeric">
                  {t("outlook.places")}
                </th>
              </>
            ))}
          </tr>
        </thead>
        <tbody>
          {years.map((year, index) => (
            <tr>
              <th scope="row">{year}</th>
              {stages.map((stage) => (
                <>
                  <td class="numeric">{number(place.pupils[stage]?.[index])}</td>
                  <td class="numeric dim">{band(place.low[stage]?.[index], place.high[stage]?.[index])}</td>
                  <td class="numeric">{number(place.places[stage]?.[index])}</td>
                </>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Two ends as one figure; one number where they meet, as in a year already counted. */
export function band(low: number | null | undefined, high: number | null | undefined): string {
  if (low === null || low === undefined || high === null || high === undefined) return t("none");
  if (low === high) return number(low);
  return t("band.ends", { low: number(low), high: number(high) });
}

/** Pupils of one school by grade. */
function Grades({ forecast, school }: { forecast: StoredForecast; school: string }) {
  const loaded = useLoaded(() => api.schoolGrades(forecast.id), [forecast.id]);
  const own = loaded.value?.find((one) => one.id === school);
  if (!own || !forecast.summary) return null;
  return (
    <details class="fold">
      <summary>{t("outlook.grades", { school: own.name })}</summary>
      <GradeTable grades={own} years={forecast.summary.years} />
    </details>
  );
}

function GradeTable({ grades, years }: { grades: SchoolGrades; years: number[] }) {
  const rows = Object.entries(grades.grades).sort(([a], [b]) => Number(a) - Number(b));
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={t("outlook.grades", { school: grades.name })}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("grade")}</th>
            {years.map((year) => (
              <th scope="col" class="numeric">
                {year}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([grade, pupils]) => (
            <tr>
              <th scope="row">{word("grade", grade)}</th>
              {years.map((_, index) => (
                <td class="numeric">{number(pupils[index])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
