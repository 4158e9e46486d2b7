import { expect, it } from "vitest";
import { spoken, voiceFor } from "./aloud";

it("reads words, not signs", () => {
  expect(spoken("# Tea\n\nSome **bold** [link](https://a.example) and `code`.\n\n```py\nx = 1\n```\n\n- one\n- two", "Code")).toBe(
    "Tea\n\nSome bold link and code.\n\nCode.\n\none\ntwo",
  );
});

it("takes only voices of this machine", () => {
  const voice = (lang: string, localService: boolean) => ({ lang, localService, default: false }) as SpeechSynthesisVoice;
  expect(voiceFor([voice("fr-FR", false), voice("en-US", true)], "fr")).toBeUndefined();
  expect(voiceFor([voice("fr-FR", false), voice("fr-CA", true)], "fr")?.lang).toBe("fr-CA");
});
