/** Tells screen readers that an answer comes and that it is there; never its words one by one. */
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { open } from "../state/open";
import { useStore } from "../state/store";
import { runningIn } from "../state/tree";

type Said = "" | "answering" | "done" | "stopped" | "failed";

export function LiveRegion() {
  const { t } = useTranslation();
  const running = useStore(open, ({ id, tree }) => `${id ?? ""} ${runningIn(tree).join(" ")}`);
  const was = useRef(running);
  const [said, say] = useState<Said>("");
  useEffect(() => {
    const [conversation, ...before] = was.current.split(" ");
    const [now, ...coming] = running.split(" ");
    was.current = running;
    if (coming.some((id) => id !== "")) say("answering");
    else if (now !== conversation && conversation !== "") say("");
    else if (before.some((id) => id !== "")) {
      const status = open.get().tree.byId.get(before.at(-1) ?? "")?.status;
      say(status === "complete" ? "done" : status === "failed" ? "failed" : "stopped");
    }
  }, [running]);
  return <div className="unseen" role="status" aria-live="polite">{said && t(`live.${said}`)}</div>;
}
