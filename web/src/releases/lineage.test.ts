import { describe, expect, it } from "vitest";
import { placed } from "./lineage";

const link = (text: string): { from: string; to: string } => {
  const [from = "", to = ""] = text.split(">");
  return { from, to };
};
const columnsOf = (ids: string, ...edges: string[]): Record<string, number> => Object.fromEntries(placed(ids.split(""), edges.map(link)).map(({ id, column }) => [id, column]));

describe("the drawing of a lineage", () => {
  it("has what something was made from on its left", () => {
    expect(columnsOf("abcd", "a>b", "b>c", "c>d")).toEqual({ a: 0, b: 1, c: 2, d: 3 });
    expect(columnsOf("abcd", "a>b", "a>c", "b>d", "c>d")).toEqual({ a: 0, b: 1, c: 1, d: 2 });
  });

  it("has data right before the model that read it", () => {
    expect(columnsOf("abcx", "a>b", "b>c", "x>c").x).toBe(1);
  });

  it("puts no two in one place", () => {
    const places = placed([..."abcdefg"], ["a>g", "b>g", "c>g", "d>f", "e>f", "f>g"].map(link)).map(({ column, row }) => `${column} ${row}`);
    expect(new Set(places).size).toBe(7);
  });

  it("ends where there is a circle, an unknown end, or nothing", () => {
    expect(placed([..."ab"], ["a>b", "b>a", "a>z"].map(link))).toHaveLength(2);
    expect(placed([], [])).toEqual([]);
  });
});
