/** Tokens and key sets of a running server, good and spoilt, judged by libraries that are not ours and by an SDK of ours. */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { join } from "node:path";
import { python, run } from "../run.mjs";
import { record } from "./cases.mjs";
import { Server } from "./server.mjs";
import { differences } from "./table.mjs";

const here = (name) => join(import.meta.dirname, name);
const node = (name) => (cases) => run(process.execPath, [here(name)], cases);
const judges = {
  jose: node("jose.mjs"),
  jsonwebtoken: node("jsonwebtoken.mjs"),
  PyJWT: (cases) => run(python, [here("pyjwt_judge.py")], cases),
  "golang-jwt": (cases) => run("go", ["run", "."], cases, here("golang")),
  "sdks/node": node("ginnel.mjs"),
};

const server = await Server.start();
after(() => server.stop());
const cases = await record(server);

for (const [judge, ask] of Object.entries(judges)) {
  const verdicts = await ask(cases);
  describe(judge, () => {
    cases.forEach((each, index) => {
      const { name, accepted, subject, reason } = verdicts[index];
      const difference = differences.find((row) => row.judge === judge && row.cases.includes(name));
      const expected = difference ? !each.accepted : each.accepted;
      test(`${each.name}: ${expected ? "accepted" : "refused"}`, () => {
        assert.equal(name, each.name);
        assert.equal(accepted, expected, reason ?? "it was accepted");
        if (!accepted) return;
        const [, claims] = each.token.split(".");
        assert.equal(subject, JSON.parse(Buffer.from(claims, "base64url")).sub);
      });
    });
  });
}

test("each difference is needed", () => {
  const names = cases.map(({ name }) => name);
  for (const { judge, cases } of differences) {
    assert.ok(judge in judges, judge);
    for (const name of cases) assert.ok(names.includes(name), name);
  }
});
