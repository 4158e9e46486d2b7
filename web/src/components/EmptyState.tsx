/** Before the first message: a greeting, ideas, and the way back to the previous conversation. */
import { useAui } from "@assistant-ui/react";
import type { RefObject } from "react";
import { useTranslation } from "react-i18next";
import type { PageModel } from "../api/types";
import { bringBack, chat } from "../state/chat";
import { useStore } from "../state/store";
import { Command } from "./Command";
import { Icon } from "./Icon";

interface Idea {
  title: string;
  text: string;
}

export function EmptyState({ model, box }: { model: PageModel | undefined; box: RefObject<HTMLTextAreaElement | null> }) {
  const { t } = useTranslation();
  const aui = useAui();
  const hasPrevious = useStore(chat, ({ previous }) => previous.head !== null);
  const ideas = t("empty.prompts", { returnObjects: true }) as Idea[];
  const take = (text: string): void => {
    aui.composer.setText(text);
    box.current?.focus();
  };
  return (
    <div className="empty">
      <h2>{t("empty.title")}</h2>
      <p className="private">{t("empty.private")}</p>
      {hasPrevious && (
        <button className="button back" type="button" onClick={bringBack}><Icon name="left" />{t("empty.previous")}</button>
      )}
      <ul className="ideas" aria-label={t("empty.examples")}>
        {ideas.map(({ title, text }) => (
          <li key={title}>
            <button type="button" onClick={() => take(text)}><strong>{title}</strong><span>{text}</span></button>
          </li>
        ))}
      </ul>
      {model?.starter && <p className="starter">{t("starter.text")} <Command text="causerie models suggest" /></p>}
    </div>
  );
}
