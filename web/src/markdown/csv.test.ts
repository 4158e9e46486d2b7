import { expect, it } from "vitest";
import { asCsv } from "./csv";

it("writes a table that spreadsheets read", () => {
  expect(asCsv([["Drink", "Caffeine"], ['Tea, "green"', "40 mg"]])).toBe('\u{feff}Drink,Caffeine\r\n"Tea, ""green""",40 mg\r\n');
});

it("lets no cell be run as a formula, and leaves numbers alone", () => {
  expect(asCsv([["=1+1", "-5", "+3.5 %", "-cmd", "@x"]])).toBe("\u{feff}'=1+1,-5,+3.5 %,'-cmd,'@x\r\n");
});
