/** How each stage is drawn, the same in every chart: by dashes as well as by colour. */

import type { Stage } from "../wire";

export const STAGE_LOOK: Record<Stage, { stroke: string; dash?: number[] }> = {
  preschool: { stroke: "#b3641e", dash: [2, 4] },
  primary: { stroke: "#12495c" },
  junior: { stroke: "#7a3f8f", dash: [8, 4] },
  senior: { stroke: "#2f7d4f", dash: [10, 3, 2, 3] },
};
