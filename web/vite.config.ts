/**
 * How the page is built: one folder of files with hashed names, which the server sends under a strict policy.
 *
 * The second alias keeps KaTeX's parser off the browser's own: Chromium applies the page's policy to documents
 * made by `DOMParser` too, and reports every style attribute in them.
 */
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { diagramFrame } from "./scripts/diagram.ts";
import { frenchSentences } from "./scripts/sentences.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** KaTeX's style sheet names each font in three formats; every browser that runs this page reads the first. */
const oneFontFormat = {
  name: "one-font-format",
  enforce: "pre" as const,
  transform: (css: string, id: string) =>
    id.endsWith("katex.min.css") ? css.replaceAll(/,url\([^)]*\.(?:woff|ttf)\) format\("[a-z]+"\)/g, "") : undefined,
};

export default defineConfig({
  plugins: [react(), oneFontFormat, diagramFrame(), frenchSentences()],
  base: "/",
  resolve: {
    alias: { "hast-util-from-html-isomorphic": here("node_modules/hast-util-from-html-isomorphic/index.js") },
  },
  build: {
    outDir: here("../src/causerie/server/page"),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: "manifest.json",
    chunkSizeWarningLimit: 2000,
  },
  server: { proxy: { "/v1": "http://127.0.0.1:8080", "/api": "http://127.0.0.1:8080" } },
  test: { include: ["src/**/*.test.ts"] },
});
