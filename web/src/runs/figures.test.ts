import { expect, it } from "vitest";
import { duration, figure, freeName, isName, lineIn, powers, short } from "./figures";

it("writes a length of time by its two greatest units", () => {
  expect([0, 0.4, 59, 60, 125, 3600, 4805, 90_000].map((seconds) => duration(seconds, "en"))).toEqual(
    ["0 sec", "0 sec", "59 sec", "1 min", "2 min 5 sec", "1 hr", "1 hr 20 min", "1 day 1 hr"],
  );
  expect(duration(4805, "fr").replaceAll(/\s/g, " ")).toBe("1 h 20 min");
});

it("writes a measure with the digits that count", () => {
  expect([3.41234, 18_450.2, 0, null, Number.NaN].map((value) => figure(value, "en"))).toEqual(["3.412", "18,450", "0", "–", "–"]);
  expect(figure(3.41234, "fr")).toBe("3,412");
  expect(figure(0.00012, "en")).toBe("1.2\u00a0×\u00a010⁻⁴");
});

it("writes what is beyond words with powers of ten", () => {
  expect(powers(1.24e15, "en")).toBe("1.2\u00a0×\u00a010¹⁵");
  expect(powers(3e18, "fr")).toBe("3\u00a0×\u00a010¹⁸");
  expect(powers(0, "en")).toBe("0");
});

it("writes a mark beside an axis as short as can be", () => {
  expect([0, 0.25, 12_000, 0.0001].map((value) => short(value, "en"))).toEqual(["0", "0.25", "12K", "1e-4"]);
});

it("finds the line that a message speaks of", () => {
  expect(lineIn("recipe.toml, line 12: the key optimizer is not known")).toBe(12);
  expect(lineIn("recipe.toml is not TOML: Expected '=' after a key (at line 3, column 5)")).toBe(3);
  expect(lineIn("the baseline 3 is wrong")).toBeUndefined();
});

it("finds a name that is free", () => {
  expect(freeName("starter", [])).toBe("starter");
  expect(freeName("starter", ["starter", "starter-2"])).toBe("starter-3");
  expect(freeName("starter-2", ["starter", "starter-2"])).toBe("starter-3");
});

it("takes as a name what can be a folder's", () => {
  expect(["starter", "a.b_c-1"].every(isName)).toBe(true);
  expect(["", "Starter", "../x", ".hidden", "a b", "a/b", "é"].some(isName)).toBe(false);
});
