/** What figures and tasks are called: in our words where we know them, else in the suite's own. */
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
    suite: ({ name, title }) => (i18n.exists(`evaluations.suites.${name}`) ? t(`evaluations.suites.${name}`) : title || name),
    task: (name) => name || t("evaluations.whole"),
    unit: (unit) => (unit === "bits/byte" || unit === "words" ? t(`evaluations.units.${unit === "words" ? "words" : "bits"}`) : ""),
  };
}
