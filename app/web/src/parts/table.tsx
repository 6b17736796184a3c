/** A table sorted by its headings, filtered by a word, shown a hundred rows at a time. */

import { type ComponentChildren, Fragment } from "preact";
import { useMemo, useState } from "preact/hooks";

import { number } from "../format";
import { language, t } from "../language";

const ROWS_AT_ONCE = 100;

export interface Column<Row> {
  key: string;
  heading: string;
  /** What the column is sorted and filtered by; null sorts last. */
  value: (row: Row) => string | number | null;
  cell?: (row: Row) => ComponentChildren;
  numeric?: boolean;
  /** Sentences: kept wide enough to read. */
  sentence?: boolean;
}

/** A column of figures. */
export function figure<Row>(
  key: string,
  heading: string,
  value: (row: Row) => number | null,
  shown: (value: number | null) => string = number,
): Column<Row> {
  return { key, heading, numeric: true, value, cell: (row) => shown(value(row)) };
}

interface TableProps<Row> {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row, index: number) => string;
  chosen?: string | null;
  searchable?: boolean;
  sortedBy?: { key: string; down: boolean };
  /** A sentence under each row, as wide as what is seen of the table. */
  under?: (row: Row) => string;
}

function compare(a: string | number | null, b: string | number | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), language() === "zh" ? "zh-CN" : "en", { numeric: true });
}

export function DataTable<Row>(props: TableProps<Row>) {
  const { caption, columns, rows, keyOf, chosen, searchable, under } = props;
  const [sort, setSort] = useState(props.sortedBy ?? null);
  const [wanted, setWanted] = useState("");
  const [shown, setShown] = useState(ROWS_AT_ONCE);

  const sorted = useMemo(() => {
    const text = wanted.trim().toLowerCase();
    const kept = text
      ? rows.filter((row) =>
          [...columns.map((column) => String(column.value(row) ?? "")), under?.(row) ?? ""].some((cell) =>
            cell.toLowerCase().includes(text),
          ),
        )
      : [...rows];
    const column = columns.find((candidate) => candidate.key === sort?.key);
    if (column && sort) {
      kept.sort((a, b) => {
        const [left, right] = [column.value(a), column.value(b)];
        const order = compare(left, right);
        return sort.down && left !== null && right !== null ? -order : order;
      });
    }
    return kept;
  }, [rows, columns, sort, wanted]);

  const sortBy = (key: string) => setSort((before) => ({ key, down: before?.key === key && !before.down }));
  return (
    <div class="table-block">
      {searchable && (
        <input
          class="table-search"
          type="search"
          aria-label={t("table.search")}
          placeholder={t("table.search")}
          value={wanted}
          onInput={(event) => setWanted(event.currentTarget.value)}
        />
      )}
      <div class="table-scroll" tabIndex={0} role="region" aria-label={caption}>
        <table>
          <caption class="unseen">{caption}</caption>
          <thead>
            <tr>
              {columns.map((column) => (
                <th
                  scope="col"
                  class={column.numeric ? "numeric" : ""}
                  aria-sort={sort?.key === column.key ? (sort.down ? "descending" : "ascending") : "none"}
                >
                  <button type="button" onClick={() => sortBy(column.key)}>
                    {column.heading}
                    <span class="sort-mark" aria-hidden="true">
                      {sort?.key === column.key ? (sort.down ? "▼" : "▲") : "↕"}
                    </span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, shown).map((row, index) => {
              const key = keyOf(row, index);
              return (
                <Fragment key={key}>
                  <tr class={[key === chosen ? "chosen" : "", under ? "has-under" : ""].join(" ").trim()}>
                    {columns.map((column) => (
                      <td class={column.numeric ? "numeric" : column.sentence ? "sentence" : ""}>
                        {column.cell ? column.cell(row) : (column.value(row) ?? t("none"))}
                      </td>
                    ))}
                  </tr>
                  {under && (
                    <tr class="under">
                      <td colSpan={columns.length}>
                        <p>{under(row)}</p>
                      </td>
                    </tr>
                  )}
                </Fragment>
              );
            })}
          </tbody>
        </table>
        {sorted.length === 0 && <p class="empty">{t("table.nothing")}</p>}
      </div>
      <p class="table-foot">
        {t("table.rows", { shown: Math.min(shown, sorted.length), all: sorted.length })}
        {sorted.length > shown && (
          <button type="button" class="plain" onClick={() => setShown(shown + ROWS_AT_ONCE)}>
            {t("table.more")}
          </button>
        )}
      </p>
    </div>
  );
}
