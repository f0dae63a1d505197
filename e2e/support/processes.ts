/** Starting and stopping programs: what they say is kept, and they are stopped by their own id. */
import { spawn, type ChildProcess } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";

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

export interface Start {
  command: string;
  arguments: string[];
  env: Record<string, string>;
  cwd: string;
  /** An address that answers with 200 once the program is ready. */
  ready: string;
}

/** A program that runs until it is stopped. */
export class Program {
  /** Everything that it wrote. */
  log = "";
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  private constructor(private readonly start: Start) {
    // Nothing of the tester's own settings may leak in.
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith("GINNEL_"));
    this.#child = spawn(start.command, start.arguments, {
      cwd: start.cwd,
      env: { ...Object.fromEntries(own), ...start.env },
      stdio: ["ignore", "pipe", "pipe"],
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
    const until = Date.now() + 30_000;
    while (Date.now() < until && !ended) {
      const answer = await fetch(this.start.ready).catch(() => undefined);
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await this.stop();
    throw new Error(`${this.start.command} does not answer at ${this.start.ready}:\n${this.log}`);
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    const hard = setTimeout(() => this.#child.kill("SIGKILL"), 10_000);
    await this.#ended;
    clearTimeout(hard);
  }
}
