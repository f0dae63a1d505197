/** An example as its README sets it up: a fresh copy of the repository, and the README's own lines in a shell. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Ginnel } from "./app.ts";
import { FreshCopy, sharedCaches } from "./fresh-copy.ts";
import { installedGems } from "./gems.ts";
import { Program, freePort } from "./processes.ts";
import { repository } from "./programs.ts";
import { blocksIn } from "./readme.ts";

const examples = join(repository, "examples");

/** The folders of `examples/` whose README has the two blocks for a shell. */
export const exampleNames: string[] = readdirSync(examples)
  .filter((name) => existsSync(join(examples, name, "README.md")))
  .filter((name) => shellBlocks(name).length === 2)
  .sort();

function shellBlocks(name: string): string[] {
  return blocksIn(readFileSync(join(examples, name, "README.md"), "utf8"), "sh");
}

/** Milliseconds until the site must answer: enough for a first build with empty caches on two busy cores. */
const patience = 15 * 60_000;

export class Example {
  #program: Program | undefined;

  private constructor(
    readonly name: string,
    readonly url: string,
    readonly appId: string,
    private readonly copy: FreshCopy,
    private readonly ginnel: Ginnel,
  ) {}

  /** Copies the repository and makes the app with the README's line. The example does not run yet. */
  static async make(name: string, ginnel: Ginnel): Promise<Example> {
    const port = await freePort();
    const [line] = shellBlocks(name)[0]!
      .split("\n")
      .filter((line) => line.startsWith("target/release/ginnel app create "));
    if (!line) throw new Error(`The README of ${name} makes no app with ginnel app create`);
    const printed = await ginnel.line(line.replace("8080", String(port)));
    const appId = /<passage-auth app-id="(\w{24})">/.exec(printed)?.[1];
    if (!appId) throw new Error(`No id in what ginnel app create printed:\n${printed}`);
    const copy = await FreshCopy.make(`example-${name}`);
    return new Example(name, `http://localhost:${port}`, appId, copy, ginnel);
  }

  /** Runs the README's second block in one shell, with `.env` filled in where it says so, until the site answers. */
  async start(): Promise<void> {
    const [first, ...rest] = shellBlocks(this.name)[1]!.split("\n");
    if (!first?.startsWith("cp .env.example .env ")) {
      throw new Error(`The README of ${this.name} does not begin with .env, but with: ${first}`);
    }
    const settings = {
      GINNEL_APP_ID: this.appId,
      GINNEL_URL: this.ginnel.url,
      PORT: new URL(this.url).port,
    };
    const filled = Object.entries(settings).flatMap(([name, value]) => [
      `sed -i 's|^${name}=.*|${name}=${value}|' .env`,
      `grep -qx '${name}=${value}' .env || { echo '.env has no line for ${name}'; exit 1; }`,
    ]);
    this.#program = await Program.start({
      command: "bash",
      arguments: ["-e", "-c", [first, ...filled, ...rest].join("\n")],
      env: { ...sharedCaches, ...(this.name.startsWith("ruby") ? installedGems() : {}) },
      cwd: join(this.copy.folder, "examples", this.name),
      ready: this.url,
      patience,
      hasChildren: true,
    });
  }

  /** Everything that its shell wrote. */
  get log(): string {
    return this.#program?.log ?? "";
  }

  async close(): Promise<void> {
    await this.#program?.stop();
    await this.copy.remove();
  }
}
