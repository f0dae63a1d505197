/** The built package, loaded into a context of its own (`node:vm`), where nothing but the context's globals is there. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import vm from "node:vm";

const dist = new URL("../../dist/", import.meta.url);

export class PackageModules {
  readonly #modules = new Map<string, vm.SourceTextModule>();

  constructor(readonly context: vm.Context) {}

  /** A file of the package, by its name in `dist`. */
  async load(file: string): Promise<vm.SourceTextModule> {
    const address = new URL(file, dist).href;
    const known = this.#modules.get(address);
    if (known) return known;
    const module = new vm.SourceTextModule(await readFile(new URL(address), "utf8"), {
      context: this.context,
      identifier: address,
    });
    this.#modules.set(address, module);
    return module;
  }

  /** The same, with all it imports, and run. */
  async evaluate(file: string): Promise<vm.SourceTextModule> {
    const module = await this.load(file);
    if (module.status === "unlinked") await module.link(this.link);
    await module.evaluate();
    return module;
  }

  /** What an import inside the package means. */
  readonly link = (specifier: string): Promise<vm.SourceTextModule> => {
    assert.match(specifier, /^\.\//, `${specifier} is not part of the package`);
    return this.load(specifier);
  };
}
