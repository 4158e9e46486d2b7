/**
 * The server's sentences in French, found again by the template that they were made of.
 *
 * What the server says of a job, a card or a judgement is kept and signed as it was said, in English: it is put into
 * French when it is shown. `causerie.cli.language` does the same for the terminal; both have the same tests.
 *
 * Does: find the template whose own words take up most of a sentence, and fill its French with the same values.
 * Does not: guess: a sentence that no template makes stays as it is.
 */

/** Which named fields a template has, and the words between them. */
interface Shape {
  words: string[];
  fields: string[];
}

interface Template {
  english: Shape;
  french: Shape;
  /** Letters of its own. */
  weight: number;
}

/** Puts a sentence into French; undefined = no template makes it. */
export type French = (sentence: string) => string | undefined;

const FIELD = /\{(\w+)(?:![a-z])?(?::[^{}]*)?\}/;
/** A template with fewer letters of its own would fit too much. */
const LEAST_LETTERS = 6;
/** A sentence within a sentence within a sentence is the most that is looked into. */
const DEPTH = 3;
const LONGEST = 4000;
const MOST_KEPT = 2000;
/** Fields that hold several sentences with commas between them. */
const LISTS: ReadonlySet<string> = new Set(["missing"]);
/** So many commas may be within one of them. */
const COMMAS = 3;

const OPEN = "\u0001";
const CLOSED = "\u0002";

function shapeOf(template: string): Shape {
  const parts = template.replaceAll("{{", OPEN).replaceAll("}}", CLOSED).split(FIELD);
  const plain = (text: string): string => text.replaceAll(OPEN, "{").replaceAll(CLOSED, "}");
  return { words: parts.filter((_, at) => at % 2 === 0).map(plain), fields: parts.filter((_, at) => at % 2 === 1) };
}

const letters = ({ words }: Shape): number => words.join("").replaceAll(/[^\p{L}\p{N}]/gu, "").length;

/** What a sentence has in the places of the fields; undefined = the template did not make it. */
function valuesIn({ words, fields }: Shape, sentence: string): Map<string, string> | undefined {
  const first = words[0] ?? "";
  const last = words.at(-1) ?? "";
  const end = sentence.length - last.length;
  if (end < first.length || !sentence.startsWith(first) || !sentence.endsWith(last)) return undefined;
  const values = new Map<string, string>();
  let from = first.length;
  for (const [at, field] of fields.entries()) {
    const word = words[at + 1] ?? "";
    const to = at === fields.length - 1 ? end : sentence.indexOf(word, from);
    if (to < from || to > end) return undefined;
    const value = sentence.slice(from, to);
    if ((values.get(field) ?? value) !== value) return undefined;
    values.set(field, value);
    from = to + word.length;
  }
  return values;
}

/** Makes the translator of a catalogue of templates. */
export function translator(catalogue: Readonly<Record<string, string>>): { sentence: French; list: French } {
  const whole = new Map<string, string>();
  const templates: Template[] = [];
  for (const [english, french] of Object.entries(catalogue)) {
    const [shape, other] = [shapeOf(english), shapeOf(french)];
    if (shape.fields.length === 0) whole.set(shape.words.join(""), other.words.join(""));
    else if (letters(shape) >= LEAST_LETTERS) templates.push({ english: shape, french: other, weight: letters(shape) });
  }
  templates.sort((one, other) => other.weight - one.weight);
  const made = new Map<string, string | undefined>();

  const inner = (field: string, value: string, depth: number): string => {
    // A word alone is a name more often than it is a sentence.
    if (depth <= 0 || !value.includes(" ")) return value;
    return (LISTS.has(field) ? listed(value, depth) : said(value, depth)) ?? value;
  };
  const said = (sentence: string, depth: number): string | undefined => {
    const exact = whole.get(sentence);
    if (exact !== undefined || sentence.length > LONGEST) return exact;
    for (const { english, french } of templates) {
      const values = valuesIn(english, sentence);
      if (values) return french.words.map((word, at) => word + (at < french.fields.length ? inner(french.fields[at] ?? "", values.get(french.fields[at] ?? "") ?? "", depth - 1) : "")).join("");
    }
    // What a sentence is about may stand before it: a step, a requirement, a key.
    const colon = sentence.indexOf(": ");
    const about = sentence.slice(0, Math.max(0, colon));
    const rest = about !== "" && depth > 0 && !about.includes(" ") ? said(sentence.slice(colon + 2), depth - 1) : undefined;
    return rest === undefined ? undefined : `${about}\u00a0: ${rest}`;
  };
  const listed = (text: string, depth: number): string | undefined => {
    const pieces = text.split(", ");
    const parts: string[] = [];
    let found = false;
    for (let at = 0; at < pieces.length; ) {
      const most = Math.min(COMMAS + 1, pieces.length - at);
      let french: string | undefined;
      let taken = 0;
      while (french === undefined && taken < most) {
        taken += 1;
        french = said(pieces.slice(at, at + taken).join(", "), depth);
      }
      parts.push(french ?? (pieces[at] ?? ""));
      found ||= french !== undefined;
      at += french === undefined ? 1 : taken;
    }
    return found ? parts.join(", ") : undefined;
  };
  /** Each is looked for once: a page is drawn again and again. */
  const once = (sentence: string): string | undefined => {
    if (made.size > MOST_KEPT) made.clear();
    if (!made.has(sentence)) made.set(sentence, said(sentence, DEPTH));
    return made.get(sentence);
  };
  return { sentence: once, list: (text) => listed(text, DEPTH) };
}
