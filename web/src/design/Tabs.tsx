/** Tabs with the arrows, Home and End; only the chosen panel is drawn. */
import { type KeyboardEvent, type ReactNode, useId, useRef } from "react";

interface Props<T extends string> {
  label: string;
  tabs: readonly (readonly [id: T, label: string])[];
  chosen: T;
  choose: (id: T) => void;
  children: ReactNode;
}

export function Tabs<T extends string>({ label, tabs, chosen, choose, children }: Props<T>) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const pressed = (event: KeyboardEvent): void => {
    const at = tabs.findIndex(([tab]) => tab === chosen);
    const to: Record<string, number> = { ArrowRight: (at + 1) % tabs.length, ArrowLeft: (at - 1 + tabs.length) % tabs.length, Home: 0, End: tabs.length - 1 };
    const next = to[event.key];
    const tab = next === undefined ? undefined : tabs[next];
    if (!tab || next === undefined) return;
    event.preventDefault();
    choose(tab[0]);
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[next]?.focus();
  };
  return (
    <div>
      <div ref={list} className="tabs" role="tablist" aria-label={label} onKeyDown={pressed}>
        {tabs.map(([tab, name]) => (
          <button
            key={tab} type="button" role="tab" id={`${id}-${tab}`} aria-selected={tab === chosen} aria-controls={tab === chosen ? `${id}-panel` : undefined}
            tabIndex={tab === chosen ? 0 : -1} onClick={() => choose(tab)}
          >
            {name}
          </button>
        ))}
      </div>
      <div className="tab-panel" role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${chosen}`}>{children}</div>
    </div>
  );
}
