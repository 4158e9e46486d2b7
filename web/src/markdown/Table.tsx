/** A table of an answer: it scrolls by itself, with the keyboard too, and can be saved as CSV. */
import { type ReactNode, useRef } from "react";
import { useTranslation } from "react-i18next";
import { CopyButton, IconButton } from "../design";
import { saveFile } from "../state/files";
import { asCsv, rowsOf } from "./csv";

export function Table({ children }: { children?: ReactNode }) {
  const { t } = useTranslation();
  const table = useRef<HTMLTableElement>(null);
  const rows = (): string[][] => (table.current ? rowsOf(table.current) : []);
  return (
    <figure className="table-block">
      <div className="table" role="group" tabIndex={0} aria-label={t("code.table")}><table ref={table}>{children}</table></div>
      <figcaption>
        <CopyButton text={() => rows().map((row) => row.join("\t")).join("\n")} label={t("code.copyTable")} />
        <IconButton look="quiet" icon="download" label={t("code.csv")} onClick={() => saveFile("table.csv", asCsv(rows()), "text/csv")} />
      </figcaption>
    </figure>
  );
}
