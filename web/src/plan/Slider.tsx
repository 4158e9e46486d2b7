/** A number that is dragged, or typed: a slider over round numbers, and a box beside its name for any other. */
import { type ReactNode, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { nearestPlace } from "./amount";

interface Props {
  label: string;
  hint?: ReactNode;
  value: number;
  /** The slider's places, in ascending order. */
  places: readonly number[];
  write: (value: number) => string;
  /** From what somebody typed; undefined = it is no such number. */
  read: (text: string) => number | undefined;
  change: (value: number) => void;
}

export function Slider({ label, hint, value, places, write, read, change }: Props) {
  const { t } = useTranslation();
  const id = useId();
  const [typed, type] = useState<string | null>(null);
  const wrong = typed !== null && read(typed) === undefined;
  const at = nearestPlace(places, value);
  return (
    <div className="slider">
      <div className="slider-head">
        <label htmlFor={id}>{label}</label>
        <input
          className="slider-box" value={typed ?? write(value)} aria-label={t("plan.typed", { name: label })} aria-invalid={wrong} autoComplete="off" spellCheck={false} maxLength={24}
          onFocus={(event) => event.currentTarget.select()} onBlur={() => type(null)}
          onChange={(event) => {
            type(event.target.value);
            const meant = read(event.target.value);
            if (meant !== undefined) change(meant);
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter" || event.key === "Escape") type(null);
          }}
        />
      </div>
      <input
        id={id} type="range" min={0} max={places.length - 1} step={1} value={at} aria-valuetext={write(value)} aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => {
          type(null);
          change(places[Number(event.target.value)] ?? value);
        }}
      />
      {hint && <p id={`${id}-hint`} className="hint">{hint}</p>}
    </div>
  );
}
