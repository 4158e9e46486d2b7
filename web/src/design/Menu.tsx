/**
 * A button that opens a menu, with the keyboard as people know it: arrows, Home, End, letters, Esc.
 *
 * It is a popover of the browser's: above everything, closed by a click elsewhere. Opened only when asked for, so a
 * list of a thousand conversations holds no thousand menus.
 */
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { Icon, type IconName } from "./Icon";

export interface MenuItem {
  label: string;
  icon?: IconName;
  /** Given = this item is on or off, one of several. */
  checked?: boolean;
  danger?: boolean;
  disabled?: boolean;
  /** A line above it. */
  apart?: boolean;
  keys?: string;
  choose: () => void;
}

interface Props {
  label: string;
  /** Asked for while the menu is open, so that it shows what comes to be known. */
  items: () => MenuItem[];
  icon?: IconName;
  className?: string;
  /** What the button shows instead of the icon. */
  children?: ReactNode;
}

const MARGIN = 8;

/** Puts the menu below its button, or above it where there is no room; never outside the window. */
function place(menu: HTMLElement, button: HTMLElement): void {
  const at = button.getBoundingClientRect();
  const below = at.bottom + 4;
  const fits = below + menu.offsetHeight + MARGIN <= innerHeight;
  const top = fits ? below : Math.max(MARGIN, at.top - menu.offsetHeight - 4);
  const left = at.left + menu.offsetWidth + MARGIN <= innerWidth ? at.left : at.right - menu.offsetWidth;
  menu.style.top = `${Math.min(top, innerHeight - menu.offsetHeight - MARGIN)}px`;
  menu.style.left = `${Math.max(MARGIN, left)}px`;
}

function move(menu: HTMLElement, event: KeyboardEvent): void {
  const items = [...menu.querySelectorAll<HTMLElement>("[role^=menuitem]:not(:disabled)")];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const to: Record<string, number> = { ArrowDown: (at + 1) % items.length, ArrowUp: (at - 1 + items.length) % items.length, Home: 0, End: items.length - 1 };
  let next = to[event.key];
  if (next === undefined && event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
    const letter = event.key.toLowerCase();
    const turned = [...items.slice(at + 1), ...items.slice(0, at + 1)];
    next = items.indexOf(turned.find((item) => item.textContent.trim().toLowerCase().startsWith(letter)) as HTMLElement);
  }
  if (next === undefined || next < 0) return;
  event.preventDefault();
  items[next]?.focus();
}

function Items({ label, items, button, close }: { label: string; items: MenuItem[]; button: HTMLElement; close: () => void }) {
  const menu = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const shown = menu.current;
    if (!shown) return undefined;
    shown.showPopover();
    place(shown, button);
    shown.querySelector<HTMLElement>("[aria-checked=true], [role^=menuitem]:not(:disabled)")?.focus();
    const toggled = (event: Event): void => {
      if ((event as ToggleEvent).newState === "closed") close();
    };
    shown.addEventListener("toggle", toggled);
    return () => shown.removeEventListener("toggle", toggled);
  }, [button, close]);
  // Items that come later make it higher.
  useEffect(() => {
    if (menu.current) place(menu.current, button);
  }, [button, items.length]);
  const choose = (item: MenuItem): void => {
    button.focus();
    close();
    item.choose();
  };
  return (
    <div
      ref={menu} popover="auto" className="menu" role="menu" aria-label={label}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Tab" || event.key === "Escape") {
          event.preventDefault();
          button.focus();
          close();
        } else if (menu.current) move(menu.current, event);
      }}
    >
      {items.map((item) => (
        <div key={item.label} role="none">
          {item.apart && <hr role="none" />}
          <button
            type="button" role={item.checked === undefined ? "menuitem" : "menuitemradio"} aria-checked={item.checked} tabIndex={-1}
            className={item.danger ? "danger" : undefined} disabled={item.disabled} onClick={() => choose(item)}
          >
            {item.checked !== undefined ? <span className="menu-check">{item.checked && <Icon name="check" />}</span> : item.icon && <Icon name={item.icon} />}
            <span>{item.label}</span>
            {item.keys && <kbd>{item.keys}</kbd>}
          </button>
        </div>
      ))}
    </div>
  );
}

export function Menu({ label, items, icon = "more", className = "round", children }: Props) {
  const [shown, show] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = useRef(() => show(false));
  const wasOpen = useRef(false);
  return (
    <>
      <button
        ref={button} type="button" className={className} aria-haspopup="menu" aria-expanded={shown} title={children ? undefined : label} aria-label={label}
        onPointerDown={() => {
          wasOpen.current = shown;
        }}
        onClick={() => {
          show(!wasOpen.current && !shown);
          wasOpen.current = false;
        }}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" || shown) return;
          event.preventDefault();
          show(true);
        }}
      >
        {children ?? <Icon name={icon} />}
      </button>
      {shown && button.current && <Items label={label} items={items()} button={button.current} close={close.current} />}
    </>
  );
}
