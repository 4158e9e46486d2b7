/** The line at the top: name, model, context gauge, new conversation, settings. */
import type { RefObject } from "react";
import { useTranslation } from "react-i18next";
import type { PageModel } from "../api/types";
import { beginAnew, chat } from "../state/chat";
import { server } from "../state/server";
import { useStore } from "../state/store";
import { Gauge } from "./Gauge";
import { Icon } from "./Icon";

interface Props {
  model: PageModel | undefined;
  openModels: () => void;
  openSettings: () => void;
  box: RefObject<HTMLTextAreaElement | null>;
}

export function Header({ model, openModels, openSettings, box }: Props) {
  const { t } = useTranslation();
  const empty = useStore(chat, ({ conversation }) => conversation.head === null);
  const asked = useStore(server, (state) => state.asked);
  const name = model?.name ?? t(asked ? "header.noModel" : "header.asking");
  const begin = (): void => {
    beginAnew();
    box.current?.focus();
  };
  return (
    <header className="header">
      <h1 className="wordmark"><img src="/icon.svg" alt="" width="26" height="26" /><span>causerie</span></h1>
      <button className="model-button" type="button" onClick={openModels} aria-haspopup="dialog" aria-label={t("header.model", { name })}>
        <span className={`dot ${model?.state ?? (asked ? "failed" : "unloaded")}`} />
        <span className="model-name">{name}</span>
        <Icon name="open" />
      </button>
      <div className="tools" role="group" aria-label={t("header.label")}>
        <Gauge limit={model?.context_tokens ?? 0} />
        <button className="round" type="button" onClick={begin} disabled={empty} title={t("header.new")} aria-label={t("header.new")}>
          <Icon name="new" />
        </button>
        <button className="round" type="button" onClick={openSettings} aria-haspopup="dialog" title={t("header.settings")} aria-label={t("header.settings")}>
          <Icon name="settings" />
        </button>
      </div>
    </header>
  );
}
