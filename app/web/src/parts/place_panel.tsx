/** What a plan says of the chosen school or settlement. */

import type { Edits } from "../edits";
import { minutes, number, yuan } from "../format";
import { t, word } from "../language";
import type { Hit } from "../map/canvas";
import { isEstimated } from "../straight";
import type { PlanDocument, SchoolPlan, SettlementPlan } from "../wire";
import { EstimateBadge, Facts } from "./basic";
import { EditBox, EditPicker } from "./edit_box";
import { type Reach, ReachChooser } from "./isochrones";
import { DecisionMark } from "./marks";
import { RoadRows, RouteBox, type Routes } from "./route_box";

interface PlaceProps {
  document: PlanDocument;
  names: ReadonlyMap<string, string>;
  hit: Hit | null;
  choose: (hit: Hit) => void;
  edits: Edits;
  mayPlan: boolean;
  routes: Routes;
  /** Null where the dataset has no roads. */
  reach: Reach | null;
}

export function PlacePanel(props: PlaceProps) {
  return (
    <>
      <Place {...props} />
      <EditBox {...props} />
    </>
  );
}

function Place({ document, names, hit, choose, edits, mayPlan, routes, reach }: PlaceProps) {
  if (!hit) return <p class="empty">{t("place.none")}</p>;
  if (hit.kind === "school") {
    const school = document.schools.find((candidate) => candidate.id === hit.id);
    if (!school) return <p class="empty">{t("place.not_in_plan", { id: hit.id })}</p>;
    return <SchoolPanel document={document} school={school} choose={choose} reach={reach} />;
  }
  const settlement = document.settlements.find((candidate) => candidate.id === hit.id);
  if (!settlement) return <p class="empty">{t("place.not_in_plan", { id: hit.id })}</p>;
  return (
    <SettlementPanel
      key={hit.id}
      document={document}
      names={names}
      settlement={settlement}
      choose={choose}
      edits={edits}
      mayPlan={mayPlan}
      routes={routes}
    />
  );
}

interface SchoolButtonProps {
  names: ReadonlyMap<string, string>;
  id: string | null;
  choose: (hit: Hit) => void;
}

function SchoolButton({ names, id, choose }: SchoolButtonProps) {
  if (!id) return <span class="dim">{t("none")}</span>;
  const name = names.get(id) ?? id;
  return (
    <button type="button" class="plain" onClick={() => choose({ kind: "school", id })}>
      {name}
    </button>
  );
}

interface SchoolPanelProps {
  document: PlanDocument;
  school: SchoolPlan;
  choose: (hit: Hit) => void;
  reach: Reach | null;
}

function SchoolPanel({ document, school, choose, reach }: SchoolPanelProps) {
  const joining = document.settlements.filter((settlement) => settlement.school === school.id);
  const leaving = document.settlements.filter(
    (settlement) => settlement.school_today === school.id && settlement.school !== school.id,
  );
  const necessary = school.necessary_for.map(
    (id) => document.settlements.find((settlement) => settlement.id === id) ?? { id, name: id },
  );
  return (
    <article class="place" data-place={school.id} aria-label={school.name}>
      <h3>{school.name}</h3>
      <p>
        <DecisionMark decision={school.decision} />
      </p>
      <p class="reason">{word("reason", school.reason)}</p>
      {school.decision === "keep" && <Fullness pupils={school.pupils} places={school.places} />}
      <Facts
        rows={[
          [t("school.pupils"), number(school.pupils)],
          [t("school.pupils_today"), number(school.pupils_today)],
          [t("school.places"), number(school.places)],
          [t("school.boarders"), t("of", { part: number(school.boarders), whole: number(school.beds) })],
          [t("school.running_cost"), yuan(school.running_cost)],
        ]}
      />
      {reach && <ReachChooser reach={reach} hint={document.travel.closures?.length ? t("reach.no_closures") : undefined} />}
      {necessary.length > 0 && (
        <>
          <h4>{t("school.necessary_for", { count: necessary.length })}</h4>
          <ul class="places">
            {necessary.map((settlement) => (
              <li>
                <button type="button" class="plain" onClick={() => choose({ kind: "settlement", id: settlement.id })}>
                  {settlement.name}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
      <SettlementList title={t("school.joining", { count: joining.length })} settlements={joining} choose={choose} />
      <SettlementList title={t("school.leaving", { count: leaving.length })} settlements={leaving} choose={choose} />
    </article>
  );
}

function Fullness({ pupils, places }: { pupils: number; places: number }) {
  return (
    <div class="fullness">
      <meter min={0} max={Math.max(places, pupils, 1)} high={places} value={pupils} aria-label={t("school.fullness")} />
      <span>{t("school.full", { pupils: number(pupils), places: number(places) })}</span>
    </div>
  );
}

interface SettlementListProps {
  title: string;
  settlements: readonly SettlementPlan[];
  choose: (hit: Hit) => void;
}

function SettlementList({ title, settlements, choose }: SettlementListProps) {
  if (settlements.length === 0) return null;
  return (
    <details class="fold" open={settlements.length <= 12}>
      <summary>{title}</summary>
      <ul class="places">
        {settlements.map((settlement) => (
          <li>
            <button type="button" class="plain" onClick={() => choose({ kind: "settlement", id: settlement.id })}>
              {settlement.name}
            </button>
            <span class="dim">
              {t("pupils", { n: number(settlement.pupils) })} · {minutes(settlement.minutes)}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}

interface SettlementPanelProps {
  document: PlanDocument;
  names: ReadonlyMap<string, string>;
  settlement: SettlementPlan;
  choose: (hit: Hit) => void;
  edits: Edits;
  mayPlan: boolean;
  routes: Routes;
}

function SettlementPanel({ document, names, settlement, choose, edits, mayPlan, routes }: SettlementPanelProps) {
  const onRoads = !document.travel.estimate;
  const unserved = document.unserved.find((one) => one.settlement === settlement.id);
  return (
    <article class="place" data-place={settlement.id} aria-label={settlement.name}>
      <h3>{settlement.name}</h3>
      <p>
        <span class={settlement.moved ? "badge badge-moved" : "badge"}>
          {settlement.moved ? t("settlement.moved") : t("settlement.stays")}
        </span>{" "}
        <EstimateBadge estimate={isEstimated(document, settlement)} />
      </p>
      {unserved && <p class="notice notice-bad">{word("unserved", unserved.reason)}</p>}
      <table class="before-after">
        <thead>
          <tr>
            <td />
            <th scope="col">{t("today")}</th>
            <th scope="col">{t("by_plan")}</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">{t("school")}</th>
            <td>
              <SchoolButton names={names} id={settlement.school_today} choose={choose} />
            </td>
            <td>
              <SchoolButton names={names} id={settlement.school} choose={choose} />
            </td>
          </tr>
          <tr>
            <th scope="row">{t("trip")}</th>
            <td>{minutes(settlement.minutes_today)}</td>
            <td>
              {minutes(settlement.minutes)} <Change before={settlement.minutes_today} after={settlement.minutes} />
            </td>
          </tr>
          {onRoads && <RoadRows settlement={settlement} routes={routes.value} />}
        </tbody>
      </table>
      {onRoads && <RouteBox settlement={settlement} routes={routes} />}
      <Facts
        rows={[
          [t("settlement.pupils"), number(settlement.pupils)],
          [t("settlement.boarders"), number(settlement.boarders)],
        ]}
      />
      {settlement.school && <EditPicker document={document} settlement={settlement} edits={edits} mayPlan={mayPlan} />}
    </article>
  );
}

function Change({ before, after }: { before: number | null; after: number | null }) {
  if (before === null || after === null || before === after) return null;
  const more = after > before;
  return (
    <span class={more ? "change change-worse" : "change change-better"}>
      {more ? "▲" : "▼"} {t("minutes", { n: number(Math.abs(after - before)) })}
    </span>
  );
}
