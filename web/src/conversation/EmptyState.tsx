/** Before the first message: a greeting and ideas. */
import type { RefObject } from "react";
import { useTranslation } from "react-i18next";
import type { PageModel } from "../api/types";
import { Command } from "../design";
import { type } from "../state/drafting";
import { open } from "../state/open";
import { useStore } from "../state/store";

interface Idea {
  title: string;
  text: string;
}

export function EmptyState({ model, box }: { model: PageModel | undefined; box: RefObject<HTMLTextAreaElement | null> }) {
  const { t } = useTranslation();
  const temporary = useStore(open, (state) => state.temporary);
  const ideas = t("empty.prompts", { returnObjects: true }) as Idea[];
  const take = (text: string): void => {
    type(text);
    box.current?.focus();
  };
  return (
    <div className="empty">
      <h2>{t(temporary ? "empty.temporary" : "empty.title")}</h2>
      <p className="private">{t(temporary ? "empty.temporaryText" : "empty.private")}</p>
      {!temporary && (
        <ul className="ideas" aria-label={t("empty.examples")}>
          {ideas.map(({ title, text }) => (
            <li key={title}>
              <button type="button" onClick={() => take(text)}><strong>{title}</strong><span>{text}</span></button>
            </li>
          ))}
        </ul>
      )}
      {model?.starter && <p className="starter">{t("starter.text")} <Command text="causerie models suggest" /></p>}
    </div>
  );
}
