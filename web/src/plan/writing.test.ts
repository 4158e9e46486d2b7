import { describe, expect, it } from "vitest";
import { lawOf } from "./writing";

describe("the laws that draw lines in operations", () => {
  it("are known by their operations and their date", () => {
    expect(lawOf({ flops: 1e25, since: "2025-08-02" })).toBe("eu");
    expect(lawOf({ flops: 1e26, since: "2026-01-01" })).toBe("california");
  });

  it("do not lend their names to the lines of a policy", () => {
    expect(lawOf({ flops: 1e25, since: "" })).toBeUndefined();
    expect(lawOf({ flops: 1.2e25, since: "2025-08-02" })).toBeUndefined();
    expect(lawOf({ flops: 1e24, since: "2025-08-02" })).toBeUndefined();
  });
});
