/** What a map says of the thing under the pointer: a cut border, a crossing, a stop, a barrier, a road. */

import { number } from "../format";
import { said, t, word } from "../language";
import * as barriers from "./barriers";
import * as buses from "./buses";
import type { MapLibreMap } from "./canvas";
import * as borders from "./cut_borders";
import * as roads from "./roads";
import * as routes from "./routes";

type Kind = "crossing" | "stop" | "cut_border" | "barrier" | "road";

export interface Told {
  kind: Kind;
  facts: Record<string, unknown>;
}

/** What is on top comes first. */
const ASKED: readonly (readonly [Kind, readonly string[]])[] = [
  ["crossing", [routes.TOUCHED]],
  ["stop", [buses.STOPS]],
  ["cut_border", borders.TOUCHED],
  ["barrier", [barriers.TOUCHED]],
  ["road", [roads.TOUCHED]],
];

const NEAR = 4;

export function toldAt(map: MapLibreMap, { x, y }: { x: number; y: number }): Told | null {
  for (const [kind, layers] of ASKED) {
    const found = map.queryRenderedFeatures([[x - NEAR, y - NEAR], [x + NEAR, y + NEAR]], { layers: [...layers] })[0];
    if (found) return { kind, facts: found.properties };
  }
  return null;
}

export function MapNote({ told }: { told: Told | null }) {
  const words = told ? sentence(told) : "";
  return (
    <p class="map-note" data-told={told?.kind ?? ""} hidden={!words} aria-live="polite">
      {words}
    </p>
  );
}

function sentence({ kind, facts }: Told): string {
  const text = (name: string): string => String(facts[name] ?? "");
  switch (kind) {
    case "cut_border":
      return said({ detail: text("detail"), detail_zh: text("detail_zh") }) || word("border_reason", text("reason"));
    case "crossing":
      return crossingWords(text("kind"), text("road"), facts.guarded === true);
    case "stop":
      return t("bus.stop.told", { pupils: number(Number(facts.pupils)), minutes: number(Number(facts.minutes)) });
    case "barrier":
      return [word("barrier", text("kind")), text("name")].filter(Boolean).join(" · ");
    case "road":
      return [word("road", text("road")), text("name")].filter(Boolean).join(" · ");
  }
}

/** A crossing in words: what is crossed, its name, and whether it is guarded. */
export function crossingWords(kind: string, road: string, guarded: boolean): string {
  return t(guarded ? "crossing.guarded" : "crossing.open", { kind: word("crossing_kind", kind), road: road || t("crossing.unnamed") });
}
