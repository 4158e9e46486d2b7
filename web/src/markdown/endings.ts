/** Endings of file names by the language that a code block is marked with. */
const ENDINGS: Record<string, string> = {
  bash: "sh", shell: "sh", sh: "sh", c: "c", cpp: "cpp", "c++": "cpp", csharp: "cs", css: "css", diff: "diff", go: "go", html: "html", xml: "xml",
  java: "java", javascript: "js", js: "js", json: "json", jsx: "jsx", kotlin: "kt", latex: "tex", tex: "tex", lua: "lua", makefile: "mk", markdown: "md",
  md: "md", perl: "pl", php: "php", powershell: "ps1", python: "py", py: "py", r: "r", ruby: "rb", rust: "rs", scss: "scss", sql: "sql", swift: "swift",
  toml: "toml", typescript: "ts", ts: "ts", tsx: "tsx", yaml: "yaml", yml: "yaml", csv: "csv", svg: "svg", mermaid: "mmd",
};

export function endingOf(language: string): string {
  return ENDINGS[language.toLowerCase()] ?? "txt";
}
