/** The programs of the README, run as they stand there, each with stand-ins for what it leaves to the reader. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import vm from "node:vm";
import { createTestIssuer, type TestIssuer } from "@ginnel/node/testing";
import { PackageModules } from "./package-modules.js";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const blocks = [...readme.matchAll(/```js\n([^]*?)```/g)].map((match) => match[1]!);
const { exports } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
) as { exports: Record<string, { default: string }> };

let issuer: TestIssuer;
let request: { headers: Record<string, string> };
before(async () => {
  issuer = await createTestIssuer({ algorithm: "ES256" });
  request = { headers: { authorization: `Bearer ${await issuer.token({ userID: "ada" })}` } };
});

/** Runs a program with these globals and modules; gives its exports and what it kept under `names`. */
async function run(
  block: string,
  globals: Record<string, unknown>,
  modules: Record<string, Record<string, unknown>> = {},
  names: string[] = [],
): Promise<Record<string, any>> {
  const { crypto, TextEncoder, TextDecoder, URL, Headers, Request, Response } = globalThis;
  const { AbortController, setTimeout, clearTimeout } = globalThis;
  const web = { crypto, TextEncoder, TextDecoder, URL, Headers, Request, Response };
  const context = vm.createContext({
    ...web,
    AbortController,
    setTimeout,
    clearTimeout,
    fetch: async () => Response.json(issuer.jwks),
    ...globals,
  });
  const dist = new PackageModules(context);
  const program = new vm.SourceTextModule(`${block}\nexport { ${names.join(", ")} };`, {
    context,
  });
  await program.link(async (specifier) => {
    const standIn = modules[specifier];
    if (standIn) {
      return new vm.SyntheticModule(
        Object.keys(standIn),
        function () {
          for (const [name, value] of Object.entries(standIn)) this.setExport(name, value);
        },
        { context },
      );
    }
    if (specifier.startsWith("./")) return dist.link(specifier);
    const file = exports[specifier.replace("@ginnel/node", ".")]?.default;
    assert.ok(file, `${specifier} is exported by the package`);
    return dist.load(file.replace("./dist/", "./"));
  });
  await program.evaluate();
  return program.namespace as Record<string, any>;
}

describe("the README's program", () => {
  test("there are four", () => assert.equal(blocks.length, 4));

  test("for any request", async () => {
    const process = { env: { GINNEL_APP_ID: issuer.appID } };
    const { userID } = await run(blocks[0]!, { process, req: request }, {}, ["userID"]);
    assert.equal(userID, "ada");
  });

  test("for Express", async () => {
    const routes: unknown[][] = [];
    const app = { get: (...route: unknown[]) => routes.push(route) };
    await run(blocks[1]!, { app, ginnel: issuer.ginnel });
    const [[path, guard, handler]] = routes as [[string, Function, Function]];
    assert.equal(path, "/api/me");
    const req = { ...request };
    await guard(req, {}, (error: unknown) => assert.equal(error, undefined));
    let answer: unknown;
    handler(req, { json: (body: unknown) => (answer = body) });
    assert.deepEqual({ ...(answer as object) }, { userID: "ada" });
  });

  test("for Next.js", async () => {
    const redirect = (path: string) => assert.fail(`redirected to ${path}`);
    const headers = async () => new Headers(request.headers);
    const {
      GET,
      default: route,
      userID,
    } = await run(
      blocks[2]!,
      { ginnel: issuer.ginnel, redirect },
      { "next/headers": { headers } },
      ["userID"],
    );
    assert.equal(userID, "ada");
    assert.deepEqual(await (await GET(request)).json(), { userID: "ada" });
    let answer: unknown;
    await route(request, { json: (body: unknown) => (answer = body) });
    assert.deepEqual({ ...(answer as object) }, { userID: "ada" });
  });

  test("for an app's own tests", async () => {
    const buildApp = (options: { ginnel: TestIssuer["ginnel"] }) => options;
    const { app, token } = await run(blocks[3]!, { buildApp }, {}, ["app", "token"]);
    assert.equal((await app.ginnel.validateToken(token)).sub, "ada");
  });
});
