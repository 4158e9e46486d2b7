/** The head of a view: the way back, what it is, and what can be done with it. */
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Icon, WithCode } from "../design";
import { to } from "../shell/router";

interface Props {
  title: string;
  text?: string;
  /** Beside the title. */
  beside?: ReactNode;
  /** Whether the list of runs is one step back. */
  inside?: boolean;
  children?: ReactNode;
}

export function Top({ title, text, beside, inside = true, children }: Props) {
  const { t } = useTranslation();
  return (
    <header className="run-top">
      {inside && <a className="quiet back" href={to("runs")}><Icon name="left" />{t("runs.title")}</a>}
      <div className="section-head">
        <div>
          <div className="run-title"><h1>{title}</h1>{beside}</div>
          {text && <p className="lead"><WithCode text={text} /></p>}
        </div>
        {children && <div className="buttons">{children}</div>}
      </div>
    </header>
  );
}
