/** Token checks a second on one core. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { goProject, npmProject, pipProject } from "./projects.mjs";
import { repository, run } from "./process.mjs";

const sdks = join(repository, "sdks");
const sideBySide = join(import.meta.dirname, "side-by-side");

/** What each SDK's own benchmark says; it is built before it is measured, with all cores. */
export const benchmarks = {
  async go(folder) {
    const program = join(folder, "bench-go");
    await run("go", ["build", "-o", program, "./bench"], { cwd: join(sdks, "go") });
    return run(program, ["--json"], { pinned: true });
  },
  async python(folder) {
    const project = join(folder, "bench-python");
    await pipProject(project, "ginnel");
    const python = join(project, "venv/bin/python");
    return run(python, ["bench.py", "--json"], { cwd: join(sdks, "python"), pinned: true });
  },
  node: () => run("node", ["bench.js", "--json"], { cwd: join(sdks, "node"), pinned: true }),
  ruby: () => run("ruby", ["bench.rb", "--json"], { cwd: join(sdks, "ruby"), pinned: true }),
  async rust() {
    const words = ["--release", "-p", "ginnel-sdk", "--features", "testing", "--example", "bench"];
    await run("cargo", ["build", ...words]);
    return run("cargo", ["run", "--quiet", ...words, "--", "--json"], { pinned: true });
  },
};

/** Our client and Passage's in one process, taking turns at the same tokens. */
export const comparisons = {
  async node(folder, material) {
    await npmProject(folder, "ginnel", "passage");
    copyFileSync(join(sideBySide, "node.mjs"), join(folder, "main.mjs"));
    return run("node", ["main.mjs", material], { cwd: folder, pinned: true });
  },
  async python(folder, material) {
    await pipProject(folder, "ginnel", "passage");
    const program = join(sideBySide, "python.py");
    return run(join(folder, "venv/bin/python"), [program, material], { pinned: true });
  },
  async go(folder, material, passageFolder) {
    await goProject(folder, passageFolder, "ginnel", "passage");
    copyFileSync(join(sideBySide, "go.go"), join(folder, "main.go"));
    await run("go", ["build", "-o", "main", "."], { cwd: folder });
    return run(join(folder, "main"), [material], { pinned: true });
  },
};
