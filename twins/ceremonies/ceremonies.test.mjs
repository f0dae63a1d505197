/** Ceremonies, good and spoilt, judged by Ginnel and by two libraries that are not ours. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { join } from "node:path";
import { compare } from "../differences.mjs";
import { isCurrent } from "../docs.mjs";
import { example, python, run } from "../run.mjs";
import { table } from "./table.mjs";

const here = (name) => join(import.meta.dirname, name);
const recorded = await run(example("ceremonies"), []);
const [ginnel, simplewebauthn, fido2] = await Promise.all([
  run(example("judge"), [], recorded),
  run(process.execPath, [here("simplewebauthn.mjs")], recorded),
  run(python, [here("fido2_judge.py")], recorded),
]);
const { cases, rows } = compare(table, { ginnel, simplewebauthn, fido2 });

/** What a case is about, without the algorithm and the attestation. */
const topic = (name) => {
  const [kind, ...what] = name.split(": ");
  return `${kind.split(",")[0]}: ${what.join(": ")}`;
};

const topics = new Map();
for (const each of cases) {
  const name = topic(each.name);
  topics.set(name, [...(topics.get(name) ?? []), each]);
}

describe(`${cases.length} ceremonies`, () => {
  for (const [name, group] of topics) {
    test(`${name} (${group.length})`, () => {
      const wrong = group.filter(({ problems }) => problems.length > 0);
      assert.deepEqual(
        wrong.map(({ name, problems }) => `${name}: ${problems.join("; ")}`),
        [],
      );
    });
  }

  test("nobody refuses what is not spoilt", () => {
    const refused = [ginnel, simplewebauthn, fido2].flatMap((verdicts) =>
      verdicts.filter(({ name, accepted }) => !accepted && name.endsWith(": good")),
    );
    // The vectors of the standard have formats that not everybody reads; the table says who does not.
    assert.deepEqual(
      refused.filter(({ name }) => !name.includes("Level 3 vector")),
      [],
    );
  });

  test("docs/twins.md has the tables", async () => assert.ok(await isCurrent(), "npm run docs"));

  test("each row of the table is needed", () => assert.deepEqual(rows, []));
});
