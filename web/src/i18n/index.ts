/** French and English; every string of the page is in both files. */
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { preferences, type Language } from "../state/preferences";
import en from "./en.json";
import fr from "./fr.json";

/** The language in use: the chosen one, else the browser's, else English. */
export function languageInUse(): Language {
  return preferences.get().language || (navigator.language.toLowerCase().startsWith("fr") ? "fr" : "en");
}

void i18next.use(initReactI18next).init({
  resources: { en: { translation: en }, fr: { translation: fr } },
  lng: languageInUse(),
  fallbackLng: "en",
  initAsync: false,
  interpolation: { escapeValue: false },
});

preferences.subscribe(() => {
  const language = languageInUse();
  if (i18next.language === language) return;
  document.documentElement.lang = language;
  void i18next.changeLanguage(language);
});
