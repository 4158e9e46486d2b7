/** The head of a view of a screen: the way back, what it is, and what can be done with it. */
import type { ReactNode } from "react";
import { Icon, WithCode } from "../../design";

interface Props {
  title: string;
  text?: string;
  /** Beside the title. */
  beside?: ReactNode;
  /** What is one step back. */
  back?: { name: string; href: string };
  children?: ReactNode;
}

export function ScreenTop({ title, text, beside, back, children }: Props) {
  return (
    <header className="screen-top">
      {back && <a className="quiet back" href={back.href}><Icon name="left" />{back.name}</a>}
      <div className="section-head">
        <div>
          <div className="screen-title"><h1>{title}</h1>{beside}</div>
          {text && <p className="lead"><WithCode text={text} /></p>}
        </div>
        {children && <div className="buttons">{children}</div>}
      </div>
    </header>
  );
}
