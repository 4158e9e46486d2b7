/** Why an answer is not what it could be, and what to do; nothing for a whole one. */
import { useTranslation } from "react-i18next";
import type { Message } from "../api/chat";
import type { ApiFailure } from "../api/types";
import { Button, Icon, WithCode } from "../design";
import { SaidBoth } from "../i18n/Said";
import { useRemedy } from "../i18n/remedy";
import { go, to } from "../shell/router";
import { answerAgain } from "../state/asking";
import { useModel } from "../state/choosing";
import { open } from "../state/open";

interface FailureProps {
  failure: Pick<ApiFailure, "code" | "message"> & { hint?: string | null };
  children: React.ReactNode;
}

/** What failed, what to do, and below it the server's own words. */
export function FailureNote({ failure, children }: FailureProps) {
  const { t } = useTranslation();
  const remedy = useRemedy();
  return (
    <div className="failure" role="alert">
      <p><Icon name="warning" /><strong>{t("errors.title.answer")}</strong></p>
      <p><WithCode text={remedy({ code: failure.code, message: failure.message })} /></p>
      {(failure.message || failure.hint) && <details><summary>{t("errors.technical")}</summary><p><SaidBoth message={failure.message} hint={failure.hint} /></p></details>}
      <div className="buttons">
        {children}
        {failure.code === "quota_exceeded" && <Button icon="gauge" onClick={() => go(to("account", "usage"))}>{t("message.seeUsage")}</Button>}
      </div>
    </div>
  );
}

export function Outcome({ answer }: { answer: Message }) {
  const { t } = useTranslation();
  const question = answer.parent_id === null ? undefined : open.get().tree.byId.get(answer.parent_id);
  const released = useModel()?.release ?? null;
  // Behind a released name another may answer by now; in a comparison each answer is one model's.
  const models = answer.model && (released === null || answer.comparison_id !== null) ? [answer.model] : undefined;
  if (answer.status === "failed") {
    const error = answer.error ?? { code: "unknown", message: "", hint: null };
    return (
      <FailureNote failure={error}>
        {question && <Button icon="again" onClick={() => void answerAgain(question, models)}>{t("errors.retry")}</Button>}
        {question && error.code === "context_length_exceeded" && !open.get().temporary && (
          <Button onClick={() => void answerAgain(question, models, { leave_out_oldest: true })}>{t("message.leaveOut")}</Button>
        )}
      </FailureNote>
    );
  }
  const notes: Partial<Record<Message["status"], string>> = { stopped: t("message.stopped"), interrupted: t("message.interrupted") };
  const ended = answer.finish_reason === "length" ? t("message.length") : answer.content === "" ? t("message.empty") : undefined;
  const note = answer.status === "complete" ? ended : notes[answer.status];
  return note ? <p className="outcome">{note}</p> : null;
}
