/** The repository as a newcomer has it: the tracked files alone, without a build and without anything installed. */
import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { environment } from "./processes.ts";
import { repository } from "./programs.ts";

const run = promisify(execFile);

/** Outside the repository, whose own settings tools would find, and another one for each clone of it. */
const clone = createHash("sha256").update(repository).digest("hex").slice(0, 8);
const copies = join(tmpdir(), `ginnel-fresh-${clone}`);

/** What is built from the same sources is built once, in whichever copy. */
export const sharedCaches = {
  CARGO_TARGET_DIR: process.env["CARGO_TARGET_DIR"] || join(repository, "target"),
};

export class FreshCopy {
  private constructor(readonly folder: string) {}

  /**
   * Makes one. The same name is the same folder in each run: compilers take a path for part of a package's name, and a
   * new one each time would fill the shared caches.
   */
  static async make(name: string): Promise<FreshCopy> {
    const folder = join(copies, name);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    const files = git("ls-files", "-z")
      .split("\0")
      .filter((file) => file && existsSync(join(repository, file)));
    // With their times, by which compilers see what has not changed.
    const packed = spawnSync("tar", ["-c", "--null", "-T", "-"], {
      cwd: repository,
      input: files.join("\0"),
      maxBuffer: 512 * 1024 * 1024,
    });
    const unpacked = spawnSync("tar", ["-x", "-C", folder], { input: packed.stdout });
    if (packed.status !== 0 || unpacked.status !== 0) {
      throw new Error(`The repository cannot be copied: ${packed.stderr}${unpacked.stderr}`);
    }
    return new FreshCopy(folder);
  }

  /** Runs lines in one shell, in a folder of the copy. What they print; if one fails, an error with all of that. */
  async shell(lines: string[], folder: string, env: Record<string, string> = {}): Promise<string> {
    const { stdout } = await run("bash", ["-e", "-c", lines.join("\n")], {
      cwd: join(this.folder, folder),
      env: { ...environment(), ...sharedCaches, ...env },
      maxBuffer: 64 * 1024 * 1024,
    }).catch((error: Error & { stdout?: string; stderr?: string }) => {
      throw new Error(`${error.message}\n${error.stdout ?? ""}${error.stderr ?? ""}`);
    });
    return stdout;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

function git(...words: string[]): string {
  const { status, stdout, stderr } = spawnSync("git", words, {
    cwd: repository,
    encoding: "utf8",
    maxBuffer: 16 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`git ${words.join(" ")}: ${stderr}`);
  return stdout;
}
