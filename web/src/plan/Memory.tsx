/** What stands in the fullest GPU's memory, part by part. */
import { useTranslation } from "react-i18next";
import { Part } from "../account/parts/Sections";
import type { Planned } from "./types";
import { memory, share } from "./writing";

const PARTS = ["weights", "gradients", "optimiser", "activations", "logits"] as const;

export function Memory({ plan }: { plan: Planned }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const { memory_bytes: needed, gpu } = plan;
  const whole = Math.max(gpu.memory_bytes, needed.total);
  return (
    <Part level={2} title={t("plan.memory")} text={t("plan.memoryText", { name: gpu.name, value: memory(gpu.memory_bytes, language) })}>
      <div className="memory-bar" aria-hidden="true">
        {PARTS.map((part, at) => <i key={part} className={`fill-${at}`} style={{ width: `${(100 * needed[part]) / whole}%` }} />)}
      </div>
      <dl className="memory-parts">
        {PARTS.map((part, at) => (
          <div key={part}><dt><i className={`fill-${at}`} aria-hidden="true" />{t(`plan.parts.${part}`)}</dt><dd>{memory(needed[part], language)}</dd></div>
        ))}
        <div className="memory-all"><dt>{t("plan.parts.total")}</dt><dd>{memory(needed.total, language)} <span className="hint">{share(needed.total / whole, language)}</span></dd></div>
      </dl>
    </Part>
  );
}
