/** A table of an answer as a file that spreadsheets open: RFC 4180, with the mark that tells them it is UTF-8. */

/**
 * The rows as CSV. A cell that a spreadsheet would run as a formula gets an apostrophe before it: the model's answer
 * is not to be trusted. Numbers, also negative ones, stay numbers.
 */
export function asCsv(rows: string[][]): string {
  const cell = (text: string): string => {
    const safe = /^[=@\t\r]|^[+-](?![\d.,\s]*%?$)/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `\u{feff}${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

/** The words of a table that is drawn, row by row. */
export function rowsOf(table: HTMLTableElement): string[][] {
  return [...table.rows].map((row) => [...row.cells].map((cell) => cell.innerText.trim()));
}
