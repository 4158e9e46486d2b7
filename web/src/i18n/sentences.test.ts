import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import french from "virtual:french-sentences";
import { printed, sentencesOf } from "../../scripts/sentences.ts";
import { translator } from "./sentences";

interface Cases {
  sentences: Record<string, string>;
  lists: Record<string, string>;
  unknown: string[];
}

const catalogue = sentencesOf(readFileSync("../src/causerie/cli/fr.toml", "utf8"));
const { sentence, list } = translator(catalogue);
/** The terminal's tests have the same. */
const cases = JSON.parse(readFileSync("../tests/cli/retold.json", "utf8")) as Cases;
/** What is about a sentence stands before a space that does not break. */
const plain = (text: string | undefined): string | undefined => text?.replaceAll("\u00a0", " ");

describe("sentences of the server", () => {
  it.each(Object.entries(cases.sentences))("are retold: %s", (english, expected) => {
    expect(plain(sentence(english))).toBe(expected);
    // Looked for once: the second time it is known.
    expect(plain(sentence(english))).toBe(expected);
  });

  it.each(Object.entries(cases.lists))("are retold one by one: %s", (english, expected) => {
    expect(plain(list(english))).toBe(expected);
  });

  it.each(cases.unknown)("stay as they are where no template makes them: %s", (text) => {
    expect(sentence(text)).toBeUndefined();
    expect(list(text)).toBeUndefined();
  });

  it("are printed as French is", () => {
    expect(printed("l'erreur : `causerie eval 'a : b'`, d'{name} ; « oui » !")).toBe("l’erreur\u00a0: `causerie eval 'a : b'`, d’{name}\u00a0; «\u00a0oui\u00a0»\u00a0!");
    expect(Object.keys(french)).toEqual(Object.keys(catalogue));
    expect(Object.values(french).filter((text) => / [:;?!»]/.test(text.replaceAll(/`[^`]*`/g, "")))).toEqual([]);
  });

  it("are read line by line, and a line that is none is not passed over", () => {
    expect(sentencesOf('# words\n[one]\n"a \\"b\\"" = \'c "d"\'\n')).toEqual({ 'a "b"': 'c "d"' });
    expect(() => sentencesOf("a = 1")).toThrow("a = 1");
  });
});
