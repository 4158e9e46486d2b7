/** Thumbs up and down; then, for who wants, why, and the answer that would have been better. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Feedback, Message } from "../api/chat";
import { Button, IconButton, Switch, TextArea, toast } from "../design";
import { type Opinion, giveOpinion } from "../state/asking";

type Reason = Opinion["reasons"][number];

const REASONS: Record<1 | -1, Reason[]> = {
  1: ["correct", "clear", "complete", "style"],
  [-1]: ["wrong", "made_up", "incomplete", "off_topic", "not_as_asked", "language", "style", "unsafe"],
};

/** What was said of an answer, as it can be said again. */
const saidOf = ({ rating, reasons, text, better, consent }: Feedback): Opinion => ({
  rating, reasons: REASONS[rating].filter((reason) => reasons.includes(reason)), text, better, consent,
});

const bare = (rating: 1 | -1): Opinion => ({ rating, reasons: [], text: "", better: "", consent: false });

/** A thumb counts at once; pressed again it is taken back. */
export function Thumbs({ answer, criticise }: { answer: Message; criticise: (rating: 1 | -1) => void }) {
  const { t } = useTranslation();
  const given = answer.feedback?.rating;
  const press = async (rating: 1 | -1): Promise<void> => {
    if (given === rating) {
      const before = answer.feedback;
      if (await giveOpinion(answer, null)) toast(t("opinion.takenBack"), () => before && void giveOpinion(answer, saidOf(before)));
    } else if (await giveOpinion(answer, bare(rating))) criticise(rating);
  };
  return (
    <>
      <IconButton look="quiet" icon="thumbUp" label={t("opinion.good")} aria-pressed={given === 1} onClick={() => void press(1)} />
      <IconButton look="quiet" icon="thumbDown" label={t("opinion.bad")} aria-pressed={given === -1} onClick={() => void press(-1)} />
    </>
  );
}

/** Says more of a thumb: reasons, words, a better answer, and whether a model may learn from it. */
export function Opinions({ answer, rating, close }: { answer: Message; rating: 1 | -1; close: () => void }) {
  const { t } = useTranslation();
  const [opinion, set] = useState<Opinion>(answer.feedback?.rating === rating ? saidOf(answer.feedback) : bare(rating));
  const [writing, write] = useState(opinion.better !== "");
  const change = (some: Partial<Opinion>): void => set({ ...opinion, ...some });
  const turn = (reason: Reason): void =>
    change({ reasons: opinion.reasons.includes(reason) ? opinion.reasons.filter((one) => one !== reason) : [...opinion.reasons, reason] });
  const keep = async (): Promise<void> => {
    if (!(await giveOpinion(answer, opinion))) return;
    close();
    toast(t("opinion.kept"));
  };
  return (
    <form
      className="opinion" aria-label={t("opinion.title")}
      onSubmit={(event) => {
        event.preventDefault();
        void keep();
      }}
    >
      <fieldset className="choices">
        <legend>{t(rating === 1 ? "opinion.whyGood" : "opinion.whyBad")}</legend>
        {REASONS[rating].map((reason) => (
          <label key={reason}>
            <input type="checkbox" checked={opinion.reasons.includes(reason)} onChange={() => turn(reason)} />
            <span>{t(`opinion.reasons.${reason}`)}</span>
          </label>
        ))}
      </fieldset>
      <TextArea label={t("opinion.text")} rows={2} maxLength={4000} value={opinion.text} change={(text) => change({ text })} />
      {writing ? (
        <TextArea label={t("opinion.better")} hint={t("opinion.betterHint")} rows={6} value={opinion.better} change={(better) => change({ better })} />
      ) : (
        <Button
          kind="quiet" icon="edit"
          onClick={() => {
            change({ better: answer.content });
            write(true);
          }}
        >
          {t("opinion.write")}
        </Button>
      )}
      <Switch label={t("opinion.consent")} hint={t("opinion.consentHint")} on={opinion.consent} change={(consent) => change({ consent })} />
      <div className="buttons end">
        <Button onClick={close}>{t("opinion.enough")}</Button>
        <Button kind="strong" type="submit">{t("opinion.send")}</Button>
      </div>
    </form>
  );
}
