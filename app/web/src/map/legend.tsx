/** What the signs of the map mean; school signs are drawn by the same hand as on the map. */

import { useEffect, useRef } from "preact/hooks";

import { t, word } from "../language";
import { EstimateBadge } from "../parts/basic";
import { drawSymbol, type SchoolSymbol } from "./schools";

function SymbolPicture({ symbol }: { symbol: SchoolSymbol }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const pen = canvas.current?.getContext("2d");
    if (!pen) return;
    pen.clearRect(0, 0, 48, 48);
    drawSymbol(pen, symbol);
  }, [symbol]);
  return <canvas ref={canvas} width={48} height={48} class="legend-symbol" aria-hidden="true" />;
}

interface LegendProps {
  symbols: readonly SchoolSymbol[];
  /** Words for schools as they are, before any decision. */
  today?: boolean;
  moved?: boolean;
  edited?: boolean;
  differing?: boolean;
  unserved?: boolean;
  trips?: boolean;
  /** Trips are straight lines, and so are their minutes. */
  estimate?: boolean;
}

export function SchoolLegend({ symbols, today, moved, edited, differing, unserved, trips, estimate }: LegendProps) {
  return (
    <ul class="legend" aria-label={t("legend")}>
      {symbols.map((symbol) => (
        <li>
          <SymbolPicture symbol={symbol} />
          {word(today ? "symbol_today" : "symbol", symbol)}
        </li>
      ))}
      {moved && (
        <li>
          <span class="legend-patch legend-moved" aria-hidden="true" />
          {t("legend.moved")}
        </li>
      )}
      {edited && (
        <li>
          <span class="legend-patch legend-moved" aria-hidden="true" />
          {t("legend.edited")}
        </li>
      )}
      {differing && (
        <li>
          <span class="legend-patch legend-moved" aria-hidden="true" />
          {t("legend.differing")}
        </li>
      )}
      {unserved && (
        <li>
          <span class="legend-patch legend-unserved" aria-hidden="true" />
          {t("legend.unserved")}
        </li>
      )}
      {trips && (
        <>
          <li>
            <span class="legend-line" aria-hidden="true" />
            {t("legend.trip")}
          </li>
          <li>
            <span class="legend-line legend-line-today" aria-hidden="true" />
            {t("legend.trip.today")}
          </li>
          {estimate && (
            <li>
              <EstimateBadge estimate />
            </li>
          )}
        </>
      )}
    </ul>
  );
}
