/** The server under test: started in a data folder of its own, and its command line. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Program, freePort } from "./processes.ts";
import { binary } from "./programs.ts";

const run = promisify(execFile);

export interface NewApp {
  name?: string;
  authOrigin: string;
  redirectUrl: string;
  algorithm?: "RS256" | "ES256" | "EdDSA";
  /** Seconds. */
  authTokenLifetime?: number;
}

const flags = ({ name = "Acme", ...app }: NewApp) => [
  ...["--name", name, "--auth-origin", app.authOrigin, "--redirect-url", app.redirectUrl],
  ...(app.algorithm ? ["--algorithm", app.algorithm] : []),
  ...(app.authTokenLifetime ? ["--auth-token-lifetime", String(app.authTokenLifetime)] : []),
];

/** `ginnel serve` with a fresh database. */
export class Ginnel {
  #program: Program | undefined;
  #earlier = "";

  private constructor(
    /** Address of the server. */
    readonly url: string,
    /** Address of the example app. */
    readonly exampleUrl: string,
    private readonly folder: string,
    private readonly env: Record<string, string>,
  ) {}

  static async open(): Promise<Ginnel> {
    const folder = await mkdtemp(join(tmpdir(), "ginnel-e2e-"));
    const [port, examplePort] = [await freePort(), await freePort()];
    const ginnel = new Ginnel(
      `http://localhost:${port}`,
      `http://localhost:${examplePort}`,
      folder,
      {
        GINNEL_LISTEN: `127.0.0.1:${port}`,
        GINNEL_EXAMPLE_LISTEN: `127.0.0.1:${examplePort}`,
        GINNEL_DATA_DIR: join(folder, "data"),
        GINNEL_FLOOD_REQUESTS_PER_SECOND: "10000",
        GINNEL_FLOOD_BURST: "10000",
      },
    );
    await ginnel.start();
    return ginnel;
  }

  /** Starts, on the same ports and data as before. */
  async start(): Promise<void> {
    this.#program = await Program.start({
      command: binary(),
      arguments: ["serve"],
      env: this.env,
      cwd: this.folder,
      ready: `${this.url}/healthz`,
    });
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
    this.#earlier += this.#program?.log ?? "";
    this.#program = undefined;
  }

  /** Stops for good and removes the data. */
  async close(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Everything that the server wrote. */
  get log(): string {
    return this.#earlier + (this.#program?.log ?? "");
  }

  /** What a command prints. */
  async command(...words: string[]): Promise<string> {
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith("GINNEL_"));
    const env = { ...Object.fromEntries(own), ...this.env };
    return (await run(binary(), words, { cwd: this.folder, env })).stdout;
  }

  /** `ginnel app create`; the new app's id. */
  async createApp(app: NewApp): Promise<string> {
    const text = await this.command("app", "create", ...flags(app), "--json");
    return (JSON.parse(text) as { app: { id: string } }).app.id;
  }

  /** `ginnel app create` as a person runs it: what it prints. */
  createAppAsPerson(app: NewApp): Promise<string> {
    return this.command("app", "create", ...flags(app));
  }

  /** Id of the example app. */
  async exampleAppId(): Promise<string> {
    const { apps } = JSON.parse(await this.command("app", "list", "--json")) as {
      apps: { id: string; auth_origin: string }[];
    };
    const example = apps.find((app) => app.auth_origin === this.exampleUrl);
    if (!example) throw new Error(`no example app among ${JSON.stringify(apps)}`);
    return example.id;
  }
}
