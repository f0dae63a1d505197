/** Starting and stopping programs: what they say is kept, and they are stopped by their own id. */
import { spawn, type ChildProcess } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { delimiter } from "node:path";

/** A port of 127.0.0.1 that nobody uses. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** The tester's environment without what must not leak in: settings of ours, and what npm tells its own scripts. */
export function environment(): Record<string, string> {
  const leaks = /^(GINNEL_|npm_lifecycle_|npm_package_|INIT_CWD$|NODE_ENV$|PORT$)/;
  const own = Object.entries(process.env).filter(([name]) => !leaks.test(name)) as [
    string,
    string,
  ][];
  const path = (process.env["PATH"] ?? "").split(delimiter);
  const PATH = path.filter((folder) => !folder.includes("node_modules")).join(delimiter);
  return { ...Object.fromEntries(own), PATH };
}

export interface Start {
  command: string;
  arguments: string[];
  env: Record<string, string>;
  cwd: string;
  /** An address that answers with 200 once the program is ready. */
  ready: string;
  /** Any other status will do as well. */
  anyStatus?: boolean;
  /** Milliseconds that it may take until then: half a minute unless said otherwise. */
  patience?: number;
  /** It starts further programs, which are to be stopped with it. */
  hasChildren?: boolean;
}

/** A program that runs until it is stopped. */
export class Program {
  /** Everything that it wrote. */
  log = "";
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  private constructor(private readonly start: Start) {
    this.#child = spawn(start.command, start.arguments, {
      cwd: start.cwd,
      env: { ...environment(), ...start.env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: start.hasChildren ?? false,
    });
    const keep = (chunk: Buffer) => (this.log += chunk.toString());
    this.#child.stdout!.on("data", keep);
    this.#child.stderr!.on("data", keep);
    this.#ended = new Promise((resolve) => {
      this.#child.on("error", (error) => {
        this.log += `${error}\n`;
        resolve();
      });
      this.#child.on("close", () => resolve());
    });
  }

  static async start(start: Start): Promise<Program> {
    const program = new Program(start);
    await program.#answer();
    return program;
  }

  async #answer() {
    let ended = false;
    void this.#ended.then(() => (ended = true));
    const until = Date.now() + (this.start.patience ?? 30_000);
    while (Date.now() < until && !ended) {
      const answer = await fetch(this.start.ready).catch(() => undefined);
      if (answer?.ok || (answer && this.start.anyStatus)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await this.stop();
    throw new Error(`${this.start.command} does not answer at ${this.start.ready}:\n${this.log}`);
  }

  async stop(): Promise<void> {
    this.#signal("SIGTERM");
    const hard = setTimeout(() => this.#signal("SIGKILL"), 10_000);
    await this.#ended;
    clearTimeout(hard);
  }

  #signal(name: "SIGTERM" | "SIGKILL") {
    const { pid } = this.#child;
    if (!this.start.hasChildren || pid === undefined) {
      this.#child.kill(name);
      return;
    }
    try {
      process.kill(-pid, name);
    } catch (error) {
      // All of them have ended.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}
