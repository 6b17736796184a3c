/** The population pyramid, year by year. */

import { useState } from "preact/hooks";

import { api } from "../../api";
import { PyramidChart, sum } from "../../charts/pyramid";
import { number } from "../../format";
import { t, word } from "../../language";
import { useLoaded } from "../../load";
import { YearSlider } from "../../parts/year_slider";
import type { Pyramid } from "../../wire";
import { Figures, Read, type TabProps } from "./tab";

const GROUP = 5;

export function PyramidTab({ forecast }: TabProps) {
  const loaded = useLoaded(() => api.pyramids(forecast.id), [forecast.id]);
  const [division, setDivision] = useState<string | null>(null);
  const [asked, setAsked] = useState<number | null>(null);
  return (
    <Figures title={t("pyramid.title")} forecast={forecast}>
      <Read loaded={loaded}>
        {(pyramids) => {
          const pyramid = pyramids.find((one) => one.division === division) ?? pyramids[0];
          if (!pyramid || pyramid.years.length === 0) return <p class="empty">{t("pyramid.none")}</p>;
          const at = Math.max(0, asked === null ? 0 : pyramid.years.indexOf(asked));
          const year = pyramid.years[at] ?? 0;
          return (
            <>
              <div class="map-tools">
                {pyramids.length > 1 && (
                  <select
                    class="choice"
                    aria-label={t("dataset.division")}
                    value={pyramid.division}
                    onChange={(event) => setDivision(event.currentTarget.value)}
                  >
                    {pyramids.map((one) => (
                      <option value={one.division}>{one.division}</option>
                    ))}
                  </select>
                )}
                <YearSlider years={pyramid.years} year={year} choose={setAsked} />
              </div>
              <div class="columns columns-wide-left">
                <div>
                  <PyramidChart pyramid={pyramid} at={at} />
                  <p class="field-hint">{t("pyramid.hint", { year: pyramid.years[0] ?? "" })}</p>
                </div>
                <AgeGroups pyramid={pyramid} at={at} />
              </div>
            </>
          );
        }}
      </Read>
    </Figures>
  );
}

/** People by groups of five ages, so that the pyramid can be read as figures too. */
function AgeGroups({ pyramid, at }: { pyramid: Pyramid; at: number }) {
  const groups = [...new Set(pyramid.ages.map((age) => Math.floor(age / GROUP)))];
  const people = (sex: string, group: number) =>
    sum(pyramid.ages.map((age, index) => (Math.floor(age / GROUP) === group ? (pyramid.people[sex]?.[at]?.[index] ?? 0) : 0)));
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={t("pyramid.groups")}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("pyramid.age")}</th>
            {pyramid.sexes.map((sex) => (
              <th scope="col" class="numeric">
                {word("sex", sex)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => {
            const ages = pyramid.ages.filter((age) => Math.floor(age / GROUP) === group);
            return (
              <tr>
                <th scope="row">{ages.length > 1 ? `${ages[0]}–${ages.at(-1)}` : ages[0]}</th>
                {pyramid.sexes.map((sex) => (
                  <td class="numeric">{number(people(sex, group))}</td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
