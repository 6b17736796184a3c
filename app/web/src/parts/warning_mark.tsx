/** The colour of a warning in words, with a sign that tells it without colour. */

import { t, word } from "../language";
import { WARNING_COLOURS, type WarningColour } from "../wire";

/** Up and pointed: too few places; down: too many. */
export const WARNING_SIGNS: Record<WarningColour, string> = { red: "▲", orange: "◆", yellow: "●", normal: "○", blue: "▼" };

const GRAVEST_FIRST: readonly WarningColour[] = ["red", "orange", "yellow", "blue", "normal"];

/** How much each colour asks for action, most first. */
export const severity = (colour: WarningColour): number => GRAVEST_FIRST.indexOf(colour);

export function WarningMark({ colour }: { colour: WarningColour }) {
  return (
    <span class={`badge warning-${colour}`}>
      <span aria-hidden="true">{WARNING_SIGNS[colour]}</span> {word("colour", colour)}
    </span>
  );
}

/** What the colours mean; `land`: the hatches of land, else the signs of schools. */
export function WarningLegend({ land }: { land: boolean }) {
  return (
    <ul class="legend" aria-label={t("legend")}>
      {WARNING_COLOURS.map((colour) => (
        <li>
          {land ? (
            <span class={`legend-patch warning-patch-${colour}`} aria-hidden="true" />
          ) : (
            <span class={`warning-sign warning-sign-${colour}`} aria-hidden="true">
              {WARNING_SIGNS[colour]}
            </span>
          )}
          {word("colour_meaning", colour)}
        </li>
      ))}
    </ul>
  );
}
