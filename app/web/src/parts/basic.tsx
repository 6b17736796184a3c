/** Small pieces every view uses. */

import { cloneElement, type ComponentChildren, type VNode } from "preact";
import { useId } from "preact/hooks";

import type { Problem } from "../api";
import { refusal, t, word } from "../language";

/** Must stand wherever a figure comes from a generator. */
export function SyntheticBadge({ synthetic }: { synthetic: boolean }) {
  return synthetic ? (
    <span class="badge badge-synthetic" title={t("synthetic.hint")}>
      {t("synthetic")}
    </span>
  ) : null;
}

/** 直线估算: must stand wherever minutes rest on no road network. */
export function EstimateBadge({ estimate }: { estimate: boolean }) {
  return estimate ? (
    <span class="badge badge-estimate" title={t("travel.estimate.short")}>
      <span aria-hidden="true">⤢</span> {t("travel.estimate")}
    </span>
  ) : null;
}

/** 未核实: a figure whose source was not read. */
export function TrustMark({ trust }: { trust: string }) {
  if (trust === "U") {
    return (
      <span class="badge badge-warn" title={t("trust.hint")}>
        {t("trust.U")}
      </span>
    );
  }
  return <span class="badge badge-quiet">{word("trust", trust)}</span>;
}

export function ProblemBox({ problem }: { problem: Problem | null }) {
  if (!problem) return null;
  const detail = problem.status === 0 ? t("problem.offline") : refusal(problem);
  const known = word("problem_type", problem.kind);
  return (
    <div class="notice notice-bad" role="alert">
      <strong>{problem.status === 0 ? t("problem.no_answer") : t("problem.refused")}</strong>
      {problem.kind && known !== problem.kind && <p>{known}</p>}
      {problem.fields.length === 0 && <p>{detail}</p>}
      {problem.fields.map(({ field, reason }) => (
        <p>
          <code>{field}</code> {reason}
        </p>
      ))}
    </div>
  );
}

export function Waiting() {
  return (
    <p class="waiting" role="status">
      {t("waiting")}
    </p>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

interface FieldProps {
  label: string;
  hint?: ComponentChildren;
  /** One control. */
  children: VNode<{ id?: string; "aria-describedby"?: string }>;
  wide?: boolean;
}

/** A control with its label; the hint describes the control and is not part of its name. */
export function Field({ label, hint, children, wide }: FieldProps) {
  const id = useId();
  const control = cloneElement(children, { id, ...(hint ? { "aria-describedby": `${id}-hint` } : {}) });
  return (
    <div class={wide ? "field field-wide" : "field"}>
      <label class="field-label" for={id}>
        {label}
      </label>
      {control}
      {hint && (
        <span class="field-hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}

interface PanelProps {
  title: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
}

export function Panel({ title, aside, children, class: extra }: PanelProps) {
  return (
    <section class={`panel ${extra ?? ""}`} aria-label={title}>
      <header class="panel-head">
        <h2>{title}</h2>
        {aside && <div class="panel-aside">{aside}</div>}
      </header>
      {children}
    </section>
  );
}

/** Terms and facts in two columns. */
export function Facts({ rows }: { rows: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {rows.map(([term, fact]) => (
        <div>
          <dt>{term}</dt>
          <dd>{fact}</dd>
        </div>
      ))}
    </dl>
  );
}

interface TabsProps<Name extends string> {
  label: string;
  tabs: readonly { name: Name; text: string; count?: number }[];
  chosen: Name;
  choose: (name: Name) => void;
}

/** Tabs moved through with the arrow keys. */
export function Tabs<Name extends string>({ label, tabs, chosen, choose }: TabsProps<Name>) {
  const move = (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!step) return;
    const at = tabs.findIndex((tab) => tab.name === chosen);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (next) choose(next.name);
    const list = event.currentTarget as HTMLElement;
    requestAnimationFrame(() => list.querySelector<HTMLElement>("[aria-selected=true]")?.focus());
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} onKeyDown={move}>
      {tabs.map((tab) => (
        <button
          type="button"
          role="tab"
          aria-selected={tab.name === chosen}
          tabIndex={tab.name === chosen ? 0 : -1}
          onClick={() => choose(tab.name)}
        >
          {tab.text}
          {tab.count !== undefined && <span class="count">{tab.count}</span>}
        </button>
      ))}
    </div>
  );
}
