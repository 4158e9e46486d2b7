import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import french from "./settings.fr.json";

it("says in French what each setting does, and nothing of settings that are gone", () => {
  const python = readFileSync("../src/causerie/settings.py", "utf8");
  const settings = python.slice(python.indexOf("class Settings("), python.indexOf("def models_folder"));
  const english = [...settings.matchAll(/\n {4}"""([\s\S]*?)"""/g)].map((found) => (found[1] ?? "").split(/\s+/).join(" ")).filter((text) => !text.startsWith("All settings."));
  expect(english.length).toBeGreaterThan(25);
  expect(Object.keys(french).sort()).toEqual(english.sort());
});
