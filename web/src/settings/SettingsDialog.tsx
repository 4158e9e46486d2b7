/** Settings: appearance, the conversation's system prompt and sampling, the person's data. Each change counts at once. */
import { useTranslation } from "react-i18next";
import { apiKey } from "../api/client";
import { Button, Dialog, TextArea } from "../design";
import { changeOpen } from "../state/asking";
import { open } from "../state/open";
import { type Language, type Theme, prefer, preferences } from "../state/preferences";
import { useModel } from "../state/choosing";
import { forgetKey, server } from "../state/server";
import { useStore } from "../state/store";
import "./settings.css";
import "./strings";
import { DataFields } from "./DataFields";
import { SamplingFields } from "./SamplingFields";

const THEMES: Theme[] = ["system", "light", "dark"];
const LANGUAGES: [Language, string][] = [["en", "English"], ["fr", "Français"]];

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

/** The open conversation's own, or what new ones begin with. */
function Talk() {
  const { t } = useTranslation();
  const fallback = useStore(preferences).system;
  const { id, system } = useStore(open);
  return (
    <section>
      <h3>{t(id === null ? "settings.newConversations" : "settings.conversation")}</h3>
      <TextArea
        label={t("settings.system")} hint={t("settings.systemHint")} placeholder={t("settings.systemPlaceholder")} value={id === null ? fallback : system}
        change={(text) => (id === null ? prefer({ system: text }) : changeOpen({ system: text }))}
      />
    </section>
  );
}

export default function SettingsDialog({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const { settings } = useStore(server);
  const model = useModel();
  return (
    <Dialog title={t("settings.title")} kind="sheet" close={close}>
      <Look />
      <Talk />
      <SamplingFields contextTokens={model?.context_tokens ?? 0} />
      <DataFields />
      <section>
        <h3>{t("settings.about")}</h3>
        {settings && <p>{t("settings.version", { version: settings.version })}</p>}
        {apiKey() !== "" && <Button onClick={forgetKey}>{t("settings.forget")}</Button>}
      </section>
    </Dialog>
  );
}
