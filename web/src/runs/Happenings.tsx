/** What happened to a run, in words: begun, paused, gone back, finished. */
import { useTranslation } from "react-i18next";
import { Part } from "../account/parts/Sections";
import { SaidBoth } from "../i18n/Said";
import { dateTime } from "../i18n/dates";
import { number } from "../i18n/format";
import { textOf } from "./history";
import type { Row } from "./types";

/** Those that people are told; checkpoints have a table of their own. */
const TOLD = ["start", "resumed", "rewind", "damaged", "left out", "stop", "failed", "end"];
const MOST = 30;

export function Happenings({ rows }: { rows: readonly Row[] }) {
  const { t, i18n } = useTranslation();
  const told = rows.filter(({ kind }) => TOLD.includes(kind)).slice(-MOST).reverse();
  if (told.length === 0) return null;
  const words = ({ kind, step, ...facts }: Row): string => {
    const value = (fact: string): string => (typeof facts[fact] === "number" ? number(facts[fact], i18n.language) : "");
    const at = typeof facts.checkpoint_step === "number" ? value("checkpoint_step") : number(step, i18n.language);
    return t(`runs.happened.${kind === "left out" ? "leftOut" : kind}`, { step: at, from: value("from_step"), count: Number(facts.count ?? 0), value: value("count") });
  };
  return (
    <Part level={2} title={t("runs.happened.title")}>
      <ul className="rows slim">
        {told.map((row) => {
          const why = row.reason ?? row.message;
          const time = new Date(row.time * 1000).toISOString();
          return (
            <li key={`${row.kind} ${row.time}`}>
              <span className="row-words"><span>{words(row)}</span>{typeof why === "string" && <span className="hint"><SaidBoth message={why} hint={textOf(row.hint)} /></span>}</span>
              <time className="hint" dateTime={time}>{dateTime(time, i18n.language)}</time>
            </li>
          );
        })}
      </ul>
    </Part>
  );
}
