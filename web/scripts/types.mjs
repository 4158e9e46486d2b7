/**
 * Writes `src/api/schema.d.ts` from the server's OpenAPI schema; with `--check`, fails when it is stale.
 *
 * Only the page's own routes, `/api/...`, and what they name: chunks of an answer are read by `client.ts`, which
 * takes no field on trust.
 *
 * Try it: npm run types
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const own = at("../../.venv/bin/python");
const python = process.env.PYTHON ?? (existsSync(own) ? own : "python3");
const schema = JSON.parse(execFileSync(python, ["-m", "causerie.server.schema"], { encoding: "utf8", maxBuffer: 2 ** 26 }));

/** The part of the schema that `/api/...` needs. */
function pageOnly({ paths, components, ...rest }) {
  const own = Object.fromEntries(Object.entries(paths).filter(([path]) => path.startsWith("/api/")));
  const schemas = {};
  const follow = (part) => {
    for (const [, name] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (name in schemas) continue;
      schemas[name] = components.schemas[name];
      follow(schemas[name]);
    }
  };
  follow(own);
  const sorted = Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { ...rest, paths: own, components: { schemas: sorted } };
}

const head = "/* Made from the server's OpenAPI schema by `npm run types`; not written by hand. */\n\n";
const made = head + astToString(await openapiTS(pageOnly(schema), { defaultNonNullable: false }));
const file = at("../src/api/schema.d.ts");
if (!process.argv.includes("--check")) writeFileSync(file, made);
else if (readFileSync(file, "utf8") !== made) {
  console.error("web/src/api/schema.d.ts is stale: run `npm run types` in web/");
  process.exit(1);
}
