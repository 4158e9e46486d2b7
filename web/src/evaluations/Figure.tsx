/** A figure with its interval, in words. */
import { useTranslation } from "react-i18next";
import { interval, written } from "./figures";
import { useNaming } from "./naming";
import type { Metric } from "./types";

export function Figure({ metric }: { metric: Metric }) {
  const { i18n } = useTranslation();
  const naming = useNaming();
  const ends = interval(metric, i18n.language);
  return <span className="figure"><strong>{written(metric.value, metric.unit, i18n.language)}</strong>{naming.unit(metric.unit) && <> {naming.unit(metric.unit)}</>}{ends && <span className="hint"> {ends}</span>}</span>;
}
