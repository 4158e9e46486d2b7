/** The page's keyboard shortcuts: one table, from which the help is drawn and the keys are read. */

export type Shortcut = "palette" | "help" | "new" | "temporary" | "search" | "sidebar" | "models" | "settings" | "stop" | "copyLast" | "focusBox";

interface Keys {
  /** As in `KeyboardEvent.key`, small. */
  key: string;
  /** Ctrl, or Cmd on a Mac. */
  mod?: boolean;
  shift?: boolean;
}

/** Chosen to stand in the way of no browser and no screen reader; plain letters never act while one types. */
export const SHORTCUTS: Record<Shortcut, Keys> = {
  palette: { key: "k", mod: true },
  new: { key: "o", mod: true, shift: true },
  temporary: { key: "e", mod: true, shift: true },
  search: { key: "f", mod: true, shift: true },
  sidebar: { key: "s", mod: true, shift: true },
  models: { key: "m", mod: true, shift: true },
  settings: { key: ",", mod: true },
  copyLast: { key: "c", mod: true, shift: true },
  help: { key: "/", mod: true },
  stop: { key: "escape" },
  focusBox: { key: "escape", shift: true },
};

const isMac = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform);

/** The shortcut that a key press is; undefined = none of ours. */
export function shortcutOf(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey">): Shortcut | undefined {
  const mod = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  const found = (Object.entries(SHORTCUTS) as [Shortcut, Keys][]).find(
    // "/" needs Shift on many keyboards.
    ([, keys]) => keys.key === key && Boolean(keys.mod) === mod && (Boolean(keys.shift) === event.shiftKey || key === "/") && !event.altKey,
  );
  return found?.[0];
}

/** The shortcut as people read it: "Ctrl + K", "⌘ K". `shift` and `escape` are the language's names. */
export function written(shortcut: Shortcut, names: { shift: string; escape: string }, mac = isMac): string {
  const { key, mod, shift } = SHORTCUTS[shortcut];
  const parts = [mod && (mac ? "⌘" : "Ctrl"), shift && (mac ? "⇧" : names.shift), key === "escape" ? names.escape : key.toUpperCase()];
  return parts.filter(Boolean).join(mac ? " " : " + ");
}
