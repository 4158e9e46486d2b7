/** Does what the keyboard shortcuts say; see `keys.ts` for which there are. */
import { useEffect } from "react";
import { fallSilent } from "../speech/aloud";
import { stop } from "../state/asking";
import { open, shownIn } from "../state/open";
import { turnSidebar, isNarrow } from "./SidebarButton";
import { type Shortcut, shortcutOf } from "./keys";
import { closeOverlay, openOverlay, overlay } from "./overlays";
import { go } from "./router";
import { prefer } from "../state/preferences";

const focus = (id: string): void => document.getElementById(id)?.focus();

/** Begins a conversation and puts the caret into its box. */
export function begin(temporary = false): void {
  go(temporary ? "#/temporary" : "#/");
  focus("message-box");
}

/** Shows the sidebar, if it is hidden, with the caret in its search. */
export function search(): void {
  if (isNarrow()) openOverlay("drawer");
  else prefer({ sidebar: true });
  setTimeout(() => focus("search-box"), 50);
}

/** Copies the last answer. */
export function copyLast(): void {
  const answer = shownIn(open.get()).findLast(({ role }) => role === "assistant");
  if (answer) void navigator.clipboard.writeText(answer.content).catch(() => undefined);
}

const ACTIONS: Record<Shortcut, () => void> = {
  palette: () => openOverlay("palette"),
  help: () => openOverlay("help"),
  new: () => begin(),
  temporary: () => begin(true),
  search,
  sidebar: turnSidebar,
  models: () => openOverlay("models"),
  settings: () => openOverlay("settings"),
  copyLast,
  focusBox: () => focus("message-box"),
  stop: () => {
    fallSilent();
    void stop();
  },
};

/** Esc stops the answer, wherever the focus is, unless a dialog, a menu or an editor takes the key first. */
function takes(event: KeyboardEvent, shortcut: Shortcut): boolean {
  if (event.defaultPrevented || event.isComposing) return false;
  const covered = document.querySelector("dialog[open], .menu:popover-open") !== null;
  if (shortcut === "palette" && overlay.get() === "palette") return true;
  return !covered;
}

export function useShortcuts(): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      // Who presses this may mean the palette: it is there when its letter comes.
      if (event.key === "Control" || event.key === "Meta") import("../palette/CommandPalette").catch(() => undefined);
      const shortcut = shortcutOf(event);
      if (!shortcut || !takes(event, shortcut)) return;
      // A selection is what one means to copy.
      if (shortcut === "copyLast" && String(getSelection()) !== "") return;
      if (shortcut !== "stop") event.preventDefault();
      if (shortcut === "palette" && overlay.get() === "palette") closeOverlay();
      else ACTIONS[shortcut]();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
}
