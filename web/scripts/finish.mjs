/**
 * After the build: compresses every file (`.br`, `.gz`), and fails when the first load is over its budget.
 *
 * The first load is what `index.html` asks for before the first message: the entry, what it imports statically,
 * and the small script that sets the theme. Chunks that come with the first message are listed, not counted.
 */
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const page = fileURLToPath(new URL("../../src/causerie/server/page/", import.meta.url));
const BUDGET_BYTES = 300 * 1024;
const PACKED = /\.(js|css|html|svg|json)$/;

/** Every file below a folder, as paths relative to it. */
function filesBelow(folder) {
  return readdirSync(folder, { recursive: true }).filter((name) => statSync(folder + name).isFile());
}

/** Sizes of one file in bytes: as it is, with gzip, with Brotli; the packed files are written beside it. */
function pack(name) {
  const bytes = readFileSync(page + name);
  const br = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  const gz = gzipSync(bytes, { level: 9 });
  writeFileSync(`${page + name}.br`, br);
  writeFileSync(`${page + name}.gz`, gz);
  return { raw: bytes.length, gz: gz.length, br: br.length };
}

/** Names of the scripts loaded before the first message. */
function firstLoad(manifest) {
  const names = new Set(["first-paint.js"]);
  const follow = (key) => {
    const chunk = manifest[key];
    if (names.has(chunk.file)) return;
    names.add(chunk.file);
    (chunk.imports ?? []).forEach(follow);
  };
  Object.keys(manifest).filter((key) => manifest[key].isEntry).forEach(follow);
  return names;
}

const manifest = JSON.parse(readFileSync(`${page}manifest.json`, "utf8"));
rmSync(`${page}manifest.json`);
const first = firstLoad(manifest);
const total = { gz: 0, br: 0, later: 0 };
for (const name of filesBelow(page).filter((name) => PACKED.test(name))) {
  const size = pack(name);
  if (!name.endsWith(".js")) continue;
  if (first.has(name)) {
    total.gz += size.gz;
    total.br += size.br;
  } else total.later += size.br;
}
const kb = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;
console.log(`page: first load ${kb(total.gz)} of JavaScript with gzip, ${kb(total.br)} with Brotli (limit ${kb(BUDGET_BYTES)}); later ${kb(total.later)}`);
if (total.gz > BUDGET_BYTES) {
  console.error("page: the first load is over its limit: move something behind a lazy import");
  process.exit(1);
}
