/** The language the page speaks, remembered in this browser. */

import { WORDING, type WordingKey } from "./wording";

export type Language = "zh" | "en";

const STORED_AS = "junheng.language";
let current: Language = localStorage.getItem(STORED_AS) === "en" ? "en" : "zh";
document.documentElement.lang = current === "zh" ? "zh-CN" : "en";

export const language = (): Language => current;

/** Speak `next` from now on; the page must be drawn again afterwards. */
export function speak(next: Language): void {
  current = next;
  localStorage.setItem(STORED_AS, next);
  document.documentElement.lang = next === "zh" ? "zh-CN" : "en";
}

/** The wording of `key`, with `{name}` replaced by the fact of that name. */
export function t(key: WordingKey, facts: Record<string, string | number> = {}): string {
  const sentence = WORDING[key][current === "zh" ? 0 : 1];
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(facts[name] ?? whole));
}

/** The wording of a word the service uses (`group.word`), or the word itself when the catalogue lacks it. */
export function word(group: string, name: string | null | undefined): string {
  if (!name) return t("none");
  const key = `${group}.${name}`;
  return key in WORDING ? t(key as WordingKey) : name;
}

/** What a problem document says: its reasons in the chosen language where it has them, else its detail. */
export function refusal(problem: { title?: string; detail?: string; facts?: Record<string, unknown> }): string {
  const own = problem.facts?.[current === "zh" ? "reasons_zh" : "reasons"];
  return Array.isArray(own) ? own.join(" ") : problem.detail || problem.title || "";
}

/** The service's own sentence in the chosen language. */
export function said(sentence: { detail: string; detail_zh: string } | { reason: string; reason_zh: string }): string {
  if ("detail" in sentence) return current === "zh" ? sentence.detail_zh || sentence.detail : sentence.detail;
  return current === "zh" ? sentence.reason_zh || sentence.reason : sentence.reason;
}
