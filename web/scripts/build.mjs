// Builds everything that the server embeds:
//   elements/dist/web.js                       passage-auth, passage-login, passage-register and the client
//   elements/dist/elements/passkey-table.js    passage-passkey-table with a client of its own
//   elements/dist/custom-elements.json         the manifest that editors and documentation tools read
//   console/dist/console.css                   the look of the pages that the server draws
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { manifest } from "./manifest.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Shrinks the text inside css`…` literals, which esbuild leaves alone because to it they are strings. */
export const shrinkCss = {
  name: "shrink-css",
  setup(build) {
    build.onLoad({ filter: /(\.styles|theme)\.ts$/ }, async ({ path }) => {
      let source = await readFile(path, "utf8");
      for (const [literal, text] of [...source.matchAll(/css`([^`]*)`/g)].map((m) => [
        m[0],
        m[1],
      ])) {
        const { code } = await esbuild.transform(text, { loader: "css", minify: true });
        source = source.replace(literal, () => "css`" + code.trim().replaceAll("\\", "\\\\") + "`");
      }
      return { contents: source, loader: "ts" };
    });
  },
};

export async function build() {
  const dist = join(root, "elements/dist");
  await rm(dist, { recursive: true, force: true });
  await rm(join(root, "console/dist"), { recursive: true, force: true });
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: [
      { in: "elements/web.ts", out: "web" },
      { in: "elements/passkey-table/web.ts", out: "elements/passkey-table" },
    ],
    outdir: dist,
    bundle: true,
    minify: true,
    // A classic script and a module alike: nothing leaks and nothing is exported.
    format: "iife",
    target: ["es2022"],
    charset: "utf8",
    legalComments: "none",
    plugins: [shrinkCss],
    logLevel: "warning",
  });
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: ["console/console.css"],
    outfile: "console/dist/console.css",
    minify: true,
    logLevel: "warning",
  });
  await mkdir(dist, { recursive: true });
  await writeFile(
    join(dist, "custom-elements.json"),
    JSON.stringify(await manifest(root), null, 2) + "\n",
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await build();
}
