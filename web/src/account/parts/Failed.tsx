/** Why something failed, and what to do: our sentence, and the server's own words where they say more. */
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ApiFailure } from "../../api/types";
import { Button, Icon, WithCode } from "../../design";
import { SaidBoth } from "../../i18n/Said";
import { useRemedy } from "../../i18n/remedy";

/** Codes whose own words name what is wrong; those of others say no more than our sentence. */
const SAYS_MORE = new Set(["conflict", "invalid_request", "weak_password", "forbidden", "internal_error", "unknown", "price_unknown", "quota_exceeded"]);

interface Props {
  failure: ApiFailure | null;
  /** A better sentence for some codes, where this screen knows what they mean. */
  meaning?: Partial<Record<string, string>>;
  again?: () => void;
}

export function Failed({ failure, meaning = {}, again }: Props) {
  const { t } = useTranslation();
  const remedy = useRemedy();
  return (
    <div role="alert" className="failed-place">
      {failure && (
        <div className="failed">
          <Icon name="warning" />
          <div>
            <p><WithCode text={meaning[failure.code] ?? remedy(failure)} /></p>
            <Waiting failure={failure} />
            {SAYS_MORE.has(failure.code) && !meaning[failure.code] && failure.message && (
              <p className="hint"><SaidBoth {...failure} /></p>
            )}
          </div>
          {again && <Button onClick={again}>{t("errors.retry")}</Button>}
        </div>
      )}
    </div>
  );
}

/** Counts down to when the next try is allowed, if the server said when. */
function Waiting({ failure }: { failure: ApiFailure }) {
  const { t } = useTranslation();
  const [left, setLeft] = useState(failure.retry_after_s ?? 0);
  useEffect(() => {
    const until = Date.now() + (failure.retry_after_s ?? 0) * 1000;
    const tick = (): void => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000)));
    tick();
    const timer = setInterval(tick, 500);
    return () => clearInterval(timer);
  }, [failure]);
  if (failure.retry_after_s === undefined || failure.code !== "too_many_attempts") return null;
  // Each second is shown, none of them is read out.
  return <p className="hint" aria-live="off">{left > 0 ? t("account.wait", { count: left }) : t("account.waited")}</p>;
}
