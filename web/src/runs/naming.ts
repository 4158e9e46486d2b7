/** What a run learns from: in our words where we know the objective, else by its name. */
import { useTranslation } from "react-i18next";

export function useObjective(): (name: string) => string {
  const { t, i18n } = useTranslation();
  return (name) => (i18n.exists(`runs.objectives.${name}`) ? t(`runs.objectives.${name}`) : name);
}
