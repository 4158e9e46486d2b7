/** The conversation that is open: header, messages or greeting, message box; files can be dropped anywhere on it. */
import { type DragEvent, type RefObject, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { EmptyHint, Icon, IconButton } from "../design";
import { useRemedy } from "../i18n/remedy";
import { place } from "../shell/router";
import { isEmpty, open } from "../state/open";
import { useModel } from "../state/choosing";
import { useStore } from "../state/store";
import { attach } from "../state/uploading";
import { prepareMarkdown } from "./AnswerText";
import { Composer, touches } from "./Composer";
import { EmptyState } from "./EmptyState";
import { Header } from "./Header";
import { LiveRegion } from "./LiveRegion";
import { Notices } from "./Notices";
import { Turns } from "./Turns";
import { useScrolling } from "./scrolling";

/** Whether files are held over the page. */
function useDropping(): [boolean, { onDragOver: (event: DragEvent) => void; onDragLeave: (event: DragEvent) => void; onDrop: (event: DragEvent) => void }] {
  const [over, setOver] = useState(false);
  const holdsFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes("Files") && !open.get().temporary;
  return [over, {
    onDragOver: (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: (event) => {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
    },
    onDrop: (event) => {
      setOver(false);
      if (!holdsFiles(event)) return;
      event.preventDefault();
      void attach(event.dataTransfer.files);
    },
  }];
}

/** Nothing, for a moment; then that it is being opened; or why it cannot be. */
function NotHere() {
  const { t } = useTranslation();
  const remedy = useRemedy();
  const { failure } = useStore(open);
  if (!failure) return <p className="opening" role="status">{t("opening")}</p>;
  const gone = failure.code === "not_found";
  return <EmptyHint icon="chat" title={t(gone ? "gone.title" : "errors.title.server")} text={gone ? t("gone.text") : remedy(failure)} />;
}

function Messages({ box }: { box: RefObject<HTMLTextAreaElement | null> }) {
  const { t } = useTranslation();
  const model = useModel();
  const state = useStore(open);
  const wanted = useStore(place, ({ query }) => query.message ?? "");
  const empty = isEmpty(state);
  const key = `${state.id ?? "new"} ${empty}`;
  const { viewport, atEnd, toEnd } = useScrolling(key, !empty);
  const asked = state.pending?.ask.client_id;
  useEffect(() => {
    if (asked) toEnd();
  }, [asked, toEnd]);
  return (
    <>
      <div ref={viewport} key={key} className="viewport" tabIndex={0} role="region" aria-label={t("message.log")}>
        <div className="column">
          {empty ? <EmptyState model={model} box={box} /> : state.loading || state.failure ? <NotHere /> : <Turns viewport={viewport} wanted={wanted || undefined} />}
        </div>
      </div>
      <div className="foot">
        <div className="column">
          {!empty && !atEnd && <IconButton className="to-bottom" icon="down" label={t("message.bottom")} onClick={toEnd} />}
          <Notices model={model} />
          <Composer place={box} />
        </div>
      </div>
    </>
  );
}

export function ConversationScreen() {
  const { t } = useTranslation();
  const box = useRef<HTMLTextAreaElement>(null);
  const [over, drop] = useDropping();
  const empty = useStore(open, isEmpty);
  const shown = useStore(open, ({ id, temporary }) => id ?? (temporary ? "temporary" : ""));
  useEffect(() => {
    if (!empty) prepareMarkdown();
  }, [empty]);
  useEffect(() => {
    const typesElsewhere = document.activeElement?.matches("input, textarea") ?? false;
    if (!touches() && !typesElsewhere && document.querySelector("dialog[open]") === null) box.current?.focus();
  }, [shown]);
  return (
    <div className="page" {...drop}>
      <Header box={box} />
      <main className="thread">
        <Messages box={box} />
        {over && <div className="dropping"><Icon name="attach" />{t("attach.drop")}</div>}
      </main>
      <LiveRegion />
    </div>
  );
}
