/** One uPlot chart that follows its data and its width. */

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "preact/hooks";

interface ChartProps {
  label: string;
  data: uPlot.AlignedData;
  series: readonly uPlot.Series[];
  axes: readonly uPlot.Axis[];
  scales?: uPlot.Scales;
  bands?: readonly uPlot.Band[];
  height: number;
}

const INK = "#41555e";
const GRID = "#e1e7e8";

export function axis(options: uPlot.Axis = {}): uPlot.Axis {
  return { stroke: INK, grid: { stroke: GRID, width: 1 }, ticks: { stroke: GRID, width: 1 }, font: "12px sans-serif", ...options };
}

/** Words and colours are read when the chart is made: give a `key` with the language to make it anew. */
export function Chart({ label, data, series, axes, scales, bands, height }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);

  useEffect(() => {
    const container = box.current;
    if (!container) return undefined;
    const width = container.clientWidth || 480;
    plot.current = new uPlot(
      {
        width,
        height,
        series: [...series],
        axes: [...axes],
        ...(scales ? { scales } : {}),
        ...(bands ? { bands: [...bands] } : {}),
        legend: { live: true, markers: { width: 2, dash: (plot, index) => (plot.series[index]?.dash?.length ? "dashed" : "solid") } },
      },
      data,
      container,
    );
    const follow = new ResizeObserver(() => plot.current?.setSize({ width: container.clientWidth, height }));
    follow.observe(container);
    return () => {
      follow.disconnect();
      plot.current?.destroy();
    };
  }, []);

  useEffect(() => {
    plot.current?.setData(data);
  }, [data]);

  return <div class="chart" ref={box} role="img" aria-label={label} />;
}
