import { expect, it } from "vitest";
import { bytes, percent, weights } from "./format";

it("writes sizes as people of each language do", () => {
  expect(bytes(98_000_000, "en")).toBe("93\u00a0MB");
  expect(bytes(2_500_000_000, "fr")).toBe("2,3\u00a0Go");
  expect(bytes(12_343, "fr")).toBe("12\u00a0Ko");
  expect(bytes(15, "fr")).toBe("15\u00a0o");
  expect(bytes(0, "en")).toBe("");
  expect(weights(134_515_008, "en")).toBe("135\u00a0M");
  expect(weights(7_240_000_000, "fr")).toBe("7,2\u00a0Md");
  expect(percent(0.0425, "en")).toBe("4%");
});
