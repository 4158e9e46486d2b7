/** An answer's words, whole or as they come; before the first, what is being waited for. */
import { Suspense, lazy } from "react";
import { useTranslation } from "react-i18next";
import type { Message } from "../api/chat";
import { Boundary } from "../design";
import { percent } from "../i18n/format";
import { server } from "../state/server";
import { useStore } from "../state/store";
import { streamOf } from "../state/streams";

const PAUSES_MS = [1000, 4000, 15_000, 60_000];

/** Loads what lays answers out; while the server cannot be reached it tries again, and answers are shown as they are. */
async function load(): Promise<typeof import("../markdown/Markdown")> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await import("../markdown/Markdown");
    } catch {
      await new Promise((resolve) => setTimeout(resolve, PAUSES_MS[failures] ?? 60_000));
    }
  }
}

let loading: ReturnType<typeof load> | undefined;
const Markdown = lazy(() => (loading ??= load()));

/** Begins to load what lays answers out before the first word of one comes. */
export function prepareMarkdown(): void {
  loading ??= load();
}

function Words({ text, running }: { text: string; running: boolean }) {
  const { t } = useTranslation();
  const plain = <p className="plain" dir="auto">{text}</p>;
  return (
    <Boundary instead={<><p className="outcome">{t("render")}</p>{plain}</>}>
      <Suspense fallback={plain}><Markdown text={text} running={running} /></Suspense>
    </Boundary>
  );
}

function Reasoning({ text, open }: { text: string; open: boolean }) {
  const { t } = useTranslation();
  if (text === "") return null;
  return <details className="reasoning" open={open}><summary>{t("message.reasoning")}</summary><p className="plain" dir="auto">{text}</p></details>;
}

/** What is shown until the first word comes. */
function Waiting({ model, reading }: { model: string | null; reading: number | null }) {
  const { t, i18n } = useTranslation();
  const loading = useStore(server).models.some(({ name, state }) => name === model && (state === "unloaded" || state === "loading"));
  const read = reading !== null && reading < 1 ? t("message.readingShare", { share: percent(reading, i18n.language) }) : null;
  return <p className="waiting"><span className="pulse" aria-hidden="true" />{read ?? t(loading ? "message.loading" : "message.thinking")}</p>;
}

function Coming({ answer }: { answer: Message }) {
  const { content, reasoning, reading } = useStore(streamOf(answer));
  return (
    <>
      <Reasoning text={reasoning} open={content === ""} />
      {content === "" ? <Waiting model={answer.model} reading={reading} /> : <Words text={content} running />}
    </>
  );
}

export function AnswerText({ answer }: { answer: Message }) {
  const { t } = useTranslation();
  return (
    <>
      {answer.left_out > 0 && <p className="outcome">{t("message.leftOut", { count: answer.left_out })}</p>}
      {answer.status === "running" ? <Coming answer={answer} /> : (
        <>
          <Reasoning text={answer.reasoning} open={false} />
          {answer.content !== "" && <Words text={answer.content} running={false} />}
        </>
      )}
    </>
  );
}

/** An answer that was asked for and is not known yet. */
export function NotYet() {
  return <div className="answer" aria-busy="true"><Waiting model={null} reading={null} /></div>;
}
