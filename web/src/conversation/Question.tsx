/** A question with its files, and its editor. */
import { type KeyboardEvent, memo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Message } from "../api/chat";
import { Button, CopyButton, IconButton } from "../design";
import { ask, stop } from "../state/asking";
import { isBusy, open } from "../state/open";
import { Chips } from "./Chips";
import { GrowingBox } from "./GrowingBox";
import { Versions } from "./Versions";

/** A question of more characters is folded at first. */
const LONG = 2400;

function Editor({ message, close }: { message: Message; close: () => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState(message.content);
  const empty = text.trim() === "";
  const send = async (): Promise<void> => {
    close();
    if (isBusy(open.get())) await stop();
    await ask(text, message.attachments, message.parent_id);
  };
  const pressed = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape") close();
    else if (event.key === "Enter" && !event.shiftKey && !empty) void send();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <article className="question editing" aria-label={t("message.you")}>
      <div className="editor">
        <GrowingBox aria-label={t("message.editLabel")} autoFocus value={text} change={setText} onKeyDown={pressed} />
        <div className="buttons end">
          <Button onClick={close}>{t("message.cancel")}</Button>
          <Button kind="strong" disabled={empty} onClick={() => void send()}>{t("message.resend")}</Button>
        </div>
      </div>
    </article>
  );
}

function Bubble({ text }: { text: string }) {
  const { t } = useTranslation();
  const [folded, fold] = useState(text.length > LONG);
  if (text === "") return null;
  return (
    <>
      <div className={folded ? "bubble long" : "bubble"} dir="auto">{text}</div>
      {text.length > LONG && <Button kind="quiet" aria-expanded={!folded} onClick={() => fold(!folded)}>{t(folded ? "message.unfold" : "message.fold")}</Button>}
    </>
  );
}

export const Question = memo(function Question({ message }: { message: Message }) {
  const { t } = useTranslation();
  const [edited, edit] = useState(false);
  if (edited) return <Editor message={message} close={() => edit(false)} />;
  return (
    <article className="question" aria-label={t("message.you")}>
      <h2 className="unseen">{t("message.you")}</h2>
      <Chips attachments={message.attachments} />
      <Bubble text={message.content} />
      <div className="actions">
        <Versions id={message.id} />
        <CopyButton text={() => message.content} label={t("message.copy")} />
        <IconButton look="quiet" icon="edit" label={t("message.edit")} onClick={() => edit(true)} />
      </div>
    </article>
  );
});

/** A question on its way to the server, or one that did not arrive. */
export function PlainQuestion({ text }: { text: string }) {
  const { t } = useTranslation();
  return (
    <article className="question" aria-label={t("message.you")}>
      <h2 className="unseen">{t("message.you")}</h2>
      <Bubble text={text} />
    </article>
  );
}
