// Builds everything that the server embeds:
//   elements/dist/web.js                       passage-auth, passage-login, passage-register and the client
//   elements/dist/elements/passkey-table.js    passage-passkey-table with a client of its own
//   elements/dist/elements/profile.js          passage-profile, with the table in it
//   elements/dist/elements/test-app.js         what passage-auth loads on a page without an app id
//   elements/dist/elements/fields.js           what it loads where the registration asks for more than an identifier
//   elements/dist/custom-elements.json         the manifest that editors and documentation tools read
//   console/dist/console.css and console.js    look and behaviour of the pages that the server draws
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { minify } from "terser";
import { manifest } from "./manifest.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "elements/dist");

/**
 * Properties that the bundle shortens: of the drawn texts, of a screen, and between an element and its flow. None of
 * these names is on the wire, an option or method of the client, an attribute, or known to the browser.
 */
const OURS = new RegExp(
  `^(${`
    heading action hint waiting waitingHint toOther or usePasskey checking tryAgain 
    problem problems screen spoken wrong strings flow full onState onDone discover retry autofill
    byLink byPasskey sendLink newLink welcome switchAccount checkMail mailSent 
    otherDevice resend resendIn resendAt resent goBack signingIn digitsTitle digitsText
    elsewhereText offerTitle addOne notNow verified verifies secret busy known links
    acceptOffer skip use enterCode enterDigits fail onSignedIn settle update enter elsewhere confirm
    passkeys start show submit stop input client back loading done result link turns later wait cancel box
    codesAlone afresh kind metadata phoneIn aCode checkPhone codeSent codeAlone digit goBackPhone size
  `
    .trim()
    .split(/\s+/)
    .join("|")})$`,
);

/** Short names for the `--_…` properties, which are all declared in theme.ts: `--_0`, `--_1` … */
const theme = await readFile(join(root, "elements/theme.ts"), "utf8");
const shortNames = new Map(
  [...theme.matchAll(/(--_[\w-]+):/g)].map(([, name], index) => [name, "--_" + index.toString(36)]),
);
function shortName(name) {
  const short = shortNames.get(name);
  if (!short) throw new Error(`${name} is used in a style sheet, but not declared in theme.ts`);
  return short;
}

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
        const short = code
          .trim()
          .replace(/--_[\w-]+/g, shortName)
          // Spaces that esbuild keeps, since in properties of one's own they might mean something.
          .replace(/(--[\w-]+:|,) /g, "$1")
          .replaceAll("\\", "\\\\");
        source = source.replace(literal, () => "`" + short + "`");
      }
      return { contents: source, loader: "ts" };
    });
  },
};

/** The scripts as they are sent: `[{path, text}]`, paths below elements/dist. */
export async function bundle() {
  const scripts = (options) =>
    esbuild.build({
      absWorkingDir: root,
      outdir: dist,
      write: false,
      bundle: true,
      minify: true,
      mangleProps: OURS,
      target: ["es2022"],
      charset: "utf8",
      legalComments: "none",
      plugins: [shrinkCss],
      logLevel: "warning",
      ...options,
    });
  const classic = await scripts({
    entryPoints: [
      { in: "elements/web.ts", out: "web" },
      { in: "elements/passkey-table/web.ts", out: "elements/passkey-table" },
      { in: "elements/profile/web.ts", out: "elements/profile" },
    ],
    // A classic script and a module alike: nothing leaks and nothing is exported.
    format: "iife",
    mangleCache: {},
  });
  const module = await scripts({
    entryPoints: [
      { in: "elements/test-app/web.ts", out: "elements/test-app" },
      { in: "elements/fields/web.ts", out: "elements/fields" },
    ],
    format: "esm",
    // What it hands to web.js must be named alike.
    mangleCache: classic.mangleCache,
  });
  return Promise.all(
    [...classic.outputFiles, ...module.outputFiles].map(async ({ path, text }) => {
      // Several passes find what one does not: 2 % less to send.
      const { code } = await minify(text, {
        ecma: 2020,
        toplevel: true,
        compress: {
          passes: 3,
          keep_fargs: false,
          pure_getters: true,
          unsafe_arrows: true,
          reduce_funcs: false,
        },
      });
      return { path: relative(dist, path), text: code };
    }),
  );
}

/** Writes over what is there, so that a server that reads the files meanwhile misses none. */
export async function build() {
  for (const { path, text } of await bundle()) {
    const file = join(dist, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: ["console/console.css", "console/console.ts"],
    outdir: "console/dist",
    bundle: true,
    minify: true,
    format: "iife",
    target: ["es2022"],
    legalComments: "none",
    logLevel: "warning",
  });
  await writeFile(
    join(dist, "custom-elements.json"),
    JSON.stringify(await manifest(root), null, 2) + "\n",
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await build();
}
