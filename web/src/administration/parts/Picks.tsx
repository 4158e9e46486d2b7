/** Several of a list, chosen by boxes. */
import type { Named } from "../types";

interface Props {
  legend: string;
  all: readonly Named[];
  chosen: readonly string[];
  change: (ids: string[]) => void;
  /** Said when there is nothing to choose from. */
  none: string;
}

export function Picks({ legend, all, chosen, change, none }: Props) {
  return (
    <fieldset className="checks">
      <legend>{legend}</legend>
      {all.length === 0 && <p className="hint">{none}</p>}
      {all.map(({ id, name }) => (
        <label key={id}>
          <input type="checkbox" checked={chosen.includes(id)} onChange={(event) => change(event.target.checked ? [...chosen, id] : chosen.filter((other) => other !== id))} />
          <span>{name}</span>
        </label>
      ))}
    </fieldset>
  );
}
