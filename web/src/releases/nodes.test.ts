import { expect, it } from "vitest";
import { numbersIn } from "./nodes";

it("writes the numbers of a sentence as each language does", () => {
  expect(numbersIn("sft : 24 pas, 6,144 jetons, 2e+18 FLOP", "fr")).toBe("sft : 24 pas, 6\u202f144 jetons, 2\u00a0×\u00a010¹⁸ FLOP");
  expect(numbersIn("pretrain: 1,000 steps, 12,345,678 tokens, 1.5e+07 FLOP", "en")).toBe("pretrain: 1,000 steps, 12,345,678 tokens, 1.5\u00a0×\u00a010⁷ FLOP");
});

it("leaves names alone", () => {
  for (const name of ["from hub:somebody/model-1e10", "SmolLM2-135M v1.2,300 a,100", "torch 2.13.0"]) expect(numbersIn(name, "fr")).toBe(name);
});
