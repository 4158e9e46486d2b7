import { describe, expect, it } from "vitest";
import { normalizeMath } from "./mathematics";

describe("formulas", () => {
  it.each([
    ["\\(x^2\\)", "$$x^2$$"],
    ["so $a+b$, then", "so $$a+b$$, then"],
    ["\\[\nE = mc^2\n\\]", "\n$$\nE = mc^2\n$$\n"],
    ["$$x$$", "$$x$$"],
  ])("%j become %j", (written, read) => {
    expect(normalizeMath(written)).toBe(read);
  });

  it.each([
    "It costs $5 and $10.",
    "from $5-$10",
    "entre 5$ et 10$ environ",
    "\\$5 and 6\\$",
    "`$x$` and `\\(y\\)`",
    "``a ` $x$``",
    "```sh\necho $HOME $PATH$\n```\n",
    "```tex\n\\[x\\]",
    "~~~\n$a$\n~~~",
    "no formula at all",
  ])("%j stays as it is", (written) => {
    expect(normalizeMath(written)).toBe(written);
  });

  it("after code are still read", () => {
    expect(normalizeMath("```sh\necho $A\n```\nthen $x$")).toBe("```sh\necho $A\n```\nthen $$x$$");
  });
});
