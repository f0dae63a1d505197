/** The site of a developer who follows the guide: a page to paste into, and a back end in the snippet's words. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program, freePort } from "./processes.ts";
import { repository } from "./programs.ts";

export class OwnSite {
  private constructor(
    readonly url: string,
    private readonly folder: string,
    private readonly program: Program,
  ) {}

  /** Starts it, with a page that has no sign-in yet. */
  static async open(): Promise<OwnSite> {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), "ginnel-own-site-"));
    // What `npm install jose @ginnel/node` does.
    await mkdir(join(folder, "node_modules/@ginnel"), { recursive: true });
    await symlink(join(repository, "sdks/node"), join(folder, "node_modules/@ginnel/node"));
    const jose = join(repository, "sdks/node/node_modules/jose");
    await symlink(jose, join(folder, "node_modules/jose"));
    await writeFile(join(folder, "index.html"), "<h1>My site</h1>");
    const url = `http://localhost:${port}`;
    const program = await Program.start({
      command: process.execPath,
      arguments: [join(repository, "e2e/support/own-site/server.mjs")],
      env: { PORT: String(port) },
      cwd: folder,
      ready: url,
    });
    return new OwnSite(url, folder, program);
  }

  /** Pastes lines into the login page. */
  paste(lines: string): Promise<void> {
    return writeFile(join(this.folder, "index.html"), `<h1>My site</h1>\n${lines}`);
  }

  /** Pastes the back end's file. */
  pasteBackEnd(code: string): Promise<void> {
    return writeFile(join(this.folder, "ginnel.mjs"), code);
  }

  async close(): Promise<void> {
    await this.program.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
