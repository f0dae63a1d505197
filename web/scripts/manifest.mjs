// Draws up the custom elements manifest (schema 1.0.0) from the documentation comment on each element's class:
// @tag, @attr {type} name - text, @prop {type} name - text, @slot name - text, @csspart name - text,
// @cssprop name - text. What is not written on the class does not exist for the outside.
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

const LINE = /^@(\w+)\s+(?:\{(.*)\}\s+)?(\S+)(?:\s+-\s+([\s\S]*))?$/;

function declaration(source) {
  const found = source.match(/\/\*\*((?:(?!\*\/)[\s\S])*?@tag[\s\S]*?)\*\/\s*export class (\w+)/);
  if (!found) return undefined;
  const text = found[1].replace(/^\s*\* ?/gm, "").trim();
  const [description, ...tags] = text.split(/^(?=@)/m);
  const entry = {
    kind: "class",
    customElement: true,
    name: found[2],
    description: description.trim(),
  };
  const lists = {
    attr: "attributes",
    slot: "slots",
    csspart: "cssParts",
    cssprop: "cssProperties",
  };
  for (const tag of tags) {
    const [, kind, type, name, about] = tag.trim().match(LINE) ?? [];
    const item = { name, ...(about && { description: about.replace(/\s+/g, " ") }) };
    if (type) item.type = { text: type };
    if (kind === "tag") entry.tagName = name;
    else if (kind === "prop") (entry.members ??= []).push({ kind: "field", ...item });
    else if (lists[kind]) (entry[lists[kind]] ??= []).push(item);
    else throw new Error(`${found[2]}: cannot read the line "${tag.trim()}"`);
  }
  return entry;
}

/** The manifest of all `*-element.ts` files under `elements/`. */
export async function manifest(root) {
  const folder = join(root, "elements");
  const modules = [];
  for (const file of (await readdir(folder, { recursive: true })).sort()) {
    if (!file.endsWith("-element.ts") || file.includes("node_modules")) continue;
    const entry = declaration(await readFile(join(folder, file), "utf8"));
    if (!entry) continue;
    const path = relative(folder, join(folder, file));
    modules.push({
      kind: "javascript-module",
      path,
      declarations: [entry],
      exports: [
        {
          kind: "custom-element-definition",
          name: entry.tagName,
          declaration: { name: entry.name, module: path },
        },
      ],
    });
  }
  return { schemaVersion: "1.0.0", modules };
}
