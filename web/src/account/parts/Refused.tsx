/** Why the server refused what a recipe, a run or an evaluation asks, in its own words: they name the key, the line and the fix. */
import type { ReactNode } from "react";
import type { ApiFailure } from "../../api/types";
import { Icon } from "../../design";
import { Said } from "../../i18n/Said";
import { Failed } from "./Failed";

/** Codes of what is wrong with a recipe, a suite, its data, or the model that it goes on from. */
const OF_FILES = new Set(["invalid_request", "invalid_data", "invalid_model_file", "invalid_checkpoint", "run_failed", "not_found"]);

interface Props {
  failure: ApiFailure | null;
  /** Our sentence before the server's. */
  text: string;
  /** The sentence for a name that somebody has, where one is given. */
  taken?: string;
  /** What can be done about it. */
  children?: ReactNode;
}

export function Refused({ failure, text, taken, children }: Props) {
  if (!failure || !OF_FILES.has(failure.code)) return <Failed failure={failure} meaning={{ conflict: taken }} />;
  return (
    <div className="failed" role="alert">
      <Icon name="warning" />
      <div>
        <p>{text}</p>
        <p className="hint"><Said text={failure.message} /></p>
        {failure.hint && <p className="hint"><Said text={failure.hint} /></p>}
      </div>
      {children}
    </div>
  );
}
