/** The curves as a table, for who reads rather than looks; and as a file for spreadsheets, with every step. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, type Column, Table } from "../design";
import { number, percent } from "../i18n/format";
import { asCsv } from "../markdown/csv";
import { fileName, saveFile } from "../state/files";
import type { Curved } from "./Curves";
import { figure } from "./figures";
import { type Measure, fewer, rowsTogether } from "./measures";
import type { Row } from "./types";

const MOST_ROWS = 60;

interface Told {
  run: string;
  step: number;
  training: Row | undefined;
  validation: Row | undefined;
}

const of = (row: Row | undefined, fact: string): number | undefined => (typeof row?.[fact] === "number" ? row[fact] : undefined);

function csvOf(rows: readonly Told[], measures: readonly Measure[]): string {
  const cell = (value: number | undefined): string => (value === undefined ? "" : String(value));
  const head = ["run", "step", ...measures.map(({ id }) => id), ...measures.map(({ id }) => `validation_${id}`)];
  return asCsv([head, ...rows.map(({ run, step, training, validation }) => [run, String(step), ...measures.map(({ id }) => cell(of(training, id))), ...measures.map(({ id }) => cell(of(validation, id)))])]);
}

export function AsTable({ runs, measures }: { runs: readonly Curved[]; measures: readonly Measure[] }) {
  const { t, i18n } = useTranslation();
  const [open, setOpen] = useState(false);
  const { language } = i18n;
  const all = (): Told[] => runs.flatMap(({ name, history }) => rowsTogether(history).map((row) => ({ run: name, ...row })));
  const shown = (): Told[] => runs.flatMap(({ name, history }) => fewer(rowsTogether(history), Math.ceil(MOST_ROWS / runs.length)).map((row) => ({ run: name, ...row })));
  const write = (value: number | undefined, { share }: Measure): string => (share && value !== undefined ? percent(value, language) : figure(value, language));
  const columns: Column<Told>[] = [
    ...(runs.length > 1 ? [{ name: t("runs.run"), cell: ({ run }: Told) => run }] : []),
    { name: t("runs.axes.step"), kind: "head", cell: ({ step }) => number(step, language) },
    ...measures.map((measure): Column<Told> => ({ name: t(`runs.measures.${measure.id}`), kind: "number", cell: ({ training }) => write(of(training, measure.id), measure) })),
    ...measures.filter(({ id }) => id === "loss" || id === "bits_per_byte").map((measure): Column<Told> => ({
      name: t("runs.held", { what: t(`runs.measures.${measure.id}`) }), kind: "number", cell: ({ validation }) => write(of(validation, measure.id), measure),
    })),
  ];
  return (
    <details className="as-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("runs.table")}</summary>
      {open && (
        <>
          <Table caption={t("runs.table")} rows={shown()} keyOf={({ run, step }) => `${run} ${step}`} columns={columns} />
          <div className="buttons curves-save"><Button icon="download" onClick={() => saveFile(fileName(runs.map(({ name }) => name).join("-"), "csv"), csvOf(all(), measures), "text/csv")}>{t("runs.csv")}</Button></div>
        </>
      )}
    </details>
  );
}
