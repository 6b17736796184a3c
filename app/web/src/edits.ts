/** Edits of a plan by hand: other schools for some settlements, asked about, and kept as a new plan on wish. */

import { useState } from "preact/hooks";

import { api, newIdempotencyKey, type Problem } from "./api";
import { t } from "./language";
import { asProblem } from "./load";
import { go, link } from "./route";
import type { AdjustedPlan, HandCheck, Plan } from "./wire";

const LONGEST_TITLE = 200;
/** Where every settlement is pinned there is nothing to search for: any proof near the cost will do. */
const KEEP_SECONDS = 30;
const KEEP_GAP = 0.001;

/** School by settlement. */
export type Assignment = Record<string, string>;

export interface Edits {
  chosen: Assignment;
  /** What the checker says of the plan with the edits, made good around them or as they are; null before. */
  check: HandCheck | null;
  /** The plan made good around the edits; null when only checked. */
  adjusted: AdjustedPlan | null;
  problem: Problem | null;
  asking: boolean;
  checkWith: (more: Assignment) => void;
  adjustWith: (more: Assignment) => void;
  drop: (settlement: string) => void;
  clear: () => void;
  /** Store the edited plan: a scenario that pins every settlement to its school, and its run. */
  keep: () => void;
}

interface State {
  chosen: Assignment;
  check: HandCheck | null;
  adjusted: AdjustedPlan | null;
  problem: Problem | null;
  asking: boolean;
}

const NOTHING: State = { chosen: {}, check: null, adjusted: null, problem: null, asking: false };

export function useEdits(plan: Plan): Edits {
  const [state, setState] = useState<State>(NOTHING);
  const { chosen, check, adjusted } = state;
  const ask = (more: Assignment, answer: (all: Assignment) => Promise<Partial<State>>) => {
    const all = { ...chosen, ...more };
    setState({ ...NOTHING, chosen: all, asking: true });
    answer(all).then(
      (found) => setState({ ...NOTHING, chosen: all, ...found }),
      (error: unknown) => setState({ ...NOTHING, chosen: all, problem: asProblem(error) }),
    );
  };
  return {
    ...state,
    checkWith: (more) => ask(more, async (all) => ({ check: await api.checkByHand(plan.id, all) })),
    adjustWith: (more) =>
      ask(more, async (all) => {
        const found = await api.adjustByHand(plan.id, all);
        return { adjusted: found, check: found.check };
      }),
    drop: (settlement) => {
      const { [settlement]: _, ...others } = chosen;
      setState({ ...NOTHING, chosen: others });
    },
    clear: () => setState(NOTHING),
    keep: () => {
      setState({ ...state, asking: true });
      keepAsPlan(plan, edited(plan, chosen, adjusted)).then(
        (run) => go(link("runs", run)),
        (error: unknown) => setState({ chosen, check, adjusted, problem: asProblem(error), asking: false }),
      );
    },
  };
}

/** The whole assignment of the edited plan. */
function edited(plan: Plan, chosen: Assignment, adjusted: AdjustedPlan | null): Assignment {
  const found: Assignment = {};
  for (const { id, school } of plan.document.settlements) if (school) found[id] = school;
  for (const { settlement, school_to } of adjusted?.settlements ?? []) if (school_to) found[settlement] = school_to;
  return { ...found, ...chosen };
}

async function keepAsPlan(plan: Plan, assignment: Assignment): Promise<string> {
  const [{ scenario }, run] = await Promise.all([api.scenario(plan.scenario_id), api.run(plan.run_id)]);
  const pins = Object.entries(assignment).map(([settlement, school]) => ({ settlement, school }));
  const mark = t("edit.title");
  const stored = await api.createScenario(plan.dataset_id, {
    ...scenario,
    title: scenario.title.slice(0, LONGEST_TITLE - mark.length) + mark,
    pins,
    solve: {
      ...scenario.solve,
      seconds: Math.min(scenario.solve.seconds, KEEP_SECONDS),
      gap: Math.max(scenario.solve.gap, KEEP_GAP),
    },
  });
  return (await api.startRun(stored.id, run.standing_plan_id, newIdempotencyKey())).id;
}
