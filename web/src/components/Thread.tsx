/** The conversation, or how to begin one; and the message box below. */
import { ThreadPrimitive } from "@assistant-ui/react";
import { type RefObject, useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { PageModel } from "../api/types";
import { chat, stop } from "../state/chat";
import { useStore } from "../state/store";
import { AnswerMessage, QuestionMessage, QuestionEditor } from "./Messages";
import { Composer } from "./Composer";
import { EmptyState } from "./EmptyState";
import { Icon } from "./Icon";
import { Notices } from "./Notices";

/** Esc stops the answer, wherever the focus is, unless a dialog or an editor takes the key first. */
function useEscapeStops(): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
      if (document.querySelector("dialog[open]") === null) stop();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
}

const MESSAGES = { UserMessage: QuestionMessage, UserEditComposer: QuestionEditor, AssistantMessage: AnswerMessage };

export function Thread({ model, box }: { model: PageModel | undefined; box: RefObject<HTMLTextAreaElement | null> }) {
  const { t } = useTranslation();
  const empty = useStore(chat, ({ conversation }) => conversation.head === null);
  useEscapeStops();
  return (
    <ThreadPrimitive.Root asChild>
      <main className="thread">
        <ThreadPrimitive.Viewport key={empty ? "empty" : "talk"} className="viewport" tabIndex={0} autoScroll={!empty} scrollToBottomOnInitialize={!empty} role="region" aria-label={t("message.log")}>
          <div className="column">
            {empty ? (
              <EmptyState model={model} box={box} />
            ) : (
              <ThreadPrimitive.Messages components={MESSAGES} />
            )}
          </div>
        </ThreadPrimitive.Viewport>
        <div className="foot">
          <div className="column">
            {!empty && (
              <ThreadPrimitive.ScrollToBottom asChild>
                <button className="round to-bottom" type="button" aria-label={t("message.bottom")} title={t("message.bottom")}><Icon name="down" /></button>
              </ThreadPrimitive.ScrollToBottom>
            )}
            <Notices model={model} />
            <Composer box={box} />
          </div>
        </div>
      </main>
    </ThreadPrimitive.Root>
  );
}
