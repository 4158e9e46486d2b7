/** One line of the gate: what is asked, whether it holds, the figure with its interval against the bound, and why. */
import { useTranslation } from "react-i18next";
import { Interval } from "../chart/Interval";
import { axisOf } from "../evaluations/figures";
import { useNaming } from "../evaluations/naming";
import { starting } from "../evaluations/places";
import { Icon, type IconName, WithCode } from "../design";
import { useSaid, type Words } from "../i18n/Said";
import { figure, powers } from "../runs/figures";
import type { Line } from "./types";

/** Kinds whose figure is drawn: measured with an interval, against a bound. */
const DRAWN = new Set(["least", "most", "within", "regression"]);

/** Kinds that an evaluation mends. */
const UNJUDGED = new Set(["no suite", "other suite", "other edition"]);

/** The name by which our strings know a kind of line. */
const slug = (kind: string): string => kind.replaceAll(" ", "_");

/** The gate's sentence in our words; its own where we do not know the kind. */
function useSentence(): (line: Line) => Words {
  const { t, i18n } = useTranslation();
  const naming = useNaming();
  const said = useSaid();
  return (line) => {
    const name = `releases.lines.${slug(line.kind)}`;
    if (!i18n.exists(name)) return said.sentence(line.reason);
    const write = (value: number | null): string | undefined => (value === null ? undefined : (Math.abs(value) >= 1e6 ? powers : figure)(value, i18n.language));
    const numbers = Object.fromEntries((["figure", "low", "high", "bound"] as const).flatMap((each) => { const text = write(line[each]); return text === undefined ? [] : [[each, text]]; }));
    const { metric, missing, name: threshold } = line.values;
    const words = { ...(metric && { metric: naming.metric(metric) }), ...(missing && { missing: said.list(missing).text }), ...(threshold && { name: said.sentence(threshold).text }) };
    return { text: t(name, { ...line.values, ...numbers, ...words }), lang: undefined };
  };
}

export function GateLine({ line, icon }: { line: Line; icon: IconName }) {
  const { t } = useTranslation();
  const sentence = useSentence();
  const { text, lang } = sentence(line);
  const { figure: value, low, high, bound, kind, values: { model, suite } } = line;
  const drawn = DRAWN.has(kind) && value !== null && bound !== null;
  const bounds = !drawn ? [] : kind === "within" ? [-bound, bound] : kind === "regression" ? [bound, -bound].filter((one) => one !== 0).slice(-1) : [bound];
  const [least, most] = axisOf(drawn ? [{ name: kind === "within" || kind === "regression" ? "x_difference" : "x", unit: Math.max(Math.abs(value), Math.abs(bound), high ?? 0) <= 1 ? "share" : "", value, low, high }, { name: "", unit: "", value: Math.max(...bounds), low: Math.min(...bounds), high: null }] : []);
  return (
    <li className="gate-line">
      <Icon name={icon} />
      <div>
        <p className="gate-name"><code>{line.requirement}</code><span className="unseen">{t(line.overridden ? "releases.groups.overridden" : line.passed ? "releases.groups.held" : "releases.groups.failed")}</span></p>
        <p lang={lang}><WithCode text={text} /></p>
        {UNJUDGED.has(kind) && model && <p><a href={starting(model, suite)}>{t("releases.judge", { name: model })}</a></p>}
        {drawn && <Interval value={value} low={low} high={high} least={least} most={most} bounds={bounds} tone={line.passed ? "good" : "bad"} />}
      </div>
    </li>
  );
}
