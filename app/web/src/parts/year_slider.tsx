/** One year out of several, chosen with a slider, the arrow keys or two buttons. */

import { useId } from "preact/hooks";

import { t } from "../language";

interface YearSliderProps {
  years: readonly number[];
  year: number;
  choose: (year: number) => void;
}

export function YearSlider({ years, year, choose }: YearSliderProps) {
  const id = useId();
  const at = Math.max(0, years.indexOf(year));
  const go = (index: number) => {
    const next = years[index];
    if (next !== undefined) choose(next);
  };
  return (
    <div class="year-slider">
      <label for={id}>{t("year")}</label>
      <button type="button" class="quiet" disabled={at === 0} aria-label={t("year.before")} onClick={() => go(at - 1)}>
        ‹
      </button>
      <input
        id={id}
        type="range"
        min={0}
        max={years.length - 1}
        step={1}
        value={at}
        aria-valuetext={String(year)}
        onInput={(event) => go(event.currentTarget.valueAsNumber)}
      />
      <button
        type="button"
        class="quiet"
        disabled={at === years.length - 1}
        aria-label={t("year.after")}
        onClick={() => go(at + 1)}
      >
        ›
      </button>
      <output for={id}>{year}</output>
    </div>
  );
}
