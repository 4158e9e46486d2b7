/** What stands in the boxes of a lineage, and in its list: the server's words, as people of a language write them. */
import { useTranslation } from "react-i18next";
import { useNaming } from "../evaluations/naming";
import { useSaid } from "../i18n/Said";
import { date } from "../i18n/dates";
import { number } from "../i18n/format";
import { figure, powers } from "../runs/figures";
import { useObjective } from "../runs/naming";
import type { Lineage } from "./types";

type Node = Lineage["nodes"][number];

/** Numbers of the server within a sentence, "6,144" or "2e+18", as a language has them. */
export function numbersIn(text: string, language: string): string {
  return text
    .replaceAll(/(?<=^|\s)\d{1,3}(?:,\d{3})+(?![\w.])/g, (found) => number(Number(found.replaceAll(",", "")), language))
    .replaceAll(/(?<=^|\s)\d(?:\.\d+)?e[+-]?\d+(?![\w.])/g, (found) => powers(Number(found), language));
}

export function useNodeWords(): { label: (node: Node) => string; detail: (node: Node) => string } {
  const { t, i18n } = useTranslation();
  const naming = useNaming();
  const objective = useObjective();
  const said = useSaid();
  const { language } = i18n;
  const write = (text: string | undefined): string => number(Number(text), language);
  return {
    label: ({ kind, label }) => (kind === "recipe" ? objective(label) : kind === "feedback" && /^\d{4}-\d\d-\d\d/.test(label) ? date(label, language) : label),
    detail: ({ kind, label, detail }) => {
      if (kind === "model") return numbersIn(said.sentence(detail).text.replace(/^\w+(?=\s?:)/, objective), language);
      // The box is called "causerie 0.1.0" already.
      if (kind === "code") return detail.startsWith(`${label}, `) ? detail.slice(label.length + 2) : detail;
      const [, metric = "", value] = (kind === "evaluation" && /^(\w+) (\S+)$/.exec(detail)) || [];
      if (metric) return `${naming.metric(metric)} ${figure(Number(value), language)}`;
      const [feedback, pairs, judgements, people] = (kind === "feedback" && /^(\d+) \+ (\d+), (\d+)$/.exec(detail)) || [];
      if (feedback) return t("releases.feedbackOf", { pairs: write(pairs), judgements: write(judgements), people: write(people) });
      return detail;
    },
  };
}
