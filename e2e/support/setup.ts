/** Runs once before all stories: checks the browser, and builds the server unless there is one. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { binary, repository, requireChromium } from "./programs.ts";

export default function setup(): void {
  requireChromium();
  if (existsSync(binary())) return;
  if (process.env["GINNEL_BINARY"]) {
    throw new Error(
      `There is no server at ${binary()}, which GINNEL_BINARY names. Build one with \`cargo build -p ginnel\`, ` +
        "or unset GINNEL_BINARY.",
    );
  }
  console.log("There is no server at target/debug/ginnel yet: cargo build -p ginnel");
  const { status, error } = spawnSync("cargo", ["build", "-p", "ginnel"], {
    cwd: repository,
    stdio: "inherit",
  });
  if (error || status !== 0 || !existsSync(binary())) {
    throw new Error(
      "The server cannot be built. Install Rust from https://rustup.rs, then see what `cargo build -p ginnel` says, " +
        "or name a binary: GINNEL_BINARY=/path/to/ginnel npm test",
    );
  }
}
