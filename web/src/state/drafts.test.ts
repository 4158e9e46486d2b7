import { expect, it } from "vitest";
import { type KeptDraft, cleanDrafts, withDraft } from "./drafts";

it("keeps the drafts that were changed last", () => {
  let drafts: Record<string, KeptDraft> = {};
  for (let number = 0; number < 60; number += 1) drafts = withDraft(drafts, `c${number}`, { text: "text", at: number });
  expect(Object.keys(drafts)).toHaveLength(50);
  expect(drafts).not.toHaveProperty("c9");
  expect(withDraft(drafts, "c59", null)).not.toHaveProperty("c59");
});

it("reads whatever the browser kept", () => {
  for (const damaged of [null, 3, "x", ["a"], { a: 3, b: "", c: { text: 1, at: 2 }, d: null }]) expect(cleanDrafts(damaged)).toEqual({});
  expect(cleanDrafts({ a: { text: "t", at: 1 } })).toEqual({ a: { text: "t", at: 1 } });
});
