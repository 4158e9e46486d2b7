import i18next from "i18next";
import { describe, expect, it } from "vitest";
import { suiteTitle } from "./naming";
import en from "./strings.en.json";
import fr from "./strings.fr.json";

const words = i18next.createInstance();
void words.init({ lng: "fr", initAsync: false, resources: { en: { translation: { evaluations: en } }, fr: { translation: { evaluations: fr } } } });

describe("the title of a suite", () => {
  it("is in the reader's language where the suite ships", () => {
    expect(suiteTitle({ name: "quick", title: en.suites.quick }, words)).toBe(fr.suites.quick);
  });

  it("is its own where another suite took that name, or none that is known", () => {
    expect(suiteTitle({ name: "quick", title: "Our own checks" }, words)).toBe("Our own checks");
    expect(suiteTitle({ name: "mine", title: "Mine" }, words)).toBe("Mine");
    expect(suiteTitle({ name: "mine", title: "" }, words)).toBe("mine");
  });
});
