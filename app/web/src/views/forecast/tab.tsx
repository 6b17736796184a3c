/** What the tabs of a forecast share: what each is given, its panel, and the choices of place and stage. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { api } from "../../api";
import { said, t, word } from "../../language";
import { type Loaded, useLoaded } from "../../load";
import { Panel, ProblemBox, SyntheticBadge, Waiting } from "../../parts/basic";
import { PickOne } from "../../parts/picker";
import type { LevelOutlook, Note, PlaceLevel, PlaceOutlook, Stage, StoredForecast } from "../../wire";

export interface TabProps {
  forecast: StoredForecast;
  baseMapUrl: string | null;
}

interface FiguresProps {
  title: string;
  forecast: StoredForecast;
  aside?: ComponentChildren;
  class?: string;
  children: ComponentChildren;
}

/** A panel of figures, marked where they are synthetic. */
export function Figures({ title, forecast, aside, class: extra, children }: FiguresProps) {
  return (
    <Panel
      title={title}
      class={extra ?? ""}
      aside={
        <>
          {aside}
          <SyntheticBadge synthetic={forecast.synthetic} />
        </>
      }
    >
      {children}
    </Panel>
  );
}

/** What was read, once it is there; before that the waiting or the refusal. */
export function Read<T>({ loaded, children }: { loaded: Loaded<T>; children: (value: T) => ComponentChildren }) {
  if (loaded.value !== null) return <>{children(loaded.value)}</>;
  return loaded.problem ? <ProblemBox problem={loaded.problem} /> : <Waiting />;
}

interface SegmentsProps<Name extends string> {
  label: string;
  names: readonly Name[];
  chosen: Name;
  choose: (name: Name) => void;
  textOf: (name: Name) => string;
}

export function Segments<Name extends string>({ label, names, chosen, choose, textOf }: SegmentsProps<Name>) {
  return (
    <div class="segments" role="group" aria-label={label}>
      {names.map((name) => (
        <button type="button" aria-pressed={name === chosen} onClick={() => choose(name)}>
          {textOf(name)}
        </button>
      ))}
    </div>
  );
}

interface StageSegmentsProps {
  stages: readonly Stage[];
  chosen: Stage;
  choose: (stage: Stage) => void;
}

export function StageSegments({ stages, chosen, choose }: StageSegmentsProps) {
  return <Segments label={t("stage")} names={stages} chosen={chosen} choose={choose} textOf={(one) => word("stage", one)} />;
}

interface LevelSegmentsProps {
  levels: readonly PlaceLevel[];
  chosen: PlaceLevel;
  choose: (level: PlaceLevel) => void;
}

export function LevelSegments({ levels, chosen, choose }: LevelSegmentsProps) {
  return (
    <Segments label={t("place_level")} names={levels} chosen={chosen} choose={choose} textOf={(one) => word("place_level", one)} />
  );
}

/** The place chosen, at its level, and the control that chooses it. */
export interface PlaceChoice {
  level: PlaceLevel;
  outlook: Loaded<LevelOutlook>;
  place: PlaceOutlook | null;
  control: ComponentChildren;
}

/** Choose a level and one of its places; the first place until one is named. */
export function usePlaceChoice(forecast: StoredForecast, levels: readonly PlaceLevel[]): PlaceChoice {
  const [level, setLevel] = useState<PlaceLevel>(levels[0] ?? "division");
  const [id, setId] = useState<string | null>(null);
  const read = useLoaded(() => api.forecastLevel(forecast.id, level).then((outlook) => ({ level, outlook })), [forecast.id, level]);
  const here = read.value?.level === level ? read.value.outlook : null;
  const place = here ? (here.places.find((one) => one.id === id) ?? here.places[0] ?? null) : null;
  const chooseLevel = (next: PlaceLevel) => {
    setLevel(next);
    setId(null);
  };
  const control = (
    <div class="map-tools place-choice">
      <LevelSegments levels={levels} chosen={level} choose={chooseLevel} />
      {here && here.places.length > 1 && (
        <div class="place-search">
          <PickOne
            key={level}
            label={t("place_pick", { count: here.places.length })}
            choices={here.places}
            chosen={id}
            choose={setId}
          />
        </div>
      )}
      {place && <strong aria-live="polite">{place.name}</strong>}
      {here?.masked && <span class="badge badge-warn">{t("masked")}</span>}
    </div>
  );
  return { level, outlook: { ...read, value: here }, place, control };
}

/** Sentences of the service in the chosen language. */
export function NoteList({ notes }: { notes: readonly Note[] }) {
  return (
    <ul class="notes">
      {notes.map((note) => (
        <li>{saidNote(note)}</li>
      ))}
    </ul>
  );
}

export const saidNote = (note: Note): string => said({ detail: note.text, detail_zh: note.text_zh });
