/** The tables of docs/twins.md: `node docs.mjs --write` writes them anew. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { table } from "./ceremonies/table.mjs";
import { differences } from "./tokens/table.mjs";

const page = join(import.meta.dirname, "../docs/twins.md");
const word = (accepted) => (accepted ? "accepts" : "refuses");
const lines = (head, rows) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

const tables = {
  ceremonies: lines(
    ["What differs", "Ginnel", "@simplewebauthn/server", "fido2", "Why"],
    table.map((row) => [
      row.what,
      ...[row.ginnel, row.simplewebauthn, row.fido2].map(word),
      row.why,
    ]),
  ),
  tokens: lines(
    ["Judge", "What it does", "Why"],
    differences.map((row) => [row.judge, row.says, row.why]),
  ),
};

async function pages() {
  const current = await readFile(page, "utf8");
  const made = Object.entries(tables).reduce(
    (text, [name, table]) =>
      text.replace(
        new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- end -->)`),
        (_, start, end) => `${start}\n${table}\n\n${end}`,
      ),
    current,
  );
  return { current, made };
}

/** Whether the page has what the tables say. */
export async function isCurrent() {
  const { current, made } = await pages();
  return current === made;
}

if (process.argv[2] === "--write") await writeFile(page, (await pages()).made);
