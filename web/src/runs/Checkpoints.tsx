/** The states that a run can go on from. */
import { useTranslation } from "react-i18next";
import { Part } from "../account/parts/Sections";
import { ago, dateTime } from "../i18n/dates";
import { bytes, number } from "../i18n/format";
import type { Checkpoint } from "./types";

export function Checkpoints({ checkpoints }: { checkpoints: readonly Checkpoint[] }) {
  const { t, i18n } = useTranslation();
  return (
    <Part level={2} title={t("runs.checkpoints.title")} text={t("runs.checkpoints.text")}>
      {checkpoints.length === 0 && <p className="hint">{t("runs.checkpoints.none")}</p>}
      <ul className="rows slim">
        {[...checkpoints].reverse().map(({ step, at, bytes: size }) => (
          <li key={step}>
            <span className="row-words">{t("runs.at.step", { value: number(step, i18n.language) })}</span>
            <span className="hint">{bytes(size, i18n.language)}</span>
            <time className="hint" dateTime={at} title={dateTime(at, i18n.language)}>{ago(at, i18n.language)}</time>
          </li>
        ))}
      </ul>
    </Part>
  );
}
