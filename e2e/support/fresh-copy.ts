/** The repository as a newcomer has it: the tracked files alone, without a build and without anything installed. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "./programs.ts";

export class FreshCopy {
  private constructor(readonly folder: string) {}

  /**
   * Makes one. The same name is the same folder in each run: compilers take a path for part of a package's name, and a
   * new one each time would fill the shared caches.
   */
  static async make(name: string): Promise<FreshCopy> {
    const folder = join(repository, "target/fresh", name);
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
