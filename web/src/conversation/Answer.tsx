/** One answer, with what can be done with it. */
import { memo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Message } from "../api/chat";
import { CopyButton, IconButton, Menu, type MenuItem, toast } from "../design";
import { number } from "../i18n/format";
import { fallSilent, readAloud, reading, spoken } from "../speech/aloud";
import { answerAgain } from "../state/asking";
import { speedOf } from "../state/context";
import { open } from "../state/open";
import { behind, server } from "../state/server";
import { useStore } from "../state/store";
import { AnswerText } from "./AnswerText";
import { Opinions, Thumbs } from "./Opinion";
import { Outcome } from "./Outcome";
import { Versions } from "./Versions";

function Measured({ answer }: { answer: Message }) {
  const { t, i18n } = useTranslation();
  const { usage } = answer;
  const speed = speedOf(usage);
  const language = i18n.language;
  const parts = [
    speed !== null && t("measures.speed", { value: number(speed, language, speed < 10 ? 1 : 0) }),
    usage && usage.first_token_ms !== null && t("measures.first", { value: number(usage.first_token_ms / 1000, language, 2) }),
    usage && usage.tokens_out > 0 && t("measures.tokens", { count: usage.tokens_out }),
  ].filter(Boolean);
  return parts.length > 0 ? <span className="measured">{parts.join(" · ")}</span> : null;
}

/** Reads the answer aloud, or says why this browser cannot. */
function ReadAloud({ answer }: { answer: Message }) {
  const { t, i18n } = useTranslation();
  const now = useStore(reading, (id) => id === answer.id);
  const pressed = async (): Promise<void> => {
    if (now) return fallSilent();
    if (!(await readAloud(answer.id, spoken(answer.content, t("code.label")), i18n.language))) toast(t("speech.noVoice"));
  };
  return <IconButton look="quiet" icon={now ? "stop" : "speak"} label={t(now ? "speech.silence" : "speech.read")} aria-pressed={now} onClick={() => void pressed()} />;
}

function useMore(answer: Message): () => MenuItem[] {
  const { t } = useTranslation();
  const question = answer.parent_id === null ? undefined : open.get().tree.byId.get(answer.parent_id);
  return () =>
    server.get().models.filter((model) => behind(model) !== answer.model).slice(0, 8).map(({ name }) => ({
      label: t("message.againBy", { name }), icon: "again" as const, disabled: !question, choose: () => question && void answerAgain(question, [name]),
    }));
}

function Actions({ answer, criticise }: { answer: Message; criticise: (rating: 1 | -1) => void }) {
  const { t } = useTranslation();
  const question = answer.parent_id === null ? undefined : open.get().tree.byId.get(answer.parent_id);
  const more = useMore(answer);
  const temporary = useStore(open, (state) => state.temporary);
  const others = useStore(server, ({ models }) => models.length > 1 && models.some((model) => behind(model) !== answer.model));
  const again = t(answer.status === "complete" ? "message.again" : "message.retry");
  return (
    <div className="actions">
      <Versions id={answer.id} />
      {answer.content !== "" && <CopyButton text={() => answer.content} label={t("message.copy")} />}
      {answer.content !== "" && !temporary && <Thumbs answer={answer} criticise={criticise} />}
      {answer.status !== "failed" && question && <IconButton look="quiet" icon="again" label={again} onClick={() => void answerAgain(question)} />}
      {answer.content !== "" && <ReadAloud answer={answer} />}
      {others && question && !temporary && <Menu label={t("message.more")} className="quiet" items={more} />}
      <Measured answer={answer} />
    </div>
  );
}

export const Answer = memo(function Answer({ answer, name, chosen = false }: { answer: Message; name?: string; chosen?: boolean }) {
  const [criticised, criticise] = useState<1 | -1 | null>(null);
  const running = answer.status === "running";
  const speaker = answer.model ?? name ?? "";
  return (
    <article className={chosen ? "answer chosen" : "answer"} aria-label={speaker} aria-busy={running}>
      <h2 className="speaker">{speaker}</h2>
      <AnswerText answer={answer} />
      {!running && <Outcome answer={answer} />}
      {!running && <Actions answer={answer} criticise={criticise} />}
      {criticised !== null && !running && <Opinions answer={answer} rating={criticised} close={() => criticise(null)} />}
    </article>
  );
});
