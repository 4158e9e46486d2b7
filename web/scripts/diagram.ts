/**
 * Builds the frame that draws diagrams: one HTML file that holds Mermaid and `src/markdown/frame.js`, and asks for nothing.
 *
 * Does: give the build that file under a name that holds its hash, and the page the address of it.
 * Why one file: the frame is a sandbox without an origin, so the server would refuse it every other file.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const ADDRESS = "virtual:diagram-frame";
const source = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8").replaceAll("</script", "<\\/script");

/** The plugin; the development server, which builds nothing, has no diagrams. */
export function diagramFrame(): Plugin {
  return {
    name: "diagram-frame",
    resolveId: (id) => (id === ADDRESS ? id : undefined),
    load(id) {
      if (id !== ADDRESS) return undefined;
      const mermaid = source("../node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js");
      const page = `<!doctype html><meta charset="utf-8"><title>Diagram</title><body><script>${mermaid}</script><script>${source("../src/markdown/frame.js")}</script>`;
      const address = `assets/diagram-${createHash("sha256").update(page).digest("hex").slice(0, 8)}.html`;
      if (this.meta.watchMode || process.env.VITEST) return 'export default ""';
      this.emitFile({ type: "asset", fileName: address, source: page });
      return `export default "/${address}"`;
    },
  };
}
