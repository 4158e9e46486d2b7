/** What is to be trained, on what, and at which price: known runs to begin from, sliders, and a few choices. */
import { useTranslation } from "react-i18next";
import { Select } from "../design";
import { Said } from "../i18n/Said";
import { number } from "../i18n/format";
import { amount, amountIn, evenNumbers, roundNumbers } from "./amount";
import { KNOWN, same } from "./asked";
import { Slider } from "./Slider";
import type { PlanAsked, Planned } from "./types";
import { digits, dollars, share } from "./writing";

const WEIGHTS = roundNumbers(10e6, 2e12);
const TOKENS = roundNumbers(1e9, 1e14);
const GPUS = [1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 10_000, 12_288, 16_384, 20_000, 24_576, 32_768, 50_000, 65_536, 100_000, 131_072, 200_000];
const BATCHES = Array.from({ length: 12 }, (_, power) => 2 ** (power + 16));
const UTILISATIONS = evenNumbers(0.05, 0.7, 0.01);
const RENTS = evenNumbers(0.5, 12, 0.1);
const CONTEXTS = [1024, 2048, 4096, 8192, 16_384, 32_768, 131_072] as const;
/** How far the ends of an assumed value are from the middle, where one drags the middle alone. */
const SPREAD = { utilisation: [0.875, 1.125], rent_usd_per_gpu_hour: [0.75, 2] } as const;

interface Props {
  asked: PlanAsked;
  plan: Planned | undefined;
  ask: (asked: PlanAsked) => void;
}

/** A whole number between two, as somebody typed it. */
const whole = (least: number, most: number, language: string) => (text: string): number | undefined => {
  const value = amountIn(text, language);
  return value !== undefined && value >= least && value <= most ? Math.round(value) : undefined;
};

const between = (least: number, most: number, language: string, times = 1) => (text: string): number | undefined => {
  const value = amountIn(text.replaceAll(/[%$€]|USD|US/g, ""), language);
  return value !== undefined && value * times >= least && value * times <= most ? value * times : undefined;
};

export function Controls({ asked, plan, ask }: Props) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const change = (some: Partial<PlanAsked>): void => ask({ ...asked, ...some });
  const each = asked.tokens / asked.parameters;
  return (
    <form className="panel controls" aria-label={t("plan.controls")} onSubmit={(event) => event.preventDefault()}>
      <fieldset className="choices">
        <legend className="hint">{t("plan.begin")}</legend>
        {KNOWN.map(({ id, asked: known }) => (
          <label key={id}><input type="radio" name="known" checked={same(known, asked)} onChange={() => ask(known)} /><span>{t(`plan.known.${id}`)}</span></label>
        ))}
      </fieldset>
      <Slider label={t("plan.parameters")} value={asked.parameters} places={WEIGHTS} write={(value) => amount(value, language)} read={whole(1e7, 2e13, language)} change={(parameters) => change({ parameters })} />
      <Slider
        label={t("plan.tokens")} hint={t("plan.each", { value: digits(each, language) })} value={asked.tokens} places={TOKENS}
        write={(value) => amount(value, language)} read={whole(1e6, 1e16, language)} change={(tokens) => change({ tokens })}
      />
      <Slider label={t("plan.gpus")} value={asked.gpus} places={GPUS} write={(value) => number(value, language)} read={whole(1, 1e6, language)} change={(gpus) => change({ gpus })} />
      <Kind asked={asked} plan={plan} change={change} />
      <Assumed name="utilisation" asked={asked} plan={plan} ask={ask} label={t("plan.utilisation")} hint={t("plan.utilisationHint")} places={UTILISATIONS} write={(value) => share(value, language)} read={between(0.01, 1, language, 0.01)} />
      <Assumed name="rent_usd_per_gpu_hour" asked={asked} plan={plan} ask={ask} label={t("plan.rent")} places={RENTS} write={(value) => dollars(value, language)} read={between(0.01, 1000, language)} />
      <details className="as-table controls-more">
        <summary>{t("plan.more")}</summary>
        <div className="controls-inside">
          <Select label={t("plan.context")} value={String(asked.context)} options={contexts(asked.context).map((value) => [String(value), t("plan.tokensOf", { value: number(value, language) })] as const)} change={(value) => change({ context: Number(value) })} />
          <Slider label={t("plan.batch")} hint={t("plan.batchHint")} value={asked.batch_tokens} places={BATCHES} write={(value) => amount(value, language)} read={whole(asked.context, 2 ** 28, language)} change={(batch_tokens) => change({ batch_tokens })} />
          <Select label={t("plan.optimiser")} value={asked.optimiser} options={[["adamw", "AdamW"], ["muon", "Muon"]]} change={(optimiser) => change({ optimiser })} />
        </div>
      </details>
    </form>
  );
}

/** The usual ones, and the one that the address asks for. */
const contexts = (asked: number): number[] => [...new Set([...CONTEXTS, asked])].sort((one, other) => one - other);

function Kind({ asked, plan, change }: { asked: PlanAsked; plan: Planned | undefined; change: (some: Partial<PlanAsked>) => void }) {
  const { t } = useTranslation();
  const kinds = plan?.kinds ?? [];
  const chosen = kinds.find(({ key }) => key === asked.gpu);
  const precisions = chosen?.precisions ?? [asked.precision];
  const choose = (gpu: string): void => {
    const can = kinds.find(({ key }) => key === gpu)?.precisions ?? [];
    change({ gpu, ...(can.includes(asked.precision) ? {} : { precision: "bfloat16" }) });
  };
  return (
    <>
      <Select label={t("plan.kind")} hint={chosen?.source && <Said text={chosen.source} />} value={asked.gpu} options={kinds.length > 0 ? kinds.map(({ key, name }) => [key, name] as const) : [[asked.gpu, asked.gpu.toUpperCase()]]} change={choose} />
      <Select label={t("plan.precision")} value={asked.precision} options={(["float32", "bfloat16", "fp8"] as const).filter((one) => precisions.includes(one)).map((one) => [one, t(`plan.precisions.${one}`)] as const)} change={(precision) => change({ precision })} />
    </>
  );
}

interface AssumedProps extends Props {
  name: keyof typeof SPREAD;
  label: string;
  hint?: string;
  places: readonly number[];
  write: (value: number) => string;
  read: (text: string) => number | undefined;
}

/** An assumption that is dragged by its middle; its ends go with it. */
function Assumed({ name, asked, plan, ask, ...rest }: AssumedProps) {
  const mine = asked.assume[name];
  const usual = plan?.assumptions.find((one) => one.name === name)?.expected;
  const value = mine?.length === 3 ? (mine[1] as number) : mine?.length === 1 ? (mine[0] as number) : (usual ?? rest.places[0] ?? 0);
  const [low, high] = SPREAD[name];
  const most = name === "utilisation" ? 1 : Number.POSITIVE_INFINITY;
  const change = (to: number): void => ask({ ...asked, assume: { ...asked.assume, [name]: [to * low, to, Math.min(most, to * high)].map((end) => Number(end.toPrecision(4))) } });
  return <Slider {...rest} value={value} change={change} />;
}
