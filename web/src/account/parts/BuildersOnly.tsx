/** A screen for those who make models: drawn for them, explained to others. */
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { EmptyHint, Pending } from "../../design";
import { may, session } from "../../state/session";
import { useStore } from "../../state/store";

interface Props {
  title: string;
  /** The screen's own class. */
  className: string;
  children: ReactNode;
}

export function BuildersOnly({ title, className, children }: Props) {
  const { t } = useTranslation();
  const state = useStore(session);
  const allowed = useStore(session, may("build"));
  return (
    <main className="screen" id="main" tabIndex={-1}>
      <div className={`screen-column roomy stacked ${className}`}>
        {!state ? <Pending text={t("opening")} /> : allowed ? children : (
          <>
            <h1>{title}</h1>
            <EmptyHint icon="lock" title={t("account.builders")} text={t("account.buildersHint")} />
          </>
        )}
      </div>
    </main>
  );
}
