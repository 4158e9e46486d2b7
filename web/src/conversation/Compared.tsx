/** Answers of several models side by side, and the vote; their names may be hidden until then. */
import { useTranslation } from "react-i18next";
import type { Comparison, Message } from "../api/chat";
import { Button, Icon } from "../design";
import { showPath, vote } from "../state/asking";
import { open } from "../state/open";
import { useStore } from "../state/store";
import { endBelow } from "../state/tree";
import { Answer } from "./Answer";

const letter = (index: number): string => String.fromCharCode(65 + index);

function Vote({ comparison, answers, names }: { comparison: Comparison; answers: Message[]; names: string[] }) {
  const { t } = useTranslation();
  if (answers.some(({ status }) => status === "running")) return null;
  return (
    <div className="vote" role="group" aria-label={t("compare.vote")}>
      <p>{t(comparison.blind ? "compare.whichBlind" : "compare.which")}</p>
      {answers.map(({ id }, index) => <Button key={id} onClick={() => void vote(comparison.id, "winner", id)}>{names[index]}</Button>)}
      <Button onClick={() => void vote(comparison.id, "all_good", null)}>{t("compare.allGood")}</Button>
      <Button onClick={() => void vote(comparison.id, "all_bad", null)}>{t("compare.allBad")}</Button>
    </div>
  );
}

function Verdict({ comparison, answers, names }: { comparison: Comparison; answers: Message[]; names: string[] }) {
  const { t } = useTranslation();
  const winner = names[answers.findIndex(({ id }) => id === comparison.winner_id)] ?? "";
  const said = comparison.verdict === "winner" ? t("compare.won", { name: winner }) : t(comparison.verdict === "all_good" ? "compare.wereGood" : "compare.wereBad");
  return <p className="outcome"><Icon name="check" /> {said}</p>;
}

/** The conversation goes on below one of them: the one that is on the shown path. */
export function Compared({ answers, shown }: { answers: Message[]; shown: string }) {
  const { t } = useTranslation();
  const { comparisons, tree } = useStore(open);
  const comparison = comparisons.get(answers[0]?.comparison_id ?? "");
  const names = answers.map(({ model }, index) => model ?? t("compare.anonymous", { letter: letter(index) }));
  const ended = answers.every(({ status }) => status !== "running");
  return (
    <section aria-label={t("compare.title")}>
      <div className="compared" tabIndex={0} role="group" aria-label={t("compare.title")}>
        {answers.map((answer, index) => <Answer key={answer.id} answer={answer} name={names[index]} chosen={answer.id === (comparison?.winner_id ?? "")} />)}
      </div>
      {comparison && (comparison.verdict === null ? <Vote comparison={comparison} answers={answers} names={names} /> : <Verdict comparison={comparison} answers={answers} names={names} />)}
      {ended && (
        <div className="vote" role="group" aria-label={t("compare.goOn")}>
          <p>{t("compare.goOn")}</p>
          {answers.map(({ id }, index) => (
            <Button key={id} kind="quiet" aria-pressed={id === shown} onClick={() => void showPath(endBelow(tree, id))}>{names[index]}</Button>
          ))}
        </div>
      )}
    </section>
  );
}
