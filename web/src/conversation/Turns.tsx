/** The messages shown: of a long conversation the latest, more as one scrolls up. */
import { type RefObject, memo, useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Message } from "../api/chat";
import { Button } from "../design";
import { sendPending, takePendingBack } from "../state/asking";
import { insert } from "../state/drafting";
import { type Open, open, shownIn } from "../state/open";
import { useStore } from "../state/store";
import { comparedWith } from "../state/tree";
import { Answer } from "./Answer";
import { NotYet } from "./AnswerText";
import { Compared } from "./Compared";
import { FailureNote } from "./Outcome";
import { PlainQuestion, Question } from "./Question";
import { useWindow } from "./scrolling";

const Turn = memo(function Turn({ message, state }: { message: Message; state: Open | null }) {
  if (message.role === "user") return <Question message={message} />;
  const together = state ? comparedWith(state.tree, message) : [];
  return together.length > 0 ? <Compared answers={together} shown={message.id} /> : <Answer answer={message} />;
});

/** A question that is on its way, or did not arrive. */
function Waiting({ state: { pending } }: { state: Open }) {
  const { t } = useTranslation();
  if (!pending) return null;
  return (
    <div className="turn-item">
      <PlainQuestion text={pending.ask.content} />
      {pending.failure === null ? <NotYet /> : (
        <FailureNote failure={pending.failure}>
          <Button icon="again" onClick={() => void sendPending()}>{t("errors.retry")}</Button>
          <Button icon="edit" onClick={() => insert(takePendingBack())}>{t("message.toBox")}</Button>
        </FailureNote>
      )}
    </div>
  );
}

/** Brings a message that was searched for into view. */
function useWanted(wanted: string | undefined, from: number, messages: Message[], more: () => void): void {
  const at = wanted === undefined ? -1 : messages.findIndex(({ id }) => id === wanted);
  useEffect(() => {
    if (at < 0) return;
    if (at < from) more();
    else document.getElementById(`turn-${wanted}`)?.scrollIntoView({ block: "start" });
  }, [at, from, wanted, more]);
}

export function Turns({ viewport, wanted }: { viewport: RefObject<HTMLDivElement | null>; wanted?: string }) {
  const { t } = useTranslation();
  const state = useStore(open);
  const messages = useMemo(() => shownIn(state), [state]);
  const { from, more, sentinel } = useWindow(state.id ?? "", messages.length, viewport);
  useWanted(wanted, from, messages, more);
  return (
    <>
      <div ref={sentinel} />
      {from > 0 && <button className="button earlier" type="button" onClick={more}>{t("message.earlier", { count: from })}</button>}
      {messages.slice(from).map((message) => (
        <div key={message.id} id={`turn-${message.id}`} className={message.id === wanted ? "turn-item wanted" : "turn-item"}>
          <Turn message={message} state={message.comparison_id ? state : null} />
        </div>
      ))}
      <Waiting state={state} />
    </>
  );
}
