/** A screen of several sections: their names beside it, or in a row above it where there is little room. */
import { type ReactNode, useEffect, useRef } from "react";
import { Icon, type IconName, WithCode } from "../../design";

export interface Section {
  id: string;
  name: string;
  icon: IconName;
  href: string;
}

interface Props {
  title: string;
  /** What the list of sections is called when it is read out. */
  label: string;
  sections: readonly Section[];
  current: string;
  children: ReactNode;
}

export function Sections({ title, label, sections, current, children }: Props) {
  const list = useRef<HTMLElement>(null);
  useEffect(() => {
    const row = list.current;
    const chosen = row?.querySelector<HTMLElement>("[aria-current]");
    if (row && chosen) row.scrollTo({ left: chosen.offsetLeft - row.clientWidth / 2 + chosen.offsetWidth / 2 });
  }, [current]);
  return (
    <main className="screen" id="main" tabIndex={-1}>
      <div className="screen-column roomy">
        <h1>{title}</h1>
        <div className="sections">
          <nav ref={list} className="sections-list" aria-label={label}>
            {sections.map(({ id, name, icon, href }) => (
              <a key={id} href={href} aria-current={id === current ? "page" : undefined}>
                <Icon name={icon} />
                <span>{name}</span>
              </a>
            ))}
          </nav>
          <div className="section-place">{children}</div>
        </div>
      </div>
    </main>
  );
}

/** The head of a section: its name, what it is for, and what one can do in it. */
export function Head({ title, text, children }: { title: string; text?: string; children?: ReactNode }) {
  return (
    <div className="section-head">
      <div>
        <h2>{title}</h2>
        {text && <p className="lead"><WithCode text={text} /></p>}
      </div>
      {children && <div className="buttons">{children}</div>}
    </div>
  );
}

interface PartProps {
  title?: string;
  text?: ReactNode;
  tools?: ReactNode;
  children?: ReactNode;
  /** Of its title: 2 where no section stands between it and the title of the screen. */
  level?: 2 | 3;
}

/** One subject of a section, in a frame of its own. */
export function Part({ title, text, tools, children, level = 3 }: PartProps) {
  const Title = level === 2 ? "h2" : "h3";
  return (
    <section className="panel part">
      {title && (
        <div className="part-head">
          <Title>{title}</Title>
          {tools}
        </div>
      )}
      {text && <p className="hint">{text}</p>}
      {children}
    </section>
  );
}
