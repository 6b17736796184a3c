/** Layer: plain ground, and the base map of the settings where one is set as the address of picture tiles. */

import type { Start } from "./layer";

export function start(baseMapUrl: string | null): Start {
  const ground: Start = {
    sources: {},
    layers: [{ id: "ground", type: "background", paint: { "background-color": "#eef1ee" } }],
  };
  if (!baseMapUrl?.includes("{z}")) return ground;
  return {
    sources: { "base-map": { type: "raster", tiles: [baseMapUrl], tileSize: 256 } },
    layers: [
      ...ground.layers,
      { id: "base-map", type: "raster", source: "base-map", paint: { "raster-opacity": 0.7, "raster-saturation": -0.6 } },
    ],
  };
}
