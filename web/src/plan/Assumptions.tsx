/** All that the plan takes for granted, each with its range and its source; one's own values in their place. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Part } from "../account/parts/Sections";
import { Badge, Button } from "../design";
import { amountIn } from "./amount";
import type { Assumption, PlanAsked, Planned } from "./types";

interface Props {
  plan: Planned;
  asked: PlanAsked;
  ask: (asked: PlanAsked) => void;
}

export function Assumptions({ plan, asked, ask }: Props) {
  const { t } = useTranslation();
  const mine = Object.keys(asked.assume).length;
  const put = (name: string, ends: number[] | undefined): void => {
    const assume = Object.fromEntries(Object.entries(asked.assume).filter(([other]) => other !== name));
    ask({ ...asked, assume: ends ? { ...assume, [name]: ends } : assume });
  };
  return (
    <Part level={2} title={t("plan.assumed")} text={t("plan.assumedText")} tools={mine > 0 && <Button kind="quiet" icon="again" onClick={() => ask({ ...asked, assume: {} })}>{t("plan.asUsual")}</Button>}>
      <ul className="assumptions">{plan.assumptions.map((one) => <One key={one.name} one={one} put={(ends) => put(one.name, ends)} />)}</ul>
    </Part>
  );
}

const ORDER = ["low", "expected", "high"] as const;

function One({ one, put }: { one: Assumption; put: (ends: number[] | undefined) => void }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const ends = [Math.min(one.good, one.bad), one.expected, Math.max(one.good, one.bad)];
  const [typed, type] = useState<readonly string[] | null>(null);
  const name = t(`plan.assumptions.${one.name}.name`);
  const written = ends.map((end) => new Intl.NumberFormat(language, { maximumSignificantDigits: 6 }).format(end));
  const boxes = typed ?? written;
  const meant = boxes.map((text) => amountIn(text, language));
  const wrong = typed !== null && !(meant.every((value) => value !== undefined) && (meant[0] as number) <= (meant[1] as number) && (meant[1] as number) <= (meant[2] as number));
  const keep = (): void => {
    if (typed === null) return;
    if (!wrong && typed.some((text, at) => text !== written[at])) put(meant as number[]);
    if (!wrong) type(null);
  };
  return (
    <li className="assumption">
      <div className="assumption-words">
        <p><strong>{name}</strong> {!one.default && <Badge tone="accent">{t("plan.yours")}</Badge>}</p>
        <p className="hint">{t(`plan.assumptions.${one.name}.source`)}</p>
      </div>
      <fieldset className="assumption-ends" onBlur={(event) => event.currentTarget.contains(event.relatedTarget) || keep()}>
        <legend className="unseen">{name}</legend>
        {ORDER.map((end, at) => (
          <label key={end}>
            <span className="hint">{t(`plan.ends.${end}`)}</span>
            <input
              className="input" inputMode="decimal" autoComplete="off" spellCheck={false} maxLength={24} value={boxes[at]} aria-invalid={wrong}
              onChange={(event) => type(boxes.map((text, other) => (other === at ? event.target.value : text)))}
              onKeyDown={(event) => {
                if (event.key === "Enter") {
                  event.preventDefault();
                  keep();
                }
                if (event.key === "Escape") type(null);
              }}
            />
          </label>
        ))}
        {!one.default && <Button kind="quiet" icon="again" onClick={() => put(undefined)} aria-label={t("plan.usualOf", { name })}>{t("plan.usual")}</Button>}
        {wrong && <p className="wrong" role="alert">{t("plan.endsWrong")}</p>}
      </fieldset>
    </li>
  );
}
