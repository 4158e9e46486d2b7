import { expect, it } from "vitest";
import { matching, score } from "./match";

const names = (typed: string): string[] =>
  matching(typed, [{ label: "New conversation" }, { label: "Réglages" }, { label: "Model: echo", also: "change" }, { label: "Conversation: archive" }]).map(({ label }) => label);

it("finds by the beginning of words, without accents", () => {
  expect(names("regl")).toEqual(["Réglages"]);
  expect(names("arch conv")).toEqual(["Conversation: archive"]);
  expect(names("conv")).toEqual(["Conversation: archive", "New conversation"]);
  expect(names("change")).toEqual(["Model: echo"]);
});

it("finds by letters in their order, when there are at least three", () => {
  expect(score("nwcv", "New conversation")).toBeGreaterThan(0);
  expect(score("zq", "New conversation")).toBe(0);
  expect(names("")).toHaveLength(4);
});
