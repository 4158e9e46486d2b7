/**
 * Gives the page the French of the sentences that the rooms make: the terminal's catalogue, `cli/fr.toml`, is one for both.
 *
 * Does: read it, and write its signs as a page has them.
 * Does not: read all of TOML: a line is a comment, a heading, or one sentence and its French.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const ADDRESS = "virtual:french-sentences";
const CATALOGUE = fileURLToPath(new URL("../../src/causerie/cli/fr.toml", import.meta.url));
const SENTENCE = /^("(?:[^"\\]|\\.)*"|'[^']*') = ("(?:[^"\\]|\\.)*"|'[^']*')$/;

const text = (written: string): string => (written.startsWith("'") ? written.slice(1, -1) : (JSON.parse(written) as string));

/** English sentences with their French, from the catalogue's text. */
export function sentencesOf(toml: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const line of toml.split("\n")) {
    const sentence = SENTENCE.exec(line);
    if (sentence) found[text(sentence[1] ?? "")] = text(sentence[2] ?? "");
    else if (!/^(?:#.*|\[\w+\]|\s*)$/.test(line)) throw new Error(`fr.toml: this line cannot be read: ${line}`);
  }
  return found;
}

/** As a page is printed: curved apostrophes, and a space that does not break before high signs; not in `commands`. */
export const printed = (french: string): string =>
  french.split("`").map((part, at) => (at % 2 === 1 ? part : part.replaceAll(/(?<=\p{L})'(?=[\p{L}{]|$)/gu, "’").replaceAll(/ ([:;?!»])/g, "\u00a0$1").replaceAll("« ", "«\u00a0"))).join("`");

/** The plugin. */
export function frenchSentences(): Plugin {
  return {
    name: "french-sentences",
    resolveId: (id) => (id === ADDRESS ? id : undefined),
    load(id) {
      if (id !== ADDRESS) return undefined;
      this.addWatchFile(CATALOGUE);
      const french = Object.fromEntries(Object.entries(sentencesOf(readFileSync(CATALOGUE, "utf8"))).map(([english, text]) => [english, printed(text)]));
      return `export default JSON.parse(${JSON.stringify(JSON.stringify(french))})`;
    },
  };
}
