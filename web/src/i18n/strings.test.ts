import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import en from "./en.json";
import fr from "./fr.json";

/** Paths of all strings; plural forms count once, as languages have different ones. */
function paths(value: unknown, at = ""): string[] {
  if (typeof value !== "object" || value === null) return [at.replace(/_(one|many|other)$/, "")];
  return Object.entries(value).flatMap(([key, inner]) => paths(inner, at ? `${at}.${key}` : key));
}
const unique = (list: string[]): string[] => [...new Set(list)].sort();
const at = (strings: unknown, path: string): string =>
  String(path.split(".").reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], strings));
const fields = (text: string): string[] => unique(text.match(/\{\{\w+\}\}|`[^`]+`/g) ?? []);

const source = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name) && !name.includes(".test."))
  .map((name) => readFileSync(`src/${name}`, "utf8"))
  .join("\n");

describe("the strings", () => {
  it("are the same in both languages", () => {
    expect(unique(paths(fr))).toEqual(unique(paths(en)));
  });

  it("hold the same fields and commands in both languages", () => {
    for (const path of paths(en).filter((path) => typeof at(en, path) === "string" && at(en, path) !== "undefined")) {
      expect(fields(at(fr, path)), path).toEqual(fields(at(en, path)));
    }
  });

  it("exist for each name in the source", () => {
    const known = unique(paths(en));
    const asked = [...source.matchAll(/\bt\(\s*(?:\w+ \? )?"([\w.]+)"/g)].map((found) => found[1] ?? "");
    expect(asked.length).toBeGreaterThan(40);
    expect(asked.filter((path) => path !== "empty.prompts" && !known.includes(path))).toEqual([]);
  });

  it("put a space that does not break before French high signs", () => {
    const wrong = paths(fr).map((path) => at(fr, path)).filter((text) => / [:;?!»]/.test(text.replaceAll(/`[^`]+`/g, "")));
    expect(wrong).toEqual([]);
  });
});

describe("the server's error codes", () => {
  it("all have a sentence and a remedy", () => {
    const errors = readFileSync("../src/causerie/errors.py", "utf8");
    const notHere = ["invalid_setting", "method_not_allowed", "request_timeout", "headers_too_large", "response_not_found", "conflict", "download_failed", "hub_unreachable", "hub_refused", "checksum_mismatch", "disk_full"];
    const codes = [...errors.matchAll(/^ {4}code(?:: ClassVar\[str\])? = "(\w+)"/gm)].map((found) => found[1] ?? "");
    expect(codes.length).toBeGreaterThan(15);
    expect(codes.filter((code) => !notHere.includes(code) && !(code in en.errors))).toEqual([]);
  });
});
