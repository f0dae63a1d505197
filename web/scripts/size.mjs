// Prints the gzip size of each built file and fails when one is over its budget: weight is part of the interface.
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "./build.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
/** Bytes after gzip; 1 kB is 1,000 bytes here. */
const BUDGETS = {
  "elements/dist/web.js": 15_000,
  "elements/dist/elements/passkey-table.js": 12_000,
  "elements/dist/elements/profile.js": 20_000,
  "elements/dist/elements/test-app.js": 3_000,
  "elements/dist/elements/fields.js": 3_000,
  "console/dist/console.css": 6_000,
  "console/dist/console.js": 20_000,
};

await build();
let over = false;
for (const [file, budget] of Object.entries(BUDGETS)) {
  const bytes = await readFile(join(root, file));
  const size = gzipSync(bytes, { level: 9 }).length;
  const verdict = size > budget ? "OVER THE BUDGET" : "fits";
  over ||= size > budget;
  console.log(
    `${file.padEnd(42)} ${String(bytes.length).padStart(6)} bytes, ${String(size).padStart(6)} gzip of ${budget}: ${verdict}`,
  );
}
if (over) process.exit(1);
