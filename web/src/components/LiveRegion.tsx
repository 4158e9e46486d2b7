/** Tells screen readers that an answer comes and that it is there; never its words one by one. */
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { chat } from "../state/chat";
import { useStore } from "../state/store";

export function LiveRegion() {
  const { t } = useTranslation();
  const { conversation, running } = useStore(chat);
  const was = useRef({ running, head: conversation.head });
  const [said, say] = useState<"" | "answering" | "done" | "stopped" | "failed" | "new">("");
  useEffect(() => {
    const before = was.current;
    was.current = { running, head: conversation.head };
    if (running !== null) say("answering");
    else if (conversation.head === null && before.head !== null) say("new");
    else if (before.running !== null) {
      const answer = conversation.messages.find((message) => message.id === before.running);
      const state = answer?.role === "assistant" ? answer.state : "stopped";
      say(state === "done" || state === "failed" ? state : "stopped");
    }
  }, [running, conversation]);
  return <div className="unseen" role="status" aria-live="polite">{said && t(`live.${said}`)}</div>;
}
