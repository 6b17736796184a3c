/** Places against pupils by year and stage: how many are missing, how many are left. */

import { useState } from "preact/hooks";

import { type Balance, BalanceChart } from "../../charts/balance_chart";
import { chance, cutShare, number } from "../../format";
import { t, word } from "../../language";
import type { PlaceOutlook, Stage } from "../../wire";
import { band } from "./outlook";
import { Figures, Read, StageSegments, type TabProps, usePlaceChoice } from "./tab";

export function BalanceTab({ forecast }: TabProps) {
  const choice = usePlaceChoice(forecast, ["division", "township", "school"]);
  return (
    <Figures title={t("balance.title")} forecast={forecast}>
      {choice.control}
      <Read loaded={choice.outlook}>
        {({ years, stages }) =>
          choice.place && <PlaceBalance key={choice.level + choice.place.id} place={choice.place} years={years} stages={stages} />
        }
      </Read>
    </Figures>
  );
}

function PlaceBalance({ place, years, stages }: { place: PlaceOutlook; years: number[]; stages: Stage[] }) {
  const offered = stages.filter((stage) => place.places[stage]?.some((places) => places !== null));
  const [asked, setAsked] = useState<Stage | null>(null);
  const stage = asked && offered.includes(asked) ? asked : offered[0];
  if (!stage) return <p class="empty">{t("balance.none")}</p>;
  return (
    <>
      <p class="field-hint">{t("balance.hint")}</p>
      <div class={offered.length === 1 ? "" : "chart-grid"}>
        {offered.map((one) => (
          <figure class="stage-chart">
            <figcaption>{word("stage", one)}</figcaption>
            <BalanceChart
              label={t("balance.chart", { place: place.name, stage: word("stage", one) })}
              balances={balancesOf(place, one, years)}
            />
          </figure>
        ))}
      </div>
      <div class="map-tools">
        <h3>{t("balance.table")}</h3>
        <StageSegments stages={offered} chosen={stage} choose={setAsked} />
      </div>
      <BalanceTable place={place} stage={stage} years={years} />
    </>
  );
}

/** Years of which both pupils and places are known. */
function balancesOf(place: PlaceOutlook, stage: Stage, years: readonly number[]): Balance[] {
  return years.flatMap((year, index) => {
    const [pupils, places] = [place.pupils[stage]?.[index], place.places[stage]?.[index]];
    if (pupils === null || pupils === undefined || places === null || places === undefined) return [];
    const [low, high] = [place.low[stage]?.[index] ?? pupils, place.high[stage]?.[index] ?? pupils];
    return [{ year, middle: places - pupils, least: places - high, most: places - low }];
  });
}

function BalanceTable({ place, stage, years }: { place: PlaceOutlook; stage: Stage; years: number[] }) {
  const at = (figures: PlaceOutlook["pupils"], index: number) => figures[stage]?.[index] ?? null;
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={t("balance.table")}>
      <table>
        <thead>
          <tr>
            {(["year", "outlook.pupils", "band", "outlook.places", "balance.missing", "balance.left", "warning.utilisation", "warning.shortage"] as const).map(
              (key) => (
                <th scope="col" class={key === "year" ? "" : "numeric"}>
                  {t(key)}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {years.map((year, index) => {
            const [pupils, places] = [at(place.pupils, index), at(place.places, index)];
            const left = pupils !== null && places !== null ? places - pupils : null;
            return (
              <tr>
                <th scope="row">{year}</th>
                <td class="numeric">{number(pupils)}</td>
                <td class="numeric dim">{band(at(place.low, index), at(place.high, index))}</td>
                <td class="numeric">{number(places)}</td>
                <td class="numeric change-worse">{left !== null && left < 0 ? number(-left) : ""}</td>
                <td class="numeric">{left !== null && left >= 0 ? number(left) : ""}</td>
                <td class="numeric">{pupils !== null && places ? cutShare(pupils / places) : t("none")}</td>
                <td class="numeric">{chance(at(place.shortage, index))}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
