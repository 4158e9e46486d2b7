import { afterEach, expect, it } from "vitest";
import { toast, toasts } from "./toasts";

const shown = (): string[] => toasts.get().map(({ text }) => text);

afterEach(() => toasts.set([]));

it("shows the last three", () => {
  for (const text of ["one", "two", "three", "four"]) toast(text);
  expect(shown()).toEqual(["two", "three", "four"]);
});

it("offers to undo only the last change to a thing", () => {
  toast("chat: 25 %", () => undefined, "releases/chat");
  toast("another matter", () => undefined);
  toast("code: all", () => undefined, "releases/code");
  toast("chat: all", undefined, "releases/chat");
  expect(shown()).toEqual(["another matter", "code: all", "chat: all"]);
});
