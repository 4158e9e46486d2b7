import { describe, expect, it } from "vitest";
import { DEFAULTS, cleanPreferences, cleanSampling } from "./preferences";

describe("preferences that the browser kept", () => {
  it("come back as they were", () => {
    const kept = { model: "m", system: "s", sampling: { temperature: 0, seed: 7, stop: ["END"] }, theme: "dark", language: "fr", sidebar: false, favourites: ["m"] };
    expect(cleanPreferences(JSON.parse(JSON.stringify(kept)))).toEqual(kept);
  });

  it("are the defaults when they are damaged", () => {
    for (const damaged of [null, 1, "x", [], { theme: "pink", language: "de", sampling: "hot", model: {}, favourites: 3 }]) {
      expect(cleanPreferences(damaged)).toEqual(DEFAULTS);
    }
  });
});

describe("sampling settings", () => {
  it("outside their limits are left to the model", () => {
    expect(cleanSampling({ temperature: 3, top_p: -1, max_tokens: 0, seed: "1", stop: ["", 2] })).toEqual({});
  });

  it("hold at most four stop words", () => {
    expect(cleanSampling({ stop: ["a", "b", "c", "d", "e"] }).stop).toEqual(["a", "b", "c", "d"]);
  });
});
