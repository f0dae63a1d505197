/** Bundler with the gems of this machine, as Debian packs them: the tests ask no other index. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Variables by which `bundle install` takes what is installed already. */
export function installedGems(): Record<string, string> {
  // An index without a gem stands for all others. Options that keep Bundler offline want a lock file.
  const index = join(tmpdir(), "ginnel-no-gems");
  mkdirSync(join(index, "gems"), { recursive: true });
  execFileSync("gem", ["generate_index", "--directory", index], { stdio: "ignore" });
  // Ruby brings a Bundler of its own, which refuses some of Debian's gems; Debian's, an older one, does not.
  const bundlers = execFileSync("gem", ["list", "--exact", "bundler"], { encoding: "utf8" });
  const debian = /[(,] ?(\d[\d.]*)/.exec(bundlers);
  return {
    BUNDLE_MIRROR__ALL: `file://${index}`,
    BUNDLE_SILENCE_ROOT_WARNING: "1",
    ...(debian && { BUNDLER_VERSION: debian[1]! }),
  };
}
