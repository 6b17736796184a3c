/** Colours of zones such that neighbouring zones differ, today's and the plan's at once. */

import { boundsOf } from "./layer";
import { schoolOf } from "./zones";

export type ZoneColours = Map<string, string>;

const PALETTE = ["#7fb2d6", "#f0b27a", "#98cb9a", "#c9a0d4", "#efd36c", "#7ccabf", "#e69999", "#aab0e0", "#c8b195"];
const CELLS = 360;

type Ring = GeoJSON.Position[];

function rings(geometry: GeoJSON.Geometry): Ring[] {
  if (geometry.type === "Polygon") return geometry.coordinates;
  if (geometry.type === "MultiPolygon") return geometry.coordinates.flat();
  return [];
}

/** Zones that pass through one cell of a fine grid, or through cells side by side, count as neighbours. */
function neighbours(zones: GeoJSON.FeatureCollection, near: Map<string, Set<string>>): void {
  const bounds = boundsOf(zones);
  if (!bounds) return;
  const cell = Math.max(bounds[2] - bounds[0], bounds[3] - bounds[1], 1e-9) / CELLS;
  const passing = new Map<number, Set<string>>();
  for (const zone of zones.features) {
    const school = schoolOf(zone);
    if (!near.has(school)) near.set(school, new Set());
    for (const ring of rings(zone.geometry)) {
      markRing(ring, cell, bounds, (key) => {
        const schools = passing.get(key) ?? new Set();
        passing.set(key, schools.add(school));
      });
    }
  }
  for (const [key, schools] of passing) {
    for (const step of [0, 1, 4 * CELLS, 4 * CELLS + 1, 4 * CELLS - 1]) {
      for (const other of passing.get(key + step) ?? []) for (const school of schools) join(near, school, other);
    }
  }
}

function join(near: Map<string, Set<string>>, a: string, b: string): void {
  if (a === b) return;
  near.get(a)?.add(b);
  near.get(b)?.add(a);
}

function markRing(ring: Ring, cell: number, bounds: readonly number[], mark: (key: number) => void): void {
  for (let i = 1; i < ring.length; i += 1) {
    const [x0 = 0, y0 = 0] = ring[i - 1] ?? [];
    const [x1 = 0, y1 = 0] = ring[i] ?? [];
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0)) / cell));
    for (let k = 0; k <= steps; k += 1) {
      const column = Math.floor((x0 + ((x1 - x0) * k) / steps - (bounds[0] ?? 0)) / cell);
      const row = Math.floor((y0 + ((y1 - y0) * k) / steps - (bounds[1] ?? 0)) / cell);
      mark((row + 1) * 4 * CELLS + column + 1);
    }
  }
}

/** Colour the zones greedily, most crowded first (DSATUR); with too many neighbours the least used colour is taken. */
export function zoneColours(...collections: GeoJSON.FeatureCollection[]): ZoneColours {
  const near = new Map<string, Set<string>>();
  collections.forEach((zones) => neighbours(zones, near));
  const colours: ZoneColours = new Map();
  const left = new Set([...near.keys()].sort());
  while (left.size > 0) {
    const next = mostCrowded(left, near, colours);
    left.delete(next);
    colours.set(next, freest(next, near, colours));
  }
  return colours;
}

function mostCrowded(left: Set<string>, near: Map<string, Set<string>>, colours: ZoneColours): string {
  let best = "";
  let crowd = -1;
  for (const school of left) {
    const around = near.get(school) ?? new Set<string>();
    const taken = new Set([...around].map((other) => colours.get(other)).filter(Boolean)).size;
    if (taken * 1000 + around.size > crowd) {
      crowd = taken * 1000 + around.size;
      best = school;
    }
  }
  return best;
}

function freest(school: string, near: Map<string, Set<string>>, colours: ZoneColours): string {
  const around = [...(near.get(school) ?? [])].map((other) => colours.get(other));
  const used = [...colours.values()];
  const count = (colour: string, within: readonly (string | undefined)[]) => within.filter((c) => c === colour).length;
  const cost = (colour: string) => count(colour, around) * 10_000 + count(colour, used);
  return PALETTE.reduce((best, colour) => (cost(colour) < cost(best) ? colour : best));
}
