/** Choosing schools and settlements by typing part of a name. */

import { useId, useState } from "preact/hooks";

import { t } from "../language";
import type { Pair } from "../wire";

/** Something with a name that can be picked. */
export interface Choice {
  id: string;
  name: string;
}

const textOf = (choice: Choice): string => `${choice.name}（${choice.id}）`;

interface PickOneProps {
  label: string;
  choices: readonly Choice[];
  chosen: string | null;
  choose: (id: string | null) => void;
}

/** One choice; `null` until the text names exactly one. */
export function PickOne({ label, choices, chosen, choose }: PickOneProps) {
  const list = useId();
  const now = choices.find((choice) => choice.id === chosen);
  const [text, setText] = useState(now ? textOf(now) : "");
  const shown = now ? textOf(now) : text;
  const take = (typed: string) => {
    setText(typed);
    const found = choices.filter((choice) => textOf(choice) === typed || choice.id === typed);
    choose(found.length === 1 && found[0] ? found[0].id : null);
  };
  return (
    <>
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        list={list}
        value={shown}
        onInput={(event) => take(event.currentTarget.value)}
      />
      <datalist id={list}>
        {choices.map((choice) => (
          <option value={textOf(choice)} />
        ))}
      </datalist>
    </>
  );
}

interface PickManyProps {
  label: string;
  choices: readonly Choice[];
  chosen: readonly string[];
  change: (ids: string[]) => void;
}

/** Several choices, each shown as a chip that can be taken off. */
export function PickMany({ label, choices, chosen, change }: PickManyProps) {
  const [round, setRound] = useState(0);
  const names = new Map(choices.map((choice) => [choice.id, choice.name]));
  const add = (id: string | null) => {
    if (!id) return;
    if (!chosen.includes(id)) change([...chosen, id]);
    setRound(round + 1);
  };
  return (
    <div class="picker">
      <PickOne
        key={round}
        label={label}
        choices={choices.filter((choice) => !chosen.includes(choice.id))}
        chosen={null}
        choose={add}
      />
      <ul class="chips">
        {chosen.map((id) => (
          <li class="chip">
            {names.get(id) ?? id}
            <button
              type="button"
              aria-label={t("picker.remove", { name: names.get(id) ?? id })}
              onClick={() => change(chosen.filter((other) => other !== id))}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

interface PickPairsProps {
  label: string;
  settlements: readonly Choice[];
  schools: readonly Choice[];
  pairs: readonly Pair[];
  change: (pairs: Pair[]) => void;
}

/** Pairs of a settlement and a school. */
export function PickPairs({ label, settlements, schools, pairs, change }: PickPairsProps) {
  const [settlement, setSettlement] = useState<string | null>(null);
  const [school, setSchool] = useState<string | null>(null);
  const [round, setRound] = useState(0);
  const nameOf = (choices: readonly Choice[], id: string) => choices.find((choice) => choice.id === id)?.name ?? id;
  const add = () => {
    if (!settlement || !school) return;
    const known = pairs.some((pair) => pair.settlement === settlement && pair.school === school);
    if (!known) change([...pairs, { settlement, school }]);
    setSettlement(null);
    setSchool(null);
    setRound(round + 1);
  };
  return (
    <fieldset class="picker">
      <legend class="field-label">{label}</legend>
      <div class="pair" key={round}>
        <PickOne label={t("picker.settlement")} choices={settlements} chosen={settlement} choose={setSettlement} />
        <span aria-hidden="true">→</span>
        <PickOne label={t("picker.school")} choices={schools} chosen={school} choose={setSchool} />
        <button type="button" onClick={add} disabled={!settlement || !school}>
          {t("picker.add")}
        </button>
      </div>
      <ul class="chips">
        {pairs.map((pair) => (
          <li class="chip">
            {nameOf(settlements, pair.settlement)} → {nameOf(schools, pair.school)}
            <button
              type="button"
              aria-label={t("picker.remove", { name: nameOf(settlements, pair.settlement) })}
              onClick={() => change(pairs.filter((other) => other !== pair))}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
    </fieldset>
  );
}
