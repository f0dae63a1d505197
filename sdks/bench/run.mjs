/**
 * Token checks a second on one core for our five SDKs, beside Passage's own clients where they can be installed, and what
 * an install of each pulls in; all in one run on one machine. The README beside this file says how.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { passagePackages, serveMaterial } from "./passage.mjs";
import { canPin, repository, run } from "./process.mjs";
import { cargoProject, gemProject, goProject, npmProject, pipProject } from "./projects.mjs";
import { benchmarks, comparisons } from "./speed.mjs";

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    "passage-go": { type: "string" },
  },
});
const passageGo = options["passage-go"] && resolve(options["passage-go"]);
const folder = mkdtempSync(join(tmpdir(), "ginnel-bench-"));
const node = join(repository, "sdks/node");
const problems = [];
const load = () => loadavg().map((value) => Number(value.toFixed(2)));

/** What `work` gives, or nothing and a line among the problems: one client that fails does not stop the others. */
async function attempt(title, work) {
  process.stderr.write(`${title}\n`);
  try {
    return await work();
  } catch (error) {
    problems.push(`${title}: ${error.message}`);
  }
}

async function measure() {
  if (!existsSync(join(node, "node_modules"))) {
    await run("npm", ["ci", "--no-audit", "--no-fund"], { cwd: node });
  }
  await run("npm", ["run", "build", "--silent"], { cwd: node });
  const figures = {
    at: new Date().toISOString(),
    processor: `${cpus().length} × ${cpus()[0].model.trim()}`,
    one_core: canPin,
    load_average: { before: load() },
    own_benchmarks: {},
    beside_passage: {},
    weight: {},
  };

  const installs = {
    node: (client, at) => npmProject(at, client),
    python: (client, at) => pipProject(at, client),
    go: (client, at) => goProject(at, client === "passage" ? passageGo : undefined, client),
    ruby: (client, at) => client === "ginnel" && gemProject(at),
    rust: (client, at) => client === "ginnel" && cargoProject(at),
  };
  for (const [language, install] of Object.entries(installs)) {
    const weight = (figures.weight[language] = {});
    for (const client of ["ginnel", "passage"]) {
      if (client === "passage" && !passagePackages[language]) continue;
      const at = join(folder, `weight-${language}-${client}`);
      weight[client] = await attempt(`weight of ${client} for ${language}`, () =>
        install(client, at),
      );
    }
  }

  const { material, close } = await serveMaterial(folder, { rounds: 5, checks: 4000 });
  for (const [language, compare] of Object.entries(comparisons)) {
    figures.beside_passage[language] = await attempt(
      `ginnel beside passage, ${language}`,
      async () =>
        JSON.parse(await compare(join(folder, `beside-${language}`), material, passageGo)),
    );
  }
  close();
  for (const [language, benchmark] of Object.entries(benchmarks)) {
    figures.own_benchmarks[language] = await attempt(`own benchmark, ${language}`, async () =>
      JSON.parse(await benchmark(folder)),
    );
  }
  figures.load_average.after = load();
  return figures;
}

const thousands = (number) => (number === undefined ? "–" : number.toLocaleString("en-GB"));
const size = (weight) =>
  weight ? `${weight.packages} / ${(weight.bytes / 1e6).toFixed(1)} MB` : "–";

function table(heads, rows) {
  const lines = [heads, heads.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function print({ own_benchmarks, beside_passage, weight, ...about }) {
  const languages = Object.keys(weight);
  const perSecond = (language, algorithm) =>
    thousands(own_benchmarks[language]?.[algorithm]?.ginnel_per_second);
  console.log(`Checks a second ${about.one_core ? "on one core" : "(not held to one core)"}: RS256 with both clients in one
process, and each SDK's own benchmark\n`);
  console.log(
    table(
      ["", "Passage RS256", "Ginnel RS256", "own: RS256", "ES256", "EdDSA"],
      languages.map((language) => [
        language,
        thousands(beside_passage[language]?.passage),
        thousands(beside_passage[language]?.ginnel),
        ...["RS256", "ES256", "EdDSA"].map((algorithm) => perSecond(language, algorithm)),
      ]),
    ),
  );
  console.log("\nWhat an install pulls in: packages / size on disk\n");
  console.log(
    table(
      ["", "Passage", "Ginnel"],
      languages.map((language) => [
        language,
        size(weight[language].passage),
        size(weight[language].ginnel),
      ]),
    ),
  );
  const { before, after } = about.load_average;
  console.log(
    `\n${about.processor}; load average ${before.join(" ")} before, ${after.join(" ")} after`,
  );
}

try {
  const figures = await measure();
  if (options.json) console.log(JSON.stringify(figures));
  else print(figures);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (problems.length > 0) {
  console.error(`\nNot measured:\n${problems.join("\n")}`);
  process.exitCode = 1;
}
