/** How the GPUs share the work: the fastest layout that fits; and what is computed and stored. */
import { useTranslation } from "react-i18next";
import { Part } from "../account/parts/Sections";
import { number } from "../i18n/format";
import { powers } from "../runs/figures";
import { amount } from "./amount";
import type { Planned } from "./types";
import { disk, share } from "./writing";

export function LayoutPart({ plan }: { plan: Planned }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const { layout, run, network } = plan;
  const spare = plan.gpus - layout.gpus;
  const whole = (value: number): string => number(value, language);
  const rows: [string, string][] = [
    [t("plan.used"), spare > 0 ? t("plan.usedOf", { used: whole(layout.gpus), spare: whole(spare) }) : whole(layout.gpus)],
    [t("plan.shards"), t(`plan.shard.${layout.shard}`)],
    [t("plan.activations"), t(`plan.recompute.${layout.recompute}`)],
    [t("plan.sequences"), t("plan.sequencesOf", { batch: whole(run.batch), micro: whole(layout.micro_batch), times: whole(layout.micro_batches) })],
    [t("plan.ceiling"), share(layout.ceiling, language)],
    ...(network.bubble > 0 ? [[t("plan.bubble"), share(network.bubble, language)] as [string, string]] : []),
    [t("plan.wires"), disk(network.tensor_bytes + network.pipeline_bytes + network.data_bytes, language)],
  ];
  return (
    <Part level={2} title={t("plan.layout")} text={t("plan.layoutText")}>
      <p className="layout-product">
        <span><strong>{whole(layout.tensor)}</strong>{t("plan.tensor")}</span><b aria-hidden="true">×</b>
        <span><strong>{whole(layout.pipeline)}</strong>{t("plan.pipeline")}</span><b aria-hidden="true">×</b>
        <span><strong>{whole(layout.data)}</strong>{t("plan.data")}</span>
      </p>
      <dl className="facts">{rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
    </Part>
  );
}

/** What is computed, in the shape that so many weights usually have, and what it takes on disks. */
export function RunPart({ plan }: { plan: Planned }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const { run, model, storage_bytes: stored } = plan;
  const whole = (value: number): string => number(value, language);
  const rows: [string, string][] = [
    [t("plan.network"), t("plan.networkOf", { layers: whole(model.layers), width: whole(model.width), heads: whole(model.heads), weights: amount(model.parameters, language) })],
    [t("plan.operations"), powers(run.flops, language)],
    [t("plan.steps"), whole(run.steps)],
    [t("plan.disks"), t("plan.disksOf", { all: disk(stored.total, language), one: disk(stored.checkpoint, language) })],
  ];
  return <Part level={2} title={t("plan.run")}><dl className="facts">{rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl></Part>;
}
