/** Figures and dates in words, in the chosen language. Null is a dash. */

import { language, t } from "./language";

const locale = (): string => (language() === "zh" ? "zh-CN" : "en-GB");

export function number(value: number | null | undefined, digits = 0): string {
  if (value === null || value === undefined) return t("none");
  return value.toLocaleString(locale(), { maximumFractionDigits: digits });
}

/** As `number`, always with all its decimals, so that figures of a column stand under each other. */
export function fixed(value: number | null | undefined, digits: number): string {
  if (value === null || value === undefined) return t("none");
  return value.toLocaleString(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Yuan a year in 万元 (ten thousands) or thousands; whole yuan when small. */
export function yuan(value: number | null | undefined): string {
  if (value === null || value === undefined) return t("none");
  if (Math.abs(value) < 100_000) return t("yuan", { n: number(value) });
  return language() === "zh"
    ? t("yuan.large", { n: number(value / 10_000, 1) })
    : t("yuan.large", { n: number(value / 1_000) });
}

/** A share as per cent with up to two decimals; a share above zero is never shown as 0. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined) return t("none");
  if (share > 0 && share < 0.0001) return "<0.01%";
  return `${number(share * 100, 2)}%`;
}

export function minutes(value: number | null | undefined, digits = 0): string {
  return value === null || value === undefined ? t("none") : t("minutes", { n: number(value, digits) });
}

export function seconds(value: number | null | undefined): string {
  return value === null || value === undefined ? t("none") : t("seconds", { n: number(value, 1) });
}

export function moment(iso: string | null | undefined): string {
  if (!iso) return t("none");
  return new Date(iso).toLocaleString(locale(), { dateStyle: "medium", timeStyle: "short" });
}

/** A share as per cent with one decimal. */
export function shareOf(share: number | null | undefined): string {
  return share === null || share === undefined ? t("none") : `${fixed(share * 100, 1)}%`;
}

/** A share as per cent, cut to a tenth as the reasons of warnings are, so that it never reads as a threshold not reached. */
export function cutShare(share: number | null | undefined): string {
  return share === null || share === undefined ? t("none") : `${fixed(Math.floor(share * 1000 + 1e-9) / 10, 1)}%`;
}

/** A relative change with its sign, in per cent: -20% is -0.2. */
export function change(share: number | null | undefined, digits = 0): string {
  if (share === null || share === undefined) return t("none");
  const shown = number(Math.abs(share * 100), digits);
  return `${shown === "0" ? "" : share > 0 ? "+" : "−"}${shown}%`;
}

/** A share as per cent without decimals but for the smallest and the nearly whole. */
export function chance(share: number | null | undefined): string {
  if (share === null || share === undefined) return t("none");
  if (share > 0 && share < 0.01) return "<1%";
  if (share < 1 && share > 0.99) return ">99%";
  return `${number(share * 100)}%`;
}

export function day(iso: string | null | undefined): string {
  if (!iso) return t("none");
  const [year, month, date] = iso.split("-").map(Number);
  return new Date(year ?? 0, (month ?? 1) - 1, date ?? 1).toLocaleDateString(locale(), { dateStyle: "medium" });
}
