/** Where the programs under test are: the server's binary and the browser. */
import { existsSync } from "node:fs";
import { join } from "node:path";

export const repository = join(import.meta.dirname, "../..");

/** The browser: `GINNEL_CHROMIUM`, or where Debian puts it. */
export const chromium = (): string => process.env["GINNEL_CHROMIUM"] || "/usr/bin/chromium";

/** The server: `GINNEL_BINARY`, or what `cargo build` made. */
export const binary = (): string =>
  process.env["GINNEL_BINARY"] || join(repository, "target/debug/ginnel");

/** Fails with a sentence that says how to get the browser. */
export function requireChromium(): void {
  if (existsSync(chromium())) return;
  throw new Error(
    `There is no browser at ${chromium()}. Install one (on Debian: apt-get install chromium), ` +
      "or name it: GINNEL_CHROMIUM=/path/to/chromium npm test",
  );
}
