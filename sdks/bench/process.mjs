/** Running programs to their end. */
import { spawn, spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";

export const repository = join(import.meta.dirname, "../..");

/** `taskset` keeps a program on one core; where there is none (macOS), the figures say so. */
export const canPin = spawnSync("taskset", ["--version"]).status === 0;

/**
 * What a command prints. `pinned` keeps it on the last core. Fails with all that it wrote. The event loop runs on
 * meanwhile, for what is served to the command.
 */
export function run(command, words, { cwd = repository, env = {}, pinned = false } = {}) {
  const core = String(availableParallelism() - 1);
  const [program, ...rest] =
    pinned && canPin ? ["taskset", "-c", core, command, ...words] : [command, ...words];
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    let all = "";
    child.stdout.on("data", (chunk) => ((out += chunk), (all += chunk)));
    child.stderr.on("data", (chunk) => (all += chunk));
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0
        ? resolve(out)
        : reject(
            new Error(`${[command, ...words].join(" ")} in ${cwd} ended with ${code}:\n${all}`),
          ),
    );
  });
}
