/** The message box: grows with its text, keeps an unsent draft in the browser. */
import { ComposerPrimitive, useAui, useAuiState } from "@assistant-ui/react";
import { type RefObject, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { chat, isRunning } from "../state/chat";
import { KEYS, keep, recall } from "../state/kept";
import { useStore } from "../state/store";
import { Icon } from "./Icon";

/** Puts back the draft once, then keeps each change of it. */
function useDraft(): void {
  const aui = useAui();
  const text = useAuiState((state) => state.composer.text);
  useEffect(() => {
    const draft = recall(KEYS.draft);
    if (typeof draft === "string" && draft !== "") aui.composer.setText(draft);
  }, [aui]);
  useEffect(() => {
    const later = setTimeout(() => keep(KEYS.draft, text), 150);
    return () => clearTimeout(later);
  }, [text]);
}

export function Composer({ box }: { box: RefObject<HTMLTextAreaElement | null> }) {
  const { t } = useTranslation();
  const running = useStore(chat, isRunning);
  useDraft();
  return (
    <>
      <ComposerPrimitive.Root className="composer">
        <ComposerPrimitive.Input
          ref={box} id="message-box" className="box" dir="auto" rows={1} maxRows={10} autoFocus cancelOnEscape={false} unstable_insertNewlineOnTouchEnter
          aria-label={t("composer.label")} aria-describedby="message-hint" placeholder={t("composer.placeholder")}
        />
        {running ? (
          <ComposerPrimitive.Cancel className="send stop" aria-label={t("composer.stop")} title={t("composer.stop")}><Icon name="stop" /></ComposerPrimitive.Cancel>
        ) : (
          <ComposerPrimitive.Send className="send" aria-label={t("composer.send")} title={t("composer.send")}><Icon name="send" /></ComposerPrimitive.Send>
        )}
      </ComposerPrimitive.Root>
      <p className="below"><span id="message-hint" className="keys">{t("composer.hint")}</span><span>{t("composer.check")}</span></p>
    </>
  );
}
