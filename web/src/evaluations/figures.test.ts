import { describe, expect, it } from "vitest";
import { axisOf, chance, differenceOf, interval, written } from "./figures";

const share = { name: "accuracy", unit: "share", value: 0.8, low: 0.7, high: 0.9 };

describe("figures of evaluations", () => {
  it("are written with their units and ends", () => {
    expect(written(0.8421, "share", "en")).toBe("84.2%");
    expect(written(0.05, "difference of shares", "en", true)).toBe("+5\u00a0pts");
    expect(written(-0.125, differenceOf("share"), "fr", true)).toBe("\u221212,5\u00a0pts");
    expect(written(1.2345678, "bits/byte", "en")).toBe("1.235");
    expect(written(null, "share", "en")).toBe("–");
    expect(interval(share, "en")).toBe("70% – 90%");
    expect(interval({ ...share, low: null }, "en")).toBe("");
  });

  it("have an axis that shows all of them", () => {
    expect(axisOf([share])).toEqual([0, 1]);
    expect(axisOf([{ name: "willingness_difference", unit: "difference of shares", value: 0.03, low: -0.12, high: 0.18 }])).toEqual([-0.2, 0.2]);
    expect(axisOf([{ name: "bits_per_byte", unit: "bits/byte", value: 1.3, low: 1.2, high: 1.4 }])).toEqual([0, 2]);
    expect(axisOf([])).toEqual([0, 1]);
  });

  it("have chances that do not pretend", () => {
    expect(chance(0.0312, "en")).toBe("p\u00a0=\u00a00.031");
    expect(chance(0, "en")).toBe("p\u00a0<\u00a00.001");
    expect(chance(null, "en")).toBe("");
  });
});
