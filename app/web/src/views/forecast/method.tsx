/** How the forecast was made, what it assumes, and the norms it rests on. */

import { api } from "../../api";
import { day, moment, number, seconds } from "../../format";
import { t, word } from "../../language";
import { useLoaded } from "../../load";
import { Facts, TrustMark } from "../../parts/basic";
import type { NormUse } from "../../wire";
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
            <Norms norms={document.norms} />
          </Figures>
        </>
      )}
    </Read>
  );
}

function Hash({ hash }: { hash: string }) {
  return <code title={hash}>{hash.slice(0, 16)}…</code>;
}

function Norms({ norms }: { norms: readonly NormUse[] }) {
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={t("plan.norms")}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("norm")}</th>
            <th scope="col" class="numeric">
              {t("norm.value")}
            </th>
            <th scope="col">{t("norm.kind")}</th>
            <th scope="col">{t("norm.level")}</th>
            <th scope="col">{t("norm.source")}</th>
            <th scope="col">{t("norm.trust")}</th>
          </tr>
        </thead>
        <tbody>
          {norms.map((norm) => (
            <tr>
              <th scope="row">
                {word("norm", norm.key)}
                <small>{norm.stage ? word("stage", norm.stage) : norm.key}</small>
              </th>
              <td class="numeric">
                {number(norm.value, 2)} <small>{word("unit", norm.unit)}</small>
              </td>
              <td>{word("norm_kind", norm.kind)}</td>
              <td>{word("norm_level", norm.level)}</td>
              <td>{norm.source}</td>
              <td>
                <TrustMark trust={norm.trust} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
