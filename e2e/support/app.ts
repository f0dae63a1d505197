/** The server under test: started in a data folder of its own, and its command line. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Program, environment, freePort } from "./processes.ts";
import { binary } from "./programs.ts";

const run = promisify(execFile);

export interface NewApp {
  name?: string;
  authOrigin: string;
  redirectUrl: string;
  algorithm?: "RS256" | "ES256" | "EdDSA";
  /** Seconds. */
  authTokenLifetime?: number;
  /** What `ginnel app update` is told afterwards, such as `["--plain-links", "true"]`. */
  update?: string[];
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

  /** Starts one; `settings` are further environment variables. */
  static async open(settings: Record<string, string> = {}): Promise<Ginnel> {
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
        // All stories come from one client address.
        GINNEL_MESSAGES_PER_CLIENT_PER_HOUR: "0",
        ...settings,
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
    const env = { ...environment(), ...this.env };
    return (await run(binary(), words, { cwd: this.folder, env })).stdout;
  }

  /** What a README's line prints that calls the server by where `cargo build --release` puts it. */
  async line(line: string): Promise<string> {
    const script = line.replace(/^target\/release\/ginnel /, '"$0" ');
    const env = { ...environment(), ...this.env };
    return (await run("bash", ["-ec", script, binary()], { cwd: this.folder, env })).stdout;
  }

  /** `ginnel app create`; the new app's id. */
  async createApp(app: NewApp): Promise<string> {
    const text = await this.command("app", "create", ...flags(app), "--json");
    const { id } = (JSON.parse(text) as { app: { id: string } }).app;
    if (app.update) await this.command("app", "update", id, ...app.update);
    return id;
  }

  /** `ginnel app create` as a person runs it: what it prints. */
  createAppAsPerson(app: NewApp): Promise<string> {
    return this.command("app", "create", ...flags(app));
  }

  /**
   * Changes the database behind the server's back: for what no command does yet, and for time that a story cannot wait
   * for, and for more of them than a story can make. `?` in the statement stands for the values.
   */
  async sql(statement: string, ...values: (string | number)[]): Promise<void> {
    // Leaves without closing: what SQLite cleans up then is the server's to clean up.
    const script = `
import json, os, sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=30)
changed = database.execute(sys.argv[2], json.loads(sys.argv[3])).rowcount
database.commit()
os._exit(changed < 1)
`;
    const file = join(this.folder, "data/ginnel.db");
    await run("python3", ["-c", script, file, statement, JSON.stringify(values)]);
  }

  /** An account as an import makes it: nothing proven, nobody signed in yet. Its id. */
  async addUser(appId: string, email: string): Promise<string> {
    const id = randomBytes(12).toString("hex");
    await this.sql(
      `INSERT INTO users (id, app_id, email, email_verified, phone_verified, status, origin, user_metadata,
         login_count, created_at, updated_at)
       VALUES (?, ?, ?, FALSE, FALSE, 'active', 'import', '{}', 0, ?, ?)`,
      ...[id, appId, email, Date.now(), Date.now()],
    );
    return id;
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
