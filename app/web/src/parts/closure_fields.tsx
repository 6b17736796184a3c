/** One named state of the roads, such as a flood: what is shut in it. */

import { useEffect, useRef, useState } from "preact/hooks";

import { t } from "../language";
import { readArea, readWays, shuts } from "../scenario";
import type { RoadClosure } from "../wire";
import { Field } from "./basic";

interface ClosureProps {
  closure: RoadClosure;
  change: (next: RoadClosure) => void;
  remove: () => void;
}

export function ClosureFields({ closure, change, remove }: ClosureProps) {
  const set = (part: Partial<RoadClosure>) => change({ ...closure, ...part });
  return (
    <fieldset class="closure">
      <legend class="unseen">{closure.name || t("closure.other")}</legend>
      <div class="form">
        <NameField closure={closure} set={set} />
        <div class="closure-end">
          <label class="check">
            <input
              type="checkbox"
              checked={closure.ferries}
              onChange={(event) => set({ ferries: event.currentTarget.checked })}
            />
            {t("closure.ferries")}
          </label>
          <button type="button" class="quiet" onClick={remove}>
            {t("closure.remove")}
          </button>
        </div>
        <Heights closure={closure} set={set} />
        <WaysField closure={closure} set={set} />
        <AreaField closure={closure} set={set} />
      </div>
    </fieldset>
  );
}

interface PartProps {
  closure: RoadClosure;
  set: (part: Partial<RoadClosure>) => void;
}

/** The name; the form is not sent while the closure shuts nothing. */
function NameField({ closure, set }: PartProps) {
  const nothing = !shuts(closure);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.setCustomValidity(nothing ? t("closure.nothing") : ""));
  return (
    <Field label={t("closure.name")} hint={nothing ? t("closure.nothing") : t("closure.name.hint")}>
      <input
        ref={input}
        required
        maxLength={100}
        value={closure.name}
        onInput={(event) => set({ name: event.currentTarget.value })}
      />
    </Field>
  );
}

function Heights({ closure, set }: PartProps) {
  const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);
  return (
    <>
      {(["below_metres", "above_metres"] as const).map((name) => (
        <Field label={t(`closure.${name}`)}>
          <input
            type="number"
            step="any"
            value={closure[name] ?? ""}
            onInput={(event) => set({ [name]: orNull(event.currentTarget.valueAsNumber) })}
          />
        </Field>
      ))}
      <Field label={t("closure.steeper_than")} hint={t("closure.steeper_than.hint")}>
        <input
          type="number"
          min={0.1}
          max={100}
          step="any"
          value={closure.steeper_than === null ? "" : Number((closure.steeper_than * 100).toFixed(6))}
          onInput={(event) => {
            const percent = orNull(event.currentTarget.valueAsNumber);
            set({ steeper_than: percent === null ? null : percent / 100 });
          }}
        />
      </Field>
    </>
  );
}

interface TextProps<T> {
  label: string;
  hint: string;
  bad: string;
  first: string;
  rows: number;
  read: (text: string) => T | undefined;
  take: (value: T) => void;
}

/** A text that is read; the form is not sent while it cannot be. */
function ReadText<T>({ label, hint, bad, first, rows, read, take }: TextProps<T>) {
  const [text, setText] = useState(first);
  const area = useRef<HTMLTextAreaElement>(null);
  const wrong = read(text) === undefined;
  useEffect(() => area.current?.setCustomValidity(wrong ? bad : ""));
  return (
    <Field label={label} hint={wrong ? bad : hint} wide>
      <textarea
        ref={area}
        rows={rows}
        spellcheck={false}
        aria-invalid={wrong}
        value={text}
        onInput={(event) => {
          const typed = event.currentTarget.value;
          setText(typed);
          const value = read(typed);
          if (value !== undefined) take(value);
        }}
      />
    </Field>
  );
}

function WaysField({ closure, set }: PartProps) {
  return (
    <ReadText
      label={t("closure.ways")}
      hint={t("closure.ways.hint")}
      bad={t("closure.ways.bad")}
      first={closure.ways.join(", ")}
      rows={1}
      read={(text) => readWays(text) ?? undefined}
      take={(ways) => set({ ways })}
    />
  );
}

function AreaField({ closure, set }: PartProps) {
  return (
    <ReadText
      label={t("closure.area")}
      hint={t("closure.area.hint")}
      bad={t("closure.area.bad")}
      first={closure.area ? JSON.stringify(closure.area) : ""}
      rows={3}
      read={readArea}
      take={(area) => set({ area })}
    />
  );
}
