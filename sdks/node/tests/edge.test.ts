/**
 * The built package in contexts without Node: one that holds the web's own globals and nothing else, and Vercel's edge
 * runtime. A module that imports from `node:`, or touches `process` or `Buffer`, fails here.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import vm from "node:vm";
import { EdgeVM } from "@edge-runtime/vm";
import { PackageModules } from "./package-modules.js";

async function run(context: vm.Context) {
  const modules = new PackageModules(context);
  const namespaces = [];
  for (const file of ["index.js", "testing.js", "express.js", "next.js"]) {
    namespaces.push((await modules.evaluate(file)).namespace);
  }
  Object.assign(context, { package: Object.assign({}, ...namespaces) });
  const result = await vm.runInContext(
    `(async () => {
      const { Ginnel, createTestIssuer } = package;
      const lines = [typeof process, typeof Buffer, typeof require];
      for (const algorithm of ["RS256", "ES256", "EdDSA"]) {
        const issuer = await createTestIssuer({ algorithm });
        const fetch = async (url) => new Response(JSON.stringify(issuer.jwks));
        const ginnel = new Ginnel({ appID: issuer.appID, fetch });
        const request = (token) => new Request("https://example.com/", { headers: { authorization: "Bearer " + token } });
        lines.push(await ginnel.authenticateRequest(request(await issuer.token({ userID: "ada" }))));
        const foreign = await createTestIssuer({ algorithm });
        const kid = issuer.jwks.keys[0].kid;
        const code = async (token) => ginnel.authenticateRequest(request(token)).catch((error) => error.code);
        lines.push(await code(await foreign.token({ header: { kid } })));
        lines.push(await code(await issuer.token({ expiresIn: -60 })));
      }
      return lines.join(" ");
    })()`,
    context,
  );
  const each = "ada signature_invalid token_expired";
  assert.equal(result, `undefined undefined undefined ${each} ${each} ${each}`);
}

test("runs with the globals of the web alone", async () => {
  const { crypto, fetch, TextEncoder, TextDecoder, URL, Headers, Request, Response } = globalThis;
  const { AbortController, setTimeout, clearTimeout } = globalThis;
  const web = { crypto, fetch, TextEncoder, TextDecoder, URL, Headers, Request, Response };
  await run(vm.createContext({ ...web, AbortController, setTimeout, clearTimeout }));
});

test("runs on Vercel's edge runtime", async () => {
  await run(new EdgeVM().context as unknown as vm.Context);
});
