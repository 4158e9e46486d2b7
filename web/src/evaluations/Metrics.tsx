/** All figures, each with its interval drawn: those of the whole suite, then task by task. */
import { useTranslation } from "react-i18next";
import { Part } from "../account/parts/Sections";
import { Interval } from "../chart/Interval";
import { number, percent } from "../i18n/format";
import { Figure } from "./Figure";
import { axisOf, isDifference } from "./figures";
import { useNaming } from "./naming";
import type { Metric } from "./types";

export function Metrics({ metrics }: { metrics: readonly Metric[] }) {
  const { t, i18n } = useTranslation();
  const naming = useNaming();
  const tasks = [...new Set(metrics.map(({ task }) => task))].sort((one, other) => Number(one !== "") - Number(other !== ""));
  const alike = (one: Metric): Metric[] => metrics.filter(({ unit, name }) => unit === one.unit && isDifference({ unit, name }) === isDifference(one));
  return (
    <Part level={2} title={t("evaluations.figures")} text={t("evaluations.figuresText", { confidence: percent(metrics[0]?.confidence ?? 0.95, i18n.language) })}>
      <div className="metrics">
        {tasks.map((task) => (
          <section key={task} className="metrics-task" aria-label={naming.task(task)}>
            <h3>{naming.task(task)}</h3>
            <ul>
              {metrics.filter((one) => one.task === task).map((one) => {
                const [least, most] = axisOf(alike(one));
                return (
                  <li key={one.name} className="metric">
                    <span className="metric-name">{naming.metric(one.name)}{one.higher_is_better !== null && <span className="hint" aria-hidden="true"> {one.higher_is_better ? "↑" : "↓"}</span>}<span className="unseen">{one.higher_is_better === null ? "" : t(one.higher_is_better ? "evaluations.higher" : "evaluations.lower")}</span></span>
                    <Interval value={one.value} low={one.low} high={one.high} least={least} most={most} bounds={isDifference(one) ? [0] : []} />
                    <Figure metric={one} />
                    <span className="hint metric-items">{t("evaluations.items", { count: one.items, value: number(one.items, i18n.language) })}{one.clusters < one.items && <>, {t("evaluations.groups", { count: one.clusters, value: number(one.clusters, i18n.language) })}</>}</span>
                  </li>
                );
              })}
            </ul>
          </section>
        ))}
      </div>
    </Part>
  );
}
