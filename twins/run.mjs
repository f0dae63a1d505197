/** Runs a judge or a recorder: a program that reads JSON and writes JSON. */
import { spawn } from "node:child_process";
import { join } from "node:path";

const repository = join(import.meta.dirname, "..");

/** What `cargo build --workspace --examples` made. */
export const example = (name) => join(repository, "target/debug/examples", name);

/** Python with the packages of requirements-test.lock; `scripts/twins` makes the environment. */
export const python = join(import.meta.dirname, ".venv/bin/python");

/** The JSON that a program writes, with `input` as JSON on its standard input. */
export function run(command, words, input, cwd = repository) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { cwd, stdio: ["pipe", "pipe", "pipe"] });
    const [output, errors] = [[], []];
    child.stdout.on("data", (chunk) => output.push(chunk));
    child.stderr.on("data", (chunk) => errors.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) return resolve(JSON.parse(Buffer.concat(output)));
      const said = Buffer.concat(errors).toString();
      reject(new Error(`${command} ${words.join(" ")} ended with ${code}:\n${said}`));
    });
    // A judge that ends early is told by its code.
    child.stdin.on("error", () => {});
    child.stdin.end(input === undefined ? "" : JSON.stringify(input));
  });
}
