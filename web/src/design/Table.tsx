/** A table of things with a name for each column; on a phone each row becomes a small sheet. */
import type { ReactNode } from "react";

export interface Column<T> {
  name: string;
  /** "number" = set to the right; "tools" = buttons, whose name is spoken only; "head" = names its row. */
  kind?: "number" | "tools" | "head";
  cell: (row: T) => ReactNode;
}

interface Props<T> {
  caption: string;
  columns: Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string;
  /** Shown instead of a table without rows. */
  empty?: ReactNode;
}

export function Table<T>({ caption, columns, rows, keyOf, empty }: Props<T>) {
  if (rows.length === 0 && empty !== undefined) return empty;
  return (
    <div className="table-frame" role="region" aria-label={caption} tabIndex={0}>
      <table className="data-table stacks">
        <caption className="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ name, kind }) => (
              <th key={name} scope="col" className={kind}>{kind === "tools" ? <span className="unseen">{name}</span> : name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ name, kind, cell }) =>
                kind === "head" ? <th key={name} scope="row">{cell(row)}</th> : <td key={name} className={kind} data-label={kind === "tools" ? undefined : name}>{cell(row)}</td>,
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
