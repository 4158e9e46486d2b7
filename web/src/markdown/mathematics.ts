/**
 * Formulas as models write them, made into the one form that remark-math reads here: `$$…$$`.
 *
 * Does: `\(…\)`, `\[…\]` and `$…$`. A single dollar opens a formula only before a visible sign and closes one only
 * after a visible sign and before no digit, as in Pandoc (https://pandoc.org/MANUAL.html#math), so prices stay prices.
 * Does not: touch code, fenced or inline.
 */

/** Fenced blocks (also one still open at the end), inline code, and formulas that need no change. */
const UNTOUCHED = /(^ {0,3}(`{3,}|~{3,})[^\n]*\n[\s\S]*?(?:^ {0,3}\2[`~]*[ \t]*$|(?![\s\S]))|(`+)(?!`)[\s\S]*?[^`]\3(?!`)|\$\$[\s\S]*?\$\$)/gm;

const INLINE = /\\\(([\s\S]+?)\\\)/g;
const DISPLAY = /\\\[([\s\S]+?)\\\]/g;
const DOLLAR = /(?<![\\$\w])\$(?![\s$])([^$\n]*?[^\s\\$])\$(?![\d$])/g;

function rewrite(text: string): string {
  return text
    .replace(DISPLAY, (_, formula: string) => `\n$$\n${formula.trim()}\n$$\n`)
    .replace(INLINE, (_, formula: string) => `$$${formula.trim()}$$`)
    .replace(DOLLAR, (_, formula: string) => `$$${formula}$$`);
}

/** The Markdown with every formula between double dollars. */
export function normalizeMath(markdown: string): string {
  if (!/[$\\]/.test(markdown)) return markdown;
  let at = 0;
  let out = "";
  for (const kept of markdown.matchAll(UNTOUCHED)) {
    out += rewrite(markdown.slice(at, kept.index)) + kept[0];
    at = kept.index + kept[0].length;
  }
  return out + rewrite(markdown.slice(at));
}
