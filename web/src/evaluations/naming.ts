/** What figures and tasks are called: in our words where we know them, else in the suite's own. */
import type { i18n } from "i18next";
import { useTranslation } from "react-i18next";

interface Naming {
  metric: (name: string) => string;
  task: (name: string) => string;
  unit: (unit: string) => string;
  suite: (suite: { name: string; title: string }) => string;
}

export function useNaming(): Naming {
  const { t, i18n } = useTranslation();
  return {
    metric: (name) => (i18n.exists(`evaluations.metrics.${name}`) ? t(`evaluations.metrics.${name}`) : name.replaceAll("_", " ")),
    suite: (suite) => suiteTitle(suite, i18n),
    task: (name) => name || t("evaluations.whole"),
    unit: (unit) => (unit === "bits/byte" || unit === "words" ? t(`evaluations.units.${unit === "words" ? "words" : "bits"}`) : ""),
  };
}

/** A suite's title: in the reader's language where it is one that ships; another of that name keeps its own. */
export function suiteTitle({ name, title }: { name: string; title: string }, words: Pick<i18n, "exists" | "t">): string {
  const key = `evaluations.suites.${name}`;
  return words.exists(key) && words.t(key, { lng: "en" }) === title ? words.t(key) : title || name;
}
