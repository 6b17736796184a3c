/** Roads and barriers of a dataset, loaded for what a map looks at. */

import { useEffect, useState } from "preact/hooks";

import { api, type Problem } from "../api";
import { asProblem } from "../load";
import type { RoadLayer } from "../wire";
import type { MapLibreMap } from "./canvas";
import { NOTHING } from "./layer";

type Box = readonly [west: number, south: number, east: number, north: number];

const QUIET_MS = 250;
/** A box is asked for wider than the view by this share on each side, so that small moves need no new one. */
const MARGIN = 0.3;
/** Lines are simplified for the size of their box: a view this many times smaller gets finer ones. */
const FINER = 4;

export interface BoxedLayer {
  layer: RoadLayer;
  problem: Problem | null;
}

const EMPTY: BoxedLayer = { layer: NOTHING, problem: null };

/** Roads or barriers around what `map` shows, empty where not wanted; a late answer to an old question is dropped. */
export function useBoxed(map: MapLibreMap | null, dataset: string, name: "roads" | "barriers", wanted: boolean): BoxedLayer {
  const [found, setFound] = useState<BoxedLayer>(EMPTY);
  useEffect(() => {
    if (!map || !wanted) return undefined;
    let asked: Box | null = null;
    let waiting = 0;
    const ask = () => {
      const view = viewOf(map);
      if (asked && serves(asked, view)) return;
      const box = widened(view);
      asked = box;
      api.roadLayer(dataset, name, box).then(
        (layer) => asked === box && setFound({ layer, problem: null }),
        (error: unknown) => asked === box && setFound({ ...EMPTY, problem: asProblem(error) }),
      );
    };
    const later = () => {
      window.clearTimeout(waiting);
      waiting = window.setTimeout(ask, QUIET_MS);
    };
    ask();
    map.on("moveend", later);
    return () => {
      asked = null;
      window.clearTimeout(waiting);
      map.off("moveend", later);
    };
  }, [map, dataset, name, wanted]);
  return wanted ? found : EMPTY;
}

function viewOf(map: MapLibreMap): Box {
  const view = map.getBounds();
  return [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()];
}

function serves(box: Box, view: Box): boolean {
  const inside = box[0] <= view[0] && box[1] <= view[1] && box[2] >= view[2] && box[3] >= view[3];
  return inside && (box[2] - box[0]) / (1 + 2 * MARGIN) <= FINER * (view[2] - view[0]);
}

function widened([west, south, east, north]: Box): Box {
  const [wide, high] = [(east - west) * MARGIN, (north - south) * MARGIN];
  const within = (value: number, most: number): number => Math.round(Math.max(-most, Math.min(most, value)) * 1e5) / 1e5;
  return [within(west - wide, 180), within(south - high, 90), within(east + wide, 180), within(north + high, 90)];
}
