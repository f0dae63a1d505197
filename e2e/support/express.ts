/** `examples/node-express` as a program of its own, for an app of a server. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Ginnel, NewApp } from "./app.ts";
import { Program, freePort } from "./processes.ts";
import { repository } from "./programs.ts";

export class ExpressExample {
  private constructor(
    readonly url: string,
    readonly appId: string,
    private readonly folder: string,
    private readonly program: Program,
  ) {}

  static async open(ginnel: Ginnel, settings: Partial<NewApp> = {}): Promise<ExpressExample> {
    const port = await freePort();
    const url = `http://localhost:${port}`;
    const appId = await ginnel.createApp({
      name: "Express example",
      authOrigin: url,
      redirectUrl: "/dashboard",
      ...settings,
    });
    // A folder without .env: the settings come from here alone.
    const folder = await mkdtemp(join(tmpdir(), "ginnel-express-"));
    const program = await Program.start({
      command: process.execPath,
      arguments: [join(repository, "examples/node-express/server.js")],
      env: { GINNEL_APP_ID: appId, GINNEL_URL: ginnel.url, PORT: String(port) },
      cwd: folder,
      ready: url,
    });
    return new ExpressExample(url, appId, folder, program);
  }

  get log(): string {
    return this.program.log;
  }

  async close(): Promise<void> {
    await this.program.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
