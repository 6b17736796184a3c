/** An edit by hand: another school for a settlement, checked, or made good around it; what came out of it. */

import { useMemo, useState } from "preact/hooks";

import type { Edits } from "../edits";
import { minutes, number, percent, seconds, yuan } from "../format";
import { language, said, t, word } from "../language";
import type { Hit } from "../map/canvas";
import type { AdjustedPlan, ChangedSettlement, PlanDocument, SettlementPlan } from "../wire";
import { ProblemBox } from "./basic";
import { Checker } from "./certificate";
import { PickOne } from "./picker";
import { type Column, DataTable } from "./table";

interface EditorProps {
  document: PlanDocument;
  settlement: SettlementPlan;
  edits: Edits;
  mayPlan: boolean;
}

/** Chooses another school for one settlement and asks about it, with all edits made before. */
export function EditPicker({ document, settlement, edits, mayPlan }: EditorProps) {
  const [school, setSchool] = useState<string | null>(edits.chosen[settlement.id] ?? null);
  const others = document.schools.filter((one) => one.reason !== "private" && one.id !== settlement.school);
  const more = school ? { [settlement.id]: school } : {};
  const nothing = edits.asking || (!school && Object.keys(edits.chosen).length === 0);
  return (
    <details class="fold" open={settlement.id in edits.chosen}>
      <summary>{t("edit")}</summary>
      <p class="field-hint">{t("edit.hint")}</p>
      <div class="pair">
        <PickOne label={t("picker.school")} choices={others} chosen={school} choose={setSchool} />
        <button type="button" disabled={nothing} onClick={() => edits.checkWith(more)}>
          {t("edit.check")}
        </button>
        {mayPlan && (
          <button type="button" disabled={nothing} onClick={() => edits.adjustWith(more)}>
            {t("edit.adjust")}
          </button>
        )}
      </div>
    </details>
  );
}

interface BoxProps {
  document: PlanDocument;
  names: ReadonlyMap<string, string>;
  edits: Edits;
  choose: (hit: Hit) => void;
  mayPlan: boolean;
}

/** The edits made so far and what came out of them. */
export function EditBox({ document, names, edits, choose, mayPlan }: BoxProps) {
  const pairs = Object.entries(edits.chosen);
  if (pairs.length === 0) return null;
  const settlements = new Map(document.settlements.map((one) => [one.id, one.name]));
  return (
    <section class="edits" aria-label={t("edit.made", { count: pairs.length })} aria-busy={edits.asking}>
      <h4>{t("edit.made", { count: pairs.length })}</h4>
      <ul class="chips">
        {pairs.map(([settlement, school]) => {
          const name = settlements.get(settlement) ?? settlement;
          return (
            <li class="chip">
              {name} → {names.get(school) ?? school}
              <button type="button" aria-label={t("picker.remove", { name })} onClick={() => edits.drop(settlement)}>
                ×
              </button>
            </li>
          );
        })}
      </ul>
      <div aria-live="polite">
        {edits.asking && <p class="waiting">{t("edit.asking")}</p>}
        <ProblemBox problem={edits.problem} />
        {edits.adjusted && <Verdict adjusted={edits.adjusted} />}
        {edits.check && <Outcome document={document} edits={edits} mayPlan={mayPlan} />}
        {edits.adjusted && !edits.adjusted.refused && (
          <Changes adjusted={edits.adjusted} names={names} choose={choose} />
        )}
      </div>
      <button type="button" class="quiet" onClick={edits.clear}>
        {t("edit.clear")}
      </button>
    </section>
  );
}

function Outcome({ document, edits, mayPlan }: { document: PlanDocument; edits: Edits; mayPlan: boolean }) {
  const after = edits.check?.objective ?? null;
  const now = edits.adjusted?.objective_before ?? document.certificate.objective;
  const broken = edits.check?.rules_broken ?? [];
  const lawful = broken.every((rule) => !rule.hard);
  return (
    <>
      {after !== null && now !== null && (
        <p>
          {t("edit.cost")} <strong>{(after > now ? "+" : "") + yuan(after - now)}</strong>
        </p>
      )}
      <Checker broken={broken} hasPlan />
      {mayPlan && lawful && (
        <p>
          <button type="button" disabled={edits.asking} onClick={edits.keep}>
            {t("edit.keep")}
          </button>{" "}
          <span class="field-hint">{t("edit.keep.hint")}</span>
        </p>
      )}
    </>
  );
}

function Verdict({ adjusted }: { adjusted: AdjustedPlan }) {
  if (adjusted.refused) {
    return (
      <p class="notice notice-bad" data-refused={adjusted.refused.rule ?? ""}>
        <strong>{t("edit.refused")}</strong> {said(adjusted.refused)}
      </p>
    );
  }
  return <p class="notice notice-good">{t("edit.made_good", { time: seconds(adjusted.seconds) })}</p>;
}

interface ChangesProps {
  adjusted: AdjustedPlan;
  names: ReadonlyMap<string, string>;
  choose: (hit: Hit) => void;
}

function Changes({ adjusted, names, choose }: ChangesProps) {
  return (
    <>
      {adjusted.schools.map((school) => (
        <p>
          {school.name} · {word("decision", school.decision)}
        </p>
      ))}
      <ChangedTable rows={adjusted.settlements} names={names} choose={choose} />
      <PartClaim adjusted={adjusted} />
    </>
  );
}

/** What is proved of the part solved again, and that it is a claim about the part alone. */
function PartClaim({ adjusted }: { adjusted: AdjustedPlan }) {
  const { part, objective_after: cost } = adjusted;
  if (!part) return null;
  const size = { schools: part.schools.length, settlements: part.settlements };
  if (part.proved) return <p class="dim">{t("edit.part.proved", size)}</p>;
  if (part.bound === null || cost === null) return <p class="dim">{t("edit.part.open", size)}</p>;
  return <p class="dim">{t("edit.part.gap", { ...size, gap: percent((cost - part.bound) / Math.max(cost, 1)) })}</p>;
}

interface ChangedTableProps {
  rows: readonly ChangedSettlement[];
  names: ReadonlyMap<string, string>;
  choose: (hit: Hit) => void;
}

function ChangedTable({ rows, names, choose }: ChangedTableProps) {
  const columns = useMemo<Column<ChangedSettlement>[]>(() => {
    const nameOf = (id: string | null) => (id ? (names.get(id) ?? id) : null);
    return [
      {
        key: "name",
        heading: t("settlement"),
        value: (row) => row.name,
        cell: (row) => (
          <button type="button" class="plain" onClick={() => choose({ kind: "settlement", id: row.settlement })}>
            {row.name}
          </button>
        ),
      },
      { key: "to", heading: t("edit.to"), value: (row) => nameOf(row.school_to) },
      { key: "from", heading: t("edit.from"), value: (row) => nameOf(row.school_from) },
      { key: "pupils", heading: t("settlement.pupils"), numeric: true, value: (row) => row.pupils, cell: (row) => number(row.pupils) },
      {
        key: "minutes",
        heading: t("trip"),
        value: (row) => row.minutes_to,
        cell: (row) => `${minutes(row.minutes_from)} → ${minutes(row.minutes_to)}`,
      },
      { key: "by", heading: t("edit.by"), value: (row) => (row.by_hand ? t("edit.by_hand") : t("edit.by_solve")) },
    ];
  }, [language(), names]);
  return <DataTable caption={t("edit.changes")} columns={columns} rows={rows} keyOf={(row) => row.settlement} />;
}
