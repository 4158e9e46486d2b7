/** The line above the conversation: the sidebar's button, the model, the context gauge, sharing and the rest. */
import type { RefObject } from "react";
import { useTranslation } from "react-i18next";
import { Icon, IconButton, Menu } from "../design";
import { SidebarButton } from "../shell/SidebarButton";
import { openOverlay } from "../shell/overlays";
import { go } from "../shell/router";
import { useConversationMenu } from "../sidebar/conversationMenu";
import { isEmpty, open } from "../state/open";
import { useModel } from "../state/choosing";
import { server } from "../state/server";
import { sidebar } from "../state/sidebar";
import { useStore } from "../state/store";
import { Gauge } from "./Gauge";

function More() {
  const { t } = useTranslation();
  const items = useConversationMenu();
  const id = useStore(open, (state) => state.id);
  const known = useStore(sidebar, (state) => id !== null && state.known.has(id));
  if (id === null || !known) return null;
  return (
    <>
      <IconButton icon="share" label={t("header.share")} aria-haspopup="dialog" onClick={() => openOverlay("share")} />
      <Menu
        label={t("header.more")}
        items={() => {
          const one = sidebar.get().known.get(id);
          return one ? items(one) : [];
        }}
      />
    </>
  );
}

export function Header({ box }: { box: RefObject<HTMLTextAreaElement | null> }) {
  const { t } = useTranslation();
  const model = useModel();
  const asked = useStore(server, (state) => state.asked);
  const empty = useStore(open, isEmpty);
  const temporary = useStore(open, (state) => state.temporary);
  const name = model?.name ?? t(asked ? "header.noModel" : "header.asking");
  const begin = (): void => {
    go("#/");
    box.current?.focus();
  };
  return (
    <header className="header">
      <h1 className="unseen">causerie</h1>
      <SidebarButton />
      <button className="model-button" type="button" onClick={() => openOverlay("models")} aria-haspopup="dialog" aria-label={t("header.model", { name })}>
        <span className={`dot ${model?.state ?? (asked ? "failed" : "unloaded")}`} />
        <span className="model-name">{name}</span>
        <Icon name="open" />
      </button>
      {temporary && <span className="badge"><Icon name="ghost" />{t("header.isTemporary")}</span>}
      <div className="tools" role="group" aria-label={t("header.label")}>
        <Gauge limit={model?.context_tokens ?? 0} />
        <More />
        <IconButton className="narrow-only" icon="new" label={t("header.new")} disabled={empty && !temporary} onClick={begin} />
      </div>
    </header>
  );
}
