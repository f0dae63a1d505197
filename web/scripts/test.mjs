// Builds the scripts and the tests, then runs the tests with Node's own runner. Arguments are kept as file name parts:
// `npm test -- auth` runs only tests whose path contains "auth".
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { build } from "./build.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const out = join(root, ".test-build");
const chromium = process.env.GINNEL_CHROMIUM || "/usr/bin/chromium";

if (!existsSync(chromium)) {
  console.error(
    `No browser at ${chromium}. Install one (on Debian: apt-get install chromium), or name it: GINNEL_CHROMIUM=/path/to/chrome npm test`,
  );
  process.exit(1);
}

const wanted = process.argv.slice(2);
const tests = (await readdir(root, { recursive: true }))
  .filter((file) => file.endsWith(".test.ts") && !file.includes("node_modules"))
  .filter((file) => !wanted.length || wanted.some((part) => file.includes(part)))
  .sort();
if (!tests.length) {
  console.error(`No test file matches ${wanted.join(" ")}.`);
  process.exit(1);
}

await build();
await rm(out, { recursive: true, force: true });
await esbuild.build({
  absWorkingDir: root,
  entryPoints: tests,
  outdir: out,
  outbase: root,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  packages: "bundle",
  external: ["playwright-core", "axe-core"],
  sourcemap: "inline",
  logLevel: "warning",
});
const { status } = spawnSync(
  process.execPath,
  [
    "--enable-source-maps",
    "--test",
    "--test-reporter=spec",
    "--test-concurrency=1",
    // Not a measure of speed: a promise that never settles must fail the suite rather than stop it.
    "--test-timeout=900000",
    ...tests.map((file) => join(out, file.replace(/\.ts$/, ".mjs"))),
  ],
  { stdio: "inherit", cwd: root, env: { ...process.env, GINNEL_CHROMIUM: chromium } },
);
process.exit(status ?? 1);
