/** Settings: appearance, system prompt, sampling. Each change counts at once and is kept in the browser. */
import { useTranslation } from "react-i18next";
import { apiKey } from "../api/client";
import type { PageModel } from "../api/types";
import { chat } from "../state/chat";
import { asMarkdown } from "../state/conversation";
import { type Language, type Theme, prefer, preferences } from "../state/preferences";
import { forgetKey, server } from "../state/server";
import { useStore } from "../state/store";
import { Dialog } from "./Dialog";
import { SamplingFields } from "./SamplingFields";

const THEMES: Theme[] = ["system", "light", "dark"];
const LANGUAGES: [Language, string][] = [["en", "English"], ["fr", "Français"]];

function saveAsFile(you: string): void {
  const file = new Blob([asMarkdown(chat.get().conversation, you)], { type: "text/markdown" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `causerie-${new Date().toISOString().slice(0, 10)}.md`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function Look() {
  const { t } = useTranslation();
  const { theme, language } = useStore(preferences);
  return (
    <section>
      <h3>{t("settings.look")}</h3>
      <div className="field">
        <label htmlFor="language">{t("settings.language")}</label>
        <select id="language" value={language} onChange={(event) => prefer({ language: event.target.value as Language | "" })}>
          <option value="">{t("settings.languageBrowser")}</option>
          {LANGUAGES.map(([code, name]) => <option key={code} value={code} lang={code}>{name}</option>)}
        </select>
      </div>
      <fieldset className="choices">
        <legend>{t("settings.theme")}</legend>
        {THEMES.map((name) => (
          <label key={name}>
            <input type="radio" name="theme" checked={theme === name} onChange={() => prefer({ theme: name })} />
            <span>{t(`settings.themes.${name}`)}</span>
          </label>
        ))}
      </fieldset>
    </section>
  );
}

function Talk() {
  const { t } = useTranslation();
  const { system } = useStore(preferences);
  const empty = useStore(chat, ({ conversation }) => conversation.head === null);
  return (
    <section>
      <h3>{t("settings.conversation")}</h3>
      <div className="field tall">
        <label htmlFor="system">{t("settings.system")}</label>
        <textarea
          id="system" rows={4} value={system} aria-describedby="system-hint" placeholder={t("settings.systemPlaceholder")}
          onChange={(event) => prefer({ system: event.target.value })}
        />
        <p id="system-hint" className="hint">{t("settings.systemHint")}</p>
      </div>
      <button className="button" type="button" disabled={empty} onClick={() => saveAsFile(t("message.you"))}>
        {t("settings.save")}
      </button>
    </section>
  );
}

export function SettingsDialog({ model, close }: { model: PageModel | undefined; close: () => void }) {
  const { t } = useTranslation();
  const { settings } = useStore(server);
  return (
    <Dialog title={t("settings.title")} closeLabel={t("settings.close")} kind="sheet" close={close}>
      <Look />
      <Talk />
      <SamplingFields contextTokens={model?.context_tokens ?? 0} />
      <section className="about">
        <h3>{t("settings.about")}</h3>
        {settings && <p>{t("settings.version", { version: settings.version })}</p>}
        {apiKey() !== "" && <button className="button" type="button" onClick={forgetKey}>{t("settings.forget")}</button>}
      </section>
    </Dialog>
  );
}
