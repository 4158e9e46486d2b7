import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import en from "./strings.en.json";
import fr from "./strings.fr.json";

it("says of each assumption what it is and where it is from, in both languages", () => {
  const python = readFileSync("../src/causerie/planning/assumptions.py", "utf8");
  const names = [...python.matchAll(/^ {4}(\w+): Range = /gm)].map(([, name]) => name ?? "");
  expect(names.length).toBeGreaterThan(15);
  for (const { assumptions } of [en, fr]) {
    expect(Object.keys(assumptions).sort()).toEqual([...names].sort());
    expect(Object.values(assumptions).filter(({ name, source }) => !name || !source)).toEqual([]);
  }
});
