/** Every setting, what it does, and where it is set. Read here, changed in the file or the environment. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Loaded } from "../account/parts/Loaded";
import { Head } from "../account/parts/Sections";
import { api } from "../api/call";
import { Badge, CopyButton, EmptyHint, WithCode } from "../design";
import { useFetched } from "../state/fetched";
import { Search } from "./parts/Search";
import french from "./settings.fr.json";
import type { Setting } from "./types";

/** A value as `causerie.toml` would say it; a secret only whether there is one. */
export function asToml(value: unknown): string {
  if (value === null || value === undefined) return "–";
  return Array.isArray(value) && value.length > 0 && typeof value[0] === "object" ? JSON.stringify(value, null, 2) : JSON.stringify(value);
}

/** What a setting does: the server says it in English, and this page in French. */
function said(description: string, language: string): { text: string; lang?: "en" } {
  const text = (french as Record<string, string | undefined>)[description];
  return language === "fr" && text ? { text } : { text: description, lang: "en" };
}

export function Settings() {
  const { t, i18n } = useTranslation();
  const [settings, again] = useFetched(() => api.get("/api/admin/settings"), []);
  const [search, setSearch] = useState("");
  const fits = ({ name, description }: Setting): boolean => `${name} ${said(description, i18n.language).text}`.toLowerCase().includes(search.toLowerCase());
  return (
    <>
      <Head title={t("administration.sections.settings")} text={t("administration.settings.text")} />
      <Search label={t("administration.settings.search")} change={setSearch} />
      <Loaded of={settings} again={again}>
        {({ items }) => {
          const shown = items.filter(fits);
          if (shown.length === 0) return <EmptyHint icon="search" title={t("administration.nothingFound")} text={t("administration.nothingFoundHint")} />;
          return <ul className="settings-list">{shown.map((setting) => <Entry key={setting.name} setting={setting} />)}</ul>;
        }}
      </Loaded>
    </>
  );
}

function Entry({ setting: { name, value, default: usual, source, description, secret } }: { setting: Setting }) {
  const { t, i18n } = useTranslation();
  const { text, lang } = said(description, i18n.language);
  const variable = `CAUSERIE_${name.toUpperCase()}`;
  const isSet = source !== "default";
  return (
    <li className="panel setting">
      <div className="part-head">
        <h3 className="tile-head"><code>{name}</code></h3>
        <Badge tone={isSet ? "accent" : "calm"}>{t(isSet ? "administration.settings.set" : "administration.settings.default")}</Badge>
      </div>
      {description && <p lang={lang}><WithCode text={text} /></p>}
      <pre className="value" tabIndex={0} role="region" aria-label={t("administration.settings.valueOf", { name })}>{secret ? t(value === "set" ? "administration.settings.secret" : "administration.settings.noSecret") : asToml(value)}</pre>
      <p className="hint">
        {isSet && !secret && <>{t("administration.settings.usual")} <code>{asToml(usual)}</code> · </>}
        {t("administration.settings.where")} <code>{name}</code> {t("administration.settings.or")} <code>{variable}</code>
        <CopyButton text={() => variable} label={t("administration.settings.copy", { variable })} />
      </p>
    </li>
  );
}
