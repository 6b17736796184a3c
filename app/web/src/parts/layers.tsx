/** Switches of what a map draws over the district. */

import { word } from "../language";

export type LayerName = "roads" | "barriers" | "cut_borders" | "buses" | "straight";
export type LayersOn = ReadonlySet<LayerName>;

interface SwitchesProps {
  label: string;
  names: readonly LayerName[];
  on: LayersOn;
  change: (on: LayersOn) => void;
}

export function LayerSwitches({ label, names, on, change }: SwitchesProps) {
  const toggle = (name: LayerName) => {
    const next = new Set(on);
    if (!next.delete(name)) next.add(name);
    change(next);
  };
  if (names.length === 0) return null;
  return (
    <fieldset class="layer-switches">
      <legend class="unseen">{label}</legend>
      {names.map((name) => (
        <label class="check">
          <input type="checkbox" name={`layer-${name}`} checked={on.has(name)} onChange={() => toggle(name)} />
          {word("layer", name)}
        </label>
      ))}
    </fieldset>
  );
}
