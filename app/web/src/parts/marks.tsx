/** Words for states and answers, each with a sign beside its colour. */

import { word } from "../language";
import type { Certificate, RunState } from "../wire";

const STATE_SIGNS: Record<RunState, string> = { queued: "…", running: "▶", done: "✓", failed: "!", cancelled: "×" };
const STATUS_SIGNS: Record<Certificate["status"], string> = { optimal: "★", feasible: "✓", infeasible: "∅", unknown: "?" };

export function StateMark({ state }: { state: RunState }) {
  return (
    <span class={`badge mark-${state}`}>
      <span aria-hidden="true">{STATE_SIGNS[state]}</span> {word("state", state)}
    </span>
  );
}

export function StatusMark({ status }: { status: Certificate["status"] }) {
  return (
    <span class={`badge mark-${status}`}>
      <span aria-hidden="true">{STATUS_SIGNS[status]}</span> {word("status", status)}
    </span>
  );
}

export function DecisionMark({ decision }: { decision: string }) {
  return (
    <span class={`badge mark-${decision}`}>
      <span aria-hidden="true">{decision === "close" ? "⊗" : "●"}</span> {word("decision", decision)}
    </span>
  );
}
