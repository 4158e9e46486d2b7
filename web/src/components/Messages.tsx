/** One question, its editor, and one answer with what can be done with it. */
import { ActionBarPrimitive, ComposerPrimitive, MessagePrimitive, useAui, useAuiState } from "@assistant-ui/react";
import { type KeyboardEvent, Suspense, lazy } from "react";
import { useTranslation } from "react-i18next";
import { number, percent } from "../i18n/format";
import { chat, isRunning, showMessage, stop } from "../state/chat";
import { type Answer, type Message, siblings } from "../state/conversation";
import { speedOf } from "../state/gauge";
import { useStore } from "../state/store";
import { Boundary } from "./Boundary";
import { CopyButton } from "./CopyButton";
import { Icon } from "./Icon";
import { server } from "../state/server";
import { WithCode } from "./WithCode";
import { useRemedy } from "./remedy";

const Markdown = lazy(() => import("../markdown/Markdown"));

function useMessage(): Message {
  return useAuiState((state) => state.message.metadata.custom.message) as Message;
}

/** Which of several questions or answers at this place is shown; nothing when there is one. */
function Versions({ id }: { id: string }) {
  const { t } = useTranslation();
  const running = useStore(chat, isRunning);
  const all = useStore(chat, ({ conversation }) => siblings(conversation, id).join(" ")).split(" ");
  if (all.length < 2) return null;
  const at = all.indexOf(id);
  const step = (to: number, icon: "left" | "right", label: string) => {
    const other = all[to];
    return (
      <button className="quiet" type="button" disabled={other === undefined || running} onClick={() => other && showMessage(other)} aria-label={label} title={label}>
        <Icon name={icon} />
      </button>
    );
  };
  return (
    <span className="versions" role="group" aria-label={t("message.versions")}>
      {step(at - 1, "left", t("message.before"))}
      <span>{t("message.version", { at: at + 1, count: all.length })}</span>
      {step(at + 1, "right", t("message.after"))}
    </span>
  );
}

export function QuestionMessage() {
  const { t } = useTranslation();
  const message = useMessage();
  return (
    <MessagePrimitive.Root asChild>
      <article className="question" aria-label={t("message.you")}>
        <h2 className="unseen">{t("message.you")}</h2>
        <div className="bubble" dir="auto">{message.text}</div>
        <div className="actions">
          <Versions id={message.id} />
          <CopyButton text={() => message.text} label={t("message.copy")} />
          <ActionBarPrimitive.Edit className="quiet" aria-label={t("message.edit")} title={t("message.edit")}><Icon name="edit" /></ActionBarPrimitive.Edit>
        </div>
      </article>
    </MessagePrimitive.Root>
  );
}

/** Sends at once also while an answer comes, which assistant-ui's own button and key would wait for. */
export function QuestionEditor() {
  const { t } = useTranslation();
  const aui = useAui();
  const empty = useAuiState((state) => state.composer.isEmpty);
  const send = (): void => {
    stop();
    aui.composer.send();
  };
  const pressed = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing || empty || !isRunning(chat.get())) return;
    event.preventDefault();
    send();
  };
  return (
    <MessagePrimitive.Root asChild>
      <article className="question editing" aria-label={t("message.you")}>
        <ComposerPrimitive.Root className="editor">
          <ComposerPrimitive.Input className="box" aria-label={t("message.editLabel")} dir="auto" autoFocus maxRows={14} onKeyDown={pressed} unstable_insertNewlineOnTouchEnter />
          <div className="editor-buttons">
            <ComposerPrimitive.Cancel className="button">{t("message.cancel")}</ComposerPrimitive.Cancel>
            <button className="button strong" type="button" disabled={empty} onClick={send}>{t("message.resend")}</button>
          </div>
        </ComposerPrimitive.Root>
      </article>
    </MessagePrimitive.Root>
  );
}

/** What is shown until the first word comes. */
function Waiting({ model }: { model: string }) {
  const { t, i18n } = useTranslation();
  const reading = useStore(chat, (state) => state.reading);
  const loading = useStore(server).models.some(({ name, state }) => name === model && (state === "unloaded" || state === "loading"));
  const read = reading !== null && reading < 1 ? t("message.reading", { share: percent(reading, i18n.language) }) : null;
  const text = read ?? t(loading ? "message.loading" : "message.thinking");
  return <p className="waiting"><span className="pulse" aria-hidden="true" />{text}</p>;
}

/** Why an answer is not what it could be, and what to do; nothing for a whole one. */
function Outcome({ answer }: { answer: Answer }) {
  const { t } = useTranslation();
  const remedy = useRemedy();
  const { failure } = answer;
  if (answer.state === "failed" && failure) {
    const said = [failure.message, failure.hint].filter(Boolean).join(". ");
    return (
      <div className="failure" role="alert">
        <p><Icon name="warning" /><strong>{t("errors.title.answer")}</strong></p>
        <p><WithCode text={remedy(failure)} /></p>
        {said && <details><summary>{t("errors.technical")}</summary><p lang="en">{said}</p></details>}
        <ActionBarPrimitive.Reload className="button">{t("errors.retry")}</ActionBarPrimitive.Reload>
      </div>
    );
  }
  const notes: Partial<Record<Answer["state"], string>> = { stopped: t("message.stopped"), cut: t("message.cut") };
  const ended = answer.reason === "length" ? t("message.length") : answer.text === "" ? t("message.empty") : undefined;
  const note = answer.state === "done" ? ended : notes[answer.state];
  return note ? <p className="outcome">{note}</p> : null;
}

function Measured({ answer }: { answer: Answer }) {
  const { t, i18n } = useTranslation();
  const language = i18n.language;
  const { firstMs, usage } = answer.measures;
  const speed = speedOf(answer);
  const parts = [
    speed !== null && t("measures.speed", { value: number(speed, language, speed < 10 ? 1 : 0) }),
    firstMs !== undefined && t("measures.first", { value: number(firstMs / 1000, language, 2) }),
    usage && t("measures.tokens", { count: usage.completion_tokens }),
  ].filter(Boolean);
  return parts.length > 0 ? <span className="measured">{parts.join(" · ")}</span> : null;
}

function AnswerText({ answer }: { answer: Answer }) {
  const { t } = useTranslation();
  const plain = <p className="plain" dir="auto">{answer.text}</p>;
  return (
    <Boundary instead={<><p className="outcome">{t("render")}</p>{plain}</>}>
      <Suspense fallback={plain}><Markdown text={answer.text} running={answer.state === "running"} /></Suspense>
    </Boundary>
  );
}

export function AnswerMessage() {
  const { t } = useTranslation();
  const answer = useMessage();
  if (answer.role !== "assistant") return null;
  const running = answer.state === "running";
  const again = t(answer.state === "done" ? "message.again" : "message.retry");
  return (
    <MessagePrimitive.Root asChild>
      <article className="answer" aria-label={answer.model} aria-busy={running}>
        <h2 className="speaker">{answer.model}</h2>
        {answer.text === "" && running ? <Waiting model={answer.model} /> : <AnswerText answer={answer} />}
        <Outcome answer={answer} />
        {!running && (
          <div className="actions">
            <Versions id={answer.id} />
            {answer.text !== "" && <CopyButton text={() => answer.text} label={t("message.copy")} />}
            {answer.state !== "failed" && (
              <ActionBarPrimitive.Reload className="quiet" aria-label={again} title={again}><Icon name="again" /></ActionBarPrimitive.Reload>
            )}
            <Measured answer={answer} />
          </div>
        )}
      </article>
    </MessagePrimitive.Root>
  );
}
