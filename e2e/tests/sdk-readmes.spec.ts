/**
 * The READMEs of the SDKs, by somebody who installs one into a new project and types in its first program. Commands under
 * "Working on it" are not run here: they are what the suites run.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { FreshCopy } from "../support/fresh-copy.ts";
import { installFirstProgram, recipes } from "../support/first-program.ts";
import { repository } from "../support/programs.ts";
import { expect, test } from "../support/test.ts";
import { claimsOf } from "../support/tokens.ts";
import { Visit } from "../support/visit.ts";

const sdks = join(repository, "sdks");
// The other folders there hold data and measurements.
const names = readdirSync(sdks).filter(
  (name) => existsSync(join(sdks, name, "README.md")) && !["bench", "vectors"].includes(name),
);

test("each SDK's README is tried", () => {
  expect(names.sort()).toEqual(Object.keys(recipes).sort());
});

for (const name of names) {
  test(`${name}: the first program knows whose request it is`, async ({
    page,
    passkeys,
    express,
    ginnel,
  }) => {
    // It may be the first to build what it needs.
    test.setTimeout(20 * 60_000);
    const visit = new Visit(page, passkeys, express.url);
    await visit.register();
    const token = (await visit.cookie())!;
    const copy = await FreshCopy.make(join(`readme-${name}`, "ginnel"));
    try {
      const run = await installFirstProgram(copy, name);
      const env = { GINNEL_APP_ID: express.appId, GINNEL_URL: ginnel.url };
      expect(await run({ ...env, TOKEN: token })).toBe(`${claimsOf(token)["sub"]}\n`);

      const forged = token.slice(0, -8) + "AAAAAAAA";
      expect(await run({ ...env, TOKEN: forged }).catch(String)).toMatch(/Error[^]*signature/);
      const app = { ...env, GINNEL_APP_ID: "../../etc/passwd" };
      expect(await run({ ...app, TOKEN: token }).catch(String)).toContain("ginnel app create");
    } finally {
      await copy.remove();
    }
  });
}
