/** One conversation in the list: opened by a click, with its menu; its title can be edited where it stands. */
import { memo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Summary } from "../api/chat";
import { Menu } from "../design";
import { go, to } from "../shell/router";
import { openOverlay } from "../shell/overlays";
import { changeConversation } from "../state/sidebar";
import { useConversationMenu } from "./conversationMenu";

function Rename({ one, close }: { one: Summary; close: () => void }) {
  const { t } = useTranslation();
  const [title, setTitle] = useState(one.title);
  const over = useRef(false);
  const keep = (): void => {
    // Leaving the box ends it too, also when a key has just done so.
    if (over.current) return;
    over.current = true;
    close();
    if (title.trim() !== "" && title.trim() !== one.title) void changeConversation(one.id, { title: title.trim() });
  };
  return (
    <input
      autoFocus aria-label={t("row.newTitle")} value={title} maxLength={200} onChange={(event) => setTitle(event.target.value)} onBlur={keep} onFocus={(event) => event.target.select()}
      onKeyDown={(event) => {
        if (event.key === "Enter" && !event.nativeEvent.isComposing) keep();
        else if (event.key === "Escape") {
          over.current = true;
          close();
        } else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    />
  );
}

interface Props {
  one: Summary;
  current: boolean;
  /** After it was chosen: a drawer closes. */
  chosen: () => void;
}

export const Row = memo(function Row({ one, current, chosen }: Props) {
  const { t } = useTranslation();
  const items = useConversationMenu();
  const [renaming, rename] = useState(false);
  const title = one.title || t("row.untitled");
  const share = (): void => {
    go(to("c", one.id));
    openOverlay("share");
  };
  if (renaming) return <li className="row"><Rename one={one} close={() => rename(false)} /></li>;
  return (
    <li className={current ? "row current" : "row"}>
      <a href={to("c", one.id)} aria-current={current ? "page" : undefined} title={title} dir="auto" onClick={chosen}>{title}</a>
      {one.running && <span className="pulse" role="img" aria-label={t("row.running")} />}
      <Menu label={t("row.menu", { title })} items={() => items(one, () => rename(true), share)} />
    </li>
  );
});
