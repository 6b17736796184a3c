/** How a scenario finds minutes: means, slopes, what is held against the limits, closed roads and barriers. */

import { useState } from "preact/hooks";

import { t, word } from "../language";
import { newClosure } from "../scenario";
import type { Scenario, Travel } from "../wire";
import { Field } from "./basic";
import { ClosureFields } from "./closure_fields";

const MEANS_ASKED: readonly Travel["means"][] = ["mixed", "walk", "bus", "straight_line"];
const CHOICES = {
  slope: ["tobler", "minetti", "flat"],
  limit_on: ["mean", "p95"],
  starts: ["auto", "centre"],
} as const;

interface TravelProps {
  scenario: Scenario;
  change: (part: Partial<Scenario>) => void;
  hasRoads: boolean;
}

export function TravelFields({ scenario, change, hasRoads }: TravelProps) {
  const { travel } = scenario;
  const set = (part: Partial<Travel>) => change({ travel: { ...travel, ...part } });
  if (!hasRoads) return <p class="notice notice-warn">{t("travel.no_roads")}</p>;
  return (
    <div class="form">
      <fieldset class="field field-wide">
        <legend class="field-label">{t("travel.means")}</legend>
        {MEANS_ASKED.map((means) => (
          <label class="check">
            <input
              type="radio"
              name="means"
              value={means}
              checked={travel.means === means}
              onChange={() => set({ means })}
            />
            <span>
              {word("means", means)} <small>{word("means_hint", means)}</small>
            </span>
          </label>
        ))}
      </fieldset>
      {travel.means !== "straight_line" && <RoadFields scenario={scenario} change={change} set={set} />}
    </div>
  );
}

interface RoadFieldsProps {
  scenario: Scenario;
  change: (part: Partial<Scenario>) => void;
  set: (part: Partial<Travel>) => void;
}

function RoadFields({ scenario, change, set }: RoadFieldsProps) {
  const { travel, neighbours } = scenario;
  return (
    <>
      {(Object.keys(CHOICES) as (keyof typeof CHOICES)[]).map((name) => (
        <Field label={word("travel_field", name)} hint={word(`${name}_hint`, travel[name])}>
          <select
            value={travel[name]}
            onChange={(event) => set({ [name]: event.currentTarget.value } as Partial<Travel>)}
          >
            {CHOICES[name].map((choice) => (
              <option value={choice}>{word(name, choice)}</option>
            ))}
          </select>
        </Field>
      ))}
      <label class="check field-wide">
        <input
          type="checkbox"
          checked={neighbours.barriers}
          onChange={(event) => change({ neighbours: { ...neighbours, barriers: event.currentTarget.checked } })}
        />
        <span>
          {t("neighbours.barriers")} <small>{t("neighbours.barriers.hint")}</small>
        </span>
      </label>
      <Closures travel={travel} set={set} />
    </>
  );
}

/** Named states of the roads: all of them are shut in this scenario. */
function Closures({ travel, set }: { travel: Travel; set: (part: Partial<Travel>) => void }) {
  const { closures } = travel;
  // Fields hold what is being typed: after one is taken out they begin anew, so that none keeps another's text.
  const [round, setRound] = useState(0);
  const remove = (index: number) => {
    setRound(round + 1);
    set({ closures: closures.filter((_, at) => at !== index) });
  };
  const add = (name: string, ferries: boolean) => set({ closures: [...closures, newClosure(name, ferries)] });
  return (
    <div class="field field-wide">
      <span class="field-label">{t("closures")}</span>
      <span class="field-hint">{t("closures.hint")}</span>
      {closures.map((closure, index) => (
        <ClosureFields
          key={`${round} ${index}`}
          closure={closure}
          change={(next) => set({ closures: closures.map((other, at) => (at === index ? next : other)) })}
          remove={() => remove(index)}
        />
      ))}
      <div class="row-actions">
        <button type="button" onClick={() => add(t("closure.flood"), true)}>
          + {t("closure.flood")}
        </button>
        <button type="button" onClick={() => add(t("closure.winter"), false)}>
          + {t("closure.winter")}
        </button>
        <button type="button" onClick={() => add("", false)}>
          + {t("closure.other")}
        </button>
      </div>
    </div>
  );
}
