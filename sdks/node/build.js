/**
 * Builds `dist/` after an install from the repository, also when this folder is installed as a `file:` dependency:
 * npm then runs `prepare` here without this package's development dependencies, so the compiler is fetched first.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const folder = dirname(fileURLToPath(import.meta.url));
const run = (...args) =>
  execFileSync("npm", args, { cwd: folder, stdio: "inherit", shell: process.platform === "win32" });

if (!existsSync(`${folder}/node_modules/typescript`)) {
  run("ci", "--ignore-scripts", "--include=dev", "--no-audit", "--no-fund");
}
run("run", "build", "--silent");
