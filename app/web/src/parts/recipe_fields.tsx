/** The fields of a recipe that a forecast and a scenario both ask for. */

import { change } from "../format";
import { t, word } from "../language";
import { FERTILITIES, type Recipe } from "../wire";
import { Field } from "./basic";

const MIGRANT_STEPS = { reach: 20, step: 5 } as const;

interface RecipeFieldsProps {
  recipe: Recipe;
  set: (part: Partial<Recipe>) => void;
}

export function RecipeFields({ recipe, set }: RecipeFieldsProps) {
  return (
    <>
      <Field label={t("recipe.fertility")} hint={t("recipe.fertility.hint")}>
        <select
          value={recipe.fertility}
          onChange={(event) => set({ fertility: event.currentTarget.value as Recipe["fertility"] })}
        >
          {FERTILITIES.map((one) => (
            <option value={one}>{word("fertility", one)}</option>
          ))}
        </select>
      </Field>
      <Field
        label={t("recipe.migrants_change", { change: change(recipe.migrants_change) })}
        hint={t("recipe.migrants_change.hint")}
        wide
      >
        <input
          type="range"
          min={-MIGRANT_STEPS.reach}
          max={MIGRANT_STEPS.reach}
          step={MIGRANT_STEPS.step}
          value={Math.round(recipe.migrants_change * 100)}
          aria-valuetext={change(recipe.migrants_change)}
          onInput={(event) => set({ migrants_change: event.currentTarget.valueAsNumber / 100 })}
        />
      </Field>
    </>
  );
}

/** What a recipe assumes of births and migrants, in one line. */
export function assumptions(recipe: Recipe): string {
  return [
    word("fertility", recipe.fertility),
    ...(recipe.migrants_change ? [t("recipe.migrants", { change: change(recipe.migrants_change) })] : []),
  ].join(" · ");
}

/** Where the pupils of a scenario come from, in one line. */
export function pupilsFrom(recipe: Recipe | null | undefined): string {
  return recipe ? `${t("pupils_from.forecast")} · ${assumptions(recipe)}` : t("pupils_from.plain");
}
