/** The message box: its words and files are kept wherever they can be; Enter sends. */
import { type ClipboardEvent, type KeyboardEvent, type RefObject, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Icon, IconButton, toast } from "../design";
import { stop, ask } from "../state/asking";
import { choice, choose, nameInUse } from "../state/choosing";
import { box, emptyBox, insert, type } from "../state/drafting";
import { isBusy, open, shownIn } from "../state/open";
import { type Server, behind, modelInUse, ownModels, server } from "../state/server";
import { useStore } from "../state/store";
import { LONG_PASTE, attach, textFile, uploads } from "../state/uploading";
import { dictate, listening, stopDictation } from "../speech/dictation";
import { Asked } from "./Asked";
import { Attached } from "./Attached";
import { GrowingBox } from "./GrowingBox";

/** Touch keyboards have no Shift: there Enter begins a new line, the button sends. */
export const touches = (): boolean => matchMedia("(pointer: coarse)").matches;

/** A server that cannot be reached may have one: what is sent to it waits there to be sent again. */
const hasNoModel = ({ asked, failure, models }: Server): boolean => asked && failure === null && models.length === 0;

const isUploading = (): boolean => uploads.get().some(({ failure }) => failure === null);

/** The box whose question goes as soon as its last file has arrived. */
let afterFiles: string | null = null;

uploads.subscribe(() => {
  if (isUploading() || afterFiles === null) return;
  const mine = afterFiles === box.get().key && uploads.get().length === 0;
  afterFiles = null;
  if (mine) sendBox();
});

/** Sends what is in the box, after its files have arrived; nothing while it is empty or an answer comes. */
export function sendBox(): void {
  const { text, attachments } = box.get();
  const { compare, models } = choice.get();
  const waits = isBusy(open.get()) || (compare && models.length < 2);
  if (isUploading()) {
    afterFiles = box.get().key;
    return;
  }
  if (waits || (text.trim() === "" && attachments.length === 0) || hasNoModel(server.get())) return;
  // A question that did not arrive goes with this one: nothing that was written is lost.
  const unsent = open.get().pending?.ask.content;
  const parent = shownIn(open.get()).at(-1)?.id ?? null;
  emptyBox();
  void ask(unsent ? `${unsent}\n\n${text}` : text, attachments, parent);
}

function Dictation() {
  const { t, i18n } = useTranslation();
  const on = useStore(listening);
  const press = (): void => {
    if (on) stopDictation();
    else void dictate(i18n.language, insert, (why) => toast(t(why === "unavailable" ? "speech.noDictation" : "speech.notAllowed")));
  };
  return <IconButton icon="microphone" label={t(on ? "speech.stopDictation" : "speech.dictate")} aria-pressed={on} onClick={press} />;
}

function Attach() {
  const { t } = useTranslation();
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton icon="attach" label={t("attach.pick")} onClick={() => picker.current?.click()} />
      <input
        ref={picker} type="file" multiple hidden aria-hidden="true" tabIndex={-1}
        onChange={(event) => {
          void attach(event.target.files ?? []);
          event.target.value = "";
        }}
      />
    </>
  );
}

/** Files that are pasted are attached; so is a text of many pages, unless one undoes it. */
function usePaste(): (event: ClipboardEvent) => void {
  const { t } = useTranslation();
  return (event) => {
    if (open.get().temporary) return;
    const files = [...event.clipboardData.files];
    const text = event.clipboardData.getData("text/plain");
    if (files.length === 0 && text.length < LONG_PASTE) return;
    event.preventDefault();
    void attach(files.length > 0 ? files : [textFile(text)]);
    if (files.length === 0) toast(t("attach.pasted"), () => insert(text));
  };
}

function Send({ busy }: { busy: boolean }) {
  const { t } = useTranslation();
  const { text, attachments } = useStore(box);
  const none = useStore(server, hasNoModel);
  const tooFew = useStore(choice, ({ compare, models }) => compare && models.length < 2);
  if (busy) {
    return <button className="send stop" type="button" onClick={() => void stop()} aria-label={t("composer.stop")} title={t("composer.stop")}><Icon name="stop" /></button>;
  }
  const empty = text.trim() === "" && attachments.length === 0;
  return <button className="send" type="submit" disabled={empty || none || tooFew} aria-label={t("composer.send")} title={t("composer.send")}><Icon name="send" /></button>;
}

function Compare() {
  const { t } = useTranslation();
  const { compare } = useStore(choice);
  const several = useStore(server, (state) => ownModels(state).length > 1);
  if (!several) return null;
  const press = (): void => {
    const own = modelInUse(server.get(), nameInUse());
    choose({ compare: !compare, models: compare || !own ? [] : [behind(own)] });
  };
  return <IconButton icon="compare" label={t("compare.several")} aria-pressed={compare} onClick={press} />;
}

export function Composer({ place }: { place: RefObject<HTMLTextAreaElement | null> }) {
  const { t } = useTranslation();
  const busy = useStore(open, isBusy);
  const temporary = useStore(open, (state) => state.temporary);
  const text = useStore(box, (state) => state.text);
  const paste = usePaste();
  const pressed = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing || touches()) return;
    event.preventDefault();
    sendBox();
  };
  return (
    <>
      <form
        className="composer"
        onSubmit={(event) => {
          event.preventDefault();
          sendBox();
          place.current?.focus();
        }}
      >
        <Asked />
        <Attached />
        <GrowingBox
          ref={place} id="message-box" value={text} change={type} onKeyDown={pressed} onPaste={paste}
          aria-label={t("composer.label")} aria-describedby="message-hint" placeholder={t(temporary ? "composer.temporary" : "composer.placeholder")}
        />
        <div className="composer-row">
          {!temporary && <Attach />}
          {!temporary && <Compare />}
          <Dictation />
          <span className="space" />
          <Send busy={busy} />
        </div>
      </form>
      <p className="below"><span id="message-hint" className="keys">{t("composer.hint")}</span><span>{t("composer.check")}</span></p>
    </>
  );
}
