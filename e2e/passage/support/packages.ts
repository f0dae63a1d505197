/** The published packages, by name and version as in `package.json`: bundled for a page, or a file as it was published. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const folder = join(import.meta.dirname, "..");
const bundles = new Map<string, Promise<string>>();

/** `passage-js` 4.1.2 is installed as `passage-js-4-1-2`. */
export const installed = (name: string, version: string) =>
  `${name}-${version.replaceAll(".", "-")}`;

/** Bundles what an app's own script would say: imports of packages, and what it does with them. */
export function bundle(script: string, loader: "js" | "tsx" = "js"): Promise<string> {
  const made = bundles.get(script) ?? make(script, loader);
  bundles.set(script, made);
  return made;
}

async function make(contents: string, loader: "js" | "tsx"): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, loader, resolveDir: folder },
    bundle: true,
    write: false,
    format: "esm",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "error",
  });
  return outputFiles[0]!.text;
}

/** A file of a package, byte for byte. */
export const published = (name: string, version: string, path: string): Promise<Buffer> =>
  readFile(join(folder, "node_modules", installed(name, version), path));
