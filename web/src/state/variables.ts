/** The blanks of a prompt of the library: `{{name}}` or `{{name|default}}`, filled in before it is sent. */

const BLANK = /\{\{\s*([^{}|]+?)\s*(?:\|\s*([^{}]*?)\s*)?\}\}/g;

/** The text with its blanks filled in; an empty value leaves the default, a blank without one stays as it is. */
export function filled(text: string, values: Record<string, string>): string {
  return text.replaceAll(BLANK, (whole, name: string, fallback: string | undefined) => values[name] || fallback || whole);
}
