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

  test("Ginnel refuses nothing that is not spoilt", () => {
    const refused = ginnel.filter(({ name, accepted }) => !accepted && name.endsWith(": good"));
    // Ed448 is not offered.
    const wrong = refused.filter(({ name }) => !name.includes("packed-ed448"));
    assert.deepEqual(wrong, []);
    assert.equal(refused.length, 2);
  });

  test("docs/twins.md has the tables", async () => assert.ok(await isCurrent(), "npm run docs"));

  test("each row of the table is needed", () => assert.deepEqual(rows, []));
});
