/** What roads say of access, today and by the plan, and what straight lines would have got wrong. */

import { minutes, number, percent } from "../format";
import { t } from "../language";
import type { AccessMeasures, Measures, PlanDocument } from "../wire";
import { EstimateBadge, Facts } from "./basic";

export function AccessBox({ document }: { document: PlanDocument }) {
  const { measures, stage } = document;
  if (!measures) return <p class="empty">{t("none")}</p>;
  const access = measures.access ?? null;
  return (
    <div class="access">
      <EstimateBadge estimate={document.travel.estimate} />
      <table class="before-after">
        <thead>
          <tr>
            <td />
            <th scope="col">{t("today")}</th>
            <th scope="col">{t("by_plan")}</th>
          </tr>
        </thead>
        <tbody>
          {rowsOf(measures, access, stage === "primary").map(([name, before, after]) => (
            <tr>
              <th scope="row">{name}</th>
              <td>{before}</td>
              <td>{after}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {access ? (
        <>
          <p class="field-hint">{t("access.catchment.hint")}</p>
          <StraightTotals access={access} />
        </>
      ) : (
        <p class="field-hint">{t("access.none")}</p>
      )}
    </div>
  );
}

type Row = readonly [name: string, today: string, plan: string];

function rowsOf(measures: Measures, access: AccessMeasures | null, crossings: boolean): Row[] {
  const rows: Row[] = [
    [t("measure.within_limit"), percent(measures.within_limit_share_today), percent(measures.within_limit_share)],
    [t("measure.mean_minutes"), minutes(measures.mean_minutes_today, 1), minutes(measures.mean_minutes, 1)],
    [t("measure.p95_minutes"), t("none"), minutes(measures.p95_minutes)],
  ];
  if (!access) return rows;
  rows.push([t("access.within_walk"), percent(access.within_walk_share_today), percent(access.within_walk_share)]);
  if (crossings) rows.push([t("access.crossing"), number(access.pupils_crossing_today), number(access.pupils_crossing)]);
  rows.push(
    [t("access.catchment_mean"), number(access.catchment_mean_today, 2), number(access.catchment_mean, 2)],
    [t("access.catchment_worst"), number(access.catchment_worst_today, 2), number(access.catchment_worst, 2)],
  );
  return rows;
}

/** The three totals of what straight lines get wrong. */
export function StraightTotals({ access }: { access: AccessMeasures }) {
  return (
    <section aria-label={t("layer.straight")}>
      <h4>{t("layer.straight")}</h4>
      <Facts
        rows={[
          [t("straight.too_short"), t("pupils", { n: number(access.straight_too_short) })],
          [t("straight.too_long"), t("pupils", { n: number(access.straight_too_long) })],
          [t("straight.nearest"), t("pupils", { n: number(access.straight_wrong_nearest) })],
        ]}
      />
    </section>
  );
}
