import { existsSync, readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";

type Strings = Record<string, unknown>;
const read = (file: string): Strings => (existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Strings) : {});

/** Everything in one language: what is loaded first, and what comes with the screens that are loaded later. */
function all(language: "en" | "fr"): Strings {
  const screens = ["account", "administration", "runs", "plan", "evaluations", "releases", "improvement"].map((name) => [name, read(`src/${name}/strings.${language}.json`)] as const);
  return { ...read(`src/i18n/${language}.json`), ...read(`src/settings/strings.${language}.json`), ...Object.fromEntries(screens) };
}

const en = all("en");
const fr = all("fr");

/** Paths of all strings; plural forms count once, as languages have different ones. */
function paths(value: unknown, at = ""): string[] {
  if (typeof value !== "object" || value === null) return [at.replace(/_(one|many|other)$/, "")];
  return Object.entries(value).flatMap(([key, inner]) => paths(inner, at ? `${at}.${key}` : key));
}
const unique = (list: string[]): string[] => [...new Set(list)].sort();
const at = (strings: unknown, path: string): string =>
  String(path.split(".").reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], strings));
const fields = (text: string): string[] => unique(text.match(/\{\{\w+\}\}|`[^`]+`/g) ?? []);

const source = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name) && !name.includes(".test."))
  .map((name) => readFileSync(`src/${name}`, "utf8"))
  .join("\n");
/** Names written out anywhere: in a call, or in a choice between two within one. */
const written = new Set([...source.matchAll(/"([a-zA-Z]\w*(?:\.\w+)+)"/g)].map((found) => found[1] ?? ""));
/** Beginnings of names that end with a value: `errors.${code}`. */
const begun = unique([...source.matchAll(/`([a-zA-Z]\w*(?:\.\w+)*\.)\$\{/g)].map((found) => found[1] ?? ""));

describe("the strings", () => {
  it("are the same in both languages", () => {
    expect(unique(paths(fr))).toEqual(unique(paths(en)));
  });

  it("hold the same fields and commands in both languages", () => {
    for (const path of paths(en).filter((path) => at(en, path) !== "undefined")) {
      expect(fields(at(fr, path)), path).toEqual(fields(at(en, path)));
    }
  });

  it("exist for each name in the source", () => {
    const known = unique(paths(en));
    const asked = [...source.matchAll(/\bt\(\s*(?:[\w.() =!]+ \? )?"([\w.]+)"/g)].map((found) => found[1] ?? "");
    expect(asked.length).toBeGreaterThan(150);
    expect(asked.filter((path) => path !== "empty.prompts" && !known.includes(path))).toEqual([]);
  });

  it("are all used", () => {
    const used = (path: string): boolean => written.has(path) || begun.some((beginning) => path.startsWith(beginning)) || path.startsWith("empty.prompts");
    expect(unique(paths(en)).filter((path) => !used(path) && path !== "skip" && !source.includes(`"${path}"`))).toEqual([]);
  });

  it("put a space that does not break before French high signs", () => {
    const wrong = paths(fr).map((path) => at(fr, path)).filter((text) => / [:;?!»]/.test(text.replaceAll(/`[^`]+`/g, "")));
    expect(wrong).toEqual([]);
  });
});

/** The rooms whose errors reach the page; those of training and of the command line do not. */
const ROOMS = ["server", "accounts", "chat", "inference", "jobs"];
const rooms = ROOMS.flatMap((room) => readdirSync(`../src/causerie/${room}`, { recursive: true, encoding: "utf8" }).map((name) => `../src/causerie/${room}/${name}`))
  .filter((name) => name.endsWith(".py"))
  .map((name) => readFileSync(name, "utf8"))
  .join("\n");

describe("the server's error codes", () => {
  it("all have a sentence and a remedy", () => {
    const errors = readFileSync("../src/causerie/errors.py", "utf8");
    // Told to programs, or at the terminal, only.
    const notHere = ["method_not_allowed", "request_timeout", "headers_too_large", "response_not_found", "download_failed", "hub_unreachable", "hub_refused", "checksum_mismatch", "disk_full", "invalid_setting", "audit_broken", "database_newer", "invalid_archive"];
    const kinds = [...errors.matchAll(/^class (\w+)\(.*\):[\s\S]*?^ {4}code(?:: ClassVar\[str\])? = "(\w+)"/gm)];
    const codes = kinds.filter(([, name]) => new RegExp(`\\b${name}\\b`).test(rooms)).map(([, , code]) => code ?? "");
    expect(codes.length).toBeGreaterThan(25);
    expect(codes.filter((code) => !notHere.includes(code) && !(code in (en.errors as Strings)))).toEqual([]);
  });
});
