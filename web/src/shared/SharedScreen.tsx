/** A conversation that somebody shared: to read, without an account when its link is for anyone. */
import { useTranslation } from "react-i18next";
import { api } from "../api/call";
import { EmptyHint, Pending } from "../design";
import { date } from "../i18n/dates";
import { useRemedy } from "../i18n/remedy";
import Markdown from "../markdown/Markdown";
import { place } from "../shell/router";
import { useFetched } from "../state/fetched";
import { useStore } from "../state/store";
import "../settings/strings";
import "./shared.css";

type Shared = Awaited<ReturnType<typeof api.post<"/api/shared">>>;

function Message({ message: { role, content, model, attachments } }: { message: Shared["messages"][number] }) {
  const { t } = useTranslation();
  if (role === "user") {
    return (
      <article className="question" aria-label={t("shared.person")}>
        <h2 className="unseen">{t("shared.person")}</h2>
        {attachments.length > 0 && <div className="chips">{attachments.map((name, index) => <span key={index} className="chip"><span>{name}</span></span>)}</div>}
        <div className="bubble" dir="auto">{content}</div>
      </article>
    );
  }
  return <article className="answer" aria-label={model ?? ""}><h2 className="speaker">{model}</h2><Markdown text={content} running={false} /></article>;
}

export default function SharedScreen() {
  const { t, i18n } = useTranslation();
  const remedy = useRemedy();
  const token = useStore(place, ({ query }) => query.token ?? "");
  const [{ value, failure }] = useFetched(() => api.post("/api/shared", { body: { token } }), [token]);
  return (
    <main className="screen">
      <div className="screen-column shared">
        <a className="wordmark" href="#/"><img src="/icon.svg" alt="" width="26" height="26" /><span>causerie</span></a>
        {failure && <EmptyHint icon="link" title={t("shared.gone")} text={remedy(failure)} />}
        {!failure && value === undefined && <Pending text={t("opening")} />}
        {value && (
          <>
            <header><h1 dir="auto">{value.title}</h1><p className="lead">{t("shared.at", { date: date(value.shared_at, i18n.language) })}</p></header>
            <div>{value.messages.map((message, index) => <div key={index} className="turn-item"><Message message={message} /></div>)}</div>
          </>
        )}
      </div>
    </main>
  );
}
