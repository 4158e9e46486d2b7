/** What a search finds: titles first, then what was said, with the words marked. */
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, failureIn } from "../api/call";
import type { Part } from "../api/chat";
import type { ApiFailure } from "../api/types";
import { Button } from "../design";
import { ago } from "../i18n/dates";
import { useRemedy } from "../i18n/remedy";
import { to } from "../shell/router";

type Found = Awaited<ReturnType<typeof api.get<"/api/search">>>;

const WAIT_MS = 160;

export function Parts({ parts }: { parts: readonly Part[] }) {
  return parts.map(({ text, hit }, index) => (hit ? <mark key={index}>{text}</mark> : text));
}

/** Asks a moment after the last letter; an older answer never replaces a newer one. */
function useFound(q: string): { found: Found | null; failure: ApiFailure | null; more: () => void } {
  const [found, setFound] = useState<Found | null>(null);
  const [failure, fail] = useState<ApiFailure | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    const later = setTimeout(() => {
      api.get("/api/search", { query: { q }, signal: stop.signal }).then(
        (answer) => {
          setFound(answer);
          fail(null);
        },
        (error: unknown) => stop.signal.aborted || fail(failureIn(error)),
      );
    }, WAIT_MS);
    return () => {
      clearTimeout(later);
      stop.abort();
    };
  }, [q]);
  const more = (): void => {
    if (!found?.next) return;
    void api.get("/api/search", { query: { q, cursor: found.next } }).then(
      (answer) => setFound({ ...answer, titles: found.titles, items: [...found.items, ...answer.items] }),
      (error: unknown) => fail(failureIn(error)),
    );
  };
  return { found, failure, more };
}

export function SearchResults({ q, chosen }: { q: string; chosen: () => void }) {
  const { t, i18n } = useTranslation();
  const remedy = useRemedy();
  const { found, failure, more } = useFound(q);
  const count = found ? found.titles.length + found.items.length : 0;
  return (
    <>
      <p className="unseen" role="status">{found && t("search.found", { count })}</p>
      {failure && <p className="sidebar-note" role="alert">{remedy(failure)}</p>}
      {found && count === 0 && !failure && <p className="sidebar-note">{t("search.none")}</p>}
      {found && found.titles.length > 0 && <h2>{t("search.titles")}</h2>}
      <ul aria-label={t("search.titles")}>
        {found?.titles.map((one) => (
          <li key={one.id}><a className="found" href={to("c", one.id)} onClick={chosen}><strong dir="auto"><Parts parts={one.title_parts} /></strong><time dateTime={one.updated_at}>{ago(one.updated_at, i18n.language)}</time></a></li>
        ))}
      </ul>
      {found && found.items.length > 0 && <h2>{t("search.messages")}</h2>}
      <ul aria-label={t("search.messages")}>
        {found?.items.map((one) => (
          <li key={one.message_id}>
            <a className="found" href={`${to("c", one.conversation_id)}?message=${encodeURIComponent(one.message_id)}`} onClick={chosen}>
              <strong dir="auto">{one.title}</strong>
              <span dir="auto"><Parts parts={one.parts} /></span>
              <time dateTime={one.created_at}>{ago(one.created_at, i18n.language)}</time>
            </a>
          </li>
        ))}
      </ul>
      {found?.next && <Button kind="quiet" onClick={more}>{t("search.more")}</Button>}
    </>
  );
}
