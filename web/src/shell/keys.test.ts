import { expect, it } from "vitest";
import { SHORTCUTS, shortcutOf, written } from "./keys";

const press = (key: string, some: Partial<KeyboardEvent> = {}) =>
  shortcutOf({ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...some });

it("reads Ctrl as Cmd, and leaves plain letters alone", () => {
  expect(press("k", { ctrlKey: true })).toBe("palette");
  expect(press("K", { metaKey: true })).toBe("palette");
  expect(press("O", { ctrlKey: true, shiftKey: true })).toBe("new");
  expect(press("/", { ctrlKey: true, shiftKey: true })).toBe("help");
  expect(press("k")).toBeUndefined();
  expect(press("k", { ctrlKey: true, altKey: true })).toBeUndefined();
  expect(press("Escape")).toBe("stop");
});

it("writes each in the words of the keyboard", () => {
  const names = { shift: "Maj", escape: "Échap" };
  expect(written("new", names, false)).toBe("Ctrl + Maj + O");
  expect(written("palette", names, true)).toBe("⌘ K");
  expect(new Set(Object.values(SHORTCUTS).map((keys) => JSON.stringify(keys))).size).toBe(Object.keys(SHORTCUTS).length);
});
