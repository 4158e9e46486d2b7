import { expect, it } from "vitest";
import { filled } from "./variables";

it("fills in the blanks of a prompt", () => {
  const text = "Translate {{text}} into {{ langue cible|French }}; keep {{text}}, and {json: {}}.";
  expect(filled(text, { text: "$& tea", "langue cible": "" })).toBe("Translate $& tea into French; keep $& tea, and {json: {}}.");
  expect(filled(text, { "langue cible": "Breton" })).toBe("Translate {{text}} into Breton; keep {{text}}, and {json: {}}.");
});
