import { describe, expect, it } from "vitest";
import { placeOf } from "../shell/router";
import { KNOWN, addressOf, askedIn, same } from "./asked";

describe("the address of a plan", () => {
  it("leads back to the same plan", () => {
    for (const { asked } of KNOWN) expect(same(askedIn(placeOf(addressOf(asked)).query), asked)).toBe(true);
    const mine = { ...KNOWN[0]!.asked, assume: { utilisation: [0.36, 0.4, 0.42], pue: [1.2] } };
    expect(askedIn(placeOf(addressOf(mine)).query)).toEqual(mine);
  });

  it("may hold anything", () => {
    const usual = askedIn({});
    expect(askedIn({ parameters: "many", gpus: "-1", gpu: "<b>", precision: "int1", optimiser: "sgd", "with.pue": "x..y" })).toEqual(usual);
  });
});
