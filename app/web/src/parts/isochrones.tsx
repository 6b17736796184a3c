/** How far children can come from to a school: asked for by means, drawn on the map. */

import { useState } from "preact/hooks";

import { api, type Problem } from "../api";
import { t, word } from "../language";
import { useLoaded } from "../load";
import { ISOCHRONE_MINUTES } from "../map/isochrones";
import { NOTHING } from "../map/layer";
import { MEANS, type Means } from "../wire";
import { ProblemBox } from "./basic";

export interface Reach {
  means: Means | null;
  choose: (means: Means | null) => void;
  shown: GeoJSON.FeatureCollection;
  waiting: boolean;
  problem: Problem | null;
}

/** The land from which `school` is reached; none while no means is chosen or no school. */
export function useReach(dataset: string, school: string | null): Reach {
  const [means, choose] = useState<Means | null>(null);
  const question = school && means ? `${school} ${means}` : null;
  const found = useLoaded(async () => {
    const layer = school && means ? await api.isochrones(dataset, school, means, ISOCHRONE_MINUTES) : NOTHING;
    return { question, layer };
  }, [dataset, question]);
  const answered = found.value?.question === question;
  return {
    means,
    choose,
    shown: question && answered && found.value ? found.value.layer : NOTHING,
    waiting: question !== null && !answered && !found.problem,
    problem: question ? found.problem : null,
  };
}

export function ReachChooser({ reach, hint }: { reach: Reach; hint?: string }) {
  const empty = reach.means !== null && !reach.waiting && !reach.problem && reach.shown.features.length === 0;
  return (
    <section class="reach" aria-label={t("reach")}>
      <span class="field-label">{t("reach")}</span>
      <div class="segments" role="group" aria-label={t("reach")}>
        {[null, ...MEANS].map((means) => (
          <button type="button" aria-pressed={reach.means === means} onClick={() => reach.choose(means)}>
            {means ? word("means_short", means) : t("reach.none")}
          </button>
        ))}
      </div>
      <div aria-live="polite">
        {reach.waiting && <p class="waiting">{t("waiting")}</p>}
        {empty && <p class="field-hint">{t("reach.nothing")}</p>}
      </div>
      <ProblemBox problem={reach.problem} />
      {hint && <p class="field-hint">{hint}</p>}
    </section>
  );
}
