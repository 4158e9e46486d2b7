/** The sidebar: new conversation, search, the list, who is here. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/call";
import { Button, Icon, IconButton, Menu, type MenuItem } from "../design";
import { go, place } from "../shell/router";
import { changeFolders } from "../state/sidebar";
import { useStore } from "../state/store";
import { FolderName, List } from "./List";
import { PersonMenu } from "./PersonMenu";
import { PutAside } from "./PutAside";
import { SearchResults } from "./Search";

type View = "list" | "archived" | "trash";

interface Props {
  /** Hides the sidebar, or closes the drawer. */
  close: () => void;
  /** After something was chosen in it. */
  chosen: () => void;
}

export function Sidebar({ close, chosen }: Props) {
  const { t } = useTranslation();
  const [q, setQ] = useState("");
  const [view, setView] = useState<View>("list");
  const [naming, name] = useState(false);
  const temporary = useStore(place, ({ screen }) => screen === "temporary");
  const begin = (hash: string): void => {
    go(hash);
    chosen();
    document.getElementById("message-box")?.focus();
  };
  const items = (): MenuItem[] => [
    { label: t("folder.new"), icon: "folder", choose: () => name(true) },
    { label: t("sidebar.archived"), icon: "archive", apart: true, choose: () => setView("archived") },
    { label: t("sidebar.trash"), icon: "trash", choose: () => setView("trash") },
  ];
  return (
    <nav className="sidebar" aria-label={t("sidebar.label")}>
      <div className="sidebar-top">
        <a className="wordmark" href="#/" onClick={chosen}><img src="/icon.svg" alt="" width="26" height="26" /><span>causerie</span></a>
        <IconButton icon="side" label={t("sidebar.hide")} onClick={close} />
      </div>
      <div className="sidebar-begin">
        <Button icon="new" onClick={() => begin("#/")}>{t("header.new")}</Button>
        <IconButton icon="ghost" label={t("header.temporary")} aria-current={temporary ? "page" : undefined} onClick={() => begin("#/temporary")} />
      </div>
      <div className="sidebar-begin">
        <search className="sidebar-search">
          <Icon name="search" />
          <input
            id="search-box" className="input" type="search" value={q} placeholder={t("search.label")} aria-label={t("search.label")} onChange={(event) => setQ(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== "Escape" || q === "") return;
              // Nor does it close the drawer around it.
              event.preventDefault();
              event.stopPropagation();
              setQ("");
            }}
          />
        </search>
        <Menu label={t("sidebar.more")} items={items} />
      </div>
      <div className="sidebar-list" tabIndex={-1}>
        {naming && <FolderName name="" keep={(folder) => void changeFolders(() => api.post("/api/folders", { body: { name: folder } }))} close={() => name(false)} />}
        {q.trim() !== "" ? <SearchResults q={q.trim()} chosen={chosen} /> : view === "list" ? <List chosen={chosen} /> : <PutAside kind={view} chosen={chosen} back={() => setView("list")} />}
      </div>
      <PersonMenu />
    </nav>
  );
}
