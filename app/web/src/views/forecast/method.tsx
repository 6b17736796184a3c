/** How the forecast was made, what it assumes, and the norms it rests on. */

import { api } from "../../api";
import { day, moment, number, seconds } from "../../format";
import { t } from "../../language";
import { useLoaded } from "../../load";
import { Facts } from "../../parts/basic";
import { NormTable } from "../../parts/certificate";
import { recipeSummary } from "../forecasts";
import { Figures, NoteList, Read, type TabProps } from "./tab";

export function MethodTab({ forecast }: TabProps) {
  const loaded = useLoaded(() => api.forecastDocument(forecast.id), [forecast.id]);
  const hash = forecast.summary?.hash ?? "";
  return (
    <Read loaded={loaded}>
      {(document) => (
        <>
          <div class="columns columns-wide-left">
            <Figures title={t("method.title")} forecast={forecast}>
              <NoteList notes={document.method} />
            </Figures>
            <Figures title={t("method.facts")} forecast={forecast} class="one-column">
              <Facts
                rows={[
                  [t("recipe"), recipeSummary(forecast.recipe)],
                  [t("recipe.paths"), number(forecast.recipe.paths)],
                  [t("solve.seed"), String(forecast.recipe.seed)],
                  [t("method.base_year"), String(document.base_year)],
                  ...(forecast.recipe.as_of ? [[t("method.as_of"), day(forecast.recipe.as_of)] as const] : []),
                  [t("run.seconds"), seconds(forecast.seconds)],
                  [t("created"), `${moment(forecast.created_at)} · ${forecast.created_by}`],
                  [t("method.dataset_hash"), <Hash hash={document.dataset_hash} />],
                  [t("method.hash"), <Hash hash={hash} />],
                ]}
              />
            </Figures>
          </div>
          <Figures title={t("method.notes", { count: document.notes.length })} forecast={forecast}>
            <NoteList notes={document.notes} />
          </Figures>
          <Figures title={t("plan.norms")} forecast={forecast}>
            <NormTable norms={document.norms} />
          </Figures>
        </>
      )}
    </Read>
  );
}

function Hash({ hash }: { hash: string }) {
  return <code title={hash}>{hash.slice(0, 16)}…</code>;
}
