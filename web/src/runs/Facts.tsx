/** What a run is made of: enough to make it again, and to know that it is the same. */
import { useTranslation } from "react-i18next";
import { Part } from "../account/parts/Sections";
import { CopyButton } from "../design";
import { dateTime } from "../i18n/dates";
import { number } from "../i18n/format";
import { beginning, powers, short } from "./figures";
import type { RunDetail } from "./types";

export function Facts({ run }: { run: RunDetail }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const facts: [string, string][] = [
    [t("runs.facts.objective"), run.objective && t(`runs.objectives.${run.objective}`)],
    [t("runs.facts.started"), dateTime(run.started_at, language)],
    [t("runs.parameters"), run.parameters > 0 ? `${short(run.parameters, language)} (${number(run.parameters, language)})` : ""],
    [t("runs.facts.flops"), run.flops > 0 ? powers(run.flops, language) : ""],
  ];
  const hashes: [string, string][] = [[t("runs.facts.data"), run.data_sha256], [t("runs.facts.tokenizer"), run.tokenizer_sha256]];
  return (
    <Part level={2} title={t("runs.facts.title")} text={t("runs.facts.text")}>
      <dl className="facts">
        {facts.filter(([, value]) => value !== "").map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
        {hashes.filter(([, hash]) => hash !== "").map(([name, hash]) => (
          <div key={name}><dt>{name}</dt><dd className="hash"><code title={hash}>{beginning(hash)}</code><CopyButton text={() => hash} label={t("runs.facts.copyHash", { name })} /></dd></div>
        ))}
        {Object.keys(run.versions).length > 0 && (
          <div><dt>{t("runs.facts.versions")}</dt><dd className="versions">{Object.entries(run.versions).map(([name, version]) => <span key={name}><span className="hint">{name}</span> {version}</span>)}</dd></div>
        )}
      </dl>
      {run.recipe && (
        <details className="as-table">
          <summary>{t("runs.facts.recipe")}</summary>
          <figure className="recipe">
            <figcaption><CopyButton text={() => run.recipe} label={t("runs.facts.copyRecipe")} written /></figcaption>
            <pre tabIndex={0} role="region" aria-label={t("runs.facts.recipe")}><code>{run.recipe}</code></pre>
          </figure>
        </details>
      )}
    </Part>
  );
}
