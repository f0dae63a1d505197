/**
 * Fresh projects with a client installed by the language's ordinary tool, and what the install pulled in: packages, the
 * client itself among them, and bytes of the files that the program needs on disk.
 */
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { passagePackages } from "./passage.mjs";
import { repository, run } from "./process.mjs";

const sdks = join(repository, "sdks");

/** Bytes of all files in a folder, except those below a name that `skip` is true for. */
function weigh(folder, skip = () => false) {
  let bytes = 0;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const about = lstatSync(path);
    if (about.isSymbolicLink() || skip(name, path)) continue;
    bytes += about.isDirectory() ? weigh(path, skip) : about.size;
  }
  return bytes;
}

function fresh(folder) {
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** npm: everything in `node_modules`. Ours comes as the archive that would be published. */
export async function npmProject(folder, ...clients) {
  const cwd = fresh(folder);
  const names = [];
  for (const client of clients) {
    if (client !== "ginnel") names.push(passagePackages.node);
    else {
      const packed = await run("npm", ["pack", "--json", "--pack-destination", cwd], {
        cwd: join(sdks, "node"),
      });
      // What the build prints may stand before it.
      const [{ filename }] = JSON.parse(packed.slice(packed.indexOf("[\n")));
      names.push(join(cwd, filename));
    }
  }
  await run("npm", ["init", "--yes"], { cwd });
  await run("npm", ["install", "--no-audit", "--no-fund", "--omit=dev", ...names], { cwd });
  const modules = join(cwd, "node_modules");
  const lock = JSON.parse(readFileSync(join(modules, ".package-lock.json"), "utf8"));
  return { packages: Object.keys(lock.packages).length, bytes: weigh(modules) };
}

/** pip: the `site-packages` of a new environment, without pip's own packages and compiled caches. */
export async function pipProject(folder, ...clients) {
  const cwd = fresh(folder);
  const names = clients.map((client) =>
    client === "ginnel" ? join(sdks, "python") : passagePackages.python,
  );
  await run("python3", ["-m", "venv", "venv"], { cwd });
  const python = join(cwd, "venv/bin/python");
  const pip = ["-m", "pip", "--disable-pip-version-check", "--no-input"];
  await run(python, [...pip, "install", "--no-compile", ...names], { cwd });
  const own = /^(pip|setuptools|pkg_resources|_distutils_hack|distutils-precedence\.pth)\b/;
  const listed = JSON.parse(await run(python, [...pip, "list", "--format", "json"], { cwd }));
  const script = "import sysconfig; print(sysconfig.get_path('platlib'))";
  const packages = (await run(python, ["-c", script], { cwd })).trim();
  return {
    packages: listed.filter(({ name }) => !own.test(name)).length,
    bytes: weigh(packages, (name) => own.test(name) || name === "__pycache__"),
  };
}

/** Go: the modules that a program with the client is compiled from, with all their files in the module cache. */
export async function goProject(folder, passageFolder, ...clients) {
  const cwd = fresh(folder);
  const go = (...words) => run("go", words, { cwd, env: { GOFLAGS: "-mod=mod" } });
  await go("mod", "init", "project");
  const imports = [];
  for (const client of clients) {
    const [path] = passagePackages.go.split("@");
    if (client === "ginnel") {
      imports.push("ginnel.example/go");
      await go("mod", "edit", "-replace", `ginnel.example/go=${join(sdks, "go")}`);
    } else {
      imports.push(path);
      await go("mod", "edit", "-require", passagePackages.go);
      if (passageFolder) await go("mod", "edit", "-replace", `${path}=${passageFolder}`);
    }
  }
  const lines = imports.map((path) => `import _ "${path}"`);
  writeFileSync(join(cwd, "main.go"), `package main\n\n${lines.join("\n")}\n\nfunc main() {}\n`);
  await go("mod", "tidy");
  const format =
    "{{with .Module}}{{.Path}}\t{{with .Replace}}{{.Dir}}{{else}}{{.Dir}}{{end}}{{end}}";
  const printed = await go("list", "-deps", "-f", format, ".");
  const modules = new Map(
    printed
      .split("\n")
      .filter((line) => line && !line.startsWith("project\t"))
      .map((line) => line.split("\t")),
  );
  let bytes = 0;
  // A folder with a go.mod of its own is another module.
  const another = (name, path) => name === ".git" || existsSync(join(path, "go.mod"));
  for (const module of modules.values()) bytes += weigh(module, another);
  return { packages: modules.size, bytes };
}

/** Ruby: the gem as it would be published, unpacked. Passage's is on no index that an install reaches. */
export async function gemProject(folder) {
  const cwd = fresh(folder);
  const source = join(cwd, "source");
  cpSync(join(sdks, "ruby"), source, { recursive: true });
  await run("gem", ["build", "--output", join(cwd, "ginnel.gem")], { cwd: source });
  const home = join(cwd, "gems");
  const words = ["install", "--local", "--no-document", "--install-dir", home, "ginnel.gem"];
  await run("gem", words, { cwd });
  const gems = join(home, "gems");
  return { packages: readdirSync(gems).length, bytes: weigh(gems) };
}

/** Cargo: the crates that a program with the client is compiled from on this machine, with all their sources. */
export async function cargoProject(folder) {
  const cwd = fresh(folder);
  await run("cargo", ["init", "--quiet", "--name", "project", "--vcs", "none"], { cwd });
  await run("cargo", ["add", "--quiet", "--path", join(sdks, "rust")], { cwd });
  const tree = await run(
    "cargo",
    ["tree", "--edges", "normal,build", "--prefix", "none", "--format", "{p}", "--no-dedupe"],
    { cwd },
  );
  const used = new Set(
    tree
      .split("\n")
      .map((line) => line.replace(/ \(.*/, "").replace(" v", " "))
      .filter((name) => name && !name.startsWith("project ")),
  );
  const all = JSON.parse(
    await run("cargo", ["metadata", "--format-version", "1"], { cwd }),
  ).packages;
  let bytes = 0;
  for (const { name, version, manifest_path } of all) {
    if (!used.has(`${name} ${version}`)) continue;
    bytes += weigh(join(manifest_path, ".."), (name) => name === "target");
  }
  return { packages: used.size, bytes };
}
